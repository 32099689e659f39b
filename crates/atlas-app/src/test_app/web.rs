//! A web with one page, at `/page`. Everything else is gone: `/quick` at once, `/slow` once the gate is opened, and
//! at `/panic` the fetcher itself goes to pieces. It counts its visitors.

use std::collections::HashMap;
use std::sync::Mutex;

use atlas_domain::{
    CopyRequest, FetchError, FetchFault, FetchRequest, Fetched, Fetcher, PortFuture, Strategy, Timestamp,
};
use tokio::sync::{Semaphore, watch};
use url::Url;

use super::time::in_time;

const PAGE: &[u8] = b"<html><p>There is something here.</p></html>";

/// See above.
pub(crate) struct ScriptedWeb {
    visitors: watch::Sender<usize>,
    peak: Mutex<HashMap<String, Peak>>,
    gate: Semaphore,
}

/// Visitors of one host.
#[derive(Default, Clone, Copy)]
struct Peak {
    now: usize,
    most: usize,
}

impl Default for ScriptedWeb {
    fn default() -> Self {
        Self {
            visitors: watch::Sender::new(0),
            peak: Mutex::default(),
            gate: Semaphore::new(0),
        }
    }
}

impl ScriptedWeb {
    /// Lets everybody who waits at a slow page go, and all who come later.
    pub(crate) fn open(&self) {
        self.gate.close();
    }

    /// Waits until so many pages are being fetched.
    pub(crate) async fn until_visitors(&self, count: usize) {
        let mut visitors = self.visitors.subscribe();
        in_time(visitors.wait_for(|now| *now == count)).await.unwrap();
    }

    /// How many were fetched from `host` at once, at most.
    pub(crate) fn peak_of(&self, host: &str) -> usize {
        self.peak.lock().unwrap().get(host).map_or(0, |peak| peak.most)
    }

    fn enter(&self, host: &str) -> Visit<'_> {
        let visit = Visit {
            web: self,
            hosts: [host.to_owned(), "*".to_owned()],
        };
        for host in &visit.hosts {
            let mut peaks = self.peak.lock().unwrap();
            let peak = peaks.entry(host.clone()).or_default();
            peak.now += 1;
            peak.most = peak.most.max(peak.now);
        }
        self.visitors.send_modify(|now| *now += 1);
        visit
    }
}

impl Fetcher for ScriptedWeb {
    fn fetch<'a>(&'a self, request: &'a FetchRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(async move {
            let _visit = self.enter(request.url.host_str().unwrap());
            match request.url.path() {
                "/page" => return Ok(page(&request.url, PAGE.to_vec())),
                "/panic" => panic!("the fetcher goes to pieces, as scripted"),
                // Closed is how the gate is open.
                "/slow" => drop(self.gate.acquire().await),
                _ => {}
            }
            Err(nothing_there())
        })
    }

    fn fetch_copy<'a>(&'a self, _: &'a CopyRequest) -> PortFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(async { Err(nothing_there()) })
    }

    fn has_archive(&self) -> bool {
        false
    }
}

fn nothing_there() -> FetchError {
    FetchError {
        fault: FetchFault::RedirectLoop,
        message: "there is nothing there".to_owned(),
        steps: Vec::new(),
        retry_after: None,
    }
}

/// A page that was found.
pub(super) fn page(url: &Url, body: Vec<u8>) -> Fetched {
    Fetched {
        url: url.clone(),
        final_url: url.clone(),
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body,
        strategy: Strategy::Direct,
        steps: Vec::new(),
        fetched_at: Timestamp::from_millis(1_750_000_000_000),
        retry_after: None,
    }
}

/// A fetch, until it ends or is cut off.
struct Visit<'a> {
    web: &'a ScriptedWeb,
    hosts: [String; 2],
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        for host in &self.hosts {
            if let Some(peak) = self.web.peak.lock().unwrap().get_mut(host) {
                peak.now -= 1;
            }
        }
        self.web.visitors.send_modify(|now| *now -= 1);
    }
}
