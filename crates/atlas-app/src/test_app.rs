//! `TestApp`: a real library and index in a temporary directory, worked on by the real worker, scheduler and
//! indexer. The web is a script, and time passes only when a test says so. For tests only.

mod parts;
mod time;
mod web;

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{
    Article, Clock, Decision, Entropy, Fetcher, Item, ItemId, Job, JobId, Lease, Outcome, Timestamp, UserId,
    Verdict,
};
use atlas_search::{IndexSettings, SearchIndex};
use atlas_store::{
    AttemptRecord, Conclusion, DataDir, DataDirLock, DatabaseServices, Holder, IngestCommit, JobFilter,
    JobScope, Library, NewItem, Ops, RetentionPolicy, Saved,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::app::{App, AppParts, Mode, SearchState};
use crate::error::AppError;
use crate::extraction::ExtractorPool;
use crate::indexer::Indexer;
use crate::ingest::{Bodies, Ingest, JobWaits};
use crate::jobs::JobContext;
use crate::metrics::Metrics;
use crate::runtime::{Runtime, Work};
use crate::services::{BACKGROUND_PROCESSING, Services};
use crate::signals::Signals;
use crate::worker::Worker;
pub(crate) use parts::WEB;
use parts::{one_silent_child, services, settings};
pub(crate) use time::FrozenTime;
pub(crate) use time::in_time;
pub(crate) use web::ScriptedWeb;

/// The lease that workers take, renewed three times as often.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// How long a worker lets its jobs go on at the end.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// A process of its own, as far as the library can tell.
pub(crate) struct TestApp {
    pub(crate) library: Library,
    pub(crate) index: Arc<SearchIndex>,
    pub(crate) indexer: Arc<Indexer>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) web: Arc<ScriptedWeb>,
    /// One child, and one that never says a word: a page that has it stays with it.
    pub(crate) extractor: Arc<ExtractorPool>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) services: Arc<Services>,
    /// Those of the library's file.
    pub(crate) databases: DatabaseServices,
    pub(crate) ops: Ops,
    metrics: Arc<Metrics>,
    entropy: Arc<Entropy>,
    lock: DataDirLock,
    folder: TempDir,
    time: FrozenTime,
}

