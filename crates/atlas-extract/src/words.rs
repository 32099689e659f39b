//! What a word is, in any script: the one count that extraction, the gate and the library share.

use unicode_normalization::char::is_combining_mark;

/// Words in `text`. Two characters of a script that is written without spaces are one.
pub(crate) fn count_words(text: &str) -> u32 {
    let mut words = 0;
    let mut unspaced = 0;
    let mut in_word = 0;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Most of most texts, and quicker by the byte.
        if let Some(part) = ASCII.get(usize::from(bytes[at])) {
            // Without a branch, because what comes next is a guess: 0 and 1 for no and yes.
            let is_letter = u32::from(*part == LETTER);
            words += is_letter & (in_word ^ 1);
            in_word = is_letter | (in_word & u32::from(*part == JOINER));
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        at += c.len_utf8();
        match Part::of(c) {
            Part::Unspaced => {
                unspaced += 1;
                in_word = 0;
            }
            Part::Letter => {
                words += in_word ^ 1;
                in_word = 1;
            }
            Part::Joiner => {}
            Part::Gap => in_word = 0,
        }
    }
    words + u32::div_ceil(unspaced, 2)
}

const GAP: u8 = 0;
const LETTER: u8 = 1;
const JOINER: u8 = 2;

/// What each character of ASCII does to a word: apostrophes, hyphens and points join letters.
static ASCII: [u8; 128] = {
    let mut parts = [GAP; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            parts[at] = LETTER;
        } else if matches!(byte, b'\'' | b'-' | b'.' | b'_') {
            parts[at] = JOINER;
        }
        at += 1;
    }
    parts
};

/// What a character that is not ASCII does to a word.
enum Part {
    /// It is half a word.
    Unspaced,
    /// It begins a word or goes on with one.
    Letter,
    /// Apostrophes, and the marks and joiners of Indic and Arabic scripts.
    Joiner,
    /// It ends a word.
    Gap,
}

impl Part {
    fn of(c: char) -> Self {
        match c {
            '’' | '\u{AD}' | '\u{200C}' | '\u{200D}' => Self::Joiner,
            // What is left asks the tables of Unicode, in which a search is slow.
            c if is_unspaced(c) => Self::Unspaced,
            c if c.is_alphanumeric() => Self::Letter,
            c if is_combining_mark(c) => Self::Joiner,
            _ => Self::Gap,
        }
    }
}

/// Whether a character belongs to a script that is written without spaces.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF // Thai, Lao
        | 0x1000..=0x109F | 0x1780..=0x17FF // Myanmar, Khmer
        | 0x3040..=0x30FF | 0x31F0..=0x31FF // Kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF) // Han
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::english("It isn't that well-known, is it?", 6)]
    #[case::dash("It's a well-known fact - no?", 5)]
    #[case::numbers("3.5 litres", 2)]
    #[case::slash("and/or", 2)]
    #[case::japanese("これは日本語の文です。", 5)]
    #[case::mixed("Rust は速い", 3)]
    #[case::korean("책을 읽는 사람", 3)]
    #[case::arabic("هذه جملة عربية", 3)]
    #[case::hindi("हिन्दी में", 2)]
    #[case::persian("می\u{200C}خواهم", 1)]
    #[case::decomposed("cafe\u{301}teria", 1)]
    #[case::nothing(" \n — … ", 0)]
    fn counts_words_in_any_script(#[case] text: &str, #[case] words: u32) {
        assert_eq!(count_words(text), words);
    }

    /// What `count_words` must agree with: every question asked of every character.
    fn words_by_the_tables(text: &str) -> u32 {
        let joins_letters = |c: char| "'’-._\u{AD}\u{200C}\u{200D}".contains(c) || is_combining_mark(c);
        let (mut words, mut unspaced, mut in_word) = (0, 0, false);
        for c in text.chars() {
            if is_unspaced(c) {
                unspaced += 1;
                in_word = false;
            } else if c.is_alphanumeric() {
                words += u32::from(!in_word);
                in_word = true;
            } else if !joins_letters(c) {
                in_word = false;
            }
        }
        words + u32::div_ceil(unspaced, 2)
    }

    #[test]
    fn every_character_counts_as_the_tables_say() {
        for c in '\0'..=char::MAX {
            for text in [format!("{c}"), format!("a{c}b")] {
                assert_eq!(count_words(&text), words_by_the_tables(&text), "{text:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(3),
            ..ProptestConfig::default()
        })]

        #[test]
        fn every_text_counts_as_the_tables_say(text in "([ -~]|[À-ɏ’\u{AD}]|[ऀ-ॿ]|[ぁ-ん一-龠]|\u{301}|.){0,40}") {
            prop_assert_eq!(count_words(&text), words_by_the_tables(&text));
        }
    }
}
