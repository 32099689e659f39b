//! Error pages of a server or an application. "Not found" with a good status is the business of `soft_404`.

use atlas_domain::JunkClass::Error;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{BARE_ERRORS, ERROR_ADVICE, NOT_FOUND, SERVER_ERROR};
use super::{heading_is, is_all_message, may_be_message, title_is};
use crate::words::count_words;

pub(super) const RULES: &[Rule] = &[
    status_is_error,
    title_names_status,
    title_says_error,
    heading_says_error,
    text_says_error,
    text_is_apology,
    is_named_and_headed,
];

/// Strong but not alone: some sites serve whole articles with a refusal.
fn status_is_error(case: &Case<'_>) -> Option<Finding> {
    let status = case.fetch.status;
    let weight = match status {
        404 | 410 | 451 | 500.. => 1.0,
        400.. => 0.9,
        _ => return None,
    };
    Some(Finding::junk(
        Error,
        Level::Fetch,
        "status_is_error",
        weight,
        format!("HTTP {status}"),
    ))
}

/// A status number beside its reason phrase: "404 Media" and "500 days" are not error pages.
fn title_names_status(case: &Case<'_>) -> Option<Finding> {
    let parts = || case.title.iter().chain(case.headings.iter().take(3));
    let named = parts().find(|part| count_words(part) <= 6 && part.split(' ').any(is_error_status))?;
    let explained = parts()
        .map(String::as_str)
        .chain([case.opening()])
        .take(8)
        .any(|part| {
            count_words(part) <= 90
                && [&SERVER_ERROR, &NOT_FOUND]
                    .iter()
                    .any(|phrases| phrases.first_in(part).is_some())
        });
    if !explained || is_not_found(named) {
        return None;
    }
    Some(Finding::junk(
        Error,
        Level::Html,
        "title_names_status",
        0.9,
        named,
    ))
}

fn title_says_error(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &SERVER_ERROR, 2).or_else(|| title_is(case, &BARE_ERRORS, 0))?;
    Some(Finding::junk(Error, Level::Html, "title_says_error", 0.6, part))
}

fn heading_says_error(case: &Case<'_>) -> Option<Finding> {
    let heading = heading_is(case, &SERVER_ERROR, 2).or_else(|| heading_is(case, &BARE_ERRORS, 0))?;
    Some(Finding::junk(
        Error,
        Level::Html,
        "heading_says_error",
        0.5,
        heading,
    ))
}

fn text_says_error(case: &Case<'_>) -> Option<Finding> {
    if !case.is_short() || case.page.main_words > 120 {
        return None;
    }
    let phrase = SERVER_ERROR.first_in(case.opening())?;
    Some(Finding::junk(Error, Level::Text, "text_says_error", 0.6, phrase))
}

/// A stored text that says nothing else.
fn text_is_apology(case: &Case<'_>) -> Option<Finding> {
    if !may_be_message(case) {
        return None;
    }
    let phrase = SERVER_ERROR.first_in(case.text())?;
    is_all_message(case, &[&SERVER_ERROR, &NOT_FOUND, &ERROR_ADVICE])
        .then(|| Finding::junk(Error, Level::Text, "text_is_apology", 0.6, phrase))
}

/// A stored text of a few lines whose heading says so, and its title or text as well.
fn is_named_and_headed(case: &Case<'_>) -> Option<Finding> {
    if !case.is_stored() || case.page.article_words >= 80 {
        return None;
    }
    let heading = heading_says_error(case)?;
    title_says_error(case).or_else(|| text_says_error(case))?;
    Some(Finding::junk(
        Error,
        Level::Text,
        "is_named_and_headed",
        0.2,
        heading.reason.evidence,
    ))
}

fn is_error_status(word: &str) -> bool {
    word.parse::<u16>()
        .is_ok_and(|number| matches!(number, 400..=418 | 419 | 421..=429 | 431 | 451 | 500..=511 | 520..=530))
}

fn is_not_found(part: &str) -> bool {
    part.split(' ').any(|word| matches!(word, "404" | "410"))
}
