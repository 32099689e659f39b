//! A reader service's own menus and lists: what an import sometimes holds in place of the article.

use atlas_domain::JunkClass::Interface;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::fetch_signals::Landing;
use super::super::phrases::{READER_CONTROLS, READER_ONLY_CONTROLS, READER_ONLY_PHRASES, READER_PHRASES};
use super::super::text::fold;
use super::share_in_phrases;
use crate::words::count_words;

pub(super) const RULES: &[Rule] = &[
    address_is_reader,
    controls_are_readers,
    text_is_controls,
    words_are_controls,
    lists_items,
    text_is_little_else,
    text_lists_items,
    repeats_controls,
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
    if case.page.article_prose_words >= 150 {
        return None;
    }
    let labels: Vec<String> = case.article.text.lines().take(200).flat_map(labels_in).collect();
    let controls = Controls::among(labels.iter().map(String::as_str));
    let weight = controls.weight()?;
    Some(Finding::junk(
        Interface,
        Level::Text,
        "text_is_controls",
        weight,
        controls.seen.join(", "),
    ))
}

/// What a line of a menu offers: its parts between separators, without the numbers of items beside them.
fn labels_in(line: &str) -> Vec<String> {
    let is_separator = |c: char| {
        matches!(
            c,
            '|' | '·' | '•' | '›' | '»' | '/' | '—' | '–' | '\t' | '[' | ']' | '(' | ')'
        )
    };
    line.split(is_separator)
        .map(|part| {
            fold(part)
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ')
                .to_owned()
        })
        .filter(|part| !part.is_empty())
        .collect()
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

/// A stored page of links under a reader's controls: its list of items.
fn lists_items(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    if !case.is_stored() || page.article_prose_words > 0 || page.labels.len() < 15 {
        return None;
    }
    Controls::among(page.labels.iter().map(String::as_str)).weight()?;
    (page.main_link_words * 4 >= page.main_words).then(|| {
        Finding::junk(
            Interface,
            Level::Html,
            "lists_items",
            0.8,
            format!("{} of {} words in links", page.main_link_words, page.main_words),
        )
    })
}

/// Many controls in a stored text of hardly any sentences are what the text is.
fn text_is_little_else(case: &Case<'_>) -> Option<Finding> {
    if !case.is_text() {
        return None;
    }
    let certain = text_is_controls(case).filter(|finding| finding.reason.weight >= 1.0)?;
    Some(Finding::junk(
        Interface,
        Level::Text,
        "text_is_little_else",
        0.2,
        certain.reason.evidence,
    ))
}

/// A stored list of items: their titles, a line about each, and a reader's controls between them. An article that was kept
/// with such controls has a paragraph.
fn text_lists_items(case: &Case<'_>) -> Option<Finding> {
    const LONGEST_EXCERPT_WORDS: u32 = 40;
    let (prose, words) = (case.page.article_prose_words, case.page.article_words);
    if !case.is_text() || words >= 500 || prose * 100 >= words * 88 {
        return None;
    }
    let lines: Vec<&str> = case
        .article
        .text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let counts: Vec<u32> = lines.iter().map(|line| count_words(line)).collect();
    let short = counts.iter().filter(|words| **words <= 6).count();
    if lines.len() < 15
        || short * 2 < lines.len()
        || counts.iter().any(|words| *words > LONGEST_EXCERPT_WORDS)
    {
        return None;
    }
    let labels: Vec<String> = lines.iter().copied().flat_map(labels_in).collect();
    let controls = Controls::among(labels.iter().map(String::as_str));
    controls.weight()?;
    Some(Finding::junk(
        Interface,
        Level::Text,
        "text_lists_items",
        1.8,
        format!(
            "{short} of {} lines are labels: {}",
            lines.len(),
            controls.seen.join(", ")
        ),
    ))
}

/// A stored list of items: the same short lines stand under each of them, and controls of a reader among them. A refrain is
/// repeated as well, and is no control.
fn repeats_controls(case: &Case<'_>) -> Option<Finding> {
    if !case.is_text() || case.page.article_words >= 500 {
        return None;
    }
    let lines: Vec<String> = case
        .article
        .text
        .lines()
        .map(fold)
        .filter(|line| !line.is_empty())
        .collect();
    let mut labels: Vec<&str> = lines
        .iter()
        .map(String::as_str)
        .filter(|line| count_words(line) <= 6)
        .collect();
    if lines.len() < 15 || labels.len() * 2 < lines.len() {
        return None;
    }
    labels.sort_unstable();
    let repeated: usize = labels
        .chunk_by(|one, two| one == two)
        .map(<[&str]>::len)
        .filter(|times| *times >= 3)
        .sum();
    let parts: Vec<String> = case.article.text.lines().flat_map(labels_in).collect();
    let controls = Controls::among(parts.iter().map(String::as_str));
    (repeated * 100 >= lines.len() * 15 && controls.seen.len() >= 3).then(|| {
        Finding::junk(
            Interface,
            Level::Text,
            "repeats_controls",
            2.2,
            format!(
                "{repeated} of {} lines are repeated: {}",
                lines.len(),
                controls.seen.join(", ")
            ),
        )
    })
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
