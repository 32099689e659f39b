//! How much of a text is no text: characters that no author writes and no reader can read.
//!
//! Counts only; how much is too much is the business of a rule.

use std::sync::LazyLock;

use regex::Regex;

/// What is left where bytes were decoded as what they are not: replacements, C1 controls, unassigned characters.
static BROKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\x{FFFD}\x{80}-\x{9F}\p{Cn}]").expect("the pattern is a constant"));
/// The same, and private characters: pages draw icons with them, so they count only beside all of the source.
static BROKEN_OR_PRIVATE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\x{FFFD}\x{80}-\x{9F}\p{Cn}\p{Co}]").expect("the pattern is a constant"));

/// UTF-8 that was decoded as Latin-1 or Windows-1252: the first byte of a letter, then its others. A capital letter with an
/// accent is followed by such a sign now and then, so that only many of them mean anything.
static MISREAD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"[\x{C2}-\x{DE}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|[\x{E0}-\x{EF}][\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{2}",
    )
    .expect("the pattern is a constant")
});

/// What was counted in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Garble {
    /// All characters.
    pub(super) chars: usize,
    /// Control characters that no text holds: all of C0 but white space, and DEL.
    pub(super) controls: usize,
    /// Characters that could not be decoded or do not exist.
    pub(super) broken: usize,
}

impl Garble {
    /// Counts in a text that a visitor sees.
    pub(super) fn of_text(text: &str) -> Self {
        let garble = Self::of(text, &BROKEN);
        if text.is_ascii() {
            return garble;
        }
        let misread: usize = MISREAD
            .find_iter(text)
            .map(|found| found.as_str().chars().count())
            .sum();
        Self {
            broken: garble.broken.max(misread),
            ..garble
        }
    }

    /// Counts in the source of a page.
    pub(super) fn of_source(source: &str) -> Self {
        Self::of(source, &BROKEN_OR_PRIVATE)
    }

    fn of(text: &str, broken: &Regex) -> Self {
        Self {
            chars: text.chars().count(),
            controls: text.bytes().filter(|byte| is_control(*byte)).count(),
            // Almost every text is free of them, and most are ASCII.
            broken: if text.is_ascii() {
                0
            } else {
                broken.find_iter(text).count()
            },
        }
    }

    /// Adds what was counted in another part of the text.
    pub(super) fn add(&mut self, other: Self) {
        self.chars += other.chars;
        self.controls += other.controls;
        self.broken += other.broken;
    }

    /// Share of control characters, `0.0..=1.0`.
    pub(super) fn control_share(self) -> f32 {
        self.controls as f32 / self.chars.max(1) as f32
    }

    /// Share of broken characters, `0.0..=1.0`.
    pub(super) fn broken_share(self) -> f32 {
        self.broken as f32 / self.chars.max(1) as f32
    }
}

fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0E..=0x1F | 0x7F)
}

/// The name of the format whose files begin like this and are never pages.
pub(super) fn binary_format(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: &[(&[u8], &str)] = &[
        (b"%PDF-", "PDF"),
        (b"\xFF\xD8\xFF", "JPEG"),
        (b"\x89PNG\r\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x7FELF", "ELF"),
        (b"\x1F\x8B\x08", "gzip"),
        (b"Rar!\x1A\x07", "RAR"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"\xFD7zXZ\x00", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"OggS\x00", "Ogg"),
        (b"ID3\x03", "MP3"),
        (b"ID3\x04", "MP3"),
        (b"fLaC\x00", "FLAC"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "Office"),
        (b"wOFF", "WOFF"),
        (b"wOF2", "WOFF2"),
        (b"\x00asm", "WebAssembly"),
    ];
    let inner = |at: usize, mark: &[u8]| bytes.get(at..at + mark.len()) == Some(mark);
    if inner(0, b"RIFF") && (inner(8, b"WEBP") || inner(8, b"WAVE") || inner(8, b"AVI ")) {
        return Some("RIFF");
    }
    if inner(4, b"ftyp") && bytes[0] == 0 {
        return Some("MP4");
    }
    BEGINNINGS
        .iter()
        .find(|(beginning, _)| bytes.starts_with(beginning))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::english("The heron stood on the gate.\r\n\tIt waited.", 0, 0)]
    #[case::arabic("كان الطائر لا يزال واقفا على البوابة.", 0, 0)]
    #[case::emoji("👩\u{200D}👧 ❤\u{FE0F}", 0, 0)]
    #[case::nul_and_escape("a\u{0}b\u{1B}c\u{7F}", 3, 0)]
    #[case::replaced("gr\u{FFFD}n", 0, 1)]
    #[case::unassigned("a\u{378}b\u{85}", 0, 2)]
    #[case::icon("\u{E001}", 0, 0)]
    fn counts_what_no_author_writes(#[case] text: &str, #[case] controls: usize, #[case] broken: usize) {
        let counted = Garble::of_text(text);
        assert_eq!((counted.controls, counted.broken), (controls, broken));
    }

    #[test]
    fn private_characters_count_in_a_source() {
        assert_eq!(Garble::of_source("a\u{E001}\u{10FFFD}").broken, 2);
    }

    #[rstest]
    #[case(b"%PDF-1.7\n", Some("PDF"))]
    #[case(b"\xFF\xD8\xFF\xE0\0\x10JFIF", Some("JPEG"))]
    #[case(b"RIFF\0\0\0\0WEBPVP8 ", Some("RIFF"))]
    #[case(b"\0\0\0\x20ftypisom", Some("MP4"))]
    #[case(b"<!doctype html>", None)]
    #[case(b"PKs are primary keys", None)]
    #[case(b"RIFF raff", None)]
    #[case(b"", None)]
    fn knows_files_by_their_beginning(#[case] bytes: &[u8], #[case] expected: Option<&str>) {
        assert_eq!(binary_format(bytes), expected);
    }
}
