//! Addresses as people and pages write them: parsed, bounded, and told without their secrets.
//!
//! It resolves nothing and asks nobody. Which addresses are one page is the business of `canonical`.

use std::borrow::Cow;

use url::Url;

/// The longest address, in bytes as it is sent. RFC 9110 (section 4.1) asks everybody to bear 8,000.
pub const URL_LIMIT_BYTES: usize = 8_192;

/// The longest host, in bytes without a dot at its end: what DNS can carry (RFC 1035, section 2.3.4).
pub const HOST_LIMIT_BYTES: usize = 253;

/// Endings of files that hold addresses or pages. None is a top-level domain, except `.md`, where a host of two parts
/// is more likely a file.
const FILE_ENDINGS: [&str; 10] = [
    ".txt", ".html", ".htm", ".json", ".jsonl", ".csv", ".tsv", ".xml", ".opml", ".md",
];

/// Why an address cannot be saved or followed. No message carries a user name or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not parse. The address is told as by [`concealed`].
    #[error("`{0}` is not a web address: {1}; write it like https://example.com/page")]
    Invalid(String, url::ParseError),
    /// It is one word, or the name of a file, and hardly ever a host. It is told as by [`concealed`].
    #[error("`{0}` is no address on the web; if it is a host all the same, say so: http://{0}")]
    NoHost(String),
    /// It is not for the web. The address is told as by [`concealed`].
    #[error("`{0}` has the scheme `{1}`; Atlas saves http and https addresses")]
    Scheme(String, String),
    /// It carries a user name or a password, which would end up in the library. Only its host is told.
    #[error("the address of {0} carries a user name or password; save it without them")]
    Credentials(String),
    /// It has so many bytes, more than [`URL_LIMIT_BYTES`].
    #[error("the address has {0} bytes; {URL_LIMIT_BYTES} are the limit")]
    TooLong(usize),
    /// Its host has so many bytes, more than [`HOST_LIMIT_BYTES`].
    #[error("the host of the address has {0} bytes; {HOST_LIMIT_BYTES} are the limit")]
    HostTooLong(usize),
}

/// Parses what a person typed or pasted. A missing scheme means `https`.
pub fn parse_web_url(text: &str) -> Result<Url, UrlError> {
    let text = text.trim();
    if text.len() > URL_LIMIT_BYTES {
        return Err(UrlError::TooLong(text.len())); // before anything is made of it
    }
    if let Some(place) = place_behind_credentials(text) {
        return Err(UrlError::Credentials(place));
    }
    if is_hardly_a_host(text) {
        return Err(UrlError::NoHost(concealed(text)));
    }
    let with_scheme = if text.contains("://") || looks_like_scheme(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("https://{text}"))
    };
    let url = Url::parse(&with_scheme).map_err(|error| UrlError::Invalid(concealed(text), error))?;
    check_web_url(&url)?;
    Ok(url)
}

/// Whether Atlas asks for such an address at all, whoever gave it: a person, a page or a redirect.
pub fn check_web_url(url: &Url) -> Result<(), UrlError> {
    let length_bytes = url.as_str().len();
    if length_bytes > URL_LIMIT_BYTES {
        return Err(UrlError::TooLong(length_bytes));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlError::Scheme(concealed(url.as_str()), url.scheme().to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    let host_bytes = host.trim_end_matches('.').len();
    if host_bytes == 0 {
        return Err(UrlError::Invalid(
            concealed(url.as_str()),
            url::ParseError::EmptyHost,
        ));
    }
    if host_bytes > HOST_LIMIT_BYTES {
        return Err(UrlError::HostTooLong(host_bytes));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials(host.to_owned()));
    }
    Ok(())
}

/// What may be told of an address that was refused: no user name, no password, and not endless.
///
/// Everything before the last `@` goes: where an address cannot be read, nobody knows where its password ends.
pub fn concealed(text: &str) -> String {
    const LIMIT_CHARS: usize = 200;
    let scheme_bytes = text
        .split_once("://")
        .filter(|(scheme, _)| is_scheme(scheme))
        .map_or(0, |(scheme, _)| scheme.len() + "://".len());
    let (scheme, rest) = text.split_at(scheme_bytes);
    match rest.rsplit_once('@') {
        Some((_, place)) => cut(&format!("{scheme}…@{place}"), LIMIT_CHARS),
        None => cut(text, LIMIT_CHARS),
    }
}

/// What is recorded of a request: where it went, without query and fragment, which may carry secrets. The path may hold
/// another address, as an archive's does: that one's query is left out, too, however it is written.
pub fn bare(url: &Url) -> String {
    const LIMIT_CHARS: usize = 300;
    let Some(host) = url.host_str() else {
        return format!("{}:…", cut(url.scheme(), LIMIT_CHARS));
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = url.path();
    let query_at = path.find("%3F").into_iter().chain(path.find("%3f")).min();
    let path = query_at.map_or_else(|| path.to_owned(), |at| format!("{}…", &path[..at]));
    cut(&format!("{}://{host}{port}{path}", url.scheme()), LIMIT_CHARS)
}

/// What ends like a file, or is one word without a dot.
fn is_hardly_a_host(text: &str) -> bool {
    let is_more_than_a_name = |character: char| character.is_whitespace() || "/:?#@[\\".contains(character);
    if text.is_empty() || text == "localhost" || text.contains(is_more_than_a_name) {
        return false;
    }
    let name = text.to_lowercase();
    !name.contains('.') || FILE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// `mailto:x` and `javascript:x` have a scheme; `example.com:8080/x` and `localhost:80` have a port.
fn looks_like_scheme(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, rest)| {
        is_scheme(scheme) && !scheme.contains('.') && !rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Where `anna:password@example.com/page` leads. What stands before the colon looks like a scheme, and would be
/// told as one; but it is a user's name.
fn place_behind_credentials(text: &str) -> Option<String> {
    const LIMIT_CHARS: usize = 200;
    if !looks_like_scheme(text) {
        return None;
    }
    let (scheme, _) = text.split_once(':')?;
    let (credentials, place) = text.rsplit_once('@')?;
    let is_scheme_for_sure = credentials
        .split_once("://")
        .is_some_and(|(scheme, _)| is_scheme(scheme))
        || ["http", "https", "mailto"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
    if is_scheme_for_sure {
        return None;
    }
    let host = place.split(['/', '?', '#']).next().unwrap_or_default();
    Some(cut(host, LIMIT_CHARS))
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn cut(text: &str, limit_chars: usize) -> String {
    match text.char_indices().nth(limit_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
