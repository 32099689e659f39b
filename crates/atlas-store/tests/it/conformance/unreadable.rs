//! One damaged row costs one item, and it is named: everything else is listed, found and exported as before.

use atlas_domain::{Item, ItemId, ItemState, JobKind, JobState, Outcome, UserId};
use atlas_store::{CancelledJob, IndexMaterialPage, ItemFilter, JobFilter, StoreError, UnreadableItem};
use rstest::rstest;

use crate::fixture::{Fixture, LEASE, OWNER, content, quarantined};

const WRONG_SHAPE: &str = r#"UPDATE document SET metadata = '{"title": 5}'
    WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)"#;
const NO_JSON: &str =
    "UPDATE document SET metadata = 'garbage' WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_TEXT: &str = "UPDATE document SET text = CAST(x'61ff62' AS TEXT) WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_ZSTD: &str = "UPDATE document SET markdown = substr(markdown, 1, 10)
    WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";
const NO_NAME: &str = "UPDATE item SET message = CAST(x'ff' AS TEXT) WHERE uuid = ?1";
const NO_STATE: &str = "UPDATE item SET state = 'petrified' WHERE uuid = ?1";
const NO_ID: &str = "UPDATE item SET uuid = x'00' WHERE uuid = ?1";

async fn three_items() -> (Fixture, [Item; 3]) {
    let library = Fixture::new();
    let first = library.ingest("a.example/", content("one")).await;
    let second = library.ingest("b.example/", content("two")).await;
    let third = library.ingest("c.example/", content("three")).await;
    (library, [first, second, third])
}

fn ids_of(page: &IndexMaterialPage) -> Vec<ItemId> {
    page.material.iter().map(|material| material.item.id).collect()
}

#[rstest]
#[case(WRONG_SHAPE)]
#[case(NO_JSON)]
#[case(NO_TEXT)]
#[case(NO_NAME)]
#[tokio::test]
async fn the_index_gets_all_others_and_the_name_of_the_damaged_one(#[case] damage: &str) {
    let (library, [first, damaged, third]) = three_items().await;
    library.damage(&damaged, damage);
    let page = library
        .index_material(vec![first.id, damaged.id, third.id])
        .await
        .unwrap();
    assert_eq!(ids_of(&page), [first.id, third.id]);
    assert_eq!(page.remaining, []);
    assert_eq!(page.unreadable.len(), 1);
    let (item, reason) = &page.unreadable[0];
    assert_eq!(*item, damaged.id);
    assert!(reason.contains("cannot be read"), "{reason}");
}

/// What a list says of the damaged item: its id if that can be read, else its row.
fn assert_names(named: &UnreadableItem, damaged: &Item, has_id: bool) {
    assert_eq!(named.id, Some(damaged.id).filter(|_| has_id));
    assert!(named.problem.contains("cannot be read"), "{}", named.problem);
    assert_eq!(
        named.problem.contains("row 2 of `item`"),
        !has_id,
        "{}",
        named.problem
    );
}

