//! What the retention table lets go, when, and what it never touches.

use atlas_domain::{ChangeOp, ItemState, JobKind, JobState, NewJob, Outcome, Snapshot};
use atlas_store::{Conclusion, RetentionPolicy, RetentionReport, StoreError};
use rstest::rstest;

use crate::fixture::{
    DAY, Fixture, MINUTE, OWNER, commit_of, content, failed, link_only, quarantined, rejected,
};

async fn sweep(library: &Fixture) -> RetentionReport {
    library.sweep_retention(RetentionPolicy::default()).await.unwrap()
}

const NOTHING: RetentionReport = RetentionReport {
    items: 0,
    snapshots: 0,
    attempts: 0,
    jobs: 0,
    vaulted: 0,
    cleanups: 0,
};

#[tokio::test]
async fn trash_is_emptied_after_thirty_days_and_leaves_its_audit_trail() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let duplicate = library.ingest("copy.example/", content("words")).await;
    library.ingest_again(&item, content("second version")).await;
    library.save_with_html("example.com/page", b"given").await;
    library
        .change_tags(OWNER, item.id, vec!["tag".to_owned()], vec![])
        .await
        .unwrap();
    library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(30 * DAY);
    assert_eq!(sweep(&library).await.items, 0, "to the last millisecond");
    library.clock.advance(MINUTE);
    assert_eq!(sweep(&library).await.items, 1);
    let gone = library.item(OWNER, item.id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    assert_eq!(library.current_document(OWNER, item.id).await.unwrap(), None);
    assert_eq!(library.attempts_of_item(OWNER, item.id).await.unwrap(), []);
    assert_eq!(
        library.all_changes().await.last(),
        Some(&(item.id, ChangeOp::Remove))
    );
    assert_eq!(library.audit_actions(&item).await.last().unwrap(), "deleted");
    assert_eq!(library.look(&duplicate).await.duplicate_of, None);
    library.check_integrity(library.dir()).await.unwrap();
    let saved = library.save("example.com/page").await;
    assert_ne!(saved.item.id, item.id, "its address is free again");
}

#[tokio::test]
async fn more_than_one_batch_of_trash_is_emptied_in_one_sweep() {
    let library = Fixture::new();
    for number in 0..201 {
        let item = library.save(&format!("example.com/{number}")).await.item;
        library.trash_item(OWNER, item.id).await.unwrap();
    }
    library.clock.advance(31 * DAY);
    assert_eq!(sweep(&library).await.items, 201);
    assert_eq!(library.counts(OWNER).await.unwrap().trashed, 0);
}

#[rstest]
#[case(rejected())]
#[case(link_only())]
#[tokio::test]
async fn bytes_of_junk_and_of_error_answers_go_after_ninety_days_and_their_record_stays(
    #[case] conclusion: Conclusion,
) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", conclusion).await;
    library.clock.advance(90 * DAY);
    assert_eq!(sweep(&library).await.snapshots, 0, "to the last millisecond");
    library.clock.advance(MINUTE);
    let fetched = library.latest_snapshot(OWNER, item.id).await.unwrap().unwrap();
    assert_eq!(sweep(&library).await.snapshots, 1);
    let record = library.latest_snapshot(OWNER, item.id).await.unwrap();
    let without_bytes = Snapshot {
        body_hash: None,
        ..fetched
    };
    assert_eq!(record, Some(without_bytes));
    assert_eq!(library.snapshot_to_reprocess(OWNER, item.id).await.unwrap(), None);
    assert_eq!(library.look(&item).await, item);
    assert!(library.latest_judgement(OWNER, item.id).await.unwrap().is_some());
}

#[tokio::test]
async fn each_item_whose_bytes_go_has_it_on_record_once() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", link_only()).await;
    library.ingest_again(&item, link_only()).await;
    let other = library.ingest("other.example/", rejected()).await;
    let kept = library.ingest("kept.example/", content("words")).await;
    library.clock.advance(91 * DAY);
    assert_eq!(sweep(&library).await.snapshots, 3);
    for (item, detail) in [(&item, "2 pages"), (&other, "1 page ")] {
        let last = library.audit_of(OWNER, item.id).await.unwrap().pop().unwrap();
        assert_eq!(
            (last.actor.as_str(), last.action.as_str(), last.reason.as_str()),
            ("retention", "released", "junk_expired")
        );
        assert!(last.detail.contains(detail), "{}", last.detail);
    }
    assert_eq!(library.audit_actions(&kept).await, ["saved", "stored"]);
    let before = library.audit_of(OWNER, item.id).await.unwrap();
    assert_eq!(sweep(&library).await.snapshots, 0);
    assert_eq!(library.audit_of(OWNER, item.id).await.unwrap(), before);
}

