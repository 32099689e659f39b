//! What speaks for content: sentences, and how the page describes itself. Also tells a beginning from a whole.

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::READ_ON;
use super::super::text::{ends_sentence, fold};

pub(super) const RULES: &[Rule] = &[has_prose, is_marked_as_content, is_signed_and_dated, breaks_off];

fn has_prose(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_prose_words;
    let weight = match words {
        250.. => 1.0,
        150.. => 0.6,
        80.. => 0.3,
        _ => return None,
    };
    Some(Finding::content(
        Level::Text,
        "has_prose",
        weight,
        format!("{words} words in sentences"),
    ))
}

fn is_marked_as_content(case: &Case<'_>) -> Option<Finding> {
    // Error templates inherit the markup of the articles around them; without a sentence it means nothing.
    if case.page.article_prose_words < 6 {
        return None;
    }
    match (case.page.schema_content, case.page.og_article) {
        (true, _) => Some(Finding::content(
            Level::Html,
            "is_marked_as_content",
            0.4,
            "structured data",
        )),
        (false, true) => Some(Finding::content(
            Level::Html,
            "is_marked_as_content",
            0.3,
            "og:type",
        )),
        (false, false) => None,
    }
}

fn is_signed_and_dated(case: &Case<'_>) -> Option<Finding> {
    let dated = case.article.published.is_some();
    if case.article.authors.is_empty() || !dated || case.page.article_prose_words < 6 {
        return None;
    }
    Some(Finding::content(
        Level::Html,
        "is_signed_and_dated",
        0.2,
        case.article.authors.join(", "),
    ))
}

/// The text ends in the middle, or in a call to pay, on a page that says it is not free.
fn breaks_off(case: &Case<'_>) -> Option<Finding> {
    let text = case.article.text.trim_end();
    let start = text.floor_char_boundary(text.len().saturating_sub(400));
    let cut = text.ends_with('…') || text.ends_with("...") || !ends_sentence(text);
    if !case.page.not_free && !cut {
        return None;
    }
    match READ_ON.first_in(&fold(&text[start..])) {
        Some(call) => Some(Finding::beginning("breaks_off", call)),
        None if case.page.not_free && cut => Some(Finding::beginning("breaks_off", &text[start..])),
        None => None,
    }
}
