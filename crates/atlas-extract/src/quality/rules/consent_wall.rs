//! Consent, cookie and age dialogues in place of content. A banner beside an article is not one, and neither is
//! an article about cookies: what counts is the dialogue's share of what there is to read.

use atlas_domain::JunkClass::ConsentWall;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{CONSENT, CONSENT_BESIDE, CONSENT_TITLES};
use super::super::text::{fold, sentences};
use super::{heading_is, title_is};
use crate::words::count_words;

pub(super) const RULES: &[Rule] = &[
    landed_on_consent,
    has_consent_mark,
    has_consent_form,
    title_says_consent,
    buttons_say_consent,
    text_is_consent,
    lists_vendors,
];

fn landed_on_consent(case: &Case<'_>) -> Option<Finding> {
    let there = [case.fetch.landed, case.fetch.requested].contains(&Some(Landing::Consent));
    there.then(|| {
        Finding::junk(
            ConsentWall,
            Level::Fetch,
            "landed_on_consent",
            1.0,
            &case.fetch.final_url,
        )
    })
}

fn has_consent_mark(case: &Case<'_>) -> Option<Finding> {
    let mark = case.page.consent_marks.first()?;
    (case.prose_words() < 100 && consent_phrases(case) > 0)
        .then(|| Finding::junk(ConsentWall, Level::Html, "has_consent_mark", 0.4, mark))
}

fn has_consent_form(case: &Case<'_>) -> Option<Finding> {
    let action = case
        .page
        .forms
        .actions
        .iter()
        .find(|action| action.to_ascii_lowercase().contains("consent"))?;
    case.is_short()
        .then(|| Finding::junk(ConsentWall, Level::Html, "has_consent_form", 0.7, action))
}

fn title_says_consent(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &CONSENT_TITLES, 3).or_else(|| heading_is(case, &CONSENT_TITLES, 4))?;
    Some(Finding::junk(
        ConsentWall,
        Level::Html,
        "title_says_consent",
        0.5,
        part,
    ))
}

fn buttons_say_consent(case: &Case<'_>) -> Option<Finding> {
    if case.page.article_prose_words >= 150 || consent_phrases(case) < 2 {
        return None;
    }
    let label = case
        .page
        .labels
        .iter()
        .find(|label| CONSENT.filling(label, 1).is_some())?;
    Some(Finding::junk(
        ConsentWall,
        Level::Html,
        "buttons_say_consent",
        0.4,
        label,
    ))
}

/// How much of the text stands in sentences that ask for consent. Where the page shows far more than was
/// extracted, a banner was taken for the content, which is no fault of the page.
fn text_is_consent(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    if words == 0 || words > 400 || case.page.main_words > 400.max(words * 2) {
        return None;
    }
    // Where it asks more than once, its other sentences say what for.
    let asks_clearly = CONSENT.count_in(case.text()) >= 2;
    let is_asking = |sentence: &str| {
        CONSENT.first_in(sentence).is_some() || asks_clearly && CONSENT_BESIDE.first_in(sentence).is_some()
    };
    let asking: Vec<u32> = case
        .article
        .text
        .lines()
        .flat_map(sentences)
        .filter(|sentence| is_asking(&fold(sentence)))
        .map(count_words)
        .collect();
    // One sentence about consent is what somebody said.
    if case.is_short_by_kind() && asking.len() < 2 {
        return None;
    }
    let share = asking.iter().sum::<u32>() as f32 / words as f32;
    let weight = match share {
        share if share >= 0.7 && case.is_text() => 1.2,
        share if share >= 0.6 => 1.0,
        share if share >= 0.35 => 0.6,
        _ => return None,
    };
    let evidence = format!("{:.0} % of the text: {}", share * 100.0, case.page.opening);
    Some(Finding::junk(
        ConsentWall,
        Level::Text,
        "text_is_consent",
        weight,
        evidence,
    ))
}

/// A stored dialogue with its list of vendors, which can have a hundred lines: for how long each keeps what. An article
/// about the law has no number in every second word.
fn lists_vendors(case: &Case<'_>) -> Option<Finding> {
    if !case.is_stored() || case.page.article_words < 200 {
        return None;
    }
    let asks = title_says_consent(case).is_some() || CONSENT.first_in(case.text()).is_some();
    let text = &case.article.text;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let numbered = text
        .lines()
        .filter(|line| line.contains(|c: char| c.is_ascii_digit()))
        .count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // In whatever language it asks: more than lists of books, and in sentences, as tables are not.
    let is_nothing_else = lines >= 40
        && numbered * 100 >= lines * 80
        && digits * 10 >= case.page.article_words as usize * 8
        && case.page.article_prose_words * 2 >= case.page.article_words;
    (is_nothing_else
        || asks
            && lines >= 20
            && numbered * 10 >= lines * 3
            && digits * 2 >= case.page.article_words as usize)
        .then(|| {
            Finding::junk(
                ConsentWall,
                Level::Text,
                "lists_vendors",
                2.2,
                format!("{numbered} of {lines} lines with numbers"),
            )
        })
}

fn consent_phrases(case: &Case<'_>) -> usize {
    CONSENT
        .count_in(case.opening())
        .max(CONSENT.count_in(case.text()))
}
