//! A reader service's own menus and lists: what an import sometimes holds in place of the article.

use atlas_domain::JunkClass::Interface;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{READER_CONTROLS, READER_ONLY_CONTROLS, READER_ONLY_PHRASES, READER_PHRASES};
use super::super::text::fold;
use super::share_in_phrases;

pub(super) const RULES: &[Rule] = &[
    address_is_reader,
    controls_are_readers,
    text_is_controls,
    words_are_controls,
];

fn address_is_reader(case: &Case<'_>) -> Option<Finding> {
    let there = [case.fetch.landed, case.fetch.requested].contains(&Some(Landing::Reader));
    there.then(|| {
        Finding::junk(
            Interface,
            Level::Fetch,
            "address_is_reader",
            0.9,
            &case.fetch.final_url,
        )
    })
}

fn controls_are_readers(case: &Case<'_>) -> Option<Finding> {
    if case.prose_words() >= 200 {
        return None;
    }
    let controls = Controls::among(case.page.labels.iter().map(String::as_str));
    let weight = controls.weight()?;
    Some(Finding::junk(
        Interface,
        Level::Html,
        "controls_are_readers",
        weight,
        controls.seen.join(", "),
    ))
}

/// The same words as lines of the extracted text, where an export has kept nothing else of the page.
fn text_is_controls(case: &Case<'_>) -> Option<Finding> {
    if case.page.article_prose_words >= 100 {
        return None;
    }
    let lines: Vec<String> = case.article.text.lines().take(200).map(fold).collect();
    let controls = Controls::among(lines.iter().map(String::as_str));
    let weight = controls.weight()?;
    Some(Finding::junk(
        Interface,
        Level::Text,
        "text_is_controls",
        weight,
        controls.seen.join(", "),
    ))
}

/// The same words where a stored text has lost its lines.
fn words_are_controls(case: &Case<'_>) -> Option<Finding> {
    if !case.is_text() || case.page.article_prose_words >= 60 || text_is_controls(case).is_some() {
        return None;
    }
    let (said, only) = (
        READER_PHRASES.count_in(case.text()),
        READER_ONLY_PHRASES.count_in(case.text()),
    );
    let share = share_in_phrases(case, &[&READER_PHRASES]);
    let weight = match (said, only) {
        (6.., 3..) if share >= 0.5 => 1.2,
        (5.., 2..) if share >= 0.7 => 0.8,
        _ => return None,
    };
    Some(Finding::junk(
        Interface,
        Level::Text,
        "words_are_controls",
        weight,
        case.text(),
    ))
}

struct Controls {
    seen: Vec<&'static str>,
}

impl Controls {
    fn among<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut seen: Vec<&'static str> = texts
            .filter_map(|text| READER_CONTROLS.iter().copied().find(|control| *control == text))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        Self { seen }
    }

    /// Every site has settings and a profile; only a reader has them beside an archive and things unread.
    fn weight(&self) -> Option<f32> {
        let only = self
            .seen
            .iter()
            .filter(|control| READER_ONLY_CONTROLS.contains(control))
            .count();
        match (self.seen.len(), only) {
            (8.., 3..) => Some(1.0),
            (6.., 3..) => Some(0.8),
            (5.., 2..) => Some(0.4),
            _ => None,
        }
    }
}
