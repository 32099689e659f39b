//! The rules of the gate, one file a class of junk, and what speaks for content. Each rule looks at one thing
//! and says how much it weighs; none of them decides.

mod challenge;
mod consent_wall;
mod content;
mod error;
mod interface;
mod js_stub;
mod login_wall;
mod server_default;
mod soft_404;
mod stub;

use super::case::{Case, Finding, Rule};
use super::phrase_list::Phrases;

/// Every rule there is.
const RULES: [&[Rule]; 10] = [
    content::RULES,
    error::RULES,
    soft_404::RULES,
    challenge::RULES,
    login_wall::RULES,
    consent_wall::RULES,
    js_stub::RULES,
    interface::RULES,
    server_default::RULES,
    stub::RULES,
];

/// What the rules find in a case.
pub(super) fn apply(case: &Case<'_>) -> Vec<Finding> {
    RULES
        .iter()
        .copied()
        .flatten()
        .filter_map(|rule| rule(case))
        .collect()
}

/// The first part of the page's title that is one of `phrases`, give or take `spare_words`.
fn title_is<'c>(case: &'c Case<'_>, phrases: &Phrases, spare_words: u32) -> Option<&'c str> {
    case.title
        .iter()
        .find(|part| phrases.filling(part, spare_words).is_some())
        .map(String::as_str)
}

/// The first of the page's leading headings that is one of `phrases`, give or take `spare_words`.
fn heading_is<'c>(case: &'c Case<'_>, phrases: &Phrases, spare_words: u32) -> Option<&'c str> {
    case.headings
        .iter()
        .take(3)
        .find(|heading| phrases.filling(heading, spare_words).is_some())
        .map(String::as_str)
}