/// A worker or another task on its way.
pub(crate) struct Started {
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl TestApp {
    /// A new library.
    pub(crate) fn open() -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_750_000_000_000)));
        Self::open_in(tempfile::tempdir().unwrap(), clock, FrozenTime::begin())
    }

    fn open_in(folder: TempDir, clock: Arc<ManualClock>, time: FrozenTime) -> Self {
        let holder = Holder {
            pid: 1,
            purpose: "test".to_owned(),
            socket: None,
        };
        let lock = DataDir::new(folder.path().join("data")).lock(&holder).unwrap();
        let entropy = Arc::new(Entropy::seeded(7));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let databases = DatabaseServices::default();
        let ops = Ops::open(&lock, Arc::clone(&shared), &databases).unwrap();
        let library = Library::open(&lock, shared, Arc::clone(&entropy), &databases).unwrap();
        let opened =
            SearchIndex::open(&lock.dir().search(), library.identity(), IndexSettings::default()).unwrap();
        let metrics = Arc::new(Metrics::default());
        let (index, signals) = (Arc::new(opened.index), Arc::new(Signals::default()));
        let indexer = Indexer::new(
            library.clone(),
            Arc::clone(&index),
            Arc::clone(&signals),
            opened.resume,
        );
        Self {
            library,
            index,
            indexer: Arc::new(indexer),
            signals,
            web: Arc::default(),
            extractor: Arc::new(one_silent_child()),
            clock,
            services: Arc::new(services(&metrics)),
            databases,
            ops,
            metrics,
            entropy,
            lock,
            folder,
            time,
        }
    }

    /// Ends the process, lets `meanwhile` happen to its data directory, and starts the next.
    pub(crate) async fn reopen_after(self, meanwhile: impl FnOnce(&DataDir)) -> Self {
        self.indexer.close().await;
        self.library.close().await;
        self.ops.close().await;
        let Self {
            library,
            ops,
            index,
            indexer,
            lock,
            folder,
            clock,
            time,
            ..
        } = self;
        drop((library, ops, indexer, index, lock));
        meanwhile(&DataDir::new(folder.path().join("data")));
        Self::open_in(folder, clock, time)
    }

    /// Where everything lies.
    pub(crate) fn dir(&self) -> &DataDir {
        self.lock.dir()
    }

    /// Lets time pass, for timers alone: to the clock, the process was asleep.
    pub(crate) async fn pass_for_timers(&self, duration: Duration) {
        self.time.pass(duration).await;
    }

    /// Lets time pass, for timers and for the clock.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.clock.advance(duration);
        self.time.pass(duration).await;
    }

    /// Lets time pass, in steps, until `task` has ended. Returns how much has passed.
    pub(crate) async fn pass_until_end<T>(&self, task: &JoinHandle<T>, step: Duration) -> Duration {
        let mut passed = Duration::ZERO;
        loop {
            for _ in 0..100 {
                if task.is_finished() {
                    return passed;
                }
                self.time.others_turn().await;
            }
            self.pass(step).await;
            passed += step;
        }
    }

    /// Waits, without any time passing, until the library is as `condition` says.
    pub(crate) async fn until(&self, condition: impl AsyncFn(&Library) -> bool) {
        while !condition(&self.library).await {
            self.time.others_turn().await;
        }
    }

    // What a person does.

    /// Saves an address; its path tells what the [`ScriptedWeb`] does with it.
    pub(crate) async fn save(&self, address: &str) -> JobId {
        let Saved { job, .. } = self.save_item(address).await;
        job.expect("it is new, and has a job")
    }

    async fn save_item(&self, address: &str) -> Saved {
        let item = NewItem {
            url: Url::parse(address).unwrap(),
            tags: Vec::new(),
            given_html: None,
        };
        self.library.save_item(UserId::OWNER, item).await.unwrap()
    }

    /// The use cases over this library.
    pub(crate) fn app(&self) -> App {
        App::new(AppParts {
            mode: Mode::Normal,
            dir: self.lock.dir().clone(),
            library: Ok(self.library.clone()),
            search: SearchState::Ready(Box::new(self.index.reader().clone())),
            signals: Arc::clone(&self.signals),
            metrics: Arc::clone(&self.metrics),
            services: Arc::clone(&self.services),
            reconfigure: None,
            floor_bytes: 0,
            html_limit_bytes: 1_000,
            reserve_bytes: 0,
            read_only_because: None,
            version: "1.2.3",
            previous_run_was_killed: false,
        })
    }

    // What a worker does.

    /// A worker with so many slots.
    pub(crate) fn worker(&self, slots: usize, scope: JobScope) -> Worker {
        Worker::new(
            self.context(),
            Arc::clone(&self.signals),
            Arc::clone(&self.metrics),
            settings(slots),
            scope,
        )
    }

    /// Starts a worker with so many slots.
    pub(crate) fn work(&self, slots: usize, scope: JobScope) -> Started {
        let worker = self.worker(slots, scope);
        let stop = CancellationToken::new();
        let task = tokio::spawn(worker.run(stop.clone()));
        Started { stop, task }
    }

    /// Starts everything that a process does besides answering.
    pub(crate) async fn run(&self, work: Work) -> Runtime {
        Runtime::start(
            self.context(),
            Arc::clone(&self.indexer),
            Arc::clone(&self.signals),
            Arc::clone(&self.metrics),
            Arc::clone(&self.services),
            settings(4),
            work,
        )
        .await
        .unwrap()
    }

    /// Starts to follow the change log.
    pub(crate) fn index_on(&self) -> Started {
        let (indexer, stop) = (Arc::clone(&self.indexer), CancellationToken::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move { indexer.run(stopped).await });
        Started { stop, task }
    }

    pub(crate) fn context(&self) -> JobContext {
        JobContext {
            background: Arc::clone(self.services.get(BACKGROUND_PROCESSING).unwrap()),
            ingest: Ingest {
                library: self.library.clone(),
                fetcher: Arc::clone(&self.web) as Arc<dyn Fetcher>,
                extractor: Arc::clone(&self.extractor),
                bodies: Bodies::default(),
                waits: JobWaits::default(),
                stages: Arc::default(),
                clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
                entropy: Arc::clone(&self.entropy),
            },
            ops: self.ops.clone(),
            retention: RetentionPolicy::default(),
            backups: None,
            audit_every: None,
            dir: self.lock.dir().clone(),
            signals: Arc::clone(&self.signals),
        }
    }

    /// Claims the one job that is due.
    pub(crate) async fn claim(&self) -> Lease {
        let leases = self
            .library
            .claim_jobs("other", JobScope::All, 1, LEASE)
            .await
            .unwrap();
        leases.into_iter().next().expect("a job is due")
    }

    /// Saves an address, and commits `text` as what its page says.
    pub(crate) async fn store(&self, address: &str, text: &str) -> Item {
        let article = Article {
            title: Some(format!("Title of {address}")),
            text: text.to_owned(),
            word_count: 1,
            ..Article::default()
        };
        let content = Conclusion::Content {
            article: Box::new(article),
            partial: false,
        };
        self.conclude(address, text, Decision::Accept, content).await
    }

    /// Saves an address whose page is suspected junk.
    pub(crate) async fn suspect(&self, address: &str) -> Item {
        let quarantined = Conclusion::NoContent(Outcome::Quarantined {
            reason: "login_wall".to_owned(),
            message: "it asks for a password".to_owned(),
        });
        self.conclude(address, "log in", Decision::Quarantine, quarantined)
            .await
    }

    async fn conclude(&self, address: &str, text: &str, decision: Decision, conclusion: Conclusion) -> Item {
        let item = self.save_item(address).await.item;
        let lease = self.claim().await;
        assert_eq!(lease.job.item_id, Some(item.id), "another job is due");
        let page = web::page(&Url::parse(address).unwrap(), text.as_bytes().to_vec());
        let blob = self.library.prepare_blob(page.body.clone()).await.unwrap();
        let snapshot = self
            .library
            .record_snapshot(&lease, item.id, &page, blob)
            .await
            .unwrap();
        let commit = IngestCommit {
            item_id: item.id,
            snapshot_id: Some(snapshot.id),
            verdict: Some(Verdict {
                decision,
                class: None,
                reasons: Vec::new(),
                gate_version: 1,
            }),
            addresses: Vec::new(),
            conclusion,
            rejudged: false,
            given_html: None,
        };
        let attempt = AttemptRecord::at(self.clock.now(), "commit");
        self.library.commit_ingest(&lease, commit, attempt).await.unwrap();
        self.item(item.id).await
    }

    // How things stand.

    /// A line of the metrics, without its value.
    pub(crate) async fn metric(&self, series: &str) -> Option<String> {
        let app = self.app();
        let status = app.status().await;
        let text = app.metrics().render(&status, Vec::new());
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ').map(str::to_owned))
    }

    pub(crate) async fn item(&self, item: ItemId) -> Item {
        self.library.item(UserId::OWNER, item).await.unwrap()
    }

    pub(crate) async fn job(&self, job: JobId) -> Job {
        self.library.job(UserId::OWNER, job).await.unwrap()
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        self.library
            .list_jobs(UserId::OWNER, JobFilter::default())
            .await
            .unwrap()
            .jobs
    }

    /// Items of which the index has a word.
    pub(crate) fn hits(&self, word: &str) -> usize {
        let request = atlas_search::SearchRequest {
            query: word.to_owned(),
            user: UserId::OWNER,
            limit: 10,
            offset: 0,
        };
        self.index.reader().search(&request, || false).unwrap().total
    }

    /// Brings the index to the end of the change log, as a command that works for itself does before it ends.
    pub(crate) async fn catch_up(&self) -> Result<(), AppError> {
        let is_complete = self.indexer.catch_up_within(GRACE).await?;
        assert!(is_complete, "time passed");
        Ok(())
    }

    /// Whether the index has followed the change log to its present end.
    pub(crate) async fn is_indexed(&self) -> bool {
        let head = self.library.change_head().await.unwrap();
        self.library
            .has_reached(self.index.reader().watermark().as_ref(), &head)
            .unwrap()
    }
}

impl Started {
    /// Ends it in good order.
    pub(crate) async fn end(self) {
        self.stop.cancel();
        in_time(self.task).await.unwrap();
    }
}
