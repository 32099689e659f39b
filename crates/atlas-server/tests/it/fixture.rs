//! `TestApp`: the routes over a real library and index in a temporary directory. No worker runs: what a worker
//! would do, a test does itself, with [`TestApp::ingest`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::{App, AppParts, Indexer, Metrics, Mode, SearchState, Signals};
use atlas_domain::time::ManualClock;
use atlas_domain::{
    Article, Clock, Decision, Entropy, Fetched, Item, ItemId, JobId, JunkClass, Lease, Outcome, Reason,
    Strategy, Timestamp, UserId, Verdict,
};
use atlas_search::{IndexSettings, SearchIndex};
use atlas_server::{AccessRule, guarded_router, router};
use atlas_store::{
    AttemptRecord, Conclusion, DataDir, DataDirLock, DatabaseServices, Holder, IngestCommit, JobScope,
    Library, NewItem, Postponement, StoreError,
};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;
use url::Url;

/// The first of January 2026.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const TOKEN: &str = "a-token-of-forty-characters-or-there-about";
pub(crate) const HOST: &str = "127.0.0.1:7444";
/// The id of nothing.
pub(crate) const NOBODY: &str = "01900000-0000-7000-8000-000000000000";

/// A library behind its routes.
pub(crate) struct TestApp {
    pub(crate) app: Arc<App>,
    parts: Option<Parts>,
}

/// What stands behind the app, unless it is damaged.
struct Parts {
    library: Library,
    signals: Arc<Signals>,
    index: Arc<SearchIndex>,
    indexer: Indexer,
    lock: DataDirLock,
    _folder: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// The body of a success.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status, code and detail of a problem, whose form is checked.
    pub(crate) fn problem(&self) -> (u16, String, String) {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{}",
            self.body
        );
        let problem: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["title"], self.status.canonical_reason().unwrap());
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        (self.status.as_u16(), text("code"), text("detail"))
    }

    /// Asserts that the answer is this problem; returns its detail.
    pub(crate) fn refuses(&self, status: u16, code: &str) -> String {
        let (found_status, found_code, detail) = self.problem();
        assert_eq!((found_status, found_code.as_str()), (status, code), "{detail}");
        detail
    }
}

