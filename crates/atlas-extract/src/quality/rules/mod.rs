//! The rules of the gate, one file a class of junk, and what speaks for content. Each rule looks at one thing
//! and says how much it weighs; none of them decides.

mod challenge;
mod consent_wall;
mod content;
mod error;
mod interface;
mod js_stub;
mod labels;
mod login_wall;
mod page_talk;
mod remnant;
mod server_default;
mod soft_404;
mod stub;

use atlas_domain::JunkClass;

use super::case::{Case, Finding, Level, Rule};
use super::phrase_list::Phrases;
use super::text::{fold, sentences};
use crate::words::count_words;

/// Every rule there is.
const RULES: [&[Rule]; 13] = [
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
    labels::RULES,
    remnant::RULES,
    page_talk::RULES,
];

/// A note of fewer words says whatever its author wanted to say.
const WORDS_OF_A_NOTE: u32 = 12;
/// More text than this is not all one message.
const MESSAGE_WORDS: u32 = 140;
/// ...unless it says the same over and over.
const LONG_MESSAGE_WORDS: u32 = 250;
/// Sentences that quote a message consist of it to a smaller share than those that are one.
const MESSAGE_SHARE: f32 = 0.1;

/// What the rules find in a case.
pub(super) fn apply(case: &Case<'_>) -> Vec<Finding> {
    RULES
        .iter()
        .copied()
        .flatten()
        .filter_map(|rule| rule(case))
        .filter(|finding| !case.is_short_by_kind() || counts_in_short(case, finding))
        .filter(|finding| !(case.is_stored_article() && may_be_its_subject(finding)))
        .collect()
}

/// What is short by nature is not junk for being short, and five words of a person are not judged at all.
fn counts_in_short(case: &Case<'_>, finding: &Finding) -> bool {
    let (speaks_of_length, speaks_of_junk) = (
        finding.reason.class == Some(JunkClass::Stub),
        finding.reason.class.is_some(),
    );
    let is_note = case.page.article_words < WORDS_OF_A_NOTE;
    finding.by_program || !(speaks_of_length || speaks_of_junk && is_note)
}

/// The title of a stored article says what it is about, be it error pages. A page that was fetched has a status besides.
fn may_be_its_subject(finding: &Finding) -> bool {
    use JunkClass::{Challenge, Error, Soft404};
    finding.level != Level::Fetch && matches!(finding.reason.class, Some(Challenge | Error | Soft404))
}

/// Whether a stored text, whose markup is gone, is so short that it can be all one message.
fn may_be_message(case: &Case<'_>) -> bool {
    case.is_text() && (1..=LONG_MESSAGE_WORDS).contains(&case.page.article_words)
}

/// Whether most of a stored text, whose markup is gone, stands in sentences that say one of `phrases`: then that
/// is all the text is. In what is short by nature it must be nearly all, and more than one sentence.
fn is_all_message(case: &Case<'_>, phrases: &[&Phrases]) -> bool {
    let words = case.page.article_words;
    if !may_be_message(case) || words > MESSAGE_WORDS {
        return false;
    }
    let saying: Vec<u32> = case
        .article
        .text
        .lines()
        .flat_map(sentences)
        .filter(|sentence| {
            let folded = fold(sentence);
            phrases.iter().any(|phrases| phrases.first_in(&folded).is_some())
        })
        .map(count_words)
        .collect();
    let said_in = saying.iter().sum::<u32>();
    let is_most = if case.is_short_by_kind() {
        saying.len() >= 2 && said_in * 10 >= words * 8
    } else {
        said_in * 2 >= words
    };
    is_most && share_in_phrases(case, phrases) >= MESSAGE_SHARE
}

/// How many of the words of a short stored text stand in `phrases` themselves, from 0 to 1: labels of a menu or a
/// form are almost all of it, sentences about one are not.
fn share_in_phrases(case: &Case<'_>, phrases: &[&Phrases]) -> f32 {
    let covered: u32 = phrases
        .iter()
        .map(|phrases| phrases.covered_words(case.text()))
        .sum();
    covered as f32 / count_words(case.text()).max(1) as f32
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
