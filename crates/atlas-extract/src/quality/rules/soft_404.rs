//! Pages that say "not found", whatever their status. An article about such pages says it too, at length.
//!
//! Title, heading and text repeat the same claim, so together they are one level: without a sign from the fetch
//! (an error status, a redirect to an error page) the page is quarantined, not rejected.

use atlas_domain::JunkClass::{self, Error, Soft404};

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{BARE_NOT_FOUND, ERROR_ADVICE, NOT_FOUND};
use super::{heading_is, is_all_message, may_be_message, title_is};

pub(super) const RULES: &[Rule] = &[
    landed_on_error_page,
    landed_on_front_page,
    title_says_not_found,
    heading_says_not_found,
    text_says_not_found,
    text_is_not_found,
    says_so_above_others,
];

fn landed_on_error_page(case: &Case<'_>) -> Option<Finding> {
    (case.fetch.landed == Some(Landing::NotFound)).then(|| {
        Finding::junk(
            class(case),
            Level::Fetch,
            "landed_on_error_page",
            0.9,
            &case.fetch.final_url,
        )
    })
}

/// Weak alone: whole sites move, and some of them to a single page.
fn landed_on_front_page(case: &Case<'_>) -> Option<Finding> {
    (case.fetch.landed == Some(Landing::Root)).then(|| {
        Finding::junk(
            class(case),
            Level::Fetch,
            "landed_on_front_page",
            0.6,
            &case.fetch.requested_url,
        )
    })
}

fn title_says_not_found(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &NOT_FOUND, 3).or_else(|| title_is(case, &BARE_NOT_FOUND, 0))?;
    Some(Finding::junk(
        class(case),
        Level::Text,
        "title_says_not_found",
        0.7,
        part,
    ))
}

fn heading_says_not_found(case: &Case<'_>) -> Option<Finding> {
    let heading = heading_is(case, &NOT_FOUND, 5).or_else(|| heading_is(case, &BARE_NOT_FOUND, 0))?;
    Some(Finding::junk(
        class(case),
        Level::Text,
        "heading_says_not_found",
        0.6,
        heading,
    ))
}

fn text_says_not_found(case: &Case<'_>) -> Option<Finding> {
    if !case.is_short() || case.page.main_words > 150 {
        return None;
    }
    let phrase = NOT_FOUND.first_in(case.opening())?;
    Some(Finding::junk(
        class(case),
        Level::Text,
        "text_says_not_found",
        0.6,
        phrase,
    ))
}

/// A stored text that says nothing else.
fn text_is_not_found(case: &Case<'_>) -> Option<Finding> {
    if !may_be_message(case) {
        return None;
    }
    let phrase = NOT_FOUND.first_in(case.text())?;
    is_all_message(case, &[&NOT_FOUND, &ERROR_ADVICE])
        .then(|| Finding::junk(class(case), Level::Text, "text_is_not_found", 0.6, phrase))
}

/// A stored page that says so, and then names other pages of the site instead.
fn says_so_above_others(case: &Case<'_>) -> Option<Finding> {
    let (prose, words) = (case.page.article_prose_words, case.page.article_words);
    if !case.is_stored() || words < 100 || prose * 4 > words {
        return None;
    }
    let said = title_says_not_found(case).or_else(|| heading_says_not_found(case));
    let (weight, evidence) = match said {
        Some(said) => (0.6, said.reason.evidence),
        // It stands at the beginning, before the others.
        None => (1.2, NOT_FOUND.first_in(&beginning(case))?.to_owned()),
    };
    Some(Finding::junk(
        class(case),
        Level::Text,
        "says_so_above_others",
        weight,
        evidence,
    ))
}

/// Where a page says what it is.
fn beginning(case: &Case<'_>) -> String {
    const WORDS: usize = 40;
    case.text().split(' ').take(WORDS).collect::<Vec<_>>().join(" ")
}

/// With an honest status it is an ordinary error page.
fn class(case: &Case<'_>) -> JunkClass {
    if case.fetch.status >= 400 { Error } else { Soft404 }
}
