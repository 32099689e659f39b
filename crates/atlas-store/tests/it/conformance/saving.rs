//! Saving an address, once and again.

use atlas_domain::{ChangeOp, ItemState, JobKind, JobState, OutcomeWord, UserId};
use atlas_store::{Conclusion, IngestCommit, ItemFilter, SavedAs, StoreError};
use rstest::rstest;

use crate::fixture::{
    Fixture, MINUTE, OWNER, START, canonical, commit_of, content, failed, link_only, quarantined, rejected,
};

#[tokio::test]
async fn a_save_is_an_item_a_job_and_an_audit_row() {
    let library = Fixture::new();
    let saved = library
        .save_tagged("example.com/page?utm_source=x", &["b", "a"])
        .await;
    assert_eq!(
        (saved.saved_as, saved.word()),
        (SavedAs::New, OutcomeWord::Queued)
    );
    assert_eq!(saved.item.state, ItemState::Queued);
    assert_eq!(saved.item.url, "https://example.com/page?utm_source=x");
    assert_eq!(saved.item.canonical_url, canonical("example.com/page").as_str());
    assert_eq!(saved.item.saved_at, START);
    assert_eq!(saved.item.tags, ["a", "b"]);
    let job = library.job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!((job.kind, job.state), (JobKind::IngestItem, JobState::Ready));
    assert_eq!(
        (job.item_id, job.group_key.as_deref()),
        (Some(saved.item.id), Some("example.com"))
    );
    assert_eq!(library.audit_actions(&saved.item).await, ["saved"]);
    assert_eq!(library.all_changes().await, [], "nothing to find yet");
}

#[tokio::test]
async fn every_job_that_fetches_an_item_is_in_the_group_of_the_host_that_is_asked() {
    let library = Fixture::new();
    let saved = library.save("m.example.com:8080/page").await;
    let first = library.claim().await;
    library.save_with_html("m.example.com:8080/page", b"given").await;
    let snapshot = library.snapshot(&first, 200, b"fetched").await;
    let commit = IngestCommit {
        given_html: None,
        ..commit_of(&first, &snapshot, quarantined())
    };
    library
        .commit_ingest(&first, commit, library.attempt())
        .await
        .unwrap();
    let of_waiting_html = library.claim().await;
    library.conclude(&of_waiting_html, quarantined()).await;
    library.save("m.example.com:8080/page").await;
    let of_second_save = library.claim().await;
    for lease in [&first, &of_waiting_html, &of_second_save] {
        assert_eq!(lease.job.item_id, Some(saved.item.id));
        assert_eq!(lease.job.group_key.as_deref(), Some("m.example.com"));
    }
}

#[tokio::test]
async fn an_acknowledged_save_is_there_after_a_restart() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let library = library.reopen().await;
    assert_eq!(library.look(&saved.item).await, saved.item);
    assert_eq!(library.claim().await.job.id, saved.job.unwrap());
}

#[tokio::test]
async fn the_same_address_twice_is_one_item_with_one_job() {
    let library = Fixture::new();
    let first = library.save("example.com/page").await;
    let second = library.save("example.com/page?utm_source=feed#top").await;
    assert_eq!(second.item.id, first.item.id);
    assert_eq!((second.saved_as, second.job), (SavedAs::Again, first.job));
    assert_eq!(library.jobs_in(JobState::Ready).await.len(), 1);
    assert_eq!(
        library
            .item_at(OWNER, &canonical("example.com/page"))
            .await
            .unwrap(),
        Some(library.look(&first.item).await)
    );
}

#[tokio::test]
async fn an_item_with_content_is_known_and_left_alone() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let again = library.save("example.com/page").await;
    assert_eq!(
        (again.saved_as, again.word(), again.job),
        (SavedAs::Known, OutcomeWord::Duplicate, None)
    );
    assert_eq!(again.item, item);
    assert_eq!(
        library.audit_actions(&item).await,
        ["saved", "stored", "saved_again"]
    );
}

