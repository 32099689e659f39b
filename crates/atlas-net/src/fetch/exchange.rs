//! One request and its answer. It follows no redirect and judges no address; it never holds more of a body
//! than the limit for its kind.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atlas_domain::url::{URL_LIMIT_BYTES, UrlError};
use atlas_domain::{Clock, FetchFault, Timestamp};
use reqwest::header::LOCATION;
use reqwest::{Response, StatusCode};
use url::Url;

use super::cascade::Answer;
use super::failure::Failure;
use super::headers;
use super::live_client::LiveClient;

/// Media types that may be as long as a book. Everything else has the limit of a page.
const DOCUMENTS: &[&str] = &[
    "application/pdf",
    "application/x-pdf",
    "application/epub+zip",
    "application/msword",
    "application/octet-stream",
    "application/rtf",
];
const DOCUMENT_FAMILIES: &[&str] = &[
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
];

/// Sends requests and reads answers.
pub(super) struct Exchange {
    pub(super) client: LiveClient,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) html_limit_bytes: usize,
    pub(super) document_limit_bytes: usize,
}

/// What came back.
pub(super) enum Reply {
    /// The end of the way.
    Answer(Answer),
    /// To be asked there instead.
    Redirect {
        /// Where. Not judged yet.
        target: Url,
        /// The status that said so.
        status: u16,
        /// The machine that said so.
        address: Option<IpAddr>,
    },
}

impl Reply {
    /// The machine that it came from.
    pub(super) fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Answer(answer) => answer.address,
            Self::Redirect { address, .. } => *address,
        }
    }

    /// Its stable code.
    pub(super) fn code(&self) -> String {
        match self {
            Self::Answer(answer) => answer.code(),
            Self::Redirect { status, .. } => format!("http_{status}"),
        }
    }
}

impl Exchange {
    /// Asks for `url` once.
    pub(super) async fn run(&self, url: &Url) -> Result<Reply, Failure> {
        let response = self
            .client
            .now()
            .get(url.clone())
            .send()
            .await
            .map_err(|error| Failure::of_request(error, url))?;
        let fetched_at = self.clock.now();
        if is_redirect(response.status()) {
            return Ok(Reply::Redirect {
                target: redirect_target(&response, url)?,
                status: response.status().as_u16(),
                address: response.remote_addr().as_ref().map(SocketAddr::ip),
            });
        }
        self.read(response, url, fetched_at).await.map(Reply::Answer)
    }

    async fn read(&self, response: Response, url: &Url, fetched_at: Timestamp) -> Result<Answer, Failure> {
        if let Some(compression) = headers::foreign_compression(response.headers()) {
            let message = format!("the answer is compressed as `{compression}`, which was not asked for");
            return Err(Failure::new(FetchFault::BadResponse, message));
        }
        let media_type = headers::media_type(response.headers());
        let limit_bytes = self.limit_bytes(&media_type);
        let answer = Answer {
            final_url: url.clone(),
            address: response.remote_addr().as_ref().map(SocketAddr::ip),
            status: response.status().as_u16(),
            headers: headers::kept(response.headers()),
            retry_after: headers::retry_after(response.headers(), fetched_at),
            body: read_body(response, url, limit_bytes).await?,
            fetched_at,
        };
        if is_text(&media_type) && is_compressed(&answer.body) {
            let message = "the answer is still compressed after its compression was undone".to_owned();
            return Err(Failure::new(FetchFault::BadResponse, message));
        }
        Ok(answer)
    }

    fn limit_bytes(&self, media_type: &str) -> usize {
        let is_document = DOCUMENTS.contains(&media_type)
            || DOCUMENT_FAMILIES
                .iter()
                .any(|family| media_type.starts_with(family));
        if is_document {
            self.document_limit_bytes
        } else {
            self.html_limit_bytes
        }
    }
}

/// What is announced as text, or as nothing at all.
fn is_text(media_type: &str) -> bool {
    media_type.is_empty() || media_type.starts_with("text/") || media_type == "application/xhtml+xml"
}

/// Compressed twice, or without saying so: no text begins with the marks of gzip or zstd.
fn is_compressed(body: &[u8]) -> bool {
    body.starts_with(b"\x1f\x8b\x08") || body.starts_with(b"\x28\xb5\x2f\xfd")
}

/// Collects the decompressed body. Whatever was announced or comes beyond the limit ends it.
async fn read_body(mut response: Response, url: &Url, limit_bytes: usize) -> Result<Vec<u8>, Failure> {
    let too_large = || {
        let host = url.host_str().unwrap_or_default();
        let message = format!("the answer of `{host}` is longer than {limit_bytes} bytes");
        Failure::new(FetchFault::TooLarge, message)
    };
    let announced_bytes = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
    if announced_bytes > limit_bytes {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| Failure::of_body(error, url))?
    {
        let length_bytes = body.len().saturating_add(chunk.len());
        if length_bytes > limit_bytes {
            return Err(too_large());
        }
        if length_bytes > body.capacity() {
            // Doubling as usual, but never beyond the limit.
            let capacity_bytes = body.capacity().saturating_mul(2).clamp(length_bytes, limit_bytes);
            body.reserve_exact(capacity_bytes - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The statuses that name another place. 300 and 304 are answers.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn redirect_target(response: &Response, url: &Url) -> Result<Url, Failure> {
    let bad = |problem: &str| {
        let host = url.host_str().unwrap_or_default();
        Failure::new(FetchFault::BadRedirect, format!("`{host}` redirects {problem}"))
    };
    let location = response
        .headers()
        .get(LOCATION)
        .ok_or_else(|| bad("without saying where"))?;
    if location.len() > URL_LIMIT_BYTES {
        return Err(Failure::of_address(&UrlError::TooLong(location.len())));
    }
    // Servers put unescaped UTF-8 there; the URL parser escapes it.
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| bad("to an unreadable address"))?;
    let mut target = url
        .join(location)
        .map_err(|error| bad(&format!("to an unusable address: {error}")))?;
    if target.fragment().is_none() {
        // A fragment survives a redirect that brings none (RFC 9110, section 10.2.2).
        target.set_fragment(url.fragment());
    }
    Ok(target)
}
