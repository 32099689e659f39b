//! The port through which ingestion gets pages, and the words for what can go wrong on the way.
//!
//! An answer is an answer: any HTTP status is a [`Fetched`], and the junk gate looks at it. A
//! [`FetchError`] means that there was no answer to look at. The failing side classifies.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::time::Timestamp;
use crate::words::words;

/// A boxed future: what an object-safe async port returns.
pub type PortFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Brings pages. Implemented by `atlas-net`.
pub trait Fetcher: Send + Sync {
    /// Runs the cascade of strategies for one page.
    fn fetch<'a>(&'a self, request: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>>;

    /// Brings another copy of a page. Whoever has it is asked once, within what is left of the page's time.
    fn fetch_copy<'a>(&'a self, request: &'a CopyRequest) -> PortFuture<'a, Result<Fetched, FetchError>>;

    /// Whether there is an archive that can be asked for copies.
    fn has_archive(&self) -> bool;
}

/// What to fetch.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// The page.
    pub url: Url,
    /// The page's HTML, when whoever saved it gave it along.
    pub given_html: Option<Vec<u8>>,
}

/// Which copy of a page to fetch.
#[derive(Debug, Clone)]
pub struct CopyRequest {
    /// The page.
    pub page: Url,
    /// Where there is a copy of it.
    pub place: CopyPlace,
    /// How much of the page's time is used up.
    pub spent: Duration,
}

/// Where there is another copy of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyPlace {
    /// The page in AMP, at an address that the page itself names.
    Amp(Url),
    /// The page for printing, likewise.
    Print(Url),
    /// The archive that the owner has named.
    Archive,
}

impl CopyPlace {
    /// The strategy that asks there.
    pub const fn strategy(&self) -> Strategy {
        match self {
            Self::Amp(_) => Strategy::Amp,
            Self::Print(_) => Strategy::Print,
            Self::Archive => Strategy::Archive,
        }
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it was asked for.
    pub url: Url,
    /// Where the answer came from, after redirects.
    pub final_url: Url,
    /// The HTTP status; 200 for HTML that was given.
    pub status: u16,
    /// Response headers in lower case, without `set-cookie`.
    pub headers: Vec<(String, String)>,
    /// The bytes, decompressed, not yet decoded.
    pub body: Vec<u8>,
    /// Which strategy brought it.
    pub strategy: Strategy,
    /// What each strategy did, in order.
    pub steps: Vec<StrategyStep>,
    /// When it arrived.
    pub fetched_at: Timestamp,
    /// How long the server asks us to wait, when it does (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl Fetched {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

words! {
    /// One way to get a page. Of two that bring equally much, the first in this order is taken.
    pub enum Strategy {
        /// The HTML that whoever saved the page gave along.
        GivenHtml = "given_html",
        /// A request to the page itself.
        Direct = "direct",
        /// The page in AMP, which the page itself names.
        Amp = "amp",
        /// The page for printing, likewise.
        Print = "print",
        /// The text that the page carries as data for its own scripts. Nobody is asked.
        Embedded = "embedded",
        /// The copy of an archive.
        Archive = "archive",
        /// Nothing could be had: keep the link.
        LinkOnly = "link_only",
    }
}

impl Strategy {
    /// Whether it asks somewhere else than at the page's own address: where its answer came from is no address of
    /// the page.
    pub const fn is_elsewhere(self) -> bool {
        matches!(self, Self::Amp | Self::Print | Self::Archive)
    }
}

/// What one strategy did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrategyStep {
    /// Which one.
    pub strategy: Strategy,
    /// Stable code of how it ended, for example `ok`, `http_404`, `refused_address`.
    pub result: String,
    /// The same as a sentence, or what was wrong with the answer; empty when nothing was.
    #[serde(default)] // steps stored by an older version lack this and what follows
    pub message: String,
    /// Every address that it asked for or was sent to, in order: each after the first is a redirect's.
    #[serde(default)]
    pub hops: Vec<Hop>,
}

impl StrategyStep {
    /// A strategy that ended without asking anybody.
    pub fn without_hops(strategy: Strategy, result: impl Into<String>) -> Self {
        Self {
            strategy,
            result: result.into(),
            message: String::new(),
            hops: Vec::new(),
        }
    }

