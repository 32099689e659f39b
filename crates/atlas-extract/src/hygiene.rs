//! Text without what no reader sees: control characters, direction overrides, invisible marks.
//!
//! `line` makes a name or a title of a text, `clean_block` cleans content and keeps its layout. Neither looks at
//! what the text means.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';
/// The only base on which tag characters are drawn: the flags of England, Scotland and Wales.
const BLACK_FLAG: char = '\u{1F3F4}';

/// A text as one line: composed, trimmed, single spaces, nothing invisible, at most `max_chars` long.
pub(crate) fn line(text: &str, max_chars: usize) -> String {
    shortened(&one_line(text), max_chars)
}

/// The same, as long as it is.
fn one_line(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut joiner = None;
    let mut in_flag = false;
    for c in composed(text).chars() {
        if c.is_whitespace() || is_line_break(c) {
            joiner = None;
            in_flag = false;
            if !kept.is_empty() && !kept.ends_with(' ') {
                kept.push(' ');
            }
        } else if matches!(c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER) {
            // They shape Persian and Indic words and bind emoji, but only between two characters.
            joiner = (!kept.is_empty() && !kept.ends_with(' ')).then_some(c);
        } else if is_flag_tag(c) && in_flag || !is_control(c) && !is_invisible(c) {
            kept.extend(joiner.take());
            kept.push(c);
            in_flag = c == BLACK_FLAG || in_flag && is_flag_tag(c);
        }
    }
    kept.truncate(kept.trim_end().len());
    kept
}

/// The text with every accent and its letter in one character where there is one (NFC).
fn composed(text: &str) -> Cow<'_, str> {
    // Almost all text is composed already, and most of it of characters that nothing can be joined to.
    if text.chars().all(is_composed) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Whether NFC changes the character neither alone nor among others of this kind: Latin, quotes and dashes, Han.
fn is_composed(c: char) -> bool {
    matches!(c, '\0'..'\u{300}' | '\u{2010}'..='\u{2027}' | '\u{4E00}'..='\u{9FFF}')
}

/// Content without control characters and direction overrides. Line breaks and tabs stay.
pub(crate) fn clean_block(text: String) -> String {
    let is_foul = |c: char| is_control(c) && !matches!(c, '\n' | '\t') || is_direction_override(c);
    if !text.contains(is_foul) {
        return text;
    }
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| !is_foul(*c))
        .collect()
}

/// Cuts a line at the last word that fits, with an ellipsis; inside a word where there is no other place.
fn shortened(line: &str, max_chars: usize) -> String {
    let Some((too_far, _)) = line.char_indices().nth(max_chars) else {
        return line.to_owned();
    };
    let room = line[..too_far].char_indices().next_back().map_or(0, |(at, _)| at);
    let word = line[..too_far]
        .rfind(' ')
        .filter(|end| *end > room / 2)
        .unwrap_or_else(|| before_marks(line, room));
    format!("{}…", line[..word].trim_end())
}

/// The last place at or before `at` that does not tear an accent or a joined emoji from its base.
fn before_marks(line: &str, at: usize) -> usize {
    let belongs_to_base =
        |c: char| is_combining_mark(c) || matches!(c, ZERO_WIDTH_JOINER | ZERO_WIDTH_NON_JOINER);
    let mut cut = at;
    while let (Some(next), Some(last)) = (line[cut..].chars().next(), line[..cut].chars().next_back())
        && (belongs_to_base(next) || last == ZERO_WIDTH_JOINER)
    {
        cut -= last.len_utf8();
    }
    // Nothing but marks: any place is as good as another.
    if cut == 0 { at } else { cut }
}

/// C0, DEL and C1.
fn is_control(c: char) -> bool {
    c.is_control()
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates, by which a text can show itself in another order than it is stored.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that draw nothing and mean nothing in one line.
fn is_invisible(c: char) -> bool {
    is_direction_override(c)
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFC}' | '\u{E0000}'..='\u{E007F}')
        || is_noncharacter(c)
}

fn is_flag_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007F}')
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    code & 0xFFFE == 0xFFFE || matches!(code, 0xFDD0..=0xFDEF)
}

