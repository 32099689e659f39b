//! Suspected junk, and the owner's word on it.

use atlas_domain::{AttemptEnd, Item, ItemState, JobKind, JobState, JunkClass};
use atlas_store::{Conclusion, RetentionPolicy, StoreError};
use rstest::rstest;

use crate::fixture::{DAY, Fixture, OWNER, commit_of, content, failed, link_only, quarantined, rejected};

async fn listed(library: &Fixture) -> Vec<Item> {
    let quarantine = library.list_quarantine(OWNER, 50, None).await.unwrap();
    quarantine.items.into_iter().map(|entry| entry.item).collect()
}

#[tokio::test]
async fn the_quarantine_lists_each_item_with_what_led_there_the_newest_first() {
    let library = Fixture::new();
    let first = library.ingest("a.example/", quarantined()).await;
    let second = library.ingest("b.example/", quarantined()).await;
    let trashed = library.ingest("c.example/", quarantined()).await;
    library.trash_item(OWNER, trashed.id).await.unwrap();
    library.ingest("d.example/", content("words")).await;
    assert_eq!(listed(&library).await, [second, first.clone()]);
    let page = library.list_quarantine(OWNER, 50, None).await.unwrap();
    assert_eq!((page.total, &page.next), (2, &None));
    let verdict = &page.items[1].judgement.verdict;
    assert_eq!(verdict.class, Some(JunkClass::LoginWall));
    assert_eq!(verdict.reasons[0].evidence, "1 password field");
    let newest = library.list_quarantine(OWNER, 1, None).await.unwrap();
    assert_eq!((newest.total, &newest.items[..]), (2, &page.items[..1]));
    let rest = library.list_quarantine(OWNER, 1, newest.next).await.unwrap();
    assert_eq!((&rest.items[..], rest.next), (&page.items[1..], None));
    let refused = library
        .list_quarantine(OWNER, 1, Some("page two".to_owned()))
        .await;
    assert!(matches!(refused, Err(StoreError::BadCursor(_))));
}

#[rstest]
#[case(quarantined())]
#[case(rejected())]
#[tokio::test]
async fn keeping_processes_the_stored_bytes_again_in_the_owners_favour(#[case] conclusion: Conclusion) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", conclusion).await;
    let (kept, job) = library.keep_quarantined(OWNER, item.id).await.unwrap();
    assert!(kept.keep_always);
    assert_eq!(
        library.keep_quarantined(OWNER, item.id).await.unwrap().1,
        job,
        "once is enough"
    );
    let lease = library.claim().await;
    assert_eq!((lease.job.id, lease.job.kind), (job, JobKind::ReprocessItem));
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.look(&item).await.state, ItemState::Stored);
    assert_eq!(listed(&library).await, []);
    assert_eq!(
        library.audit_actions(&item).await[2..],
        ["kept", "kept", "stored"]
    );
}

#[tokio::test]
async fn keeping_counts_even_when_a_run_that_does_not_know_it_is_under_way() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", quarantined()).await;
    let unknowing = library.lease_for(&item).await;
    let (_, job) = library.keep_quarantined(OWNER, item.id).await.unwrap();
    let knowing = library.claim().await;
    assert_eq!(knowing.job.id, job);
    assert_ne!(knowing.job.id, unknowing.job.id);
    let interrupted = library.job(OWNER, unknowing.job.id).await.unwrap();
    let tries = library.attempts_of_job(OWNER, unknowing.job.id).await.unwrap();
    for told in [&interrupted.message, &tries[0].message] {
        assert_eq!(told, "the owner says that this is content: it is processed anew");
    }
    let late = library
        .finish_job(&unknowing, atlas_domain::Outcome::Unchanged, library.attempt())
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let again = library.keep_quarantined(OWNER, item.id).await.unwrap().1;
    assert_eq!(again, job, "once is enough");
    library.conclude(&knowing, content("words")).await;
    assert_eq!(library.look(&item).await.state, ItemState::Stored);
}

#[tokio::test]
async fn dropping_leaves_a_rejected_link() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", quarantined()).await;
    let dropped = library.drop_quarantined(OWNER, item.id).await.unwrap();
    assert_eq!(
        (dropped.state, dropped.reason),
        (ItemState::Rejected, item.reason.clone())
    );
    assert_eq!(listed(&library).await, []);
    assert_eq!(library.audit_actions(&item).await.last().unwrap(), "dropped");
}

