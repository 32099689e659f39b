//! Private characters in which a text carries what the extractor would lose: links, lines and single spaces.
//!
//! Only puts them in; `restore` takes them out again.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// In the last two private-use planes, like all marks.
pub(super) const SPACE: char = '\u{10FA20}';
pub(super) const NEWLINE: char = '\u{10FA0A}';
pub(super) const TAB: char = '\u{10FA09}';
/// Stands for the first character of the link text whose number is added to it...
pub(super) const FIRST_LINK_START: u32 = 0x10_0000;
/// ...and this for its last, so that no text changes its length: the extractor counts.
pub(super) const FIRST_LINK_END: u32 = 0xF_0000;
const MAX_LINKS: usize = 60_000;
/// Where all marks lie. Nothing there is text: without the page's own font it means nothing.
const MARKS: RangeInclusive<char> = '\u{F0000}'..='\u{10FFFF}';

/// What the page says, without characters that could be taken for marks. A space each, so that words which one
/// stood between stay apart.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    let is_mark = |c: char| MARKS.contains(&c);
    if text.contains(is_mark) {
        Cow::Owned(text.replace(is_mark, " "))
    } else {
        Cow::Borrowed(text)
    }
}

/// A text in a link that travels in private characters.
pub(crate) struct CarriedLink {
    pub(super) href: String,
    pub(super) first: char,
    /// `None` when the text is a single character.
    pub(super) last: Option<char>,
}

/// Replaces the first and the last character of a link's text by its number.
pub(super) fn carry_link(text: &str, href: &str, links: &mut Vec<CarriedLink>) -> String {
    if links.len() >= MAX_LINKS {
        return text.to_owned();
    }
    let number = links.len() as u32;
    let start = text.len() - text.trim_start_matches(is_white).len();
    let words = text[start..].trim_end_matches(is_white);
    let mut inner = words.chars();
    let (Some(first), Some(start_mark)) = (inner.next(), char::from_u32(FIRST_LINK_START + number)) else {
        return text.to_owned();
    };
    let last = inner.next_back();
    let end_mark = last
        .and(char::from_u32(FIRST_LINK_END + number))
        .map(String::from)
        .unwrap_or_default();
    links.push(CarriedLink {
        href: href.to_owned(),
        first,
        last,
    });
    format!(
        "{}{start_mark}{}{end_mark}{}",
        &text[..start],
        inner.as_str(),
        &text[start + words.len()..]
    )
}

/// The link whose number a private character says, counted from `first`.
pub(super) fn link_at(c: char, first: u32, links: &[CarriedLink]) -> Option<&CarriedLink> {
    links.get(u32::from(c).checked_sub(first)? as usize)
}

pub(super) fn is_white(c: char) -> bool {
    c.is_whitespace() || matches!(c, SPACE | NEWLINE | TAB)
}

/// Protects the lines and the indentation of preformatted text; single spaces take care of themselves.
pub(super) fn keep_layout(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut after_space = true;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before_space = chars.peek().is_none_or(|next| next.is_whitespace());
        kept.push(match c {
            '\n' => NEWLINE,
            '\t' => TAB,
            ' ' if after_space || before_space => SPACE,
            other => other,
        });
        after_space = c.is_whitespace();
    }
    kept
}

/// Protects the white space next to an inline element.
pub(super) fn keep_borders(text: &str, inline_before: bool, inline_after: bool) -> String {
    let words = text.trim();
    if words.is_empty() {
        let between = inline_before && inline_after;
        return if between {
            SPACE.to_string()
        } else {
            text.to_owned()
        };
    }
    let start = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    let mut kept = String::with_capacity(text.len() + 8);
    let border = |white: &str, inline: bool| {
        if inline && !white.is_empty() {
            SPACE.to_string()
        } else {
            white.to_owned()
        }
    };
    kept.push_str(&border(&text[..start], inline_before));
    kept.push_str(words);
    kept.push_str(&border(&text[end..], inline_after));
    kept
}
