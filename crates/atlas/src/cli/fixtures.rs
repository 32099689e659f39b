//! Answers as routes give them, made by hand, for the tests of what is shown of them.

use atlas_app::StatusView;
use atlas_app::views::{ItemView, Why};
use atlas_domain::{
    Article, Attempt, AttemptEnd, BlobHash, Confidence, Decision, Document, DocumentId, FactSource, Hop,
    Item, ItemId, ItemState, Job, JobId, JobKind, JobState, JunkClass, OutcomeWord, Reason, Snapshot,
    SnapshotId, Sourced, Strategy, StrategyStep, Timestamp, UserId, Verdict,
};
use atlas_store::{AuditEntry, Judgement};

/// So many seconds after the beginning of 2026.
fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000 + secs * 1000)
}

fn bytes(n: u8) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[15] = n;
    bytes
}

pub(super) fn item(n: u8, state: ItemState) -> Item {
    Item {
        title: Some("Rye bread".to_owned()),
        ..untitled(n, state)
    }
}

pub(super) fn untitled(n: u8, state: ItemState) -> Item {
    Item {
        id: ItemId::from_bytes(bytes(n)),
        user_id: UserId::OWNER,
        url: format!("https://example.com/{n}"),
        canonical_url: format!("https://example.com/{n}"),
        state,
        reason: String::new(),
        message: String::new(),
        title: None,
        duplicate_of: None,
        keep_always: false,
        saved_at: at(0),
        updated_at: at(5),
        trashed_at: None,
        tags: vec!["baking".to_owned(), "bread".to_owned()],
    }
}

/// A stored item with its content.
pub(super) fn view() -> ItemView {
    let item = item(1, ItemState::Stored);
    let article = Article {
        title: item.title.clone(),
        authors: vec!["Ada Baker".to_owned(), "Ben Miller".to_owned()],
        published: Some(Sourced {
            value: date(),
            source: FactSource::JsonLd,
            confidence: Confidence::High,
        }),
        language: Some("en".to_owned()),
        text: "Mix rye and water.".to_owned(),
        markdown: "# Rye bread\n\nMix **rye** and water.".to_owned(),
        html: "<h1>Rye bread</h1>".to_owned(),
        word_count: 460,
        ..Article::default()
    };
    let document = Document {
        id: DocumentId::from_bytes(bytes(3)),
        item_id: item.id,
        version: 1,
        snapshot_id: SnapshotId::from_bytes(bytes(4)),
        content_hash: BlobHash([7; 32]),
        created_at: at(5),
        article,
    };
    ItemView {
        item,
        document: Some(document),
        why: no_why(),
    }
}

/// A page that says that it does not exist.
pub(super) fn quarantined_view() -> ItemView {
    let mut item = untitled(2, ItemState::Quarantined);
    item.reason = "soft_404".to_owned();
    item.message = "the page says that it does not exist".to_owned();
    let audit = |secs, actor: &str, action: &str, reason: &str, detail: &str| AuditEntry {
        at: at(secs),
        actor: actor.to_owned(),
        action: action.to_owned(),
        reason: reason.to_owned(),
        detail: detail.to_owned(),
    };
    let why = Why {
        judgement: Some(judgement()),
        snapshot: Some(snapshot(item.id)),
        attempts: attempts(),
        audit: vec![
            audit(0, "owner", "saved", "", ""),
            audit(
                5,
                "ingest",
                "quarantined",
                "soft_404",
                "the page says that it does not exist",
            ),
        ],
        not_before: None,
    };
    ItemView {
        item,
        document: None,
        why,
    }
}

pub(super) fn no_why() -> Why {
    Why {
        judgement: None,
        snapshot: None,
        attempts: Vec::new(),
        audit: Vec::new(),
        not_before: None,
    }
}

