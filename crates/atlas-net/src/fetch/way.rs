//! The way of one page through its redirects: every address that was asked, what came of it and how long it
//! took. It ends circles and endless ways; whether an address may be asked at all is decided elsewhere.

use std::collections::HashSet;
use std::time::Duration;

use atlas_domain::url::bare;
use atlas_domain::{FetchFault, Hop};
use tokio::time::Instant;
use url::Url;

use super::exchange::Reply;
use super::failure::Failure;

/// Where one strategy has been.
#[derive(Default)]
pub(super) struct Way {
    visited: HashSet<Url>,
    hops: Vec<Hop>,
    waited: Duration,
    took: Duration,
}

/// When a hop had its turn, and when it was over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    entered_at: Instant,
    begun_at: Option<Instant>,
}

impl Way {
    /// Goes on to `url`, unless the way has been there or is too long.
    pub(super) fn enter(&mut self, url: &Url, redirect_limit: usize) -> Result<(), Failure> {
        if self.visited.len() > redirect_limit {
            let how = format!("after more than {redirect_limit} redirects");
            return Err(redirect_loop(url, &how));
        }
        let mut place = url.clone();
        place.set_fragment(None);
        if self.visited.insert(place) {
            Ok(())
        } else {
            Err(redirect_loop(url, "in a circle"))
        }
    }

    /// Records what came of the hop to `url`.
    pub(super) fn record(&mut self, url: &Url, timing: Timing, end: Result<&Reply, &Failure>) {
        let (waited, took) = timing.until_now();
        self.waited += waited;
        self.took += took;
        let (address, result) = match end {
            Ok(reply) => (reply.address(), reply.code()),
            Err(failure) => (None, failure.fault.to_string()),
        };
        self.hops.push(Hop {
            url: bare(url),
            address,
            result,
            waited_ms: millis(waited),
            took_ms: millis(took),
        });
    }

    /// Whether more time went by under our own limits than at the hosts, this hop included.
    pub(super) fn was_mostly_waiting(&self, timing: Timing) -> bool {
        let (waited, took) = timing.until_now();
        self.waited + waited > self.took + took
    }

    pub(super) fn into_hops(self) -> Vec<Hop> {
        self.hops
    }
}

impl Timing {
    pub(super) fn start() -> Self {
        Self {
            entered_at: Instant::now(),
            begun_at: None,
        }
    }

    /// Its turn has come: from now on the host is being asked.
    pub(super) fn begin(&mut self) {
        self.begun_at.get_or_insert_with(Instant::now);
    }

    fn until_now(self) -> (Duration, Duration) {
        let now = Instant::now();
        let begun_at = self.begun_at.unwrap_or(now);
        (begun_at - self.entered_at, now - begun_at)
    }
}

fn redirect_loop(url: &Url, how: &str) -> Failure {
    let host = url.host_str().unwrap_or_default();
    Failure::new(
        FetchFault::RedirectLoop,
        format!("the redirects end {how}, at `{host}`"),
    )
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
