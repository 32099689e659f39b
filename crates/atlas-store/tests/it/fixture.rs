//! `Fixture`: a library in a temporary directory, with a clock turned by hand, and short words for what
//! happens to it.
//!
//! `Fixture::open`, `make_newer` and what damages or inspects rows are the only places that know which engine is
//! under test; the suite in `conformance` must not, but for the words it gives to `damage`.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{
    Article, CanonicalUrl, Change, ChangeOp, Clock, Decision, Entropy, Fetched, Item, ItemId, Job, JobId,
    JobState, JunkClass, Lease, LinkReason, Outcome, Reason, Snapshot, SnapshotId, Strategy, StrategyStep,
    Timestamp, UserId, Verdict,
};
use atlas_resilience::breaker::{Command, OverlayMode};
use atlas_store::{
    AttemptRecord, CancelledJob, Conclusion, DataDir, DataDirLock, DatabaseServices, Holder, IngestCommit,
    JobFilter, JobScope, Library, NewItem, Postponement, Saved, StoreError,
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use url::Url;

/// The first of January 2026.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const LEASE: Duration = Duration::from_mins(1);
pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);
pub(crate) const OWNER: UserId = UserId::OWNER;

/// An open library. Dropping it ends its process, as far as the library can tell.
pub(crate) struct Fixture {
    pub(crate) library: Library,
    lock: DataDirLock,
    pub(crate) clock: Arc<ManualClock>,
    entropy: Arc<Entropy>,
    services: DatabaseServices,
    folder: TempDir,
}

impl Deref for Fixture {
    type Target = Library;

    fn deref(&self) -> &Library {
        &self.library
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::open(
            tempfile::tempdir().unwrap(),
            Arc::new(ManualClock::at(START)),
            Arc::new(Entropy::seeded(7)),
        )
    }

    fn open(folder: TempDir, clock: Arc<ManualClock>, entropy: Arc<Entropy>) -> Self {
        let lock = DataDir::new(folder.path().join("data")).lock(&holder()).unwrap();
        let services = DatabaseServices::default();
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let library = Library::open(&lock, shared, Arc::clone(&entropy), &services).unwrap();
        Self {
            library,
            lock,
            clock,
            entropy,
            services,
            folder,
        }
    }

    /// Ends the process and starts the next.
    pub(crate) async fn reopen(self) -> Self {
        self.library.close().await;
        let Self {
            library,
            lock,
            clock,
            entropy,
            folder,
            ..
        } = self;
        drop((library, lock));
        Self::open(folder, clock, entropy)
    }

