//! No use case goes through a whole table. Each runs for real, and the plan of every statement that it ran is
//! looked at: an index that is missing, or that the planner does not take, shows here and not in a large library.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{
    Article, Decision, Entropy, Fetched, ItemId, ItemState, JobKind, JobState, Lease, NewJob, Outcome,
    Snapshot, Strategy, Timestamp, UserId, Verdict,
};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use url::Url;

use super::{Conclusion, IngestCommit, ItemFilter, Library, NewItem, RetentionPolicy, TitleQuery};
use crate::data_dir::{DataDir, Holder};
use crate::error::StoreError;
use crate::jobs::{AttemptRecord, Companions, Crowd, JobFilter, JobScope, Postponement, Turns, WaitedFor};
use crate::services::DatabaseServices;
use crate::sqlite::trace::take_statements;

const OWNER: UserId = UserId::OWNER;
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Tables that grow with the library.
const LARGE: [&str; 6] = ["item", "job", "document", "snapshot", "attempt", "change_log"];

/// Use cases that go through an index from one end, with the reason why that is right.
const ALLOWED: [(&str, &str); 8] = [
    // In the order of the queue, and only until the first job that may run.
    ("claim_jobs", "SCAN job USING COVERING INDEX job_ready"),
    // In the order in which they are due, and only until the first whose kind does not rest.
    ("next_due", "SCAN job USING COVERING INDEX job_due"),
    // It hardly ever has an entry, and one is enough.
    ("claim_jobs", "SCAN job USING COVERING INDEX job_suspect"),
    // It holds what runs now, which is no more than the worker has slots.
    ("claim_jobs", "SCAN job USING INDEX job_leased"),
    ("has_due_jobs", "SCAN job USING COVERING INDEX job_leased"),
    ("recover", "SCAN job USING INDEX job_leased"),
    // Counted by the page, without a look at the entries.
    (
        "counts",
        "SCAN document USING COVERING INDEX document_by_snapshot",
    ),
    // From the newest item on until there are enough, for no longer than its caller waits: it stands in for the index.
    ("titles_like", "SCAN item"),
];

struct Plans {
    library: Library,
    path: PathBuf,
    explaining: Connection,
    found: Vec<String>,
    _folder: TempDir,
}

impl Plans {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let holder = Holder {
            pid: 1,
            purpose: "test".to_owned(),
            socket: None,
        };
        let lock = DataDir::new(folder.path().join("data")).lock(&holder).unwrap();
        let (clock, entropy) = (Arc::new(ManualClock::at(NOW)), Arc::new(Entropy::seeded(7)));
        let library = Library::open(&lock, clock, entropy, &DatabaseServices::default()).unwrap();
        let path = lock.dir().library_db();
        take_statements(&path);
        Self {
            library,
            explaining: Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap(),
            path,
            found: Vec::new(),
            _folder: folder,
        }
    }

    /// Runs a use case, and looks at the plans of all that it ran.
    async fn of<T>(&mut self, name: &str, run: impl Future<Output = Result<T, StoreError>>) -> T {
        take_statements(&self.path);
        let value = run.await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let statements = take_statements(&self.path);
        assert!(!statements.is_empty(), "{name} ran nothing");
        for sql in statements {
            let mut explain = self
                .explaining
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap_or_else(|error| panic!("{name}: {error}: {sql}"));
            let mut steps = explain.raw_query();
            while let Some(step) = steps.next().unwrap() {
                let step: String = step.get("detail").unwrap();
                if is_scan_of_large_table(&step) && !ALLOWED.contains(&(name, &step)) {
                    self.found.push(format!("{name}: {step}\n    in {sql}"));
                }
            }
        }
        value
    }
}

fn is_scan_of_large_table(step: &str) -> bool {
    let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    table.is_some_and(|table| LARGE.contains(&table))
}

fn address(path: &str) -> NewItem {
    NewItem {
        url: Url::parse(&format!("https://{path}")).unwrap(),
        tags: vec!["tag".to_owned()],
        given_html: None,
    }
}

fn attempt() -> AttemptRecord {
    AttemptRecord::at(NOW, "run")
}

fn commit(lease: &Lease, snapshot: &Snapshot, conclusion: Conclusion) -> IngestCommit {
    IngestCommit {
        item_id: lease.job.item_id.unwrap(),
        snapshot_id: Some(snapshot.id),
        verdict: Some(Verdict {
            decision: Decision::Accept,
            class: None,
            reasons: Vec::new(),
            gate_version: 1,
        }),
        addresses: Vec::new(),
        conclusion,
        rejudged: false,
        given_html: None,
    }
}

fn content() -> Conclusion {
    Conclusion::Content {
        article: Box::new(Article {
            text: "words".to_owned(),
            ..Article::default()
        }),
        partial: false,
    }
}

fn quarantined() -> Conclusion {
    Conclusion::NoContent(Outcome::Quarantined {
        reason: "login_wall".to_owned(),
        message: "a login form".to_owned(),
    })
}

fn failure() -> Outcome {
    Outcome::Failed {
        reason: "crashed".to_owned(),
        message: "it crashed".to_owned(),
    }
}