#[rstest]
#[case(NO_NAME, true)]
#[case(NO_STATE, true)]
#[case(NO_ID, false)]
#[tokio::test]
async fn a_list_has_all_others_and_names_the_damaged_one(#[case] damage: &str, #[case] has_id: bool) {
    let (library, [first, damaged, third]) = three_items().await;
    library.damage(&damaged, damage);
    let page = library.list_items(OWNER, ItemFilter::default()).await.unwrap();
    assert_eq!(page.items, [third.clone(), first.clone()]);
    assert_eq!(page.unreadable.len(), 1);
    assert_names(&page.unreadable[0], &damaged, has_id);
    assert_eq!(page.total, Some(3));

    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let filter = ItemFilter {
            limit: 1,
            after,
            ..ItemFilter::default()
        };
        let page = library.list_items(OWNER, filter).await.unwrap();
        pages.extend(page.items.iter().map(|item| Some(item.id)));
        pages.extend(page.unreadable.iter().map(|item| item.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        pages,
        [
            Some(third.id),
            Some(damaged.id).filter(|_| has_id),
            Some(first.id)
        ],
        "page by page nothing is left out"
    );
}

#[rstest]
#[case(WRONG_SHAPE)]
#[case(NO_TEXT)]
#[case(NO_ZSTD)]
#[tokio::test]
async fn a_damaged_document_says_so_and_its_item_is_still_there(#[case] damage: &str) {
    let (library, [first, damaged, _]) = three_items().await;
    library.damage(&damaged, damage);
    let document = library.current_document(OWNER, damaged.id).await;
    assert!(matches!(document, Err(StoreError::Unreadable(_))), "{document:?}");
    assert_eq!(library.look(&damaged).await, damaged);
    assert!(library.current_document(OWNER, first.id).await.unwrap().is_some());
}

#[rstest]
#[case(WRONG_SHAPE)]
#[case(NO_TEXT)]
#[case(NO_ZSTD)]
#[tokio::test]
async fn a_damaged_document_is_replaced_by_the_next_run_of_its_item(#[case] damage: &str) {
    let (library, [_, damaged, _]) = three_items().await;
    library.damage(&damaged, damage);
    let outcome = library.ingest_again(&damaged, content("two")).await;
    assert_eq!(outcome, Outcome::Stored { partial: false });
    let document = library
        .current_document(OWNER, damaged.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((document.version, document.article.text.as_str()), (2, "two"));
}

const UNKNOWN_KIND: &str = "UPDATE job SET kind = 'divine' WHERE item_uuid = ?1";
const JOB_NO_TEXT: &str = "UPDATE job SET message = CAST(x'ff' AS TEXT) WHERE item_uuid = ?1";
const JOB_NO_NAME: &str = "UPDATE job SET uuid = x'00' WHERE item_uuid = ?1";

/// The damaged job is given up, its item says so, and whoever comes next gets the other one.
async fn assert_given_up(library: &Fixture, damaged: &Item) {
    let item = library.look(damaged).await;
    assert_eq!(
        (item.state, item.reason.as_str()),
        (ItemState::Failed, "unreadable")
    );
    assert_eq!(library.audit_actions(&item).await, ["saved", "failed"]);
    let dead = library.counts(OWNER).await.unwrap().jobs;
    assert!(dead.contains(&(JobState::Dead, 1)), "{dead:?}");
}

#[rstest]
#[case(UNKNOWN_KIND)]
#[case(JOB_NO_TEXT)]
#[case(JOB_NO_NAME)]
#[tokio::test]
async fn a_damaged_job_at_the_head_of_the_queue_holds_up_nobody(#[case] damage: &str) {
    let library = Fixture::new();
    let damaged = library.save("a.example/").await.item;
    let other = library.save("b.example/").await.job.unwrap();
    library.damage(&damaged, damage);
    let claimed = library.claim_up_to(10).await;
    assert_eq!(
        claimed.iter().map(|lease| lease.job.id).collect::<Vec<_>>(),
        [other]
    );
    assert_given_up(&library, &damaged).await;
}

#[rstest]
#[case(UNKNOWN_KIND)]
#[case(JOB_NO_TEXT)]
#[tokio::test]
async fn a_damaged_job_that_runs_out_or_is_interrupted_is_given_up_alone(
    #[case] damage: &str,
    #[values(false, true)] process_ends: bool,
) {
    let library = Fixture::new();
    let damaged = library.save("a.example/").await.item;
    let other = library.save("b.example/").await.job.unwrap();
    library.claim_up_to(2).await;
    library.damage(&damaged, damage);
    let library = if process_ends {
        let library = library.reopen().await;
        assert_eq!(library.recover_interrupted_jobs().await.unwrap().interrupted, 1);
        library
    } else {
        library.clock.advance(2 * LEASE);
        assert_eq!(library.expire_leases().await.unwrap(), 1);
        library
    };
    assert_eq!(library.claim().await.job.id, other);
    assert_given_up(&library, &damaged).await;
}

const JOB_NO_KIND: &str = "UPDATE job SET kind = CAST(x'ff' AS TEXT) WHERE item_uuid = ?1";
const JOB_NO_STATE: &str = "UPDATE job SET state = 'petrified' WHERE item_uuid = ?1";

#[rstest]
#[case(UNKNOWN_KIND, "divine", "ready", true)]
#[case(JOB_NO_TEXT, "ingest_item", "ready", true)]
#[case(JOB_NO_NAME, "ingest_item", "ready", false)]
#[case(JOB_NO_KIND, "\u{fffd}", "ready", true)]
#[case(JOB_NO_STATE, "ingest_item", "petrified", true)]
#[tokio::test]
async fn a_list_of_jobs_has_all_others_and_names_the_damaged_one(
    #[case] damage: &str,
    #[case] kind: &str,
    #[case] state: &str,
    #[case] has_name: bool,
) {
    let library = Fixture::new();
    let first = library.save("a.example/").await.job.unwrap();
    let damaged = library.save("b.example/").await;
    let third = library.save("c.example/").await.job.unwrap();
    library.damage(&damaged.item, damage);
    let page = library.list_jobs(OWNER, JobFilter::default()).await.unwrap();
    assert_eq!(
        page.jobs.iter().map(|job| job.id).collect::<Vec<_>>(),
        [third, first]
    );
    assert_eq!((page.total, page.unreadable.len()), (3, 1));
    let named = &page.unreadable[0];
    assert_eq!((named.kind.as_str(), named.state.as_str()), (kind, state));
    assert_eq!(named.id, damaged.job.filter(|_| has_name));
    assert!(named.problem.contains("cannot be read"), "{}", named.problem);

    let (mut listed, mut after) = (0, None);
    loop {
        let filter = JobFilter {
            limit: 1,
            after,
            ..JobFilter::default()
        };
        let page = library.list_jobs(OWNER, filter).await.unwrap();
        assert_eq!(page.jobs.len() + page.unreadable.len(), 1);
        listed += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, 3, "page by page nothing is left out");
}

#[tokio::test]
async fn a_job_of_an_unknown_kind_is_listed_where_it_stands_and_under_no_other_kind() {
    let library = Fixture::new();
    let damaged = library.save("a.example/").await.item;
    library.damage(&damaged, UNKNOWN_KIND);
    assert_eq!(library.claim_up_to(10).await, []);
    let named = async |state, kind| {
        let filter = JobFilter {
            state,
            kind,
            ..JobFilter::default()
        };
        let page = library.list_jobs(OWNER, filter).await.unwrap();
        assert_eq!(page.total, page.unreadable.len() as u64);
        page.unreadable.len()
    };
    assert_eq!(named(Some(JobState::Dead), None).await, 1, "its turn has come");
    assert_eq!(named(Some(JobState::Ready), None).await, 0);
    assert_eq!(named(None, Some(JobKind::IngestItem)).await, 0);
}

#[rstest]
#[case::waiting(false)]
#[case::dead(true)]
#[tokio::test]
async fn a_job_that_cannot_be_read_can_be_called_off_and_is_not_tried_again(#[case] is_dead: bool) {
    let library = Fixture::new();
    let damaged = library.save("a.example/").await;
    let job = damaged.job.unwrap();
    library.damage(&damaged.item, UNKNOWN_KIND);
    if is_dead {
        assert_eq!(library.claim_up_to(10).await, []);
        let refused = library.retry_job(OWNER, job).await;
        let Err(StoreError::Conflict(message)) = refused else {
            panic!("{refused:?}");
        };
        assert!(message.contains("divine"), "{message}");
        assert!(
            message.contains(&format!("`atlas job cancel {job}`")),
            "{message}"
        );
    }
    let stranger = library.cancel_job(UserId(2), job).await;
    assert!(
        matches!(stranger, Err(StoreError::NotFound { .. })),
        "{stranger:?}"
    );
    let cancelled = library.cancel_job(OWNER, job).await.unwrap();
    let CancelledJob::Unreadable(left) = cancelled else {
        panic!("{cancelled:?}");
    };
    assert_eq!(
        (left.id, left.kind.as_str(), left.state.as_str()),
        (Some(job), "divine", "cancelled")
    );
    assert_eq!(library.claim_up_to(10).await, []);
    let jobs = library.counts(OWNER).await.unwrap().jobs;
    assert!(jobs.contains(&(JobState::Cancelled, 1)), "{jobs:?}");
    let item = library.look(&damaged.item).await;
    let because = if is_dead { "unreadable" } else { "cancelled" };
    assert_eq!((item.state, item.reason.as_str()), (ItemState::Failed, because));
    let audit = library.audit_actions(&item).await;
    assert!(audit.contains(&"cancelled".to_owned()), "{audit:?}");
    let again = library.cancel_job(OWNER, job).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
}

#[tokio::test]
async fn a_job_whose_damage_is_written_over_when_it_is_called_off_is_whole_again() {
    let library = Fixture::new();
    let damaged = library.save("a.example/").await;
    library.damage(&damaged.item, JOB_NO_TEXT);
    let cancelled = library.call_off(OWNER, damaged.job.unwrap()).await.unwrap();
    assert_eq!(cancelled.state, JobState::Cancelled);
}

#[rstest]
#[case(NO_STATE, JOB_NO_KIND, 0)]
#[case(
    "UPDATE item SET state = CAST(x'ff' AS TEXT) WHERE uuid = ?1",
    JOB_NO_STATE,
    1
)]
#[tokio::test]
async fn an_unknown_state_is_counted_and_costs_no_other_count(
    #[case] of_item: &str,
    #[case] of_job: &str,
    #[case] jobs: u64,
) {
    let (library, [_, damaged, _]) = three_items().await;
    library.save("d.example/").await;
    library.damage(&damaged, of_item);
    library.damage(&damaged, of_job);
    let counts = library.counts(OWNER).await.unwrap();
    assert!(
        counts.items.contains(&(ItemState::Stored, 2)),
        "{:?}",
        counts.items
    );
    assert!(counts.jobs.contains(&(JobState::Ready, 1)), "{:?}", counts.jobs);
    assert_eq!((counts.unreadable_items, counts.unreadable_jobs), (1, jobs));
}

