//! Too little text to be what was meant: a suspicion, never a proof. Short posts exist.

use atlas_domain::JunkClass::Stub;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{FUNCTION_WORDS, NAVIGATION, PAGE_TALK};
use super::share_in_phrases;
use crate::words::{count_words, is_unspaced};

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
    is_navigation,
    is_list_of_labels,
    is_list_of_links,
    is_run_of_headlines,
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

/// The menus of a site, kept in place of what they lead to: known labels, or nothing but short links.
fn is_navigation(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    if !case.is_text() || page.article_prose_words >= 60 || page.article_prose_words * 5 > page.article_words
    {
        return None;
    }
    let known = NAVIGATION.count_in(case.text());
    let share = share_in_phrases(case, &[&NAVIGATION]);
    let in_links = page.main_link_words as f32 / page.main_words.max(1) as f32;
    let label_words: u32 = page.labels.iter().map(|label| count_words(label)).sum();
    let has_short_labels = page.labels.len() >= 8 && label_words as usize <= page.labels.len() * 3;
    let is_menu = known >= 5 && share >= 0.4
        || known >= 3 && share >= 0.6
        || known >= 3 && in_links >= 0.7
        || has_short_labels && in_links >= 0.85;
    is_menu.then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "is_navigation",
            1.2,
            format!(
                "{:.0} % labels of menus, {:.0} % links: {}",
                share * 100.0,
                in_links * 100.0,
                case.text()
            ),
        )
    })
}

/// The same in any language: dozens of lines of two or three words each, without a comma between them. Verses are longer,
/// and lists of things have numbers or marks in them.
fn is_list_of_labels(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    if !case.is_stored() || page.article_prose_words * 10 > page.article_words {
        return None;
    }
    let (mut lines, mut words, mut written) = (0_u32, 0_u32, 0_u32);
    for line in case.article.text.lines().filter(|line| !line.trim().is_empty()) {
        lines += 1;
        words += count_words(line);
        let is_written =
            |c: char| matches!(c, ',' | ';' | ':' | '.' | '!' | '?' | '"' | '(') || c.is_ascii_digit();
        written += u32::from(line.contains(is_written));
    }
    let in_lines = lines >= 25 && words * 10 <= lines * 37 && written * 4 <= lines;
    let in_one = lines <= 2 && words >= 60 && is_run_of_labels(&case.article.text);
    (in_lines || in_one).then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "is_list_of_labels",
            1.2,
            format!("{words} words in {lines} lines"),
        )
    })
}

/// All of it stands in links, and some of them say what sites have: a page that leads to others, kept in their place.
fn is_list_of_links(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    let is_all_links = page.main_link_words * 10 >= page.article_words * 9 && page.labels.len() >= 10;
    if !case.is_stored() || !is_all_links || page.article_prose_words > 0 || page.article_words < 30 {
        return None;
    }
    (PAGE_TALK.count_in(case.text()) >= 4).then(|| {
        Finding::junk(
            Stub,
            Level::Text,
            "is_list_of_links",
            0.9,
            format!("{} links and nothing else", page.labels.len()),
        )
    })
}

/// Headlines and the labels of a site in whatever lines: no sentence ends, many words have capitals, and there are little
/// words, as tables have none. Lists of books look the same, but for the words of sites.
fn is_run_of_headlines(case: &Case<'_>) -> Option<Finding> {
    let page = case.page;
    let least_words = if case.is_short_by_kind() { 60 } else { 35 };
    if !case.is_stored()
        || page.article_words < least_words
        || page.article_prose_words * 10 > page.article_words
    {
        return None;
    }
    let marks = Marks::of(&case.article.text);
    let little = share_in_phrases(case, &[&FUNCTION_WORDS]);
    let said = PAGE_TALK.count_in(case.text());
    let is_unspaced_run =
        marks.unspaced * 2 >= marks.letters && marks.all == 0 && said >= 2 && (0.06..0.45).contains(&little);
    let is_run = said >= 4
        && (0.06..0.38).contains(&little)
        && marks.capitals * 100 >= marks.words * marks.least_capitals()
        && marks.ends * 100 <= marks.words
        && marks.all * 100 <= marks.words * 7;
    (is_run || is_unspaced_run).then(|| Finding {
        by_program: case.is_short_by_kind(),
        ..Finding::junk(
            Stub,
            Level::Text,
            "is_run_of_headlines",
            1.2,
            format!("{} words, {} ends of sentences", page.article_words, marks.ends),
        )
    })
}

/// What is written between words, and how these begin.
#[derive(Default)]
struct Marks {
    words: u32,
    capitals: u32,
    /// Ends of sentences.
    ends: u32,
    /// Those, commas and the like.
    all: u32,
    letters: u32,
    /// Letters of scripts without spaces.
    unspaced: u32,
    german: u32,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        for word in text.split_whitespace() {
            marks.words += 1;
            marks.capitals += u32::from(word.starts_with(char::is_uppercase));
            let ends = word.ends_with(['.', '!', '?', '…', '。']);
            marks.ends += u32::from(ends);
            marks.all += u32::from(ends || word.ends_with([',', ';', ':']));
            marks.german += u32::from(is_german(word));
        }
        for letter in text.chars() {
            marks.letters += u32::from(letter.is_alphanumeric());
            marks.unspaced += u32::from(is_unspaced(letter));
            marks.all += u32::from(matches!(letter, '。' | '、'));
        }
        marks
    }

    /// Of a hundred words of a language so many begin with a capital in headlines, and not in sentences without marks. The
    /// nouns of German have capitals: what has its little words is judged more carefully.
    fn least_capitals(&self) -> u32 {
        if self.german * 50 >= self.words { 36 } else { 24 }
    }
}

fn is_german(word: &str) -> bool {
    matches!(word, "und" | "der" | "die" | "das" | "ist" | "nicht")
}

/// Labels that have lost their lines: no mark between them, and every second or third word begins one. A transcript without
/// marks has hardly any capitals; not even German has so many.
fn is_run_of_labels(text: &str) -> bool {
    let (mut words, mut capitals, mut marks) = (0_u32, 0_u32, 0_u32);
    for word in text.split_whitespace() {
        words += 1;
        capitals += u32::from(word.starts_with(char::is_uppercase));
        marks += u32::from(word.ends_with([',', ';', ':', '.', '!', '?', '…']));
    }
    // Its nouns have capitals: what has its little words is judged more carefully.
    let little = text.split_whitespace().filter(|word| is_german(word)).count();
    let least = if little * 50 >= words as usize { 36 } else { 26 };
    capitals * 100 >= words * least && marks * 100 <= words * 2
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