    /// How much of the page's time it took: waiting for turns, and being answered.
    pub fn spent(&self) -> Duration {
        let millis = |hop: &Hop| hop.waited_ms.saturating_add(hop.took_ms);
        Duration::from_millis(self.hops.iter().map(millis).fold(0, u64::saturating_add))
    }
}

/// One address on the way to a page, with what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The address as told by [`bare`](crate::url::bare): without what may be secret in it.
    pub url: String,
    /// The machine that answered, when one did.
    pub address: Option<IpAddr>,
    /// Stable code of how it ended, for example `ok`, `http_302`, `timeout`.
    pub result: String,
    /// How long it waited for a turn under Atlas's own limits, in milliseconds. The host knows nothing of it.
    pub waited_ms: u64,
    /// How long the host was being asked, until its answer was complete or given up, in milliseconds.
    pub took_ms: u64,
}

/// There was no answer to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FetchError {
    /// What went wrong.
    pub fault: FetchFault,
    /// A sentence for people: what, where, and what to do if anything can be done.
    pub message: String,
    /// What each strategy did, in order.
    pub steps: Vec<StrategyStep>,
    /// How long the other side, or our own politeness, asks us to wait, when it is known.
    pub retry_after: Option<Duration>,
}

words! {
    /// Why there was no answer. The names are stable reason codes.
    pub enum FetchFault {
        /// The name does not exist.
        NameNotFound = "name_not_found",
        /// The name could not be resolved right now.
        DnsFailed = "dns_failed",
        /// Nobody listens there.
        ConnectRefused = "connect_refused",
        /// The connection could not be made or broke off.
        ConnectFailed = "connect_failed",
        /// There is no way to its network: most likely our own connection is down.
        NoRoute = "no_route",
        /// The TLS handshake failed or the certificate is not valid.
        TlsFailed = "tls_failed",
        /// No complete answer in time.
        Timeout = "timeout",
        /// The answer ended before its announced length, or its compression is damaged.
        Truncated = "truncated",
        /// More bytes than the limit, before or after decompression.
        TooLarge = "too_large",
        /// The page that came along with the address is empty.
        EmptyPage = "empty_page",
        /// More redirects than the limit, or a circle of them.
        RedirectLoop = "redirect_loop",
        /// A redirect without a usable target.
        BadRedirect = "bad_redirect",
        /// An address that Atlas does not connect to: private, loopback, link-local or metadata.
        RefusedAddress = "refused_address",
        /// Not `http` or `https`.
        UnsupportedScheme = "unsupported_scheme",
        /// An address with a user name or a password in it, which Atlas neither sends nor keeps.
        Credentials = "credentials",
        /// An address or a host longer than any that is asked for.
        AddressTooLong = "address_too_long",
        /// The answer broke HTTP itself.
        BadResponse = "bad_response",
        /// Atlas's own politeness kept the request from being sent in time. Nothing was asked of the host.
        HostBusy = "host_busy",
        /// The host was not well lately, or asked for a pause, and is left alone. Nothing was asked of it.
        CircuitOpen = "circuit_open",
        /// Our own network is down, by all that can be seen. Nothing was asked of the host.
        NetworkDown = "network_down",
    }
}

/// What a caller may do about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Try again later.
    Transient,
    /// The other side asked for a pause, or our own politeness did: no attempt is used up.
    Throttled,
    /// Trying again changes nothing.
    Permanent,
}

impl FetchFault {
    /// Whether trying again can help. A name that is missing may only be missing today, but the owner's
    /// typo is far more common; the job checks it once more after a day.
    pub fn class(self) -> ErrorClass {
        match self {
            Self::DnsFailed
            | Self::ConnectRefused
            | Self::ConnectFailed
            | Self::NoRoute
            | Self::Timeout
            | Self::Truncated
            | Self::BadResponse => ErrorClass::Transient,
            Self::HostBusy | Self::CircuitOpen | Self::NetworkDown => ErrorClass::Throttled,
            Self::NameNotFound
            | Self::TlsFailed
            | Self::TooLarge
            | Self::EmptyPage
            | Self::RedirectLoop
            | Self::BadRedirect
            | Self::RefusedAddress
            | Self::UnsupportedScheme
            | Self::Credentials
            | Self::AddressTooLong => ErrorClass::Permanent,
        }
    }
}
