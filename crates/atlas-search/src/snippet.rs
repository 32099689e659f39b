//! The passage of a hit that shows best why it was found, with what matched marked. Plain text only: how a
//! mark looks is the business of whoever shows it.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};

use unicode_normalization::char::is_combining_mark;

use crate::needles::{ClauseSet, Mark, Needles};
use crate::text::stem::LanguageStemmer;

/// Characters of a snippet.
const LENGTH_CHARACTERS: usize = 200;
/// Characters that are shown before the first mark.
const LEAD_CHARACTERS: usize = 40;
/// Marks in a snippet lie within this many characters.
const WINDOW_CHARACTERS: usize = LENGTH_CHARACTERS - LEAD_CHARACTERS;
/// How far the end moves back for the sake of a word border.
const LONGEST_CUT_WORD_CHARACTERS: usize = 30;
/// Of longer texts only the beginning is looked through.
const SCANNED_BYTES: usize = 1_000_000;

/// A passage of a text, in parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snippet {
    /// In order. White space is one space everywhere, and an ellipsis stands where the text goes on.
    pub parts: Vec<SnippetPart>,
}

/// A stretch of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnippetPart {
    /// What it says.
    pub text: String,
    /// It matched the query.
    pub hit: bool,
}

impl Snippet {
    /// The passage without marks.
    pub fn plain(&self) -> String {
        self.marked("", "")
    }

    /// The passage with `before` and `after` around what matched, for example `**` in Markdown.
    pub fn marked(&self, before: &str, after: &str) -> String {
        self.parts
            .iter()
            .map(|part| {
                if part.hit {
                    format!("{before}{}{after}", part.text)
                } else {
                    part.text.clone()
                }
            })
            .collect()
    }

    fn push(&mut self, written: &str, hit: bool) {
        let text = one_line(
            written,
            self.parts.last().is_none_or(|part| part.text.ends_with(' ')),
        );
        if !text.is_empty() {
            self.parts.push(SnippetPart { text, hit });
        }
    }
}

/// The best passage of `text`: where most of the clauses meet; the beginning, if none is there.
pub(crate) fn snippet(text: &str, stemmer: Option<LanguageStemmer>, needles: &Needles) -> Snippet {
    let scanned = &text[..text.floor_char_boundary(SCANNED_BYTES)];
    let passage = match best_place(scanned, stemmer, needles) {
        Some(start) => passage_around(text, start),
        None => 0..end_of_passage(text, 0),
    };
    let shown = &text[passage.clone()];
    let mut snippet = Snippet::default();
    if passage.start > 0 {
        snippet.push("…", false);
    }
    let mut done = 0;
    for mark in merged_marks(shown, stemmer, needles) {
        snippet.push(&shown[done..mark.start], false);
        snippet.push(&shown[mark.clone()], true);
        done = mark.end;
    }
    snippet.push(shown[done..].trim_end(), false);
    if passage.end < text.trim_end().len() {
        snippet.push("…", false);
    }
    snippet
}

/// The start of the first window that answers most clauses.
fn best_place(text: &str, stemmer: Option<LanguageStemmer>, needles: &Needles) -> Option<usize> {
    let mut window: VecDeque<Mark> = VecDeque::new();
    let mut best: Option<(u32, usize)> = None;
    needles.scan(text, stemmer, |mark| {
        while window
            .front()
            .is_some_and(|front| is_too_far(text, front.range.start, mark.range.end))
        {
            window.pop_front();
        }
        window.push_back(mark);
        let answered = window.iter().fold(0, |set: ClauseSet, mark| set | mark.clauses);
        let start = window
            .iter()
            .map(|mark| mark.range.start)
            .min()
            .unwrap_or_default();
        if best.is_none_or(|(most, _)| answered.count_ones() > most) {
            best = Some((answered.count_ones(), start));
        }
        if answered == needles.clauses() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    best.map(|(_, start)| start)
}

fn is_too_far(text: &str, start: usize, end: usize) -> bool {
    text[start.min(end)..end].chars().nth(WINDOW_CHARACTERS).is_some()
}

fn passage_around(text: &str, first_mark: usize) -> Range<usize> {
    let start = text[..first_mark]
        .char_indices()
        .rev()
        .nth(LEAD_CHARACTERS - 1)
        .map_or(0, |(offset, _)| start_of_passage(text, offset, first_mark));
    start..end_of_passage(text, start)
}

/// The first word that begins at `earliest` or later, or, where no space is, the first whole character.
fn start_of_passage(text: &str, earliest: usize, first_mark: usize) -> usize {
    let lead = &text[earliest..first_mark];
    if earliest == 0 || text[..earliest].ends_with(char::is_whitespace) {
        return earliest + (lead.len() - lead.trim_start().len());
    }
    match lead.find(char::is_whitespace) {
        Some(space) => first_mark - lead[space..].trim_start().len(),
        None => first_mark - lead.trim_start_matches(is_combining_mark).len(),
    }
}

fn end_of_passage(text: &str, start: usize) -> usize {
    let Some((length, next)) = text[start..].char_indices().nth(LENGTH_CHARACTERS) else {
        return text.len();
    };
    let end = start + length;
    if next.is_whitespace() {
        return end;
    }
    let mut tail = text[start..end].char_indices().rev();
    match tail
        .by_ref()
        .take(LONGEST_CUT_WORD_CHARACTERS)
        .find(|(_, c)| c.is_whitespace())
    {
        Some((space, _)) => start + space,
        None if is_combining_mark(next) => {
            start
                + text[start..end]
                    .char_indices()
                    .next_back()
                    .map_or(0, |(last, _)| last)
        }
        None => end,
    }
}

/// The marks of a passage, in order, none touching another.
fn merged_marks(text: &str, stemmer: Option<LanguageStemmer>, needles: &Needles) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    needles.scan(text, stemmer, |mark| {
        ranges.push(mark.range);
        ControlFlow::Continue(())
    });
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// `written` with each run of white space as one space; none at the beginning if one `follows_space`.
fn one_line(written: &str, follows_space: bool) -> String {
    let mut line = String::with_capacity(written.len());
    let mut after_space = follows_space;
    for c in written.chars() {
        if !c.is_whitespace() {
            line.push(c);
        } else if !after_space {
            line.push(' ');
        }
        after_space = c.is_whitespace();
    }
    line
}

#[cfg(test)]
mod tests;