const NO_REASONS: &str =
    "UPDATE judgement SET reasons = '[5]' WHERE item_id = (SELECT id FROM item WHERE uuid = ?1)";

#[rstest]
#[case(NO_NAME, true)]
#[case(NO_REASONS, true)]
#[case(NO_ID, false)]
#[tokio::test]
async fn the_quarantine_has_all_others_and_names_the_damaged_one(#[case] damage: &str, #[case] has_id: bool) {
    let library = Fixture::new();
    let first = library.ingest("a.example/", quarantined()).await;
    let damaged = library.ingest("b.example/", quarantined()).await;
    let third = library.ingest("c.example/", quarantined()).await;
    library.damage(&damaged, damage);
    let page = library.list_quarantine(OWNER, 50, None).await.unwrap();
    let readable: Vec<_> = page.items.iter().map(|entry| entry.item.id).collect();
    assert_eq!(readable, [third.id, first.id]);
    assert_eq!(page.unreadable.len(), 1);
    assert_names(&page.unreadable[0], &damaged, has_id);
    assert_eq!((page.total, page.next), (3, None));

    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = library.list_quarantine(OWNER, 1, after).await.unwrap();
        pages.extend(page.items.iter().map(|entry| Some(entry.item.id)));
        pages.extend(page.unreadable.iter().map(|item| item.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        pages,
        [
            Some(third.id),
            Some(damaged.id).filter(|_| has_id),
            Some(first.id)
        ],
        "page by page nothing is left out"
    );
}
