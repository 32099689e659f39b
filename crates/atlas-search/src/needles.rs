//! What a query looks for, as something that can be found again in the text of a hit.
//!
//! Works by the same cutting and folding as the index, so what matched is what is marked.

use std::collections::{HashMap, VecDeque};
use std::ops::{ControlFlow, Range};

use crate::pattern::Pattern;
use crate::text::fold::fold_into;
use crate::text::stem::LanguageStemmer;
use crate::text::words::{Piece, Pieces, Shape};

/// A set of clauses: bit n for the n-th clause of the query.
pub(crate) type ClauseSet = u64;

/// A place where something that was looked for stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// The clauses that it answers.
    pub(crate) clauses: ClauseSet,
}

/// Everything a query looks for.
#[derive(Debug, Default)]
pub(crate) struct Needles {
    terms: HashMap<String, ClauseSet>,
    stems: HashMap<String, ClauseSet>,
    beginnings: Vec<(String, ClauseSet)>,
    sequences: Vec<(Vec<(usize, String)>, ClauseSet)>,
    clauses: ClauseSet,
}

impl Needles {
    /// Looks for `pattern`, in the name of clause `number`.
    pub(crate) fn add(&mut self, pattern: &Pattern, number: usize) {
        let clause = bit(number);
        match pattern {
            Pattern::Nothing => return,
            Pattern::Term { term, .. } => *self.terms.entry(term.clone()).or_default() |= clause,
            Pattern::Beginning(beginning) => self.beginnings.push((beginning.clone(), clause)),
            Pattern::Sequence(terms) | Pattern::Run(terms) => self.sequences.push((terms.clone(), clause)),
            Pattern::OpenSequence(terms) => {
                self.beginnings
                    .extend(terms.last().map(|(_, term)| (term.clone(), clause)));
            }
        }
        self.clauses |= clause;
    }

    /// Looks for words with this stem, in the name of clause `number`.
    pub(crate) fn add_stem(&mut self, stem: String, number: usize) {
        *self.stems.entry(stem).or_default() |= bit(number);
        self.clauses |= bit(number);
    }

    /// The clauses that look for something.
    pub(crate) fn clauses(&self) -> ClauseSet {
        self.clauses
    }

    /// Shows `visit` every mark in `text`, in the order in which they end, until it breaks.
    pub(crate) fn scan(
        &self,
        text: &str,
        stemmer: Option<LanguageStemmer>,
        mut visit: impl FnMut(Mark) -> ControlFlow<()>,
    ) {
        let stemmer = stemmer.filter(|_| !self.stems.is_empty());
        let longest = self
            .sequences
            .iter()
            .filter_map(|(terms, _)| terms.last())
            .map(|(distance, _)| distance + 1);
        let memory = longest.max().unwrap_or(0);
        let mut recent: VecDeque<(usize, String)> = VecDeque::with_capacity(memory);
        let (mut term, mut stem) = (String::new(), String::new());
        for piece in Pieces::of(text) {
            let written = &text[piece.range.clone()];
            term.clear();
            fold_into(written, &mut term);
            let mut clauses = self.terms.get(&term).copied().unwrap_or_default();
            if let Some(stemmer) = stemmer.filter(|_| piece.shape == Shape::Word) {
                stemmer.stem_into(written, &mut stem);
                clauses |= self.stems.get(&stem).copied().unwrap_or_default();
            }
            let mut marks = vec![Mark {
                range: piece.range.clone(),
                clauses,
            }];
            marks.extend(self.beginnings_at(&piece, written, &term));
            if memory > 0 {
                if recent.len() == memory {
                    recent.pop_front();
                }
                recent.push_back((piece.range.start, term.clone()));
                marks.extend(self.sequences_ending_at(piece.range.end, &recent));
            }
            for mark in marks.into_iter().filter(|mark| mark.clauses != 0) {
                if visit(mark).is_break() {
                    return;
                }
            }
        }
    }

    fn beginnings_at<'a>(
        &'a self,
        piece: &'a Piece,
        written: &'a str,
        term: &'a str,
    ) -> impl Iterator<Item = Mark> + 'a {
        self.beginnings
            .iter()
            .filter(|(beginning, _)| term.starts_with(beginning.as_str()))
            .map(move |(beginning, clauses)| {
                // Of a pair only the first character was looked for.
                let is_half = piece.shape == Shape::Pair && beginning.chars().nth(1).is_none();
                let length = if is_half {
                    written.chars().next().map_or(0, char::len_utf8)
                } else {
                    written.len()
                };
                Mark {
                    range: piece.range.start..piece.range.start + length,
                    clauses: *clauses,
                }
            })
    }

    fn sequences_ending_at<'a>(
        &'a self,
        end: usize,
        recent: &'a VecDeque<(usize, String)>,
    ) -> impl Iterator<Item = Mark> + 'a {
        self.sequences.iter().filter_map(move |(terms, clauses)| {
            let (span, _) = terms.last()?;
            let first = recent.len().checked_sub(span + 1)?;
            let all_there = terms
                .iter()
                .all(|(distance, term)| recent[first + distance].1 == *term);
            all_there.then(|| Mark {
                range: recent[first].0..end,
                clauses: *clauses,
            })
        })
    }
}

fn bit(number: usize) -> ClauseSet {
    1_u64.checked_shl(number as u32).unwrap_or(1 << 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'a>(needles: &Needles, text: &'a str, language: &str) -> Vec<&'a str> {
        let mut found = Vec::new();
        needles.scan(text, LanguageStemmer::of(language), |mark| {
            found.push(&text[mark.range]);
            ControlFlow::Continue(())
        });
        found
    }

    fn looking_for(text: &str) -> Needles {
        let mut needles = Needles::default();
        needles.add(&Pattern::of(text), 0);
        needles
    }

    #[test]
    fn finds_words_in_any_spelling() {
        assert_eq!(
            marked(&looking_for("strasse"), "Die Straße, die STRASSE.", "de"),
            ["Straße", "STRASSE"]
        );
    }

    #[test]
    fn finds_a_phrase_only_as_a_whole() {
        let text = "A checker to borrow: the borrow-checker.";
        assert_eq!(
            marked(&looking_for("borrow checker"), text, "en"),
            ["borrow-checker"]
        );
    }

    #[test]
    fn finds_runs_and_single_characters_of_scripts_without_spaces() {
        assert_eq!(
            marked(&looking_for("日本語"), "私は日本語を読む。", "ja"),
            ["日本語"]
        );
        assert_eq!(marked(&looking_for("猫"), "黒猫と猫舌", "ja"), ["猫", "猫"]);
    }

    #[test]
    fn finds_other_forms_in_the_language_of_the_text() {
        let mut needles = Needles::default();
        needles.add_stem(LanguageStemmer::of("en").unwrap().stem("page"), 0);
        assert_eq!(marked(&needles, "Two pages", "en"), ["pages"]);
        assert_eq!(marked(&needles, "Zwei pages", "de"), <[&str; 0]>::default());
    }
}