#[rstest]
#[case::of_items_in_the_trash(true)]
#[case::of_blobs(false)]
#[tokio::test]
async fn the_file_shrinks_after_much_of_it_was_let_go(#[case] trash: bool) {
    let library = Fixture::new();
    for number in 0..60 {
        let address = format!("host{number}.example/");
        if trash {
            let text = "long words ".repeat(5_000) + &address;
            let item = library.ingest(&address, content(&text)).await;
            library.trash_item(OWNER, item.id).await.unwrap();
        } else {
            library.save(&address).await;
            let lease = library.claim().await;
            let snapshot = library.snapshot(&lease, 200, &library.noise(60_000)).await;
            library
                .commit(&lease, commit_of(&lease, &snapshot, rejected()))
                .await
                .unwrap();
        }
    }
    let before = library.file_pages();
    // What was in the trash goes to the vault first, which forgets it later.
    for _ in 0..2 {
        library.clock.advance(91 * DAY);
        sweep(&library).await;
    }
    library.collect_blobs(RetentionPolicy::default()).await.unwrap();
    let (after, spare) = (library.file_pages(), 256 + 50);
    assert!(
        before > 800 && after < spare + 200,
        "{before} pages before, {after} after"
    );
    library.check_integrity(library.dir()).await.unwrap();
}

#[tokio::test]
async fn an_error_answer_about_a_stored_page_goes_and_the_pages_own_bytes_stay() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let document = library.current_document(OWNER, item.id).await.unwrap().unwrap();
    assert_eq!(library.ingest_again(&item, link_only()).await, Outcome::Unchanged);
    library.clock.advance(91 * DAY);
    assert_eq!(sweep(&library).await.snapshots, 1);
    let left = library
        .snapshot_to_reprocess(OWNER, item.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(left.id, document.snapshot_id);
}

#[tokio::test]
async fn bytes_that_a_document_was_made_from_stay_even_when_the_page_is_rejected_now() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.rejudge(&item, rejected()).await;
    library.clock.advance(1_000 * DAY);
    assert_eq!(sweep(&library).await.snapshots, 0);
    assert!(library.latest_snapshot(OWNER, item.id).await.unwrap().is_some());
}

#[tokio::test]
async fn attempts_go_after_ninety_days_and_the_job_they_explain_with_them() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let job = library.jobs_in(JobState::Done).await.pop().unwrap();
    library.clock.advance(90 * DAY);
    assert_eq!(sweep(&library).await, NOTHING);
    library.clock.advance(MINUTE);
    assert_eq!(
        sweep(&library).await,
        RetentionReport {
            attempts: 1,
            jobs: 1,
            ..NOTHING
        }
    );
    assert!(library.job(OWNER, job.id).await.is_err());
    assert_eq!(library.attempts_of_item(OWNER, item.id).await.unwrap(), []);
}

#[tokio::test]
async fn ended_jobs_that_explain_no_item_go_after_seven_days() {
    let library = Fixture::new();
    library
        .enqueue_job(NewJob::maintenance(JobKind::SweepRetention))
        .await
        .unwrap();
    let lease = library.claim().await;
    library
        .finish_job(&lease, Outcome::Unchanged, library.attempt())
        .await
        .unwrap();
    let cancelled = library
        .enqueue_job(NewJob::maintenance(JobKind::CollectBlobs))
        .await
        .unwrap();
    library.cancel_job(OWNER, cancelled).await.unwrap();
    library.clock.advance(7 * DAY);
    assert_eq!(sweep(&library).await.jobs, 0);
    library.clock.advance(MINUTE);
    assert_eq!(sweep(&library).await.jobs, 2);
}