impl Plans {
    async fn claim(&mut self) -> Lease {
        let library = self.library.clone();
        let lease = Duration::from_mins(1);
        let claim = library.claim_jobs("worker", JobScope::All, 1, lease);
        self.of("claim_jobs", claim).await.pop().expect("a job is due")
    }

    async fn ingest(&mut self, path: &str, conclusion: Conclusion) -> ItemId {
        let library = self.library.clone();
        let saved = self
            .of("save_item", library.save_item(OWNER, address(path)))
            .await;
        let lease = self.claim().await;
        let item = saved.item.id;
        self.of("ingest_material", library.ingest_material(item)).await;
        let body = library.prepare_blob(path.as_bytes().to_vec()).await.unwrap();
        let fetched = Fetched {
            url: Url::parse(&saved.item.url).unwrap(),
            final_url: Url::parse(&saved.item.url).unwrap(),
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
            strategy: Strategy::Direct,
            steps: Vec::new(),
            fetched_at: NOW,
            retry_after: None,
        };
        let record = library.record_snapshot(&lease, item, &fetched, body);
        let snapshot = self.of("record_snapshot", record).await;
        let enter = library.enter_risky_stage(&lease, "extract");
        self.of("enter_risky_stage", enter).await;
        let commit = library.commit_ingest(&lease, commit(&lease, &snapshot, conclusion), attempt());
        self.of("commit_ingest", commit).await;
        item
    }

    async fn the_ingest_story(&mut self) -> [ItemId; 3] {
        let stored = self.ingest("stored.example/", content()).await;
        let duplicate = self.ingest("duplicate.example/", content()).await;
        let suspect = self.ingest("suspect.example/", quarantined()).await;
        [stored, duplicate, suspect]
    }

    async fn the_queue(&mut self, item: ItemId) {
        let library = self.library.clone();
        let hour = Duration::from_hours(1);
        for scope in [JobScope::All, JobScope::CausedHere] {
            self.of(
                "save_item",
                library.save_item(OWNER, address("example.com/queue")),
            )
            .await;
            self.of("next_due", library.next_due(scope, &[])).await;
            self.of("has_due_jobs", library.has_due_jobs(scope, &[])).await;
            let claim = library.claim_jobs("worker", scope, 1, hour);
            let lease = self.of("claim_jobs", claim).await.pop().expect("a job is due");
            let held = vec![(lease.job.id, lease.token)];
            self.of("heartbeat", library.heartbeat(held, hour)).await;
            self.of("expire_leases", library.expire_leases()).await;
            self.of("release_job", library.release_job(&lease)).await;
            let lease = self.claim().await;
            let later = Postponement {
                until: NOW.after(hour),
                counts: true,
                reason: String::new(),
                message: String::new(),
            };
            let postpone = library.postpone_job(&lease, later, attempt());
            self.of("postpone_job", postpone).await;
        }
        let reprocess = NewJob::reprocess(item);
        self.of("request_job", library.request_job(OWNER, reprocess))
            .await;
        let lease = self.claim().await;
        let fail = library.finish_job(&lease, failure(), attempt());
        self.of("finish_job", fail).await;
        self.of("retry_job", library.retry_job(OWNER, lease.job.id)).await;
        self.of("cancel_job", library.cancel_job(OWNER, lease.job.id))
            .await;
        self.of("job", library.job(OWNER, lease.job.id)).await;
        let attempts = library.attempts_of_job(OWNER, lease.job.id);
        self.of("attempts_of_job", attempts).await;
        let sweep = NewJob::maintenance(JobKind::SweepRetention);
        self.of("enqueue_job", library.enqueue_job(sweep)).await;
        let lease = self.claim().await;
        let finish = library.finish_maintenance(&lease, "nothing", attempt());
        self.of("finish_maintenance", finish).await;
        self.of("recover", library.recover_interrupted_jobs()).await;
        for page in ["example.com/first", "example.com/second"] {
            library.save_item(OWNER, address(page)).await.unwrap();
        }
        let lease = self.claim().await;
        let later = Postponement {
            until: NOW.after(hour),
            counts: false,
            reason: "circuit_open".to_owned(),
            message: String::new(),
        };
        let crowd = Crowd {
            who: Companions::SameHost,
            from: NOW.after(hour),
            spread: hour,
            made_after: NOW.before(hour),
        };
        let with_crowd = library.postpone_with_crowd(&lease, later.clone(), crowd, attempt());
        self.of("postpone_with_crowd", with_crowd).await;
        self.of("wake_waiting", library.wake_waiting(OWNER, "example.com"))
            .await;
        let lease = self.claim().await;
        let everybody = Crowd {
            who: Companions::Everybody,
            ..crowd
        };
        let with_everybody = library.postpone_with_crowd(&lease, later, everybody, attempt());
        self.of("postpone_with_everybody", with_everybody).await;
        let example = WaitedFor::Host {
            name: "example.com".to_owned(),
            port: 443,
        };
        let recovery = WaitedFor::Recovery {
            name: "example.com".to_owned(),
            port: 443,
        };
        for over in [example, recovery, WaitedFor::Network] {
            self.of("bring_forward", library.bring_forward(over, Turns::all(hour)))
                .await;
        }
        self.of("wake_waiting", library.wake_waiting(OWNER, "example.com"))
            .await;
        for state in [None, Some(JobState::Done)] {
            for kind in [None, Some(JobKind::IngestItem)] {
                let filter = JobFilter {
                    state,
                    kind,
                    limit: 50,
                    after: Some("1-1".to_owned()),
                };
                self.of("list_jobs", library.list_jobs(OWNER, filter)).await;
            }
        }
    }

