//! Bytes to text: byte order mark, HTTP header, declaration in the page, then detection.
//!
//! Never fails; what cannot be decoded becomes U+FFFD and is counted. Decompression is not done here.

use std::borrow::Cow;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use regex::bytes::Regex;

use crate::hygiene;

/// A declaration further down is not believed: browsers look at 1,024 bytes, real templates need some more.
const DECLARATION_WINDOW_BYTES: usize = 4096;

/// Enough to be sure of a language; a ten-megabyte page must not be read twice.
const DETECTION_WINDOW_BYTES: usize = 512 * 1024;

/// `<meta charset=x>`, `<meta http-equiv content="text/html; charset=x">` and `<?xml encoding="x"?>`.
static DECLARATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i-u)<(?:meta\b[^>]{0,300}?charset|\?xml\b[^>]{0,100}?encoding)\s*=\s*["']?\s*([a-z0-9_:.-]+)"#,
    )
    .expect("the pattern is a constant")
});

/// A page as text.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The page.
    pub(crate) text: String,
    /// The name of the encoding by the Encoding Standard, for example `windows-1252`.
    pub(crate) charset: &'static str,
    /// What had to be replaced or mended, when something had to.
    pub(crate) notes: Vec<String>,
}

/// Decodes `bytes`, which arrived with the header `content_type`.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let encoding = Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| wide_markup(bytes))
        .or_else(|| content_type.and_then(from_header))
        .or_else(|| from_declaration(bytes))
        .unwrap_or_else(|| detect(bytes));
    let (text, encoding, had_errors) = encoding.decode(bytes);
    let mut notes = Vec::new();
    if had_errors {
        let replaced = text.matches(char::REPLACEMENT_CHARACTER).count();
        notes.push(format!(
            "{replaced} places that are not {} were replaced",
            encoding.name()
        ));
    }
    let mended = match hygiene::mend_double_encoding(&text) {
        Cow::Owned(mended) => {
            notes.push("text that was encoded twice was mended".to_owned());
            Some(mended)
        }
        Cow::Borrowed(_) => None,
    };
    Decoded {
        text: mended.unwrap_or_else(|| text.into_owned()),
        charset: encoding.name(),
        notes,
    }
}

/// UTF-16 without a byte order mark: markup begins with `<` and an ASCII character, each beside a zero byte,
/// which no other encoding has.
fn wide_markup(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [b'<', 0, c, 0] if c.is_ascii_graphic() => Some(UTF_16LE),
        [0, b'<', 0, c] if c.is_ascii_graphic() => Some(UTF_16BE),
        _ => None,
    }
}

fn from_header(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("charset") {
            return None;
        }
        Encoding::for_label(label.trim().trim_matches(['"', '\'']).as_bytes())
    })
}

