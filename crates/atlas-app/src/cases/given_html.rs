//! The HTML that comes along with an address, as the bytes that are kept. It parses nothing.

use atlas_domain::FetchFault;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::views::AddItem;

/// Makes a text known as UTF-8, whatever charset the page in it declares.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// HTML that cannot be taken: its reason code and a sentence.
pub(super) type Refusal = (&'static str, String);

/// The bytes of a page that came along, if one did. One that fetching could not use is refused at once, while
/// whoever gave it is there to hear it.
pub(super) fn given_html(item: &AddItem, limit_bytes: usize) -> Result<Option<Vec<u8>>, Refusal> {
    let bytes = match (&item.html, &item.html_base64) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = "`html` and `html_base64` are the same page in two forms: give one of them";
            return Err(("invalid_html", message.to_owned()));
        }
        (Some(text), None) => of_text(text),
        (None, Some(encoded)) => STANDARD
            .decode(encoded)
            .map_err(|error| ("invalid_html", format!("`html_base64` is not Base64: {error}")))?,
    };
    if bytes.trim_ascii().is_empty() {
        let message = "the HTML is empty: leave it out to have the page fetched";
        return Err((FetchFault::EmptyPage.as_str(), message.to_owned()));
    }
    if bytes.len() > limit_bytes {
        let message = format!(
            "the HTML has {} bytes; {limit_bytes} are the limit (`fetch.html_limit_bytes`)",
            bytes.len()
        );
        return Err((FetchFault::TooLarge.as_str(), message));
    }
    Ok(Some(bytes))
}

/// JSON is Unicode, so the page is too, even if it still declares the charset in which its site sent it.
fn of_text(text: &str) -> Vec<u8> {
    if text.is_ascii() || text.starts_with(BYTE_ORDER_MARK) {
        text.as_bytes().to_vec()
    } else {
        [BYTE_ORDER_MARK, text].concat().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 50;

    fn item(html: Option<&str>, html_base64: Option<&str>) -> AddItem {
        AddItem {
            html: html.map(str::to_owned),
            html_base64: html_base64.map(str::to_owned),
            ..AddItem::default()
        }
    }

    #[test]
    fn bytes_are_kept_as_they_are_in_any_charset() {
        let latin = item(None, Some("PG1ldGEgY2hhcnNldD1sYXRpbjE+Y2Fm6Q=="));
        assert_eq!(
            given_html(&latin, LIMIT).unwrap().unwrap(),
            b"<meta charset=latin1>caf\xe9"
        );
        assert_eq!(given_html(&item(None, None), LIMIT).unwrap(), None);
    }

    #[test]
    fn text_is_unicode_whatever_its_page_declares() {
        let bytes = given_html(&item(Some("<meta charset=latin1>café"), None), LIMIT).unwrap();
        assert_eq!(bytes.unwrap(), "\u{feff}<meta charset=latin1>café".as_bytes());
        let plain = given_html(&item(Some("<p>plain"), None), LIMIT).unwrap();
        assert_eq!(plain.unwrap(), b"<p>plain");
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_its_reason() {
        let too_long = "a".repeat(LIMIT + 1);
        let cases = [
            (item(Some("a"), Some("YQ==")), "invalid_html", "one of them"),
            (item(None, Some("no base64!")), "invalid_html", "not Base64"),
            (item(Some(&too_long), None), "too_large", "50 are the limit"),
            (item(Some(""), None), "empty_page", "leave it out"),
            (item(None, Some("")), "empty_page", "leave it out"),
            (item(Some(" \r\n"), None), "empty_page", "leave it out"),
        ];
        for (item, code, hint) in cases {
            let (reason, message) = given_html(&item, LIMIT).unwrap_err();
            assert_eq!(reason, code);
            assert!(message.contains(hint), "{message}");
        }
    }
}
