//! The result of an ingestion enters the library: all of it, or nothing.

use atlas_domain::{AttemptEnd, ChangeOp, Decision, Item, ItemState, JobState, Outcome, OutcomeWord};
use atlas_store::{Conclusion, IngestCommit, StoreError};
use rstest::rstest;

use crate::fixture::{
    Fixture, MINUTE, OWNER, article, beginning, commit_of, commit_without_bytes, content, failed, link_only,
    quarantined, rejected,
};

#[tokio::test]
async fn content_is_stored_with_everything_that_explains_it() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let lease = library.claim().await;
    library.clock.advance(MINUTE);
    let snapshot = library.snapshot(&lease, 200, b"<h1>words</h1>").await;
    let outcome = library
        .commit(&lease, commit_of(&lease, &snapshot, content("words")))
        .await
        .unwrap();
    assert_eq!(outcome, Outcome::Stored { partial: false });

    let item = library.look(&saved.item).await;
    assert_eq!((item.state, item.reason.as_str()), (ItemState::Stored, ""));
    assert_eq!(item.title.as_deref(), Some("Title of words"));
    let document = library.current_document(OWNER, item.id).await.unwrap().unwrap();
    assert_eq!((document.version, document.snapshot_id), (1, snapshot.id));
    assert_eq!(document.article, article("words"));
    let judgement = library.latest_judgement(OWNER, item.id).await.unwrap().unwrap();
    assert_eq!(
        (judgement.verdict.decision, judgement.verdict.gate_version),
        (Decision::Accept, 3)
    );
    assert_eq!(judgement.verdict.reasons[0].code, "password_field");
    assert_eq!(
        library.latest_snapshot(OWNER, item.id).await.unwrap(),
        Some(snapshot.clone())
    );
    assert_eq!(
        library.blob(snapshot.body_hash.unwrap()).await.unwrap(),
        b"<h1>words</h1>"
    );
    assert_eq!(library.all_changes().await, [(item.id, ChangeOp::Upsert)]);
    assert_eq!(library.audit_actions(&item).await, ["saved", "stored"]);

    let job = library.job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!(
        (job.state, job.outcome, job.attempts),
        (JobState::Done, Some(OutcomeWord::Stored), 1)
    );
    let attempts = library.attempts_of_item(OWNER, item.id).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        (attempts[0].end, attempts[0].stage.as_str()),
        (AttemptEnd::Done, "commit")
    );
    assert_eq!(attempts, library.attempts_of_job(OWNER, job.id).await.unwrap());
}

#[rstest]
#[case(beginning("words"), ItemState::Partial, "")]
#[case(quarantined(), ItemState::Quarantined, "login_wall")]
#[case(rejected(), ItemState::Rejected, "soft_404")]
#[case(link_only(), ItemState::LinkOnly, "gone")]
#[case(failed(), ItemState::Failed, "extraction_crashed")]
#[tokio::test]
async fn every_outcome_leaves_its_state_and_its_reason(
    #[case] conclusion: Conclusion,
    #[case] state: ItemState,
    #[case] reason: &str,
) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", conclusion).await;
    assert_eq!((item.state, item.reason.as_str()), (state, reason));
    assert_eq!(item.message.is_empty(), reason.is_empty());
    let found = library.searchable_items().await.unwrap();
    assert_eq!(found.contains(&item.id), state == ItemState::Partial);
    let ended = if state == ItemState::Failed {
        JobState::Dead
    } else {
        JobState::Done
    };
    assert_eq!(library.jobs_in(ended).await.len(), 1);
    assert_eq!(library.audit_actions(&item).await, ["saved", state.as_str()]);
}

#[tokio::test]
async fn the_same_content_again_is_unchanged_and_makes_no_version() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let changes = library.all_changes().await;
    assert_eq!(
        library.ingest_again(&item, content("words")).await,
        Outcome::Unchanged
    );
    assert_eq!(
        library
            .current_document(OWNER, item.id)
            .await
            .unwrap()
            .unwrap()
            .version,
        1
    );
    assert_eq!(library.all_changes().await, changes);
}

#[tokio::test]
async fn new_content_is_a_new_version() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", beginning("words")).await;
    assert_eq!(
        library
            .ingest_again(&item, content("words and more"))
            .await
            .word(),
        OutcomeWord::Stored
    );
    let document = library.current_document(OWNER, item.id).await.unwrap().unwrap();
    assert_eq!(
        (document.version, document.article.text.as_str()),
        (2, "words and more")
    );
    let put = (item.id, ChangeOp::Upsert);
    assert_eq!(library.all_changes().await, [put, put]);
}

#[rstest]
#[case(content("words"), beginning("words"))]
#[case(content("words"), quarantined())]
#[case(content("words"), rejected())]
#[case(content("words"), link_only())]
#[case(beginning("words"), quarantined())]
#[case(quarantined(), link_only())]
#[case(quarantined(), rejected())]
#[tokio::test]
async fn a_worse_fetch_never_replaces_a_better_result(#[case] better: Conclusion, #[case] worse: Conclusion) {
    let library = Fixture::new();
    let before = library.ingest("example.com/page", better).await;
    let document = library.current_document(OWNER, before.id).await.unwrap();
    let changes = library.all_changes().await;
    assert_eq!(library.ingest_again(&before, worse).await, Outcome::Unchanged);
    assert_eq!(library.look(&before).await, before);
    assert_eq!(
        library.current_document(OWNER, before.id).await.unwrap(),
        document
    );
    assert_eq!(library.all_changes().await, changes);
    let audit = library.audit_actions(&before).await;
    assert_eq!(
        audit[2..],
        ["kept_better", "unchanged"],
        "the worse result is on record"
    );
}