fn from_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let window = &bytes[..bytes.len().min(DECLARATION_WINDOW_BYTES)];
    let label = DECLARATION.captures(window)?.get(1)?.as_bytes();
    let encoding = Encoding::for_label(label)?;
    // The declaration could be read as ASCII, so it cannot be true.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else {
        encoding
    })
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let window = &bytes[..bytes.len().min(DETECTION_WINDOW_BYTES)];
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    if !detector.feed(window, true) {
        // Plain ASCII as far as the eye reaches.
        return WINDOWS_1252;
    }
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, GB18030, SHIFT_JIS};
    use rstest::rstest;

    use super::*;

    const JAPANESE: &str =
        "図書館では毎日たくさんの本が読まれています。静かな部屋で長い時間を過ごす人も多いです。";

    #[rstest]
    #[case::byte_order_mark_beats_the_header(
        b"\xEF\xBB\xBFgr\xC3\xBCn",
        Some("text/html; charset=iso-8859-1"),
        "UTF-8"
    )]
    #[case::header_beats_the_page(
        b"<meta charset=utf-8>gr\xFCn",
        Some("text/html; Charset=\"ISO-8859-1\""),
        "windows-1252"
    )]
    #[case::page_declares_it(b"<meta charset='windows-1252'>gr\xFCn", Some("text/html"), "windows-1252")]
    #[case::old_declaration(
        b"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-15'>gr\xFCn",
        None,
        "ISO-8859-15"
    )]
    #[case::xml_declaration(b"<?xml version='1.0' encoding='ISO-8859-1'?>gr\xFCn", None, "windows-1252")]
    #[case::nothing_declared_utf8(b"gr\xC3\xBCn", None, "UTF-8")]
    #[case::unknown_label(b"<meta charset=klingon>gr\xC3\xBCn", None, "UTF-8")]
    #[case::impossible_label(b"<meta charset=utf-16>gr\xC3\xBCn", None, "UTF-8")]
    fn finds_the_charset(#[case] bytes: &[u8], #[case] content_type: Option<&str>, #[case] charset: &str) {
        let decoded = decode(bytes, content_type);
        assert_eq!(decoded.charset, charset);
        assert!(decoded.text.contains("grün"), "{}", decoded.text);
        assert_eq!(decoded.notes, Vec::<String>::new());
    }

    #[rstest]
    #[case::declared(Some("text/html; charset=Shift_JIS"))]
    #[case::detected(None)]
    fn reads_shift_jis(#[case] content_type: Option<&str>) {
        let (bytes, ..) = SHIFT_JIS.encode(JAPANESE);
        let decoded = decode(&bytes, content_type);
        assert_eq!((decoded.charset, decoded.text.as_str()), ("Shift_JIS", JAPANESE));
    }

    const CHINESE: &str =
        "图书馆每天都有很多人来读书。有些人在安静的房间里坐很长时间，也有些人只是来借一本小说。";
    const KOREAN: &str =
        "도서관에서는 매일 많은 책을 읽습니다. 조용한 방에서 오랜 시간을 보내는 사람도 많습니다.";

    #[rstest]
    #[case(GB18030, CHINESE, &["gb18030", "gbk", "gb2312", "GB18030"])]
    #[case(EUC_KR, KOREAN, &["euc-kr", "ks_c_5601-1987"])]
    fn reads_legacy_east_asian_charsets(
        #[case] encoding: &'static Encoding,
        #[case] text: &str,
        #[case] labels: &[&str],
    ) {
        let (bytes, ..) = encoding.encode(text);
        for label in labels {
            let header = decode(&bytes, Some(&format!("text/html; charset={label}")));
            assert_eq!(header.text, text, "{label}");
            let page = [format!("<meta charset={label}>").as_bytes(), &bytes].concat();
            assert!(decode(&page, None).text.ends_with(text), "{label}");
        }
        assert_eq!(decode(&bytes, None).text, text, "detected");
    }

    #[rstest]
    #[case::header_says_it("text/html; charset=utf-16le")]
    #[case::header_leaves_the_order_open("text/html; charset=utf-16")]
    fn reads_utf_16_that_only_the_header_tells(#[case] content_type: &str) {
        let bytes: Vec<u8> = JAPANESE.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&bytes, Some(content_type)).text, JAPANESE);
    }

    #[test]
    fn a_few_zero_bytes_are_not_utf_16() {
        let decoded = decode(b"<p>a\0b\0c and d\0e are only damaged text</p>", None);
        assert_eq!(decoded.charset, "UTF-8");
    }

    #[test]
    fn detects_western_text_without_any_declaration() {
        let decoded = decode(
            b"<p>Die Stra\xDFe f\xFChrt \xFCber die gr\xFCne H\xF6he nach M\xFCnchen.</p>",
            None,
        );
        assert!(
            decoded.text.contains("Straße führt über die grüne Höhe"),
            "{decoded:?}"
        );
    }

    #[test]
    fn counts_what_it_had_to_replace() {
        let decoded = decode(b"a\xFFb\xFEc", Some("text/html; charset=utf-8"));
        assert_eq!(decoded.text, "a\u{FFFD}b\u{FFFD}c");
        assert_eq!(decoded.notes, ["2 places that are not UTF-8 were replaced"]);
    }

    #[rstest]
    #[case::little_endian(false, "UTF-16LE")]
    #[case::big_endian(true, "UTF-16BE")]
    fn recognises_wide_markup_without_a_mark(#[case] is_big: bool, #[case] charset: &str) {
        let units = "<p>grün".encode_utf16();
        let bytes: Vec<u8> = units
            .flat_map(|unit| {
                if is_big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect();
        let decoded = decode(&bytes, Some("text/html; charset=utf-8"));
        assert_eq!((decoded.charset, decoded.text.as_str()), (charset, "<p>grün"));
    }

    #[test]
    fn text_that_was_encoded_twice_is_mended_and_says_so() {
        let decoded = decode("I donâ\u{80}\u{99}t".as_bytes(), None);
        assert_eq!(decoded.text, "I don’t");
        assert_eq!(decoded.notes, ["text that was encoded twice was mended"]);
    }
}
