//! Measures a text for the junk gate, block by block: the same facts that `observe` measures in a page, as far as
//! text without markup shows them. Judges nothing.

use super::garble::{Garble, binary_format};
use super::observe::headings;
use super::signals::PageSignals;
use super::text::{fold, is_prose};
use super::walk::{MAX_HEADINGS, MAX_LABELS, OPENING_CHARS, push_block};
use crate::words::count_words;

/// A text and the bytes that it was.
#[derive(Debug)]
pub(crate) struct ObservedText<'a> {
    /// As they are stored.
    pub(crate) bytes: &'a [u8],
    /// All of the text.
    pub(crate) text: &'a str,
}

/// What was counted in the blocks of a text so far.
#[derive(Debug, Default)]
pub(crate) struct TextCount {
    words: u32,
    link_words: u32,
    prose_words: u32,
    opening: String,
    headings: Vec<String>,
    labels: Vec<String>,
}

impl TextCount {
    /// Counts the next block.
    pub(crate) fn add(&mut self, block: &str, link_words: u32, is_heading: bool) {
        let words = count_words(block);
        let link_words = link_words.min(words);
        self.words = self.words.saturating_add(words);
        self.link_words = self.link_words.saturating_add(link_words);
        if link_words * 2 < words && is_prose(block, words) {
            self.prose_words = self.prose_words.saturating_add(words);
        }
        if words > 0 {
            push_block(
                &mut self.opening,
                &block[..block.floor_char_boundary(OPENING_CHARS)],
            );
        }
        if is_heading && self.headings.len() < MAX_HEADINGS {
            self.headings.push(block.chars().take(300).collect());
        }
    }

    /// Counts the label of a link.
    pub(crate) fn add_label(&mut self, label: &str) {
        if self.labels.len() >= MAX_LABELS || label.contains("://") {
            return;
        }
        let label = fold(label);
        if !label.is_empty() && count_words(&label) <= 10 && !self.labels.contains(&label) {
            self.labels.push(label);
        }
    }

    /// What was counted, as the facts that the gate knows.
    pub(crate) fn observe(self, observed: &ObservedText<'_>) -> PageSignals {
        let garble = Garble::of_text(observed.text);
        PageSignals {
            html_bytes: observed.bytes.len() as u64,
            binary_format: binary_format(observed.bytes).map(str::to_owned),
            control_chars: u32::try_from(garble.controls).unwrap_or(u32::MAX),
            control_share: garble.control_share(),
            broken_share: garble.broken_share(),
            headings: headings(self.headings, &self.opening),
            opening: self.opening,
            visible_words: self.words,
            main_words: self.words,
            main_link_words: self.link_words,
            prose_words: self.prose_words,
            article_words: self.words,
            article_prose_words: self.prose_words,
            labels: self.labels,
            ..PageSignals::default()
        }
    }
}
