//! Menus, links and headlines without the text that they lead to, in lines or in what is left of them.

use atlas_domain::JunkClass::Stub;

use super::super::case::{Case, Finding, Level, Rule};
use super::super::phrases::{FUNCTION_WORDS, NAVIGATION, PAGE_TALK};
use super::share_in_phrases;
use crate::words::{count_words, is_unspaced};

pub(super) const RULES: &[Rule] = &[
    is_navigation,
    is_list_of_labels,
    is_list_of_links,
    is_run_of_headlines,
];

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
