//! Too little text to be what was meant: a suspicion, never a proof. Short posts exist.

use atlas_domain::JunkClass::Stub;

use super::super::case::{Case, Finding, Level, Rule};

/// Below this share of broken characters a page is still readable...
const READABLE_BROKEN_SHARE: f32 = 0.03;
/// ...and above this one it is not, in any language: an accent in every word is a share of eight per cent.
const UNREADABLE_BROKEN_SHARE: f32 = 0.12;
/// A text has no control characters but for accidents. A compressed file has ten in a hundred, half of it prose
/// or not.
const TEXT_CONTROL_SHARE: f32 = 0.005;
/// An accident may be repeated on every line of a short text.
const TEXT_CONTROL_CHARS: u32 = 24;
/// Outweighs everything that speaks for content: readable passages do not make a text of a file.
const NO_TEXT_WEIGHT: f32 = 3.0;

pub(super) const RULES: &[Rule] = &[
    has_few_words,
    has_no_sentence,
    is_mostly_links,
    is_undecodable,
    is_binary,
];

fn has_few_words(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    // Of a row of which nothing is known, a sentence may be all: somebody's word about a bookmark.
    let may_be_remark = case.is_of_unknown_kind() && words >= 8 && case.page.article_prose_words >= words;
    let weight = match words {
        0..15 if !may_be_remark => 1.2,
        0..40 => 1.0,
        _ => return None,
    };
    Some(Finding::junk(
        Stub,
        Level::Text,
        "has_few_words",
        weight,
        format!("{words} words"),
    ))
}

fn has_no_sentence(case: &Case<'_>) -> Option<Finding> {
    let (words, prose) = (case.page.article_words, case.page.article_prose_words);
    // A poem has none either: as the body of a row it is short enough to be looked at, and no more.
    let weight = if case.is_text() && (15..40).contains(&words) {
        0.1
    } else {
        0.4
    };
    (words < 150 && prose * 8 < words).then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "has_no_sentence",
            weight,
            format!("{prose} of {words} words in sentences"),
        )
    })
}

fn is_mostly_links(case: &Case<'_>) -> Option<Finding> {
    let (words, links) = (case.page.main_words, case.page.main_link_words);
    (case.prose_words() < 40 && words > 0 && links * 10 > words * 7).then(|| {
        Finding::junk(
            Stub,
            Level::Html,
            "is_mostly_links",
            0.3,
            format!("{links} of {words} words in links"),
        )
    })
}

fn is_undecodable(case: &Case<'_>) -> Option<Finding> {
    let share = case.page.broken_share;
    let weight = if share > UNREADABLE_BROKEN_SHARE {
        NO_TEXT_WEIGHT
    } else if share > READABLE_BROKEN_SHARE {
        0.6
    } else {
        return None;
    };
    Some(Finding {
        by_program: true,
        ..Finding::junk(
            Stub,
            Level::Text,
            "is_undecodable",
            weight,
            format!("{:.1} % unreadable", share * 100.0),
        )
    })
}

/// A picture, an archive or a program that was sent as a page.
fn is_binary(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    let evidence = match &page.binary_format {
        Some(format) => format!("begins like a file in the format {format}"),
        None if page.control_share > TEXT_CONTROL_SHARE && page.control_chars >= TEXT_CONTROL_CHARS => {
            format!("{:.1} % control characters", page.control_share * 100.0)
        }
        None => return None,
    };
    Some(Finding {
        by_program: true,
        ..Finding::junk(Stub, Level::Text, "is_binary", NO_TEXT_WEIGHT, evidence)
    })
}