#[tokio::test]
async fn dropping_calls_off_an_earlier_keep() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", quarantined()).await;
    let (_, job) = library.keep_quarantined(OWNER, item.id).await.unwrap();
    let dropped = library.drop_quarantined(OWNER, item.id).await.unwrap();
    assert!(!dropped.keep_always);
    assert_eq!(library.job(OWNER, job).await.unwrap().state, JobState::Cancelled);
    assert_eq!(library.claim_up_to(10).await, []);
}

#[rstest]
#[case::keep(true)]
#[case::add_again(false)]
#[tokio::test]
async fn dropping_counts_even_when_what_it_calls_off_is_under_way(#[case] keep: bool) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", quarantined()).await;
    if keep {
        library.keep_quarantined(OWNER, item.id).await.unwrap();
    } else {
        library.save("example.com/page").await;
    }
    let running = library.claim().await;
    let snapshot = library.snapshot(&running, 200, b"words").await;
    let dropped = library.drop_quarantined(OWNER, item.id).await.unwrap();
    let held = vec![(running.job.id, running.token)];
    assert_eq!(
        library.heartbeat(held, crate::fixture::LEASE).await.unwrap(),
        [running.job.id],
        "whoever runs it is told"
    );
    let late = library
        .commit(&running, commit_of(&running, &snapshot, content("words")))
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert_eq!(library.look(&item).await, dropped);
    assert_eq!(dropped.state, ItemState::Rejected);
    assert_eq!(library.searchable_items().await.unwrap(), []);
    let job = library.job(OWNER, running.job.id).await.unwrap();
    assert_eq!(
        (job.state, job.reason.as_str()),
        (JobState::Cancelled, "cancelled")
    );
    let attempt = library
        .attempts_of_job(OWNER, job.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(attempt.end, AttemptEnd::Cancelled);
    let (_, again) = library.keep_quarantined(OWNER, item.id).await.unwrap();
    assert_eq!(library.claim().await.job.id, again, "the key is free again");
}

#[tokio::test]
async fn a_dropped_item_can_be_kept_after_all_for_as_long_as_rejected_bytes_are_kept() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", quarantined()).await;
    library.clock.advance(100 * DAY);
    library.drop_quarantined(OWNER, item.id).await.unwrap();
    library.clock.advance(80 * DAY);
    library.sweep_retention(RetentionPolicy::default()).await.unwrap();
    assert!(library.latest_snapshot(OWNER, item.id).await.unwrap().is_some());
    let (_, job) = library.keep_quarantined(OWNER, item.id).await.unwrap();
    assert_eq!(library.claim().await.job.id, job);
}

#[tokio::test]
async fn what_was_dropped_stays_so_until_the_owner_wants_it_looked_at_again() {
    let library = Fixture::new();
    let junk = library.ingest("example.com/junk", rejected()).await;
    assert!(
        !library.is_dropped(OWNER, junk.id).await.unwrap(),
        "the gate said so, not the owner"
    );
    let item = library.ingest("example.com/page", quarantined()).await;
    library.drop_quarantined(OWNER, item.id).await.unwrap();
    assert!(library.is_dropped(OWNER, item.id).await.unwrap());
    library.keep_quarantined(OWNER, item.id).await.unwrap();
    assert!(!library.is_dropped(OWNER, item.id).await.unwrap(), "kept");
    let lease = library.claim().await;
    library.conclude(&lease, quarantined()).await;
    library.drop_quarantined(OWNER, item.id).await.unwrap();
    assert!(library.is_dropped(OWNER, item.id).await.unwrap());
    library.save("example.com/page").await;
    assert!(!library.is_dropped(OWNER, item.id).await.unwrap(), "saved again");
}

#[rstest]
#[case(content("words"))]
#[case(link_only())]
#[case(failed())]
#[tokio::test]
async fn what_is_not_in_quarantine_can_be_neither_kept_nor_dropped(#[case] conclusion: Conclusion) {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", conclusion).await;
    let kept = library.keep_quarantined(OWNER, item.id).await;
    assert!(matches!(kept, Err(StoreError::Conflict(_))), "{kept:?}");
    let dropped = library.drop_quarantined(OWNER, item.id).await;
    assert!(matches!(dropped, Err(StoreError::Conflict(_))), "{dropped:?}");
    assert_eq!(library.look(&item).await, item);
}
