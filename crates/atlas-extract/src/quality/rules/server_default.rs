//! Pages that come with a server, a control panel or a new domain, and directory listings.

use atlas_domain::JunkClass::ServerDefault;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrase_list::Phrases;
use super::super::phrases::{DEFAULT_SENTENCES, DEFAULT_TITLES, LISTING_COLUMNS, PARKED, PARKED_BESIDE};
use super::{heading_is, is_all_message, share_in_phrases, title_is};

pub(super) const RULES: &[Rule] = &[
    title_is_default,
    heading_is_default,
    lists_directory,
    text_is_default,
    domain_is_parked,
];

fn title_is_default(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &DEFAULT_TITLES, 2)?;
    Some(Finding::junk(
        ServerDefault,
        Level::Html,
        "title_is_default",
        0.6,
        part,
    ))
}

fn heading_is_default(case: &Case<'_>) -> Option<Finding> {
    let heading = heading_is(case, &DEFAULT_TITLES, 2)?;
    Some(Finding::junk(
        ServerDefault,
        Level::Html,
        "heading_is_default",
        0.5,
        heading,
    ))
}

/// "Index of Leading Indicators" is a title like any other; a listing has columns and a way up.
fn lists_directory(case: &Case<'_>) -> Option<Finding> {
    let titles = case.title.iter().chain(&case.headings);
    let title = titles.clone().find(|title| {
        ["index of", "directory listing", "verzeichnis von"]
            .iter()
            .any(|start| title.starts_with(start))
    })?;
    let columns = LISTING_COLUMNS.count_in(case.opening());
    (columns >= 2 && case.prose_words() < 60)
        .then(|| Finding::junk(ServerDefault, Level::Html, "lists_directory", 1.0, title))
}

fn text_is_default(case: &Case<'_>) -> Option<Finding> {
    if case.prose_words() >= 250 {
        return None;
    }
    let sentence = DEFAULT_SENTENCES
        .first_in(case.opening())
        .or_else(|| DEFAULT_SENTENCES.first_in(case.text()))?;
    Some(Finding::junk(
        ServerDefault,
        Level::Text,
        "text_is_default",
        0.9,
        sentence,
    ))
}

/// Offers of a domain that has no site. Reports about the trade with domains are made of sentences.
fn domain_is_parked(case: &Case<'_>) -> Option<Finding> {
    if case.prose_words() >= 120 || case.page.main_words > 300 {
        return None;
    }
    let phrase = PARKED
        .first_in(case.opening())
        .or_else(|| PARKED.first_in(case.text()))?;
    let said = |phrases: &Phrases| {
        phrases
            .count_in(case.opening())
            .max(phrases.count_in(case.text()))
    };
    // A report quotes such a page among words of its own.
    if share_in_phrases(case, &[&PARKED, &PARKED_BESIDE]) < 0.1 {
        return None;
    }
    let weight = if said(&PARKED) + said(&PARKED_BESIDE) >= 2 || is_all_message(case, &[&PARKED]) {
        1.2
    } else if case.page.article_words.max(case.page.main_words) <= 60 {
        0.8
    } else {
        return None;
    };
    Some(Finding::junk(
        ServerDefault,
        Level::Text,
        "domain_is_parked",
        weight,
        phrase,
    ))
}