/// Text that was encoded as UTF-8 twice, read as it was meant. Only where a control character in it proves
/// that: nobody writes those, while `Ã©` alone may be what an article about such accidents wants to show.
pub(crate) fn mend_double_encoding(text: &str) -> Cow<'_, str> {
    if !holds_proof(text) {
        return Cow::Borrowed(text);
    }
    let mut mended = String::with_capacity(text.len());
    let mut is_proven = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (meant, length) = twice_encoded(rest).unwrap_or((first, first.len_utf8()));
        is_proven |= length > first.len_utf8() && holds_proof(&rest[..length]);
        mended.push(meant);
        rest = &rest[length..];
    }
    if is_proven {
        Cow::Owned(mended)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a control character of C1 is in the text: in UTF-8 the byte C2 begins a character wherever it stands.
fn holds_proof(text: &str) -> bool {
    // Looking for one byte is quicker, and most texts hold none.
    let is_proof = |pair: &[u8]| pair[0] == 0xC2 && matches!(pair[1], 0x80..=0x9F);
    text.as_bytes().contains(&0xC2) && text.as_bytes().windows(2).any(is_proof)
}

/// The character whose UTF-8 bytes stand as characters at the beginning of `text`, and the length of those.
fn twice_encoded(text: &str) -> Option<(char, usize)> {
    let count = match text.chars().next()? {
        '\u{C2}'..='\u{DF}' => 2,
        '\u{E0}'..='\u{EF}' => 3,
        '\u{F0}'..='\u{F4}' => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    for (byte, c) in bytes[..count].iter_mut().zip(text.chars()) {
        *byte = u8::try_from(u32::from(c)).ok()?;
    }
    let meant = std::str::from_utf8(&bytes[..count]).ok()?;
    // Each of these characters takes two bytes of its own.
    Some((meant.chars().next()?, 2 * count))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::line_breaks("Tea\r\nfor\u{2028}two\u{85}now", "Tea for two now")]
    #[case::controls("Te\u{0}a\u{7} for\u{9B} two\u{7F}", "Tea for two")]
    #[case::spaces(" \u{A0}Tea \u{3000} for two ", "Tea for two")]
    #[case::override_of_direction("invoice\u{202E}fdp.exe\u{2069}", "invoicefdp.exe")]
    #[case::invisible("T\u{200B}e\u{AD}a\u{FEFF}\u{E0041}", "Tea")]
    #[case::marks_of_direction("\u{200F}שלום\u{200E}", "שלום")]
    #[case::persian("می\u{200C}خواهم", "می\u{200C}خواهم")]
    #[case::sinhala("ශ\u{200D}රී", "ශ\u{200D}රී")]
    #[case::family("👩\u{200D}👧 at home", "👩\u{200D}👧 at home")]
    #[case::scotland(
        "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}"
    )]
    #[case::joiners_at_the_border("\u{200D}Tea\u{200C} \u{200D}two\u{200D}", "Tea two")]
    #[case::many_joiners("a\u{200D}\u{200D}\u{200D}b", "a\u{200D}b")]
    #[case::decomposed("Cafe\u{301}", "Café")]
    #[case::variation("❤\u{FE0F}", "❤\u{FE0F}")]
    #[case::nothing_left("\u{202E}\u{0} \u{200B}", "")]
    fn a_line_shows_all_it_holds(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(line(text, 500), expected);
    }

    #[rstest]
    #[case::short("Tea for two", 11, "Tea for two")]
    #[case::at_a_word("Tea for two", 10, "Tea for…")]
    #[case::word_ends_at_the_limit("Tea for two", 8, "Tea for…")]
    #[case::one_long_word("Teaaaaaaaaa", 5, "Teaa…")]
    #[case::japanese("図書館で本を読む", 5, "図書館で…")]
    #[case::accent_stays_with_its_letter("aaaax\u{323}\u{300}bbb", 7, "aaaa…")]
    #[case::emoji_stays_whole("aa👩\u{200D}👧bb", 5, "aa…")]
    fn a_long_line_ends_at_a_word(#[case] text: &str, #[case] max_chars: usize, #[case] expected: &str) {
        let short = line(text, max_chars);
        assert_eq!(short, expected);
        assert!(short.chars().count() <= max_chars);
    }

    #[rstest]
    #[case::layout("a\n\tb", "a\n\tb")]
    #[case::line_ends("a\r\nb\rc", "a\nb\nc")]
    #[case::controls("a\u{0}b\u{8}c\u{1B}[31md\u{9D}", "abc[31md")]
    #[case::override_of_direction("a\u{202E}b\u{2066}c", "abc")]
    #[case::marks_stay("שלום\u{200F}! می\u{200C}خواهم", "שלום\u{200F}! می\u{200C}خواهم")]
    fn a_block_keeps_its_layout(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(clean_block(text.to_owned()), expected);
    }

    #[rstest]
    #[case::apostrophe("donâ\u{80}\u{99}t", "don’t")]
    #[case::letters_beside_it("donâ\u{80}\u{99}t, cafÃ©", "don’t, café")]
    #[case::cyrillic("Ð\u{9F}Ñ\u{80}Ð¸Ð²ÐµÑ\u{82}", "Привет")]
    #[case::emoji("ð\u{9F}\u{98}\u{80}", "😀")]
    #[case::no_proof("CafÃ© Ã la carte", "CafÃ© Ã la carte")]
    #[case::stray_control("a\u{80}b é\u{99}", "a\u{80}b é\u{99}")]
    #[case::ordinary("Straße", "Straße")]
    fn text_encoded_twice_is_mended_where_that_is_certain(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(mend_double_encoding(text), expected);
    }

    /// Characters on both sides of every border of the short ways, and parts of characters that compose.
    fn text_near_the_borders() -> impl Strategy<Value = String> {
        let c = prop_oneof![
            3 => prop::char::range('\0', '\u{17F}'),
            2 => prop::char::range('\u{2D0}', '\u{345}'),
            2 => prop::char::range('\u{1FF0}', '\u{2130}'),
            1 => prop::char::range('\u{1100}', '\u{11FF}'),
            1 => prop::char::range('\u{3040}', '\u{30FF}'),
            1 => prop::char::range('\u{4DF0}', '\u{A010}'),
            1 => prop::char::range('\u{AC00}', '\u{AC40}'),
            1 => prop::char::range('\u{F900}', '\u{FB4F}'),
            1 => any::<char>(),
        ];
        prop::collection::vec(c, 0..24).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 20_000,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(5),
            ..ProptestConfig::default()
        })]

        #[test]
        fn the_short_way_to_composed_text_leads_where_the_long_one_does(text in text_near_the_borders()) {
            prop_assert_eq!(composed(&text), text.nfc().collect::<String>());
        }

        #[test]
        fn proof_of_double_encoding_is_a_control_character(text in text_near_the_borders()) {
            prop_assert_eq!(holds_proof(&text), text.contains(|c| matches!(c, '\u{80}'..='\u{9F}')));
        }
    }

    #[test]
    fn characters_that_take_the_short_way_are_composed() {
        for c in ('\0'..=char::MAX).filter(|c| is_composed(*c)) {
            assert_eq!(is_nfc_quick([c].into_iter()), IsNormalized::Yes, "{c:?}");
        }
    }
}