    /// Starts the next process on what this one leaves if it is killed now, the file and its log, after `meanwhile`.
    pub(crate) fn killed(self, meanwhile: impl FnOnce()) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let left = DataDir::new(folder.path().join("data"));
        std::fs::create_dir(left.path()).unwrap();
        for name in ["library.db", "library.db-wal"] {
            std::fs::copy(self.dir().path().join(name), left.path().join(name)).unwrap();
        }
        meanwhile();
        Self::open(folder, Arc::clone(&self.clock), Arc::clone(&self.entropy))
    }

    /// From now on nobody is kept from writing because others failed.
    pub(crate) fn let_everybody_write(&self) {
        let disabled = Command::Overlay {
            mode: OverlayMode::Disabled,
            lasts: None,
            reason: "the writer alone is looked at".to_owned(),
        };
        let [operations, _] = self.services.all();
        operations.breakers().operate("library.write", disabled);
    }

    pub(crate) fn dir(&self) -> &DataDir {
        self.lock.dir()
    }

    pub(crate) fn lock(&self) -> &DataDirLock {
        &self.lock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock as the store takes it.
    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    /// A library of the same directory that only reads.
    pub(crate) fn read_only(&self) -> Library {
        Library::open_read_only(
            self.dir(),
            self.shared_clock(),
            Arc::new(Entropy::seeded(8)),
            &DatabaseServices::default(),
        )
        .unwrap()
    }

    fn raw(&self) -> Connection {
        Connection::open_with_flags(self.dir().library_db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
    }

    /// One more person who uses the library.
    pub(crate) fn another_user(&self) -> UserId {
        let connection = self.raw();
        connection
            .execute("INSERT INTO user (name, created_at) VALUES ('another', 0)", [])
            .unwrap();
        UserId(connection.last_insert_rowid())
    }

    /// Changes rows behind the library's back, as damage would. `?1` is the item.
    pub(crate) fn damage(&self, item: &Item, sql: &str) {
        let connection = self.raw();
        connection
            .pragma_update(None, "ignore_check_constraints", true)
            .unwrap();
        let changed = connection.execute(sql, [item.id.as_bytes()]).unwrap();
        assert_eq!(changed, 1, "nothing to damage");
    }

    /// Does the same to the operational state, which nobody has open.
    pub(crate) fn damage_ops(&self, sql: &str) {
        let connection = self.raw_ops();
        connection
            .pragma_update(None, "ignore_check_constraints", true)
            .unwrap();
        connection.execute_batch(sql).unwrap();
        assert!(connection.total_changes() > 0, "nothing to damage");
    }

    /// The text that a question to the operational state is answered with.
    pub(crate) fn ask_ops(&self, sql: &str) -> String {
        self.raw_ops().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    pub(crate) fn raw_ops(&self) -> Connection {
        Connection::open_with_flags(self.dir().ops_db(), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap()
    }

    /// Overwrites the first page of a table in the main file, as a bad sector would.
    pub(crate) fn tear(&self, table: &str) {
        let connection = self.raw();
        let root: u64 = connection
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
                [table],
                |row| row.get(0),
            )
            .unwrap();
        let busy: i64 = connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(busy, 0, "the log would hide the damage");
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(self.dir().library_db())
            .unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &[0x5a; 4096], (root - 1) * 4096).unwrap();
    }

    /// Every decision that is about no item, as `actor action reason`.
    pub(crate) fn audit_without_item(&self) -> Vec<String> {
        let connection = self.raw();
        let mut statement = connection
            .prepare(
                "SELECT concat_ws(' ', actor, action, reason) FROM audit WHERE item_uuid IS NULL ORDER BY id",
            )
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// How large the file is.
    pub(crate) fn file_pages(&self) -> i64 {
        self.raw()
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap()
    }

    /// Bytes that do not compress.
    pub(crate) fn noise(&self, size_bytes: usize) -> Vec<u8> {
        (0..size_bytes.div_ceil(10))
            .flat_map(|_| self.entropy.ten_bytes())
            .collect()
    }

    // What a person does.

    pub(crate) async fn save(&self, address: &str) -> Saved {
        self.save_item(OWNER, new_item(address)).await.unwrap()
    }

    pub(crate) async fn save_tagged(&self, address: &str, tags: &[&str]) -> Saved {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self.save_item(
            OWNER,
            NewItem {
                tags,
                ..new_item(address)
            },
        )
        .await
        .unwrap()
    }

    pub(crate) async fn save_with_html(&self, address: &str, html: &[u8]) -> Saved {
        let given_html = Some(self.prepare_blob(html.to_vec()).await.unwrap());
        self.save_item(
            OWNER,
            NewItem {
                given_html,
                ..new_item(address)
            },
        )
        .await
        .unwrap()
    }

    /// The item as it stands now.
    pub(crate) async fn look(&self, item: &Item) -> Item {
        self.item(OWNER, item.id).await.unwrap()
    }

    // What a worker does.

    pub(crate) async fn claim_up_to(&self, limit: usize) -> Vec<Lease> {
        self.claim_in(JobScope::All, limit).await
    }

    /// Claims as a server does, or as a command that works for itself.
    pub(crate) async fn claim_in(&self, scope: JobScope, limit: usize) -> Vec<Lease> {
        self.claim_jobs("worker", scope, limit, LEASE).await.unwrap()
    }

    /// Claims the one job that is due.
    pub(crate) async fn claim(&self) -> Lease {
        let mut leases = self.claim_up_to(100).await;
        let lease = leases.pop().expect("no job is due");
        assert!(leases.is_empty(), "more than one job is due");
        lease
    }

    /// Claims this job, whatever else is due.
    pub(crate) async fn claim_job(&self, job: JobId) -> Lease {
        let mut claimed = None;
        for lease in self.claim_up_to(1_000).await {
            if lease.job.id == job {
                claimed = Some(lease);
            } else {
                self.release_job(&lease).await.unwrap();
            }
        }
        claimed.expect("the job is not due")
    }

    /// Stores the answer that a fetch brought, and enters the risky stage.
    pub(crate) async fn snapshot(&self, lease: &Lease, status: u16, body: &[u8]) -> Snapshot {
        let item = lease.job.item_id.unwrap();
        let address = self.ingest_material(item).await.unwrap().item.url;
        let body = body.to_vec();
        let blob = self.prepare_blob(body.clone()).await.unwrap();
        let fetched = self.fetched(&address, status, body);
        let snapshot = self.record_snapshot(lease, item, &fetched, blob).await.unwrap();
        self.enter_risky_stage(lease, "extract").await.unwrap();
        snapshot
    }

    pub(crate) fn fetched(&self, address: &str, status: u16, body: Vec<u8>) -> Fetched {
        let url = Url::parse(address).unwrap();
        Fetched {
            final_url: url.clone(),
            url,
            status,
            headers: vec![("content-type".to_owned(), "text/html".to_owned())],
            body,
            strategy: Strategy::Direct,
            steps: vec![StrategyStep::without_hops(Strategy::Direct, "ok")],
            fetched_at: self.now(),
            retry_after: None,
        }
    }

    /// Runs a claimed job to its end: answer, verdict, commit.
    pub(crate) async fn conclude(&self, lease: &Lease, conclusion: Conclusion) -> Outcome {
        let status = if matches!(conclusion, Conclusion::NoContent(Outcome::LinkOnly { .. })) {
            404
        } else {
            200
        };
        let snapshot = self.snapshot(lease, status, b"<p>the answer</p>").await;
        let commit = commit_of(lease, &snapshot, conclusion);
        self.commit(lease, commit).await.unwrap()
    }

    pub(crate) async fn commit(&self, lease: &Lease, commit: IngestCommit) -> Result<Outcome, StoreError> {
        // A worker that has looked at the HTML from a save says so.
        let material = self.ingest_material(commit.item_id).await;
        let given_html = material
            .ok()
            .and_then(|material| material.given_html)
            .map(|given| given.hash);
        let commit = IngestCommit { given_html, ..commit };
        self.commit_ingest(lease, commit, self.attempt()).await
    }

    pub(crate) fn attempt(&self) -> AttemptRecord {
        AttemptRecord::at(self.now(), "commit")
    }

    pub(crate) fn in_an_hour(&self, counts: bool) -> Postponement {
        Postponement {
            until: self.now().after(60 * MINUTE),
            counts,
            reason: "host_busy".to_owned(),
            message: "the host is busy".to_owned(),
        }
    }

    /// Saves an address and ingests it with this conclusion.
    pub(crate) async fn ingest(&self, address: &str, conclusion: Conclusion) -> Item {
        let saved = self.save(address).await;
        let lease = self.claim_job(saved.job.expect("nothing to ingest")).await;
        self.conclude(&lease, conclusion).await;
        self.look(&saved.item).await
    }

    /// Fetches a known item once more, by whatever caused it.
    pub(crate) async fn ingest_again(&self, item: &Item, conclusion: Conclusion) -> Outcome {
        let lease = self.lease_for(item).await;
        self.conclude(&lease, conclusion).await
    }

    /// Judges a known item's bytes again.
    pub(crate) async fn rejudge(&self, item: &Item, conclusion: Conclusion) -> Outcome {
        let lease = self.lease_for(item).await;
        let snapshot = self.latest_snapshot(OWNER, item.id).await.unwrap().unwrap();
        let commit = IngestCommit {
            rejudged: true,
            ..commit_of(&lease, &snapshot, conclusion)
        };
        self.commit(&lease, commit).await.unwrap()
    }

    /// Calls off a job that can be read.
    pub(crate) async fn call_off(&self, user: UserId, job: JobId) -> Result<Job, StoreError> {
        match self.cancel_job(user, job).await? {
            CancelledJob::Whole(job) => Ok(job),
            CancelledJob::Unreadable(job) => panic!("{job:?}"),
        }
    }

    pub(crate) async fn lease_for(&self, item: &Item) -> Lease {
        let job = atlas_domain::NewJob::reprocess(item.id);
        let job = self.enqueue_job(job).await.unwrap();
        self.claim_job(job).await
    }

    // What an index or an operator sees.

    pub(crate) async fn all_changes(&self) -> Vec<(ItemId, ChangeOp)> {
        let page = self.changes_after(None, 10_000).await.unwrap();
        page.changes
            .into_iter()
            .map(|Change { item_id, op }| (item_id, op))
            .collect()
    }

    pub(crate) async fn jobs_in(&self, state: JobState) -> Vec<Job> {
        let filter = JobFilter {
            state: Some(state),
            limit: 1_000,
            ..JobFilter::default()
        };
        self.list_jobs(OWNER, filter).await.unwrap().jobs
    }

    pub(crate) async fn audit_actions(&self, item: &Item) -> Vec<String> {
        let entries = self.audit_of(OWNER, item.id).await.unwrap();
        entries.into_iter().map(|entry| entry.action).collect()
    }
}

/// The file as a newer Atlas would leave it, or begin it.
pub(crate) fn make_newer(path: &Path) {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags(path, flags).unwrap();
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .unwrap();
    connection
        .pragma_update(None, "application_id", 0x4154_4c53)
        .unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
}

pub(crate) fn holder() -> Holder {
    Holder {
        pid: 1,
        purpose: "test".to_owned(),
        socket: None,
    }
}

pub(crate) fn web(address: &str) -> Url {
    Url::parse(&format!("https://{address}")).unwrap()
}

pub(crate) fn canonical(address: &str) -> CanonicalUrl {
    CanonicalUrl::of(&web(address))
}

pub(crate) fn new_item(address: &str) -> NewItem {
    NewItem {
        url: web(address),
        tags: Vec::new(),
        given_html: None,
    }
}

pub(crate) fn article(text: &str) -> Article {
    Article {
        title: Some(format!("Title of {text}")),
        language: Some("en".to_owned()),
        text: text.to_owned(),
        markdown: format!("# {text}"),
        html: format!("<h1>{text}</h1>"),
        word_count: 3,
        ..Article::default()
    }
}

pub(crate) fn content(text: &str) -> Conclusion {
    Conclusion::Content {
        article: Box::new(article(text)),
        partial: false,
    }
}

/// Only the beginning of the content.
pub(crate) fn beginning(text: &str) -> Conclusion {
    Conclusion::Content {
        article: Box::new(article(text)),
        partial: true,
    }
}

pub(crate) fn quarantined() -> Conclusion {
    Conclusion::NoContent(Outcome::Quarantined {
        reason: "login_wall".to_owned(),
        message: "a login form".to_owned(),
    })
}

pub(crate) fn rejected() -> Conclusion {
    Conclusion::NoContent(Outcome::Rejected {
        reason: "soft_404".to_owned(),
        message: "not found".to_owned(),
    })
}

pub(crate) fn link_only() -> Conclusion {
    Conclusion::NoContent(Outcome::LinkOnly {
        reason: LinkReason::Gone,
        message: "the page is gone".to_owned(),
    })
}

pub(crate) fn failed() -> Conclusion {
    Conclusion::NoContent(Outcome::Failed {
        reason: "extraction_crashed".to_owned(),
        message: "extraction crashed".to_owned(),
    })
}

/// The commit that a worker would make, with the verdict that fits the conclusion.
pub(crate) fn commit_of(lease: &Lease, snapshot: &Snapshot, conclusion: Conclusion) -> IngestCommit {
    IngestCommit {
        verdict: verdict(&conclusion),
        ..commit_without_bytes(lease, Some(snapshot.id), conclusion)
    }
}

pub(crate) fn commit_without_bytes(
    lease: &Lease,
    snapshot_id: Option<SnapshotId>,
    conclusion: Conclusion,
) -> IngestCommit {
    IngestCommit {
        item_id: lease.job.item_id.unwrap(),
        snapshot_id,
        verdict: None,
        addresses: Vec::new(),
        conclusion,
        rejudged: false,
        given_html: None,
    }
}

/// What the gate said, if it was come to.
fn verdict(conclusion: &Conclusion) -> Option<Verdict> {
    let decision = match conclusion {
        Conclusion::Content { partial: false, .. } => Decision::Accept,
        Conclusion::Content { partial: true, .. } => Decision::Partial,
        Conclusion::NoContent(Outcome::Quarantined { .. }) => Decision::Quarantine,
        Conclusion::NoContent(Outcome::Failed { .. }) => return None,
        Conclusion::NoContent(_) => Decision::Reject,
    };
    let class = matches!(decision, Decision::Quarantine).then_some(JunkClass::LoginWall);
    Some(Verdict {
        decision,
        class,
        reasons: vec![Reason {
            code: "password_field".to_owned(),
            class,
            weight: 1.0,
            evidence: "1 password field".to_owned(),
        }],
        gate_version: 3,
    })
}
