//! What whoever looks after a library finds out about it, and that this leaves no trace for those who use it.

use std::time::Duration;

use atlas_domain::{ChangeOp, ItemState, UserId};
use atlas_store::{HourOfIngest, IngestHistory, ItemFilter, StoreError};

use crate::fixture::{Fixture, MINUTE, OWNER, START, content, quarantined};

const WORD: &str = "canaryword";

#[tokio::test]
async fn the_canary_is_made_once_and_goes_the_way_of_every_document() {
    let library = Fixture::new();
    assert!(library.keep_canary(WORD).await.unwrap());
    assert!(!library.keep_canary(WORD).await.unwrap());
    let library = library.reopen().await;
    assert!(!library.keep_canary(WORD).await.unwrap());

    let changes = library.all_changes().await;
    assert_eq!(changes.len(), 1);
    let (canary, op) = changes[0];
    assert_eq!(op, ChangeOp::Upsert);
    assert_eq!(library.searchable_items().await.unwrap(), [canary]);
    let found = library.index_material(vec![canary]).await.unwrap();
    assert_eq!(found.material[0].item.user_id, UserId::CANARY);
    assert_eq!(found.material[0].article.text, WORD);
}

#[tokio::test]
async fn the_canary_is_nobodys() {
    let library = Fixture::new();
    library.ingest("a.example/", content("one")).await;
    let counts = library.counts(OWNER).await.unwrap();
    library.keep_canary(WORD).await.unwrap();

    assert_eq!(library.counts(OWNER).await.unwrap(), counts);
    let listed = library.list_items(OWNER, ItemFilter::default()).await.unwrap();
    assert_eq!(listed.items.len(), 1);
    let (canary, _) = library.all_changes().await[1];
    assert!(matches!(
        library.item(OWNER, canary).await,
        Err(StoreError::NotFound { .. })
    ));
    let state = |state| counts.items.iter().find(|(known, _)| *known == state).unwrap().1;
    assert_eq!(state(ItemState::Stored), 1);
}

#[tokio::test]
async fn the_last_days_of_ingestion_are_what_was_judged_and_tried() {
    let library = Fixture::new();
    assert_eq!(library.ingest_history().await.unwrap(), IngestHistory::default());
    library.ingest("a.example/", content("one")).await;
    library.clock.advance(MINUTE * 90);
    library.ingest("b.example/", quarantined()).await;
    library.save("c.example/").await;
    let lease = library.claim().await;
    let put_off = library.in_an_hour(true);
    library
        .postpone_job(&lease, put_off, library.attempt())
        .await
        .unwrap();
    library.keep_canary(WORD).await.unwrap();

    let history = library.ingest_history().await.unwrap();
    let hour = |hours: u32, accepted, junk| HourOfIngest {
        begun_at: START.after(Duration::from_hours(1) * hours),
        accepted,
        junk,
    };
    assert_eq!(history.hours, [hour(1, 0, 1), hour(0, 1, 0)]);
    assert_eq!(history.last_success, Some(START));
    assert_eq!((history.tries, history.failed), (3, 1));
    let pending = library.oldest_pending(OWNER).await.unwrap();
    assert_eq!(pending, Some(library.now()));

    library.clock.advance(Duration::from_hours(24 * 8));
    assert_eq!(library.ingest_history().await.unwrap(), IngestHistory::default());
}

#[tokio::test]
async fn a_file_in_use_tells_its_pages_and_its_log() {
    let library = Fixture::new();
    library.save("a.example/").await;
    let figures = library.figures().await.unwrap();

    assert!(figures.pages > 10, "{figures:?}");
    assert!(figures.log_pages_left.is_some_and(|left| left > 0), "{figures:?}");
    assert!(figures.log_bytes > 0, "{figures:?}");
    assert_eq!((figures.busy, figures.longest_read), (0, Duration::ZERO));
}

#[tokio::test]
async fn a_file_is_looked_through_while_it_is_in_use() {
    let library = Fixture::new();
    library.ingest("a.example/", content("one")).await;
    library.check_gently(MINUTE).await.unwrap();
    library.save("b.example/").await;
}

#[tokio::test]
async fn a_look_through_a_file_that_takes_too_long_ends() {
    let library = Fixture::new();
    for number in 0..20 {
        library
            .ingest(&format!("{number}.example/"), content("one"))
            .await;
    }
    let ended = library.check_gently(Duration::ZERO).await;
    assert!(matches!(ended, Err(StoreError::Interrupted)), "{ended:?}");
}
