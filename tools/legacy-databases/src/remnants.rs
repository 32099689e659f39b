//! What failed fetches left behind as content: exceptions, and bytes that were never text.

use std::fmt::Write as _;

use crate::draft::Draft;
use crate::junk::titled_as_an_article;
use crate::language::Language;
use crate::prose;
use crate::random::Random;
use crate::stock::Stock;
use crate::voice::Voice;

pub(crate) fn traceback(random: &mut Random) -> Draft {
    let mut voice = Voice::with(Language::En, Stock::junk(), random);
    let text = voice.say("en traceback");
    without_language(text, voice.random)
}

/// An image or an archive.
pub(crate) fn binary(random: &mut Random) -> Draft {
    let start = random.word(&[
        "\u{fffd}PNG\r\n\u{1a}\n\u{0}\u{0}\u{0}\rIHDR",
        "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{0}\u{10}JFIF\u{0}\u{1}",
        "PK\u{3}\u{4}\u{14}\u{0}\u{8}\u{0}",
        "RIFF\u{fffd}\u{0}\u{0}WEBPVP8 ",
    ]);
    let length = random.between(300, 3_000);
    let text = format!("{start}{}", noise(length, random));
    without_language(text, random)
}

pub(crate) fn pdf(random: &mut Random) -> Draft {
    let version = random.between(3, 7);
    let mut text = format!("%PDF-1.{version}\n%\u{fffd}\u{fffd}\u{fffd}\u{fffd}\n");
    for object in 1..=random.between(3, 9) {
        let length = random.between(80, 900);
        let _ = write!(
            text,
            "{object} 0 obj\n<</Filter/FlateDecode/Length {length}>>\nstream\n{}\nendstream\nendobj\n",
            noise(length, random)
        );
    }
    let size = random.between(9, 40);
    let _ = write!(
        text,
        "xref\n0 {size}\n0000000000 65535 f \ntrailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{}\n%%EOF\n",
        text.len()
    );
    without_language(text, random)
}

/// A page whose compression nobody undid.
pub(crate) fn gzip(random: &mut Random) -> Draft {
    let length = random.between(200, 4_000);
    let text = format!(
        "\u{1f}\u{fffd}\u{8}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{3}{}",
        noise(length, random)
    );
    without_language(text, random)
}

/// Russian, Japanese or Polish, its UTF-8 read as Windows-1252 or, once more, as nothing.
pub(crate) fn mojibake(random: &mut Random) -> Draft {
    let language = if random.chance(50) {
        Language::Ru
    } else {
        Language::Ja
    };
    let is_lost = random.chance(30);
    let bytes = random.between(900, 3_000);
    let mut voice = Voice::new(language, random);
    let article = prose::article(&mut voice, bytes);
    let text = article.plain(language.space());
    let garbled: String = if is_lost {
        // Read as ASCII: every byte above 127 is a question mark in a box.
        text.bytes()
            .map(|byte| {
                if byte.is_ascii() {
                    char::from(byte)
                } else {
                    '\u{fffd}'
                }
            })
            .collect()
    } else {
        text.bytes().map(windows_1252).collect()
    };
    let mut draft = without_language(garbled, voice.random);
    draft.title = Some(article.title.bytes().map(windows_1252).collect());
    draft
}

/// Bytes without meaning, as a decoder shows them that replaces what it does not know.
fn noise(length: usize, random: &mut Random) -> String {
    (0..length)
        .map(|_| match random.below(256) as u8 {
            128.. => '\u{fffd}',
            byte => char::from(byte),
        })
        .collect()
}

fn windows_1252(byte: u8) -> char {
    const FROM_128: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    usize::from(byte)
        .checked_sub(128)
        .and_then(|index| FROM_128.get(index).copied())
        .unwrap_or(char::from(byte))
}

fn without_language(text: String, random: &mut Random) -> Draft {
    let mut draft = titled_as_an_article(text, random);
    draft.language = None;
    draft
}