pub(super) fn attempts() -> Vec<Attempt> {
    let retried = Attempt {
        started_at: at(1),
        duration_ms: 850,
        stage: "fetch".to_owned(),
        end: AttemptEnd::Retry,
        reason: "timeout".to_owned(),
        message: "no answer in time".to_owned(),
        next_try_at: Some(at(3)),
        steps: vec![
            StrategyStep {
                strategy: Strategy::Direct,
                result: "timeout".to_owned(),
                message: "no answer in time".to_owned(),
                hops: vec![
                    hop("https://example.com/2", Some("192.0.2.7"), "http_302", 0, 120),
                    hop("https://example.com/moved", None, "timeout", 3_000, 20_000),
                ],
            },
            StrategyStep::without_hops(Strategy::LinkOnly, "timeout"),
        ],
    };
    let done = Attempt {
        started_at: at(3),
        duration_ms: 2_100,
        stage: "judge".to_owned(),
        end: AttemptEnd::Done,
        reason: String::new(),
        message: String::new(),
        next_try_at: None,
        steps: Vec::new(),
    };
    vec![retried, done]
}

fn hop(url: &str, address: Option<&str>, result: &str, waited_ms: u64, took_ms: u64) -> Hop {
    Hop {
        url: url.to_owned(),
        address: address.map(|address| address.parse().unwrap()),
        result: result.to_owned(),
        waited_ms,
        took_ms,
    }
}

/// A job that was given up.
pub(super) fn dead_job() -> Job {
    Job {
        id: JobId::from_bytes(bytes(7)),
        kind: JobKind::IngestItem,
        state: JobState::Dead,
        payload: "{}".to_owned(),
        priority: 100,
        run_at: at(8),
        attempts: 5,
        max_attempts: 5,
        deferrals: 2,
        unique_key: None,
        group_key: Some("example.com".to_owned()),
        risky_stage: Some("extract".to_owned()),
        deferred_since: None,
        item_id: Some(ItemId::from_bytes(bytes(1))),
        outcome: Some(OutcomeWord::Failed),
        reason: "extract_crashed".to_owned(),
        message: "the extraction process died".to_owned(),
        created_at: at(0),
        updated_at: at(9),
    }
}

pub(super) fn status() -> StatusView {
    let status = serde_json::json!({
        "version": "0.1.0",
        "mode": "normal",
        "items": { "failed": 0, "quarantined": 2, "queued": 3, "stored": 120 },
        "trashed": 1,
        "documents": 120,
        "queue": {
            "jobs": { "dead": 1, "done": 122, "ready": 3 },
            "oldest_ready_ms": 12_400,
            "waiting_later": 2,
            "next_try_at": "2026-01-01T00:00:30Z",
        },
        "index": { "documents": 120, "lag": 4 },
        "writer": { "batches": 31, "requests": 260, "busy_micros": 850_000, "waiting": 0 },
        "disk": {
            "path": "/home/ada/.local/share/atlas",
            "database_bytes": 12_000_000,
            "free_bytes": 40_000_000_000_u64,
            "floor_bytes": 512_000_000,
        },
        "degraded": [{ "code": "dead_letters", "message": "1 jobs were given up" }],
    });
    serde_json::from_value(status).unwrap()
}

fn judgement() -> Judgement {
    let reason = |code: &str, class, weight, evidence: &str| Reason {
        code: code.to_owned(),
        class,
        weight,
        evidence: evidence.to_owned(),
    };
    Judgement {
        judged_at: at(5),
        verdict: Verdict {
            decision: Decision::Quarantine,
            class: Some(JunkClass::Soft404),
            reasons: vec![
                reason(
                    "title_says_not_found",
                    Some(JunkClass::Soft404),
                    1.1,
                    "\"Page not found\"",
                ),
                reason("many_words", None, -0.25, "312 words"),
            ],
            gate_version: 1, // an older one, as stored verdicts have
        },
    }
}

fn snapshot(item_id: ItemId) -> Snapshot {
    Snapshot {
        id: SnapshotId::from_bytes(bytes(4)),
        item_id,
        body_hash: Some(BlobHash([7; 32])),
        size_bytes: 4_200,
        url: "https://example.com/2".to_owned(),
        final_url: "https://example.com/moved".to_owned(),
        status: 200,
        content_type: Some("text/html".to_owned()),
        headers: Vec::new(),
        strategy: Strategy::Direct,
        steps: vec![StrategyStep::without_hops(Strategy::Direct, "ok")],
        fetched_at: at(4),
    }
}

/// Through JSON: the crate for dates is not one of the binary's own dependencies.
fn date<T: serde::de::DeserializeOwned>() -> T {
    serde_json::from_str("\"2025-12-24\"").unwrap()
}
