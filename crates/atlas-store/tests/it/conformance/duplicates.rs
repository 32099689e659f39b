//! The same thing saved twice is found once.

use atlas_domain::{CanonicalUrl, DuplicateReason, Item, ItemState, JobKind, Outcome};
use atlas_store::{Conclusion, IngestCommit, SavedAs};

use crate::fixture::{Fixture, OWNER, canonical, commit_of, content, quarantined, rejected};

/// Saves and ingests a page that turns out to have these addresses.
async fn ingest_known_as(
    library: &Fixture,
    address: &str,
    addresses: Vec<CanonicalUrl>,
    conclusion: Conclusion,
) -> (Item, Outcome) {
    let saved = library.save(address).await;
    let lease = library.claim_job(saved.job.unwrap()).await;
    let snapshot = library.snapshot(&lease, 200, b"bytes").await;
    let commit = IngestCommit {
        addresses,
        ..commit_of(&lease, &snapshot, conclusion)
    };
    let outcome = library.commit(&lease, commit).await.unwrap();
    (library.look(&saved.item).await, outcome)
}

#[tokio::test]
async fn the_same_text_at_another_address_is_a_duplicate_whatever_its_white_space() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("one two\nthree")).await;
    let (item, outcome) = ingest_known_as(&library, "b.example/", vec![], content("one  two three\n")).await;
    assert_eq!(
        outcome,
        Outcome::Duplicate {
            of: original.id,
            reason: DuplicateReason::SameContent
        }
    );
    assert_eq!(
        (item.state, item.duplicate_of),
        (ItemState::Duplicate, Some(original.id))
    );
    assert_eq!(item.reason, "same_content");
    assert_eq!(library.searchable_items().await.unwrap(), [original.id]);
}

#[tokio::test]
async fn words_run_together_are_other_content() {
    let library = Fixture::new();
    library.ingest("a.example/", content("one two")).await;
    assert_eq!(
        library.ingest("b.example/", content("onetwo")).await.state,
        ItemState::Stored
    );
}

#[tokio::test]
async fn a_redirect_to_a_known_address_is_a_duplicate() {
    let library = Fixture::new();
    let original = library.ingest("example.com/page", content("words")).await;
    let redirected = vec![canonical("short.example/1"), canonical("example.com/page")];
    let (item, outcome) =
        ingest_known_as(&library, "short.example/1", redirected, content("other words")).await;
    assert_eq!(
        outcome,
        Outcome::Duplicate {
            of: original.id,
            reason: DuplicateReason::SameUrl
        }
    );
    assert_eq!(item.state, ItemState::Duplicate);
}

#[tokio::test]
async fn an_item_is_known_by_every_address_it_turned_out_to_have() {
    let library = Fixture::new();
    let redirected = vec![canonical("example.com/page")];
    let (item, _) = ingest_known_as(&library, "short.example/1", redirected, content("words")).await;
    let saved = library.save("example.com/page").await;
    assert_eq!((saved.item.id, saved.saved_as), (item.id, SavedAs::Known));
}

#[tokio::test]
async fn an_address_that_another_item_has_stays_with_it() {
    let library = Fixture::new();
    let waiting = library.save("example.com/page").await.item;
    let redirected = vec![canonical("example.com/page")];
    let (item, outcome) = ingest_known_as(&library, "short.example/1", redirected, content("words")).await;
    assert_eq!(
        outcome,
        Outcome::Stored { partial: false },
        "the other has no content yet"
    );
    let at = library
        .item_at(OWNER, &canonical("example.com/page"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(at.id, waiting.id);
    let lease = library.claim().await;
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.look(&waiting).await.duplicate_of, Some(item.id));
}

#[tokio::test]
async fn what_is_in_the_trash_or_in_quarantine_makes_no_duplicates() {
    let library = Fixture::new();
    let trashed = library.ingest("a.example/", content("words")).await;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    let suspect = library.ingest("b.example/", content("words")).await;
    library.rejudge(&suspect, quarantined()).await;
    assert_eq!(
        library.ingest("c.example/", content("words")).await.state,
        ItemState::Stored
    );
}

#[tokio::test]
async fn an_item_with_content_of_its_own_stays_when_it_becomes_the_same_as_another() {
    let library = Fixture::new();
    library.ingest("a.example/", content("words")).await;
    let other = library.ingest("b.example/", content("other words")).await;
    library.ingest_again(&other, content("words")).await;
    assert_eq!(library.look(&other).await.state, ItemState::Stored);
    assert_eq!(library.searchable_items().await.unwrap().len(), 2);
}

#[tokio::test]
async fn duplicates_of_what_turned_out_to_be_junk_are_processed_again() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("words")).await;
    let duplicate = library.ingest("b.example/", content("words")).await;
    library.rejudge(&original, rejected()).await;
    let lease = library.claim().await;
    assert_eq!(
        (lease.job.kind, lease.job.item_id),
        (JobKind::ReprocessItem, Some(duplicate.id))
    );
}

#[tokio::test]
async fn duplicates_hold_the_content_once_their_original_has_another() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("words")).await;
    let duplicate = library.ingest("b.example/", content("words")).await;
    let in_trash = library.ingest("c.example/", content("words")).await;
    library.trash_item(OWNER, in_trash.id).await.unwrap();

    library.ingest_again(&original, content("other words")).await;
    let lease = library.claim().await;
    assert_eq!(
        (lease.job.kind, lease.job.item_id),
        (JobKind::ReprocessItem, Some(duplicate.id))
    );
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.look(&duplicate).await.state, ItemState::Stored);
    assert_eq!(library.searchable_items().await.unwrap().len(), 2);

    library.restore_item(OWNER, in_trash.id).await.unwrap();
    let lease = library.claim().await;
    assert_eq!(
        lease.job.item_id,
        Some(in_trash.id),
        "its turn comes with its return"
    );
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.look(&in_trash).await.duplicate_of, Some(duplicate.id));
}

#[tokio::test]
async fn duplicates_stay_when_their_original_has_the_same_content_in_another_form() {
    let library = Fixture::new();
    let original = library.ingest("a.example/", content("one two")).await;
    let duplicate = library.ingest("b.example/", content("one two")).await;
    let outcome = library.ingest_again(&original, content("one\ntwo")).await;
    assert_eq!(outcome, Outcome::Stored { partial: false });
    assert_eq!(library.claim_up_to(10).await, []);
    assert_eq!(library.look(&duplicate).await, duplicate);
}
