//! The way of one page through its redirects: every address that was asked, what came of it and how long it
//! took. It ends circles and endless ways; whether an address may be asked at all is decided elsewhere.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
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

/// The requests of one hop: a hop is asked again when it failed in passing.
pub(super) struct Asking {
    entered_at: Instant,
    requests: Mutex<Vec<Request>>,
}

/// One request, from its first byte to its end.
struct Request {
    begun_at: Instant,
    ended_at: Instant,
    address: Option<IpAddr>,
    result: String,
}

/// A request under way. It is noted when it ends, also when it is given up.
pub(super) struct UnderWay<'a> {
    asking: &'a Asking,
    begun_at: Instant,
    ended: Option<(Option<IpAddr>, String)>,
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

    /// Records every request of the hop to `url`, the last one with what came of it all.
    pub(super) fn record(&mut self, url: &Url, asking: Asking, end: Result<&Reply, &Failure>) {
        let (waited, took) = asking.times();
        self.waited += waited;
        self.took += took;
        let (address, result) = told(end);
        let mut free_since = asking.entered_at;
        let mut requests = asking
            .requests
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        if requests.is_empty() {
            let now = Instant::now();
            requests.push(Request {
                begun_at: now,
                ended_at: now,
                address,
                result: result.clone(),
            });
        }
        let last = requests.len() - 1;
        for (number, request) in requests.into_iter().enumerate() {
            self.hops.push(Hop {
                url: bare(url),
                address: request.address,
                result: if number == last {
                    result.clone()
                } else {
                    request.result
                },
                waited_ms: millis(request.begun_at - free_since),
                took_ms: millis(request.ended_at - request.begun_at),
            });
            free_since = request.ended_at;
        }
    }

    /// Whether more time went by under our own limits than at the hosts, this hop included.
    pub(super) fn was_mostly_waiting(&self, asking: &Asking) -> bool {
        let (waited, took) = asking.times();
        self.waited + waited > self.took + took
    }

    pub(super) fn into_hops(self) -> Vec<Hop> {
        self.hops
    }
}

impl Asking {
    pub(super) fn start() -> Self {
        Self {
            entered_at: Instant::now(),
            requests: Mutex::default(),
        }
    }

    /// Its turn has come: from now on the host is being asked.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        UnderWay {
            asking: self,
            begun_at: Instant::now(),
            ended: None,
        }
    }

    /// How long it waited for its turns, and how long the host took.
    fn times(&self) -> (Duration, Duration) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let took = requests
            .iter()
            .map(|request| request.ended_at - request.begun_at)
            .sum();
        (self.entered_at.elapsed().saturating_sub(took), took)
    }
}

impl UnderWay<'_> {
    pub(super) fn end(mut self, end: Result<&Reply, &Failure>) {
        self.ended = Some(told(end));
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let (address, result) = self
            .ended
            .take()
            .unwrap_or_else(|| (None, FetchFault::Timeout.to_string()));
        let request = Request {
            begun_at: self.begun_at,
            ended_at: Instant::now(),
            address,
            result,
        };
        self.asking
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
    }
}

/// The machine that answered, and the stable code of how it ended.
fn told(end: Result<&Reply, &Failure>) -> (Option<IpAddr>, String) {
    match end {
        Ok(reply) => (reply.address(), reply.code()),
        Err(failure) => (None, failure.fault.to_string()),
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
