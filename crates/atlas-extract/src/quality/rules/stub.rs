//! Too little text to be what was meant: a suspicion, never a proof. Short posts exist.

use atlas_domain::JunkClass::Stub;

use super::super::case::{Case, Finding, Level, Rule};

/// Below this share of undecodable characters a page is still readable.
const READABLE_REPLACEMENT_SHARE: f32 = 0.03;

pub(super) const RULES: &[Rule] = &[has_few_words, has_no_sentence, is_mostly_links, is_undecodable];

fn has_few_words(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    let weight = match words {
        0..15 => 1.2,
        15..40 => 1.0,
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
    (words < 150 && prose * 8 < words).then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "has_no_sentence",
            0.4,
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
    let share = case.page.replacement_share;
    (share > READABLE_REPLACEMENT_SHARE).then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "is_undecodable",
            0.6,
            format!("{:.1} % unreadable", share * 100.0),
        )
    })
}
