//! Texts that speak of nothing but themselves: of the page, its server, the visitor and what he is to click. Every kind of
//! wall, error page and empty domain does, in whatever words; a text about something else hardly ever does.

use atlas_domain::JunkClass::{self, Challenge, ConsentWall, Error, JsStub, LoginWall, ServerDefault, Stub};

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{
    ACCOUNT, ADDRESS, CHALLENGE, CONSENT, NAVIGATION, NEEDS_SCRIPT, PAGE_TALK, PARKED, PAYWALL, READ_ON,
    SERVER_ERROR,
};
use super::share_in_phrases;
use crate::words::count_words;

/// More text than this says something besides.
const LONGEST_TALK_WORDS: u32 = 160;
/// Fewer words than this a person writes about a page as well.
const LEAST_WORDS_OF_SHORT: u32 = 20;
/// So many words at the end are looked at.
const TAIL_WORDS: usize = 30;

pub(super) const RULES: &[Rule] = &[
    speaks_of_itself,
    short_row_speaks_of_page,
    is_rest_of_page,
    ends_about_itself,
];

/// Reports about such pages reach a tenth, documentation of programs a sixth: they name other things between. Instructions
/// for some page reach more, and do not speak to who has just come to it: about them there is only a doubt.
fn speaks_of_itself(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    if !case.is_stored() || case.is_short_by_kind() || !(12..=LONGEST_TALK_WORDS).contains(&words) {
        return None;
    }
    let (share, said) = talk(case);
    let weight: f32 = match (share, said) {
        (0.25.., 6..) => 1.5,
        (0.18.., 6..) => 1.2,
        (0.15.., 10..) => 0.6,
        (0.18.., 4..) if words < 40 => 0.4,
        (0.10.., 8..) if words < 40 => 0.3,
        _ => return None,
    };
    let weight = if ADDRESS.count_in(case.text()) >= 2 {
        weight
    } else {
        weight.min(0.3)
    };
    Some(finding(case, "speaks_of_itself", weight, share))
}

/// What is short by nature may be a person's own words about a page: it takes more of them, and more kinds.
fn short_row_speaks_of_page(case: &Case<'_>) -> Option<Finding> {
    let words = case.page.article_words;
    if !case.is_short_by_kind() || !(LEAST_WORDS_OF_SHORT..=LONGEST_TALK_WORDS).contains(&words) {
        return None;
    }
    let (share, said) = talk(case);
    (share >= 0.18 && said >= 6 && ADDRESS.count_in(case.text()) >= 2).then(|| Finding {
        by_program: true,
        ..finding(case, "short_row_speaks_of_page", 1.2, share)
    })
}

/// A sentence among the labels of a page that was not kept, or hardly anything but labels.
fn is_rest_of_page(case: &Case<'_>) -> Option<Finding> {
    if !case.is_text() || case.is_short_by_kind() || !(12..40).contains(&case.page.article_words) {
        return None;
    }
    let counts: Vec<u32> = case
        .article
        .text
        .lines()
        .map(count_words)
        .filter(|words| *words > 0)
        .collect();
    let labels = counts.iter().filter(|words| **words <= 6).count();
    let (share, said) = talk(case);
    let is_sentence_among_labels =
        counts.len() >= 3 && labels + 1 >= counts.len() && said >= 3 && share >= 0.05;
    let words = case.article.text.split_whitespace();
    let (all, capitals) = words.fold((0_u32, 0_u32), |(all, capitals), word| {
        (
            all + 1,
            capitals + u32::from(word.starts_with(char::is_uppercase)),
        )
    });
    let is_labels =
        counts.len() >= 10 && labels * 100 >= counts.len() * 85 && said >= 1 && capitals * 10 >= all * 4;
    (is_sentence_among_labels || is_labels).then(|| finding(case, "is_rest_of_page", 0.2, share))
}

/// Some sentences, and then the page about itself: what somebody may read who pays. An address to write to is no offer.
fn ends_about_itself(case: &Case<'_>) -> Option<Finding> {
    if !case.is_stored() || case.is_short_by_kind() || !(40..100).contains(&case.page.article_words) {
        return None;
    }
    let tail = tail_of(case.text());
    let (share, offers) = offer_in(&tail);
    let call = [&READ_ON, &PAYWALL, &ACCOUNT]
        .iter()
        .find_map(|phrases| phrases.first_in(&tail));
    let found = call.filter(|_| {
        ADDRESS.count_in(&tail) >= 1
            && (share >= 0.13 && PAGE_TALK.count_in(case.text()) >= 5 || share >= 0.08 && offers >= 2)
    });
    // The offer may stand on the page, and was not taken for its content.
    let found = found.or_else(|| {
        if case.is_text() || case.page.main_words > case.page.article_words + 60 {
            return None;
        }
        let tail = tail_of(case.opening());
        let (share, offers) = offer_in(&tail);
        READ_ON
            .first_in(&tail)
            .or_else(|| PAYWALL.first_in(&tail))
            .filter(|_| share >= 0.13 && offers >= 2 && ADDRESS.count_in(&tail) >= 1)
    });
    Some(Finding::junk(
        LoginWall,
        Level::Text,
        "ends_about_itself",
        1.5,
        found?,
    ))
}

fn tail_of(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    words[words.len().saturating_sub(TAIL_WORDS)..].join(" ")
}

/// The share of words about the page, and how many offers to pay or to register there are.
fn offer_in(text: &str) -> (f32, usize) {
    let share = PAGE_TALK.covered_words(text) as f32 / count_words(text).max(1) as f32;
    (share, READ_ON.count_in(text) + PAYWALL.count_in(text))
}

/// The share of such words in a text, and how many different ones there are.
fn talk(case: &Case<'_>) -> (f32, usize) {
    (
        share_in_phrases(case, &[&PAGE_TALK]),
        PAGE_TALK.count_in(case.text()),
    )
}

fn finding(case: &Case<'_>, code: &str, weight: f32, share: f32) -> Finding {
    let evidence = format!("{:.0} % of the words are about the page", share * 100.0);
    // What weighs little names nothing.
    let class = if weight < 0.5 { Stub } else { class(case) };
    Finding::junk(class, Level::Text, code, weight, evidence)
}

/// What it says most, where it says so in known words. Menus name everything.
fn class(case: &Case<'_>) -> JunkClass {
    let labels = NAVIGATION.count_in(case.text());
    let said = [
        (Error, SERVER_ERROR.count_in(case.text())),
        (Challenge, CHALLENGE.count_in(case.text())),
        (ConsentWall, CONSENT.count_in(case.text())),
        (
            LoginWall,
            ACCOUNT.count_in(case.text()).max(PAYWALL.count_in(case.text())),
        ),
        (JsStub, NEEDS_SCRIPT.count_in(case.text())),
        (ServerDefault, PARKED.count_in(case.text())),
    ];
    said.into_iter()
        .rev()
        .max_by_key(|(_, said)| *said)
        .filter(|(_, said)| *said > labels)
        .map_or(Stub, |(class, _)| class)
}
