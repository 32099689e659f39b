//! What an owner can set about fetching, with the defaults. Values only: configuration files are read
//! elsewhere.

use std::num::NonZeroU32;
use std::time::Duration;

use super::address::AddressPolicy;

/// Limits of fetching.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// The longest page, in bytes after decompression.
    pub html_limit_bytes: usize,
    /// The longest document (PDF, EPUB, office formats, unnamed binary), in bytes after decompression.
    pub document_limit_bytes: usize,
    /// How many redirects are followed.
    pub redirect_limit: usize,
    /// The time for one request and its answer, to the last byte.
    pub attempt_timeout: Duration,
    /// The time for one page: every strategy, redirect and wait together.
    pub overall_timeout: Duration,
    /// How many requests run at once, over all hosts. Each may hold a body of the limits above.
    pub concurrent_requests: NonZeroU32,
    /// How gently each host is treated; `None` for hosts of one's own that can take anything.
    pub politeness: Option<Politeness>,
    /// Which addresses may be connected to.
    pub addresses: AddressPolicy,
}

/// How gently each host is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Politeness {
    /// The time from one request to the next, once the burst is used up.
    pub interval: Duration,
    /// How many requests may come at once after a pause.
    pub burst: NonZeroU32,
    /// How many requests run at once.
    pub concurrent_requests: NonZeroU32,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            html_limit_bytes: 10_000_000,
            document_limit_bytes: 100_000_000,
            redirect_limit: 10,
            attempt_timeout: Duration::from_secs(20),
            overall_timeout: Duration::from_mins(1),
            concurrent_requests: NonZeroU32::MIN.saturating_add(15),
            politeness: Some(Politeness::default()),
            addresses: AddressPolicy::default(),
        }
    }
}

impl Default for Politeness {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            burst: NonZeroU32::MIN.saturating_add(4),
            concurrent_requests: NonZeroU32::MIN.saturating_add(1),
        }
    }
}
