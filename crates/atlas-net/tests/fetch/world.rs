//! What tests share: settings that allow exactly 127.0.0.1, names that lead where they are told, and
//! shorthands for fetching.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{FetchError, FetchFault, FetchRequest, Fetched, Fetcher, PortFuture, Timestamp};
use atlas_net::fetch::{AddressPolicy, FetchSettings, HttpFetcher, Resolve, ResolveError, passing_service};
use url::Url;

/// 1 January 2026, 00:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Generous times, no politeness, no retries and no breakers: a test that is about one of these says so.
pub(crate) fn settings() -> FetchSettings {
    FetchSettings {
        attempt_timeout: Duration::from_secs(20),
        overall_timeout: Duration::from_secs(30),
        politeness: None,
        retry: None,
        breaker: None,
        addresses: AddressPolicy::allowing(["127.0.0.1"]).unwrap(),
        ..FetchSettings::default()
    }
}

pub(crate) fn fetcher(settings: &FetchSettings) -> HttpFetcher {
    fetcher_with_names(settings, &Arc::new(Names::default()))
}

pub(crate) fn fetcher_with_names(settings: &FetchSettings, names: &Arc<Names>) -> HttpFetcher {
    let names: Arc<dyn Resolve> = Arc::<Names>::clone(names);
    HttpFetcher::with_resolver(
        settings,
        Arc::new(ManualClock::at(NOW)),
        names,
        passing_service(settings),
    )
    .unwrap()
}

pub(crate) async fn fetch(fetcher: &HttpFetcher, url: Url) -> Result<Fetched, FetchError> {
    fetcher
        .fetch(&FetchRequest {
            url,
            given_html: None,
        })
        .await
}

/// Fetches with these settings.
pub(crate) async fn fetch_with(settings: &FetchSettings, url: Url) -> Result<Fetched, FetchError> {
    fetch(&fetcher(settings), url).await
}

/// Fetches with the settings of [`settings`], and expects an answer.
pub(crate) async fn fetched(url: Url) -> Fetched {
    fetch_with(&settings(), url).await.unwrap()
}

/// Fetches with the settings of [`settings`], and expects a fault.
pub(crate) async fn fault(url: Url) -> FetchFault {
    fetch_with(&settings(), url).await.unwrap_err().fault
}

/// A resolver whose answers are written down: the first one first, the last one from then on.
#[derive(Default)]
pub(crate) struct Names(Mutex<HashMap<String, Entry>>);

struct Entry {
    answers: Vec<Result<Vec<IpAddr>, ResolveError>>,
    asked: usize,
}

impl Names {
    pub(crate) fn one(name: &str, answers: Vec<Result<Vec<IpAddr>, ResolveError>>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(HashMap::from([(
            name.to_owned(),
            Entry { answers, asked: 0 },
        )]))))
    }

    pub(crate) fn times_asked(&self, name: &str) -> usize {
        self.0.lock().unwrap()[name].asked
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> PortFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        let answer = match self.0.lock().unwrap().get_mut(name) {
            None => Err(ResolveError::NotFound),
            Some(entry) => {
                let answer = entry.answers[entry.asked.min(entry.answers.len() - 1)].clone();
                entry.asked += 1;
                answer
            }
        };
        Box::pin(async { answer })
    }
}
