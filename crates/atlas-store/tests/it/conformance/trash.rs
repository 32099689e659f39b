//! In and out of the trash.

use atlas_domain::{ChangeOp, Item, ItemState, JobKind, JobState};
use atlas_store::RetentionPolicy;

use crate::fixture::{DAY, Fixture, MINUTE, OWNER, content};

#[tokio::test]
async fn a_trashed_item_leaves_search_and_comes_back_whole() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.clock.advance(MINUTE);
    let trashed = library.trash_item(OWNER, item.id).await.unwrap();
    assert_eq!(trashed.trashed_at, Some(library.now()));
    assert_eq!(trashed.state, ItemState::Stored);
    assert_eq!(library.searchable_items().await.unwrap(), []);
    let restored = library.restore_item(OWNER, item.id).await.unwrap();
    assert_eq!(restored.trashed_at, None);
    assert_eq!(library.searchable_items().await.unwrap(), [item.id]);
    let (put, gone) = ((item.id, ChangeOp::Upsert), (item.id, ChangeOp::Remove));
    assert_eq!(library.all_changes().await, [put, gone, put]);
    assert_eq!(
        library.audit_actions(&item).await,
        ["saved", "stored", "trashed", "restored"]
    );
}

#[tokio::test]
async fn trashing_twice_keeps_the_first_date_and_restoring_twice_says_nothing_new() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let first = library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(DAY);
    assert_eq!(library.trash_item(OWNER, item.id).await.unwrap(), first);
    library.restore_item(OWNER, item.id).await.unwrap();
    let changes = library.all_changes().await;
    library.restore_item(OWNER, item.id).await.unwrap();
    assert_eq!(library.all_changes().await, changes);
    assert_eq!(
        library.audit_actions(&item).await,
        ["saved", "stored", "trashed", "restored"]
    );
}

#[tokio::test]
async fn when_the_original_goes_its_duplicate_takes_over_the_content() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("the same words")).await;
    let duplicate = library.ingest("b.example/", content("the same words")).await;
    assert_eq!(duplicate.duplicate_of, Some(original.id));
    library.trash_item(OWNER, original.id).await.unwrap();
    let lease = library.claim().await;
    assert_eq!(
        (lease.job.kind, lease.job.item_id),
        (JobKind::ReprocessItem, Some(duplicate.id))
    );
    library.conclude(&lease, content("the same words")).await;
    let heir = library.look(&duplicate).await;
    assert_eq!((heir.state, heir.duplicate_of), (ItemState::Stored, None));
    assert_eq!(library.searchable_items().await.unwrap(), [duplicate.id]);
}

/// An original with its duplicate, both in the trash, the duplicate first.
async fn both_in_the_trash(library: &Fixture) -> (Item, Item) {
    let original = library.ingest("a.example/", content("the same words")).await;
    let duplicate = library.ingest("b.example/", content("the same words")).await;
    library.trash_item(OWNER, duplicate.id).await.unwrap();
    library.trash_item(OWNER, original.id).await.unwrap();
    assert_eq!(
        library.jobs_in(JobState::Ready).await,
        [],
        "what is in the trash is not processed"
    );
    (original, duplicate)
}

#[tokio::test]
async fn a_duplicate_that_comes_back_before_its_original_takes_over_the_content() {
    let library = Fixture::new();
    let (_, duplicate) = both_in_the_trash(&library).await;
    library.restore_item(OWNER, duplicate.id).await.unwrap();
    let lease = library.claim().await;
    assert_eq!(lease.job.item_id, Some(duplicate.id));
    library.conclude(&lease, content("the same words")).await;
    assert_eq!(library.searchable_items().await.unwrap(), [duplicate.id]);
}

#[tokio::test]
async fn a_duplicate_that_comes_back_after_its_original_was_deleted_takes_over_the_content() {
    let library = Fixture::new();
    let (original, duplicate) = both_in_the_trash(&library).await;
    library.clock.advance(20 * DAY);
    library.restore_item(OWNER, duplicate.id).await.unwrap();
    let called_off = library.jobs_in(JobState::Ready).await.pop().unwrap();
    library.cancel_job(OWNER, called_off.id).await.unwrap();
    library.trash_item(OWNER, duplicate.id).await.unwrap();
    library.clock.advance(15 * DAY);
    library.sweep_retention(RetentionPolicy::default()).await.unwrap();
    assert!(library.item(OWNER, original.id).await.is_err());
    library.restore_item(OWNER, duplicate.id).await.unwrap();
    assert_eq!(library.look(&duplicate).await.duplicate_of, None);
    assert_eq!(library.claim().await.job.item_id, Some(duplicate.id));
}

#[tokio::test]
async fn a_duplicate_that_comes_back_to_its_original_stays_a_duplicate() {
    let library = Fixture::new();
    let (original, duplicate) = both_in_the_trash(&library).await;
    library.restore_item(OWNER, original.id).await.unwrap();
    library.restore_item(OWNER, duplicate.id).await.unwrap();
    assert_eq!(library.jobs_in(JobState::Ready).await, []);
    assert_eq!(library.searchable_items().await.unwrap(), [original.id]);
}