#[tokio::test]
async fn a_thousand_years_take_nothing_that_is_kept_for_ever() {
    let library = Fixture::new();
    let noise = library.noise(200_000);
    let saved = library.save_tagged("stored.example/", &["tag"]).await;
    let lease = library.claim().await;
    let snapshot = library.snapshot(&lease, 200, &noise).await;
    library
        .commit(&lease, commit_of(&lease, &snapshot, content("words")))
        .await
        .unwrap();
    let stored = library.look(&saved.item).await;
    library.ingest_again(&stored, content("second version")).await;
    let mut kept = vec![library.look(&stored).await];
    for (address, conclusion) in [
        ("quarantined.example/", quarantined()),
        ("failed.example/", failed()),
        ("duplicate.example/", content("second version")),
        ("rejected.example/", rejected()),
        ("link.example/", link_only()),
    ] {
        kept.push(library.ingest(address, conclusion).await);
    }
    let states: Vec<_> = kept.iter().map(|item| item.state).collect();
    assert_eq!(states[2..4], [ItemState::Failed, ItemState::Duplicate]);
    let given = library.save_with_html("waiting.example/", b"given").await;
    kept.push(given.item.clone());
    let document = library.current_document(OWNER, stored.id).await.unwrap();
    let audit = library.audit_of(OWNER, stored.id).await.unwrap();
    let dead = library.jobs_in(JobState::Dead).await;
    let dead_attempts = library.attempts_of_job(OWNER, dead[0].id).await.unwrap();
    let ready = library.jobs_in(JobState::Ready).await;
    assert_eq!(
        (document.as_ref().unwrap().version, dead.len(), ready.len()),
        (2, 1, 1)
    );

    library.clock.advance(1_000 * 365 * DAY);
    assert_eq!(sweep(&library).await.items, 0);
    library.collect_blobs(RetentionPolicy::default()).await.unwrap();

    for item in &kept {
        assert_eq!(&library.look(item).await, item);
    }
    for item in &kept[..4] {
        let snapshot = library
            .latest_snapshot(OWNER, item.id)
            .await
            .unwrap()
            .expect("its bytes are kept");
        library.blob(snapshot.body_hash.unwrap()).await.unwrap();
    }
    assert_eq!(
        library.blob(snapshot.body_hash.unwrap()).await.unwrap(),
        noise,
        "the first version's bytes"
    );
    assert_eq!(
        library.current_document(OWNER, stored.id).await.unwrap(),
        document
    );
    assert_eq!(library.counts(OWNER).await.unwrap().documents, 2);
    assert_eq!(library.audit_of(OWNER, stored.id).await.unwrap(), audit);
    assert_eq!(library.jobs_in(JobState::Dead).await, dead);
    assert_eq!(
        library.attempts_of_job(OWNER, dead[0].id).await.unwrap(),
        dead_attempts
    );
    assert_eq!(library.jobs_in(JobState::Ready).await, ready);
    let material = library.ingest_material(given.item.id).await.unwrap();
    assert_eq!(
        material.given_html.as_ref().map(|given| &given.bytes[..]),
        Some(&b"given"[..])
    );
}

#[tokio::test]
async fn what_was_deleted_comes_back_whole_from_the_vault_as_long_as_it_is_kept() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.ingest_again(&item, content("second version")).await;
    library.save_with_html("example.com/page", b"given").await;
    let tags = vec!["tag".to_owned()];
    library
        .change_tags(OWNER, item.id, tags.clone(), vec![])
        .await
        .unwrap();
    let before = library.current_document(OWNER, item.id).await.unwrap();
    let trashed = library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(31 * DAY);
    assert_eq!(sweep(&library).await.items, 1);
    let vault = library.vault(OWNER, 10, None).await.unwrap();
    assert_eq!((vault.items.len(), vault.items[0].id), (1, item.id));
    library.collect_blobs(RetentionPolicy::default()).await.unwrap();

    library.clock.advance(80 * DAY);
    sweep(&library).await;
    let back = library.restore_item(OWNER, item.id).await.unwrap();
    assert_eq!(
        (back.state, back.trashed_at, &back.tags),
        (trashed.state, None, &tags)
    );
    assert_eq!((back.saved_at, back.title), (trashed.saved_at, trashed.title));
    assert_eq!(library.current_document(OWNER, item.id).await.unwrap(), before);
    assert_eq!(library.searchable_items().await.unwrap(), [item.id]);
    assert!(
        library
            .ingest_material(item.id)
            .await
            .unwrap()
            .given_html
            .is_some()
    );
    assert_eq!(library.vault(OWNER, 10, None).await.unwrap().items, []);
    assert_eq!(library.audit_actions(&item).await.last().unwrap(), "restored");
    library.check_integrity(library.dir()).await.unwrap();
}

#[tokio::test]
async fn the_vault_forgets_after_ninety_days() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(31 * DAY);
    sweep(&library).await;
    library.clock.advance(90 * DAY);
    assert_eq!(sweep(&library).await.vaulted, 0, "to the last millisecond");
    library.clock.advance(MINUTE);
    assert_eq!(sweep(&library).await.vaulted, 1);
    let gone = library.restore_item(OWNER, item.id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    assert!(library.collect_blobs(RetentionPolicy::default()).await.unwrap() > 0);
}

#[tokio::test]
async fn what_comes_back_takes_no_address_from_anybody() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library.trash_item(OWNER, item.id).await.unwrap();
    library.clock.advance(31 * DAY);
    sweep(&library).await;
    let other = library.ingest("example.com/page", content("other words")).await;
    let refused = library.restore_item(OWNER, item.id).await.unwrap_err();
    assert!(refused.to_string().contains(&other.id.to_string()), "{refused}");
    assert_eq!(library.look(&other).await, other);
    assert_eq!(library.vault(OWNER, 10, None).await.unwrap().items.len(), 1);
}
