//! Robot checks. Their scripts are embedded in ordinary pages as well, and articles are written about them:
//! marks and words count only where there is little else.

use atlas_domain::JunkClass::Challenge;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{CHALLENGE, NEEDS_SCRIPT, SHARED_CHALLENGE_MARKS, WAITING};
use super::{heading_is, is_all_message, may_be_message, title_is};

pub(super) const RULES: &[Rule] = &[
    header_says_challenge,
    landed_on_challenge,
    has_challenge_mark,
    has_lone_captcha,
    title_says_challenge,
    heading_says_challenge,
    text_says_challenge,
    text_is_challenge,
];

fn header_says_challenge(case: &Case<'_>) -> Option<Finding> {
    let header = case.fetch.challenge_headers.first()?;
    Some(Finding::junk(
        Challenge,
        Level::Fetch,
        "header_says_challenge",
        1.0,
        header,
    ))
}

fn landed_on_challenge(case: &Case<'_>) -> Option<Finding> {
    (case.fetch.landed == Some(Landing::Challenge)).then(|| {
        Finding::junk(
            Challenge,
            Level::Fetch,
            "landed_on_challenge",
            1.0,
            &case.fetch.final_url,
        )
    })
}

fn has_challenge_mark(case: &Case<'_>) -> Option<Finding> {
    let mark = case.page.challenge_marks.iter().find(|mark| !is_shared(mark))?;
    case.is_short()
        .then(|| Finding::junk(Challenge, Level::Html, "has_challenge_mark", 0.9, mark))
}

/// Comment and contact forms carry a captcha too, among other fields.
fn has_lone_captcha(case: &Case<'_>) -> Option<Finding> {
    let mark = case.page.challenge_marks.iter().find(|mark| is_shared(mark))?;
    let forms = &case.page.forms;
    let lone = forms.main_passwords == 0 && forms.account_fields == 0 && forms.main_fields <= 1;
    (lone && case.prose_words() < 80 && case.page.main_words < 150 && case.page.visible_words < 300)
        .then(|| Finding::junk(Challenge, Level::Html, "has_lone_captcha", 0.6, mark))
}

fn title_says_challenge(case: &Case<'_>) -> Option<Finding> {
    let part = title_is(case, &CHALLENGE, 3).or_else(|| title_is(case, &WAITING, 2))?;
    Some(Finding::junk(
        Challenge,
        Level::Html,
        "title_says_challenge",
        0.7,
        part,
    ))
}

fn heading_says_challenge(case: &Case<'_>) -> Option<Finding> {
    let heading = heading_is(case, &CHALLENGE, 3)?;
    Some(Finding::junk(
        Challenge,
        Level::Html,
        "heading_says_challenge",
        0.5,
        heading,
    ))
}

fn text_says_challenge(case: &Case<'_>) -> Option<Finding> {
    if !case.is_short() {
        return None;
    }
    let weight = match CHALLENGE.count_in(case.opening()) {
        0 => return None,
        1 => 0.4,
        _ => 0.8,
    };
    Some(Finding::junk(
        Challenge,
        Level::Text,
        "text_says_challenge",
        weight,
        &case.page.opening,
    ))
}

/// Where the marks of a check are gone with the markup.
fn text_is_challenge(case: &Case<'_>) -> Option<Finding> {
    if !may_be_message(case) {
        return None;
    }
    let phrase = CHALLENGE.first_in(case.text())?;
    let says_it_all = !case.is_short_by_kind() && CHALLENGE.count_in(case.text()) >= 4;
    (says_it_all || is_all_message(case, &[&CHALLENGE, &WAITING, &NEEDS_SCRIPT]))
        .then(|| Finding::junk(Challenge, Level::Text, "text_is_challenge", 0.6, phrase))
}

fn is_shared(mark: &str) -> bool {
    SHARED_CHALLENGE_MARKS.contains(&mark)
}
