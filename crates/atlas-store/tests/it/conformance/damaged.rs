//! Once the library is known to be damaged, nothing in it is written or deleted any more, by whomever; operational
//! state, which is another file, goes on.

use std::path::Path;

use atlas_domain::{JobKind, JobState, NewJob};
use atlas_store::{DatabaseServices, JobScope, Ops, RetentionPolicy, StoreError};

use crate::fixture::{DAY, Fixture, LEASE, OWNER, commit_of, content};

/// Large enough for a file of its own.
const LARGE: usize = 100 * 1024;

/// Damages what nothing below needs, and lets a reader come across it.
async fn discover_damage(library: &Fixture) {
    let item = library.ingest("torn.example/", content("words")).await;
    library.tear("document");
    let read = library.current_document(OWNER, item.id).await;
    assert!(is_damage(&read), "{read:?}");
    assert!(matches!(library.trouble(), Some(StoreError::Corrupt { .. })));
}

fn is_damage<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Corrupt { .. }))
}

fn files_in(folder: &Path) -> usize {
    let shards = std::fs::read_dir(folder).unwrap();
    shards
        .map(|shard| std::fs::read_dir(shard.unwrap().path()).unwrap().count())
        .sum()
}

#[tokio::test]
async fn a_queued_job_is_neither_claimed_nor_committed() {
    let library = Fixture::new();
    let running = library.save("running.example/").await;
    let lease = library.claim().await;
    let snapshot = library.snapshot(&lease, 200, b"bytes").await;
    let waiting = library.save("waiting.example/").await.job.unwrap();
    discover_damage(&library).await;

    let claimed = library.claim_jobs("worker", JobScope::All, 10, LEASE).await;
    assert!(is_damage(&claimed), "{claimed:?}");
    let committed = library
        .commit(
            &lease,
            commit_of(&lease, &snapshot, crate::fixture::quarantined()),
        )
        .await;
    assert!(is_damage(&committed), "{committed:?}");
    assert_eq!(library.look(&running.item).await, running.item);
    assert_eq!(library.job(OWNER, waiting).await.unwrap().state, JobState::Ready);
}

#[tokio::test]
async fn a_due_sweep_deletes_nothing_and_no_bytes_are_collected() {
    let library = Fixture::new();
    let trashed = library.save("trash.example/").await.item;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    library.prepare_blob(library.noise(LARGE)).await.unwrap();
    discover_damage(&library).await;
    library.clock.advance(31 * DAY);

    let swept = library.sweep_retention(RetentionPolicy::default()).await;
    assert!(is_damage(&swept), "{swept:?}");
    let collected = library.collect_blobs(RetentionPolicy::default()).await;
    assert!(is_damage(&collected), "{collected:?}");
    let enqueued = library
        .enqueue_job(NewJob::maintenance(JobKind::SweepRetention))
        .await;
    assert!(is_damage(&enqueued), "{enqueued:?}");
    assert!(
        library.item(OWNER, trashed.id).await.is_ok(),
        "still in the trash"
    );
    assert_eq!(files_in(&library.dir().blobs()), 1);
}

#[tokio::test]
async fn operational_state_goes_on() {
    let library = Fixture::new();
    discover_damage(&library).await;
    let ops = Ops::open(
        library.lock(),
        library.shared_clock(),
        &DatabaseServices::default(),
    )
    .unwrap();
    let run = ops.begin_run("1.2.3").await.unwrap();
    ops.end_run(run).await.unwrap();
}
