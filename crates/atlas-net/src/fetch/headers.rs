//! What is kept and understood of an answer's headers.

use std::time::{Duration, SystemTime};

use atlas_domain::Timestamp;
use atlas_resilience::parse_retry_after;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER, SET_COOKIE};

/// At most so many headers are kept with an answer, the first ones.
const KEPT_COUNT_LIMIT: usize = 100;

/// A longer header is left out.
const VALUE_LIMIT_BYTES: usize = 8 * 1024;

/// All kept headers together.
const KEPT_LIMIT_BYTES: usize = 64 * 1024;

/// Compressions by any name they have in HTTP.
const COMPRESSIONS: &[&str] = &[
    "gzip",
    "x-gzip",
    "deflate",
    "compress",
    "x-compress",
    "br",
    "zstd",
    "dcb",
    "dcz",
];

/// The headers worth keeping: names in lower case (which `HeaderName` guarantees), without cookies, within
/// limits. Those that do not fit are left out.
pub(super) fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room_bytes = KEPT_LIMIT_BYTES;
    headers
        .iter()
        .filter(|(name, value)| *name != SET_COOKIE && value.len() <= VALUE_LIMIT_BYTES)
        .map_while(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            room_bytes = room_bytes.checked_sub(name.as_str().len() + value.len())?;
            Some((name.as_str().to_owned(), value))
        })
        .take(KEPT_COUNT_LIMIT)
        .collect()
}

/// The media type without its parameters, in lower case; empty when there is none.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = text(headers, &CONTENT_TYPE).unwrap_or_default();
    value
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A compression that the client did not undo, since nobody had asked for it. Words that are no compression
/// (`utf-8`, `none`) are common mistakes and mean nothing.
pub(super) fn foreign_compression(headers: &HeaderMap) -> Option<String> {
    text(headers, &CONTENT_ENCODING)?
        .split(',')
        .map(|word| word.trim().to_ascii_lowercase())
        .find(|word| COMPRESSIONS.contains(&word.as_str()))
}

/// How long the server asks us to wait, when it does.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0));
    parse_retry_after(text(headers, &RETRY_AFTER)?, text(headers, &DATE), now)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use rstest::rstest;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).unwrap(),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn keeps_everything_but_cookies() {
        let kept = kept(&headers(&[
            ("Content-Type", "text/html"),
            ("Set-Cookie", "secret"),
            ("ETag", "x"),
        ]));
        assert_eq!(
            kept,
            [
                ("content-type".into(), "text/html".into()),
                ("etag".into(), "x".into())
            ]
        );
    }

    #[test]
    fn keeps_each_of_several_values() {
        let mut headers = headers(&[("Link", "<a>")]);
        headers.append("link", HeaderValue::from_static("<b>"));
        assert_eq!(kept(&headers).len(), 2);
    }

    #[test]
    fn leaves_out_what_is_too_long() {
        let long = "x".repeat(VALUE_LIMIT_BYTES + 1);
        assert_eq!(kept(&headers(&[("x-long", &long), ("etag", "x")])).len(), 1);
    }

    #[test]
    fn limits_the_number_and_the_sum() {
        let value = "x".repeat(VALUE_LIMIT_BYTES);
        let many: HeaderMap = (0..200)
            .map(|n| {
                (
                    HeaderName::try_from(format!("x-{n}")).unwrap(),
                    HeaderValue::from_static("y"),
                )
            })
            .collect();
        let heavy: HeaderMap = (0..20)
            .map(|n| {
                (
                    HeaderName::try_from(format!("x-{n}")).unwrap(),
                    HeaderValue::from_str(&value).unwrap(),
                )
            })
            .collect();
        assert_eq!(kept(&many).len(), KEPT_COUNT_LIMIT);
        assert_eq!(kept(&heavy).len(), 7);
    }

    #[test]
    fn keeps_a_value_that_is_not_utf_8() {
        let mut headers = HeaderMap::new();
        headers.insert("x-name", HeaderValue::from_bytes(b"caf\xe9").unwrap());
        assert_eq!(kept(&headers)[0].1, "caf\u{fffd}");
    }

    #[rstest]
    #[case("Text/HTML; charset=utf-8", "text/html")]
    #[case("application/pdf", "application/pdf")]
    #[case("", "")]
    fn reads_the_media_type(#[case] value: &str, #[case] expected: &str) {
        assert_eq!(media_type(&headers(&[("content-type", value)])), expected);
    }

    #[rstest]
    #[case("deflate", Some("deflate"))]
    #[case("gzip, gzip", Some("gzip"))]
    #[case("X-GZIP", Some("x-gzip"))]
    #[case("identity", None)]
    #[case("UTF-8", None)]
    fn knows_compressions_from_words_that_mean_nothing(#[case] value: &str, #[case] expected: Option<&str>) {
        let found = foreign_compression(&headers(&[("content-encoding", value)]));
        assert_eq!(found.as_deref(), expected);
    }
}
