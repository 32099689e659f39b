//! Application shells whose content needs JavaScript, and pages that only send the visitor on. Almost every page
//! has a `<noscript>` warning, and Discourse keeps its content in one: without content is what matters.

use atlas_domain::JunkClass::JsStub;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{LOADING, NEEDS_SCRIPT};
use super::super::text::fold;
use super::{is_all_message, may_be_message};

/// Content that the page carries as data or in `<noscript>` is content.
const EMBEDDED_CONTENT_WORDS: u32 = 60;

/// Where more than this stands around an empty middle, the middle was not recognised.
const FOOTER_WORDS: u32 = 150;

pub(super) const RULES: &[Rule] = &[
    has_empty_app_root,
    noscript_asks_for_script,
    text_asks_for_script,
    scripts_without_text,
    only_sends_on,
    only_loads,
    text_is_script_notice,
];

fn has_empty_app_root(case: &Case<'_>) -> Option<Finding> {
    let root = case.page.empty_app_root.as_ref()?;
    (is_bare(case, 20) || (case.page.scripts > 0 && is_bare(case, 60)))
        .then(|| Finding::junk(JsStub, Level::Html, "has_empty_app_root", 0.9, root))
}

fn noscript_asks_for_script(case: &Case<'_>) -> Option<Finding> {
    if !is_bare(case, 40) {
        return None;
    }
    let phrase = NEEDS_SCRIPT.first_in(&fold(&case.page.noscript))?;
    Some(Finding::junk(
        JsStub,
        Level::Html,
        "noscript_asks_for_script",
        0.7,
        phrase,
    ))
}

fn text_asks_for_script(case: &Case<'_>) -> Option<Finding> {
    if !is_bare(case, 100) {
        return None;
    }
    let phrase = NEEDS_SCRIPT
        .first_in(case.opening())
        .or_else(|| NEEDS_SCRIPT.first_in(case.text()))?;
    Some(Finding::junk(
        JsStub,
        Level::Text,
        "text_asks_for_script",
        0.7,
        phrase,
    ))
}

fn scripts_without_text(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    (page.scripts > 0 && is_bare(case, 15)).then(|| {
        let evidence = format!("{} scripts, {} words", page.scripts, page.visible_words);
        Finding::junk(JsStub, Level::Html, "scripts_without_text", 0.6, evidence)
    })
}

fn only_sends_on(case: &Case<'_>) -> Option<Finding> {
    let target = case.page.refresh_target.as_deref();
    if target.is_none() && !case.page.script_redirect {
        return None;
    }
    is_bare(case, 30).then(|| {
        Finding::junk(
            JsStub,
            Level::Html,
            "only_sends_on",
            0.7,
            target.unwrap_or("a script sets the location"),
        )
    })
}

fn only_loads(case: &Case<'_>) -> Option<Finding> {
    if !is_bare(case, 15) {
        return None;
    }
    let loading = LOADING.filling(case.opening(), 3)?;
    Some(Finding::junk(JsStub, Level::Text, "only_loads", 0.5, loading))
}

/// A stored text that says nothing else.
fn text_is_script_notice(case: &Case<'_>) -> Option<Finding> {
    if !may_be_message(case) {
        return None;
    }
    let phrase = NEEDS_SCRIPT.first_in(case.text())?;
    is_all_message(case, &[&NEEDS_SCRIPT, &LOADING])
        .then(|| Finding::junk(JsStub, Level::Text, "text_is_script_notice", 0.5, phrase))
}

/// Whether the page shows fewer words than that outside an ordinary footer, and holds no content in another form.
fn is_bare(case: &Case<'_>, words: u32) -> bool {
    case.page.main_words < words
        && case.page.visible_words < words + FOOTER_WORDS
        && case.page.article_prose_words < words
        && case.page.embedded_words < EMBEDDED_CONTENT_WORDS
}