#[rstest]
#[case(content("words"), false)]
#[case(content("words"), true)]
#[case(quarantined(), true)]
#[tokio::test]
async fn our_own_failure_leaves_the_item_as_it_was_and_a_dead_letter(
    #[case] better: Conclusion,
    #[case] again: bool,
) {
    let library = Fixture::new();
    let before = library.ingest("example.com/page", better).await;
    let outcome = if again {
        library.rejudge(&before, failed()).await
    } else {
        library.ingest_again(&before, failed()).await
    };
    assert_eq!(outcome.word(), OutcomeWord::Failed);
    assert_eq!(library.look(&before).await, before);
    let dead = library.jobs_in(JobState::Dead).await;
    assert_eq!(dead[0].reason, "extraction_crashed");
    library.retry_job(OWNER, dead[0].id).await.unwrap();
    assert_eq!(
        library.look(&before).await,
        before,
        "a retry does not touch it either"
    );
}

#[rstest]
#[case(quarantined(), ItemState::Quarantined)]
#[case(rejected(), ItemState::Rejected)]
#[tokio::test]
async fn a_new_verdict_on_the_same_bytes_stands_even_if_it_is_worse(
    #[case] verdict: Conclusion,
    #[case] state: ItemState,
) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.rejudge(&item, verdict).await;
    assert_eq!(library.look(&item).await.state, state);
    assert_eq!(library.searchable_items().await.unwrap(), []);
    assert_eq!(
        library.all_changes().await.last(),
        Some(&(item.id, ChangeOp::Remove))
    );
    assert!(
        library.current_document(OWNER, item.id).await.unwrap().is_some(),
        "nothing is thrown away"
    );
    library.rejudge(&item, content("words")).await;
    assert_eq!(library.searchable_items().await.unwrap(), [item.id]);
}

#[tokio::test]
async fn an_ingestion_that_ends_while_its_item_is_in_the_trash_is_kept_but_not_found() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let lease = library.claim().await;
    library.trash_item(OWNER, saved.item.id).await.unwrap();
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.searchable_items().await.unwrap(), []);
    assert_eq!(
        library
            .index_material(vec![saved.item.id])
            .await
            .unwrap()
            .material,
        []
    );
    library.restore_item(OWNER, saved.item.id).await.unwrap();
    assert_eq!(library.searchable_items().await.unwrap(), [saved.item.id]);
}

/// Everything of an item that a commit could have changed.
async fn everything(library: &Fixture, item: &Item) -> impl PartialEq + std::fmt::Debug {
    (
        library.look(item).await,
        library.current_document(OWNER, item.id).await.unwrap(),
        library.latest_judgement(OWNER, item.id).await.unwrap(),
        library.ingest_material(item.id).await.unwrap().given_html,
        library.audit_of(OWNER, item.id).await.unwrap(),
        library.attempts_of_item(OWNER, item.id).await.unwrap(),
        library.all_changes().await,
        library.jobs_in(JobState::Leased).await,
    )
}

#[rstest]
#[case(content("words"))]
#[case(quarantined())]
#[case(failed())]
#[tokio::test]
async fn a_commit_under_a_lost_lease_changes_nothing(#[case] conclusion: Conclusion) {
    let library = Fixture::new();
    let saved = library.save_with_html("example.com/page", b"given").await;
    let lost = library.claim().await;
    let snapshot = library.snapshot(&lost, 200, b"bytes").await;
    library.clock.advance(2 * MINUTE);
    assert_eq!(library.expire_leases().await.unwrap(), 1);
    let held = library.claim().await;
    assert!(held.token > lost.token);
    let before = everything(&library, &saved.item).await;
    let result = library
        .commit(&lost, commit_of(&lost, &snapshot, conclusion))
        .await;
    assert!(matches!(result, Err(StoreError::LeaseLost)), "{result:?}");
    assert_eq!(everything(&library, &saved.item).await, before);
}

#[rstest]
#[case::deferred(Conclusion::NoContent(Outcome::Deferred { until: crate::fixture::START, reason: String::new(), message: String::new() }))]
#[case::unchanged(Conclusion::NoContent(Outcome::Unchanged))]
#[case::stored_without_content(Conclusion::NoContent(Outcome::Stored { partial: false }))]
#[case::content_without_bytes(content("words"))]
#[case::quarantine_without_a_verdict(quarantined())]
#[tokio::test]
async fn a_conclusion_without_grounds_is_refused_and_changes_nothing(#[case] conclusion: Conclusion) {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let lease = library.claim().await;
    let before = everything(&library, &saved.item).await;
    let result = library
        .commit(&lease, commit_without_bytes(&lease, None, conclusion))
        .await;
    assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    assert_eq!(everything(&library, &saved.item).await, before);
}

#[tokio::test]
async fn a_commit_about_an_unknown_item_is_an_error() {
    let library = Fixture::new();
    library.save("example.com/page").await;
    let lease = library.claim().await;
    let unknown = atlas_domain::ItemId::from_bytes([9; 16]);
    let commit = IngestCommit {
        item_id: unknown,
        ..commit_without_bytes(&lease, None, link_only())
    };
    assert!(matches!(
        library.commit(&lease, commit).await,
        Err(StoreError::NotFound { .. })
    ));
}