    async fn what_a_person_asks(&mut self, [stored, duplicate, suspect]: [ItemId; 3]) {
        let library = self.library.clone();
        let everything = ItemFilter::default();
        for filter in [
            ItemFilter {
                state: Some(ItemState::Stored),
                ..everything.clone()
            },
            ItemFilter {
                tag: Some("tag".to_owned()),
                ..everything.clone()
            },
            ItemFilter {
                trashed: true,
                ..everything.clone()
            },
            ItemFilter {
                after: Some("2".to_owned()),
                ..everything.clone()
            },
            everything,
        ] {
            self.of("list_items", library.list_items(OWNER, filter)).await;
        }
        let canonical = atlas_domain::CanonicalUrl::of(&Url::parse("https://stored.example/").unwrap());
        self.of("item_at", library.item_at(OWNER, &canonical)).await;
        self.of("item", library.item(OWNER, stored)).await;
        let titles = TitleQuery {
            words: vec!["words".to_owned()],
            excluded: vec!["other".to_owned()],
            limit: 20,
        };
        self.of(
            "titles_like",
            library.titles_like(OWNER, titles, str::to_lowercase),
        )
        .await;
        self.of("current_document", library.current_document(OWNER, stored))
            .await;
        self.of("latest_judgement", library.latest_judgement(OWNER, stored))
            .await;
        self.of("latest_snapshot", library.latest_snapshot(OWNER, stored))
            .await;
        let reprocess = library.snapshot_to_reprocess(OWNER, stored);
        let snapshot = self.of("snapshot_to_reprocess", reprocess).await.unwrap();
        self.of("blob", library.blob(snapshot.body_hash.unwrap())).await;
        self.of("attempts_of_item", library.attempts_of_item(OWNER, stored))
            .await;
        self.of("audit_of", library.audit_of(OWNER, stored)).await;
        self.of("list_quarantine", library.list_quarantine(OWNER, 50, None))
            .await;
        self.of("cursor_after", library.cursor_after(OWNER, stored)).await;
        self.of("keep_quarantined", library.keep_quarantined(OWNER, suspect))
            .await;
        self.of("drop_quarantined", library.drop_quarantined(OWNER, suspect))
            .await;
        let tags = vec!["other".to_owned()];
        let change = library.change_tags(OWNER, stored, tags.clone(), tags);
        self.of("change_tags", change).await;
        for item in [stored, duplicate] {
            self.of("trash_item", library.trash_item(OWNER, item)).await;
        }
        for item in [duplicate, stored] {
            self.of("restore_item", library.restore_item(OWNER, item)).await;
        }
    }

    async fn what_follows_and_what_watches(&mut self, items: [ItemId; 3]) {
        let library = self.library.clone();
        let page = self.of("changes_after", library.changes_after(None, 1)).await;
        let cursor = Some(&page.next);
        self.of("changes_behind", library.changes_behind(cursor)).await;
        self.of("change_head", library.change_head()).await;
        self.of("oldest_waiting", library.oldest_waiting(cursor)).await;
        self.of("index_material", library.index_material(items.to_vec()))
            .await;
        self.of("counts", library.counts(OWNER)).await;
        let at_once = RetentionPolicy {
            trash: Duration::ZERO,
            rejected_snapshots: Duration::ZERO,
            attempts: Duration::ZERO,
            ended_jobs: Duration::ZERO,
            vault: Duration::ZERO,
            cleanups: Duration::ZERO,
            blob_grace: Duration::ZERO,
            incidents: Duration::ZERO,
            messages: Duration::ZERO,
        };
        library.trash_item(OWNER, items[1]).await.unwrap();
        self.of("sweep_retention", library.sweep_retention(at_once)).await;
        self.of("collect_blobs", library.collect_blobs(at_once)).await;
    }
}

#[tokio::test]
async fn nothing_that_runs_for_a_request_or_a_job_goes_through_a_whole_table() {
    let mut plans = Plans::new();
    let items = plans.the_ingest_story().await;
    plans.the_queue(items[0]).await;
    plans.what_a_person_asks(items).await;
    plans.what_follows_and_what_watches(items).await;
    assert!(plans.found.is_empty(), "{}", plans.found.join("\n"));
}

#[tokio::test]
async fn a_scan_would_be_seen() {
    let mut plans = Plans::new();
    let library = plans.library.clone();
    let scan = library
        .db
        .read(|sql| Ok(sql.query_row("SELECT count(*) FROM job WHERE message = 'x'", [], |_| Ok(()))?));
    plans.of("a scan", scan).await;
    assert_eq!(plans.found.len(), 1);
}
