//! What a word is, in any script: the one count that extraction, the gate and the library share.

use unicode_normalization::char::is_combining_mark;

/// Words in `text`. Two characters of a script that is written without spaces are one.
pub(crate) fn count_words(text: &str) -> u32 {
    let mut words = 0;
    let mut unspaced = 0;
    let mut in_word = false;
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

/// Apostrophes, hyphens and points, and the marks and joiners of Indic and Arabic scripts.
fn joins_letters(c: char) -> bool {
    matches!(
        c,
        '\'' | '’' | '-' | '.' | '_' | '\u{AD}' | '\u{200C}' | '\u{200D}'
    ) || is_combining_mark(c)
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
}
