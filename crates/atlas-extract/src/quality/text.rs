//! Sentences in any language, and the form that phrases are compared in. Pure functions over text; knows no class
//! of junk.

/// Whether a block of text reads like sentences and not like a label, a menu or a headline. Length alone does
/// not: a menu that lost its line breaks is long too.
pub(super) fn is_prose(block: &str, words: u32) -> bool {
    if words < 6 {
        return false;
    }
    // All of those characters begin with one of two bytes, which are quicker to look for.
    let bytes = block.as_bytes();
    if (bytes.contains(&0xE0) || bytes.contains(&0xE1)) && block.chars().any(is_unpunctuated) {
        return words >= 25 || ends_sentence(block);
    }
    // The last one may be unfinished. Whether there are still more of them makes no difference.
    let needed = words.div_ceil(WORDS_IN_LONGEST_SENTENCE) + u32::from(!ends_sentence(block));
    sentences(block).take(needed as usize).count() as u32 == needed
}

/// Text with fewer sentence ends than one in so many words is not made of sentences.
const WORDS_IN_LONGEST_SENTENCE: u32 = 70;

/// The sentences of a text; the last may be unfinished. A full stop ends one only before a space, so that
/// addresses and numbers stay whole.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .char_indices()
            .find(|(at, c)| {
                let after = *at + c.len_utf8();
                is_sentence_end(*c) && (is_wide_end(*c) || rest[after..].starts_with(is_after_sentence))
            })
            .map_or(rest.len(), |(at, c)| at + c.len_utf8());
        let (sentence, left) = rest.split_at(end);
        rest = left.trim_start();
        Some(sentence)
    })
}

/// Whether the text ends as sentences end.
pub(crate) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(is_after_sentence)
        .ends_with(is_sentence_end)
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '।') || is_wide_end(c)
}

fn is_wide_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '．')
}

fn is_after_sentence(c: char) -> bool {
    c.is_whitespace() || matches!(c, ')' | '"' | '\'' | '”' | '’' | '»' | '」' | ']')
}

/// Thai, Lao, Myanmar and Khmer, which end sentences with a space or not at all.
fn is_unpunctuated(c: char) -> bool {
    matches!(u32::from(c), 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF)
}

/// Lower case, letters and digits only, one space between words: the form that phrases are compared in.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            folded.push(c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            folded.extend(c.to_lowercase());
        } else if matches!(c, '\'' | '’' | 'ʼ' | '\u{ad}' | '\u{200b}' | '\u{307}') {
            // Apostrophes and invisible characters do not part words.
        } else if !folded.ends_with(' ') && !folded.is_empty() {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// The parts of a title between its separators (`Not found | Site`), folded, without empty ones.
pub(super) fn title_segments(title: &str) -> Vec<String> {
    title
        .replace(" - ", "|")
        .replace("--", "|")
        .split([
            '|', '·', '•', '»', '›', '«', '‹', '—', '–', '―', ':', '~', '/', '【', '】', '｜', '>', '!',
        ])
        .map(fold)
        .filter(|segment| !segment.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::words::count_words;

    #[rstest]
    #[case::sentence("The heron stood on the gate and waited.", true)]
    #[case::quoted("He said: \u{201c}The heron stood on the gate.\u{201d}", true)]
    #[case::label("Name and address of the sender:", false)]
    #[case::japanese("サギはふつう長くはとどまらない。", true)]
    #[case::arabic("كان الطائر لا يزال واقفا على البوابة.", true)]
    #[case::menu_in_one_line(&"Home News Science Opinion About us Contact ".repeat(9), false)]
    #[case::long_paragraph(&"It rained all day and the water rose in the lock, slowly, as it does. ".repeat(9), true)]
    fn tells_sentences_from_labels(#[case] block: &str, #[case] prose: bool) {
        assert_eq!(is_prose(block, count_words(block)), prose);
    }

    #[test]
    fn addresses_and_numbers_do_not_end_sentences() {
        let parts: Vec<_> = sentences("See pond.example for 3.5 kg of reeds. Then stop").collect();
        assert_eq!(parts, ["See pond.example for 3.5 kg of reeds.", "Then stop"]);
    }

    #[test]
    fn a_title_falls_into_its_parts() {
        assert_eq!(
            title_segments("404 – Not Found | The Daily"),
            ["404", "not found", "the daily"]
        );
    }
}
