//! Cutting text into tokens, without dictionaries.
//!
//! A word is a run of letters, digits and their marks. Scripts written without spaces (Chinese, Japanese,
//! Thai and their neighbours; Korean too, whose particles cling to words) are cut into overlapping pairs of
//! characters, and the last character of a run also stands alone. So every character begins exactly one
//! token: a run in a query is found as a phrase of pairs, and a single character by its beginning.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// One token of a text. Its index in the sequence is its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the text.
    pub(crate) range: Range<usize>,
    /// What it is.
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A run of a script with spaces.
    Word,
    /// Two neighbours in a run of a script without spaces.
    Pair,
    /// The last character of such a run.
    Last,
}

/// The tokens of a text, in order.
pub(crate) struct Pieces<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Pieces<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    fn character_at(&self, offset: usize) -> Option<char> {
        self.text[offset..].chars().next()
    }

    /// The end of the character at `offset` together with the marks on it.
    fn cluster_end(&self, offset: usize) -> usize {
        let mut characters = self.text[offset..].chars();
        let mut end = offset + characters.next().map_or(0, char::len_utf8);
        for c in characters {
            if !is_combining_mark(c) || is_unspaced(c) {
                break;
            }
            end += c.len_utf8();
        }
        end
    }

    fn word_end(&self, offset: usize) -> usize {
        self.text[offset..]
            .char_indices()
            .find(|&(_, c)| is_unspaced(c) || !continues_word(c))
            .map_or(self.text.len(), |(length, _)| offset + length)
    }
}

impl Iterator for Pieces<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let rest = &self.text[self.offset..];
        let (skipped, first) = rest
            .char_indices()
            .find(|&(_, c)| is_unspaced(c) || c.is_alphanumeric())?;
        let start = self.offset + skipped;
        if !is_unspaced(first) {
            let end = self.word_end(start);
            self.offset = end;
            return Some(Piece {
                range: start..end,
                shape: Shape::Word,
            });
        }
        let middle = self.cluster_end(start);
        self.offset = middle;
        Some(match self.character_at(middle) {
            Some(next) if is_unspaced(next) => Piece {
                range: start..self.cluster_end(middle),
                shape: Shape::Pair,
            },
            _ => Piece {
                range: start..middle,
                shape: Shape::Last,
            },
        })
    }
}

/// Letters, digits, marks on them, and the invisible characters that hold a word together.
fn continues_word(c: char) -> bool {
    c.is_alphanumeric()
        || is_combining_mark(c)
        || matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}')
}

/// Scripts whose words no space or other mark separates reliably.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}' | '\u{3007}' | '\u{3021}'..='\u{3029}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'                                           // Han
        | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' // kana
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}'                   // bopomofo
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'                                             // Hangul
        | '\u{0e01}'..='\u{0e3a}' | '\u{0e40}'..='\u{0e4e}' | '\u{0e81}'..='\u{0ecf}' // Thai, Lao
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}' | '\u{1780}'..='\u{17d3}' // Burmese, Khmer
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        Pieces::of(text).map(|piece| &text[piece.range]).collect()
    }

    #[rstest]
    #[case::punctuation("One, two; 3.5 (four)!", &["One", "two", "3", "5", "four"])]
    #[case::elision("l'homme d’État", &["l", "homme", "d", "État"])]
    #[case::identifiers("node.js foo_bar e-mail", &["node", "js", "foo", "bar", "e", "mail"])]
    #[case::arabic_with_points("مُحَمَّد هنا", &["مُحَمَّد", "هنا"])]
    #[case::hindi("हिन्दी भाषा", &["हिन्दी", "भाषा"])]
    #[case::decomposed("e\u{301}te\u{301} a", &["e\u{301}te\u{301}", "a"])]
    #[case::han("日本語", &["日本", "本語", "語"])]
    #[case::one_han("猫。", &["猫"])]
    #[case::mixed("AI技術2026", &["AI", "技術", "術", "2026"])]
    #[case::long_vowel("データ", &["デー", "ータ", "タ"])]
    #[case::korean("한국어 책", &["한국", "국어", "어", "책"])]
    #[case::thai("ไทย", &["ไท", "ทย", "ย"])]
    #[case::nothing("… — !?", &[])]
    fn cuts(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(cut(text), expected);
    }

    proptest! {
        #[test]
        fn every_letter_of_any_text_is_in_a_token(text in "\\PC{0,60}") {
            let pieces: Vec<Piece> = Pieces::of(&text).collect();
            for (offset, c) in text.char_indices() {
                if c.is_alphanumeric() {
                    prop_assert!(pieces.iter().any(|piece| piece.range.contains(&offset)), "{c:?} of {text:?}");
                }
            }
        }
    }
}