#[rstest]
#[case(quarantined())]
#[case(rejected())]
#[case(link_only())]
#[case(failed())]
#[tokio::test]
async fn an_item_without_content_is_tried_again_when_it_is_saved_again(#[case] last_time: Conclusion) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", last_time).await;
    let again = library.save("example.com/page").await;
    assert_eq!(
        (again.saved_as, again.word()),
        (SavedAs::Again, OutcomeWord::Queued)
    );
    let lease = library.claim_job(again.job.unwrap()).await;
    library.conclude(&lease, content("at last")).await;
    assert_eq!(library.look(&item).await.state, ItemState::Stored);
}

#[tokio::test]
async fn html_that_came_along_is_handed_to_ingestion_once() {
    let library = Fixture::new();
    library.ingest("example.com/page", content("words")).await;
    let saved = library
        .save_with_html("example.com/page", b"<p>from the browser</p>")
        .await;
    assert_eq!(saved.saved_as, SavedAs::Again);
    let material = library.ingest_material(saved.item.id).await.unwrap();
    assert_eq!(
        material.given_html.as_ref().map(|given| &given.bytes[..]),
        Some(&b"<p>from the browser</p>"[..])
    );
    let lease = library.claim_job(saved.job.unwrap()).await;
    library.conclude(&lease, content("new words")).await;
    assert_eq!(
        library.ingest_material(saved.item.id).await.unwrap().given_html,
        None
    );
}

#[tokio::test]
async fn the_last_html_that_came_along_counts() {
    let library = Fixture::new();
    library.save_with_html("example.com/page", b"first").await;
    let saved = library.save_with_html("example.com/page", b"second").await;
    let material = library.ingest_material(saved.item.id).await.unwrap();
    assert_eq!(
        material.given_html.as_ref().map(|given| &given.bytes[..]),
        Some(&b"second"[..])
    );
}

#[tokio::test]
async fn saving_brings_an_item_back_from_the_trash() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(MINUTE);
    let saved = library.save("example.com/page").await;
    assert_eq!((saved.saved_as, saved.job), (SavedAs::Restored, None));
    assert_eq!(saved.item.trashed_at, None);
    assert_eq!(library.searchable_items().await.unwrap(), [item.id]);
}

#[tokio::test]
async fn tags_of_a_second_save_reach_the_search_index() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let before = library.changes_after(None, 100).await.unwrap().next;
    let saved = library.save_tagged("example.com/page", &["later"]).await;
    assert_eq!(saved.item.tags, ["later"]);
    let page = library.changes_after(Some(&before), 100).await.unwrap();
    let ops: Vec<_> = page
        .changes
        .iter()
        .map(|change| (change.item_id, change.op))
        .collect();
    assert_eq!(ops, [(item.id, ChangeOp::Upsert)]);
}

#[tokio::test]
async fn a_stranger_sees_and_changes_nothing() {
    let library = Fixture::new();
    let stranger = UserId(2);
    let item = library.ingest("example.com/page", content("words")).await;
    let not_found = |result: Result<(), StoreError>| {
        assert!(
            matches!(result, Err(StoreError::NotFound { what: "item", .. })),
            "{result:?}"
        );
    };
    not_found(library.item(stranger, item.id).await.map(drop));
    not_found(library.trash_item(stranger, item.id).await.map(drop));
    not_found(library.restore_item(stranger, item.id).await.map(drop));
    not_found(library.keep_quarantined(stranger, item.id).await.map(drop));
    not_found(library.drop_quarantined(stranger, item.id).await.map(drop));
    not_found(
        library
            .change_tags(stranger, item.id, vec!["x".to_owned()], vec![])
            .await
            .map(drop),
    );
    assert_eq!(
        library
            .item_at(stranger, &canonical("example.com/page"))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        library
            .list_items(stranger, ItemFilter::default())
            .await
            .unwrap()
            .total,
        Some(0)
    );
    assert_eq!(library.current_document(stranger, item.id).await.unwrap(), None);
    assert_eq!(library.latest_judgement(stranger, item.id).await.unwrap(), None);
    assert_eq!(library.audit_of(stranger, item.id).await.unwrap(), []);
    assert_eq!(library.look(&item).await, item);
}