impl TestApp {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lock = DataDir::new(folder.path().join("data")).lock(&holder()).unwrap();
        let shared: Arc<dyn Clock> = Arc::new(ManualClock::at(START));
        let library = Library::open(
            &lock,
            shared,
            Arc::new(Entropy::seeded(7)),
            &DatabaseServices::default(),
        )
        .unwrap();
        let opened =
            SearchIndex::open(&lock.dir().search(), library.identity(), IndexSettings::default()).unwrap();
        let (index, signals) = (Arc::new(opened.index), Arc::new(Signals::default()));
        let indexer = Indexer::new(
            library.clone(),
            Arc::clone(&index),
            Arc::clone(&signals),
            opened.resume,
        );
        let mut parts = parts_of(&lock, Ok(library.clone()));
        parts.search = SearchState::Ready(Box::new(index.reader().clone()));
        parts.signals = Arc::clone(&signals);
        Self {
            app: Arc::new(App::new(parts)),
            parts: Some(Parts {
                library,
                signals,
                index,
                indexer,
                lock,
                _folder: folder,
            }),
        }
    }

    /// The same library, opened anew with other parts.
    pub(crate) fn reopened(mut self, change: impl FnOnce(&mut AppParts)) -> Self {
        let behind = self.parts();
        let mut parts = parts_of(&behind.lock, Ok(behind.library.clone()));
        parts.search = SearchState::Ready(Box::new(behind.index.reader().clone()));
        change(&mut parts);
        self.app = Arc::new(App::new(parts));
        self
    }

    /// A process whose library is damaged.
    pub(crate) fn ops_only() -> Self {
        Self {
            app: Arc::new(App::new(AppParts {
                mode: Mode::OpsOnly,
                dir: DataDir::new("/nonexistent"),
                library: Err(StoreError::Corrupt {
                    path: "library.db".into(),
                    detail: "page 7 is torn".to_owned(),
                }),
                search: SearchState::Unavailable("the library is damaged".to_owned()),
                signals: Arc::new(Signals::default()),
                metrics: Arc::new(Metrics::default()),
                services: Arc::default(),
                reconfigure: None,
                floor_bytes: 0,
                html_limit_bytes: 10_000_000,
                reserve_bytes: 0,
                read_only_because: None,
                version: "1.2.3",
                previous_run_was_killed: false,
            })),
            parts: None,
        }
    }

    /// The lock of its data directory.
    pub(crate) fn lock(&self) -> &DataDirLock {
        &self.parts.as_ref().unwrap().lock
    }

    // What a client does.

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// Posts without a body.
    pub(crate) async fn act(&self, path: &str) -> Answer {
        self.call(Method::POST, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body.to_string())).await
    }

    async fn call(&self, method: Method, path: &str, json: Option<String>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if json.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = json.map_or_else(Body::empty, Body::from);
        self.send(request.body(body).unwrap()).await
    }

    /// Over the Unix socket, as it were.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answer(router(Arc::clone(&self.app)), request).await
    }

    /// Over TCP, as it were.
    pub(crate) async fn send_guarded(&self, request: Request<Body>) -> Answer {
        let bound: SocketAddr = HOST.parse().unwrap();
        let rule = AccessRule::new(TOKEN, bound);
        answer(guarded_router(Arc::clone(&self.app), rule), request).await
    }

    // What a worker does.

    /// Saves an address whose page has these words, and puts it where it can be found.
    pub(crate) async fn store(&self, address: &str, text: &str) -> Item {
        let article = Article {
            title: Some(format!("About {address}")),
            language: Some("en".to_owned()),
            text: text.to_owned(),
            markdown: text.to_owned(),
            word_count: 3,
            ..Article::default()
        };
        let conclusion = Conclusion::Content {
            article: Box::new(article),
            partial: false,
        };
        self.ingest(address, conclusion, Decision::Accept, None).await
    }

    /// Saves an address whose page looks like a login form.
    pub(crate) async fn suspect(&self, address: &str) -> Item {
        let outcome = Outcome::Quarantined {
            reason: "login_wall".to_owned(),
            message: "a login form".to_owned(),
        };
        let class = Some(JunkClass::LoginWall);
        self.ingest(
            address,
            Conclusion::NoContent(outcome),
            Decision::Quarantine,
            class,
        )
        .await
    }

    /// Saves an address and leaves its job waiting.
    pub(crate) async fn save(&self, address: &str) -> (Item, JobId) {
        let item = NewItem {
            url: Url::parse(address).unwrap(),
            tags: Vec::new(),
            given_html: None,
        };
        let saved = self.parts().library.save_item(UserId::OWNER, item).await.unwrap();
        (saved.item, saved.job.unwrap())
    }

    /// The item as the library has it.
    pub(crate) async fn item(&self, id: ItemId) -> Item {
        self.parts().library.item(UserId::OWNER, id).await.unwrap()
    }

    /// Gives the job up, as a worker does after the last try.
    pub(crate) async fn give_up(&self, job: JobId) {
        let outcome = Outcome::Failed {
            reason: "extract_crashed".to_owned(),
            message: "the page said \u{1b}[31m".to_owned(),
        };
        self.end(job, outcome).await;
    }

    /// Ends the job with its outcome, and says so to whoever waits.
    pub(crate) async fn end(&self, job: JobId, outcome: Outcome) {
        let lease = self.claim(job).await;
        let library = &self.parts().library;
        let attempt = AttemptRecord::at(START, "extract");
        library.finish_job(&lease, outcome, attempt).await.unwrap();
        self.parts().signals.job_finished();
    }

    /// Puts the job off for a minute, as a worker does after a try that failed. Returns when it is due.
    pub(crate) async fn put_off(&self, job: JobId) -> Timestamp {
        let lease = self.claim(job).await;
        let until = START.after(Duration::from_mins(1));
        let postponement = Postponement {
            until,
            counts: true,
            reason: "timeout".to_owned(),
            message: "no answer in time".to_owned(),
        };
        let attempt = AttemptRecord::at(START, "fetch");
        let library = &self.parts().library;
        library.postpone_job(&lease, postponement, attempt).await.unwrap();
        until
    }

    /// Whether somebody has woken the worker since this was asked last.
    pub(crate) async fn worker_was_woken(&self) -> bool {
        let woken = self.parts().signals.jobs.notified();
        tokio::time::timeout(Duration::ZERO, woken).await.is_ok()
    }

    /// Takes away the place for stored pages that are too long for a row: keeping one fails from here on.
    pub(crate) fn break_blobs(&self) {
        let blobs = self.parts().lock.dir().blobs();
        std::fs::remove_dir_all(&blobs).unwrap();
        std::fs::write(&blobs, "in the way").unwrap();
    }

    async fn ingest(
        &self,
        address: &str,
        conclusion: Conclusion,
        decision: Decision,
        class: Option<JunkClass>,
    ) -> Item {
        let parts = self.parts();
        let (item, job) = self.save(address).await;
        let lease = self.claim(job).await;
        let body = format!("<p>the page at {address}</p>").into_bytes();
        let blob = parts.library.prepare_blob(body.clone()).await.unwrap();
        let fetched = fetched(address, body);
        let snapshot = parts
            .library
            .record_snapshot(&lease, item.id, &fetched, blob)
            .await
            .unwrap();
        let commit = IngestCommit {
            item_id: item.id,
            snapshot_id: Some(snapshot.id),
            verdict: Some(Verdict {
                decision,
                class,
                reasons: vec![Reason {
                    code: "password_field".to_owned(),
                    class,
                    weight: 1.0,
                    evidence: "1 password field".to_owned(),
                }],
                gate_version: 3,
            }),
            addresses: Vec::new(),
            conclusion,
            rejudged: false,
            given_html: None,
        };
        let attempt = AttemptRecord::at(START, "commit");
        parts
            .library
            .commit_ingest(&lease, commit, attempt)
            .await
            .unwrap();
        let is_indexed = parts.indexer.catch_up_within(Duration::from_mins(1)).await;
        assert!(is_indexed.unwrap());
        self.item(item.id).await
    }

    /// Claims this job; the others go back.
    async fn claim(&self, job: JobId) -> Lease {
        let library = &self.parts().library;
        let leases = library
            .claim_jobs("test", JobScope::All, 100, Duration::from_mins(1))
            .await
            .unwrap();
        let mut claimed = None;
        for lease in leases {
            if lease.job.id == job {
                claimed = Some(lease);
            } else {
                library.release_job(&lease).await.unwrap();
            }
        }
        claimed.expect("the job is not due")
    }

    fn parts(&self) -> &Parts {
        self.parts.as_ref().expect("there is a library")
    }
}

/// An address as it stands in a path.
pub(crate) fn encoded(address: &str) -> String {
    url::form_urlencoded::byte_serialize(address.as_bytes()).collect()
}

fn parts_of(lock: &DataDirLock, library: Result<Library, StoreError>) -> AppParts {
    AppParts {
        mode: Mode::Normal,
        dir: lock.dir().clone(),
        library,
        search: SearchState::Unavailable("not opened".to_owned()),
        signals: Arc::new(Signals::default()),
        metrics: Arc::new(Metrics::default()),
        services: Arc::default(),
        reconfigure: None,
        floor_bytes: 0,
        html_limit_bytes: 10_000_000,
        reserve_bytes: 0,
        read_only_because: None,
        version: "1.2.3",
        previous_run_was_killed: false,
    }
}

fn holder() -> Holder {
    Holder {
        pid: 1,
        purpose: "test".to_owned(),
        socket: None,
    }
}

fn fetched(address: &str, body: Vec<u8>) -> Fetched {
    let url = Url::parse(address).unwrap();
    Fetched {
        final_url: url.clone(),
        url,
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body,
        strategy: Strategy::Direct,
        steps: Vec::new(),
        fetched_at: START,
        retry_after: None,
    }
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
