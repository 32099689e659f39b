//! The queue: what is enqueued, in which order it is claimed, and the owner's word on it.

use atlas_domain::{ItemState, Job, JobKind, JobState, NewJob};
use atlas_store::{JobFilter, JobScope, Places, StoreError};

use crate::fixture::{Fixture, LEASE, MINUTE, OWNER, content, failed};

fn of_priority(priority: i32, unique_key: &str) -> NewJob {
    NewJob {
        priority,
        unique_key: Some(unique_key.to_owned()),
        ..NewJob::maintenance(JobKind::SweepRetention)
    }
}

fn ids(jobs: &[Job]) -> Vec<atlas_domain::JobId> {
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn jobs_are_claimed_by_priority_and_then_by_age() {
    let library = Fixture::new();
    for (priority, key) in [(300, "slow"), (100, "old"), (100, "young"), (50, "urgent")] {
        library.enqueue_job(of_priority(priority, key)).await.unwrap();
        library.clock.advance(MINUTE);
    }
    let order: Vec<_> = library
        .claim_up_to(10)
        .await
        .iter()
        .map(|lease| lease.job.unique_key.clone().unwrap())
        .collect();
    assert_eq!(order, ["urgent", "old", "young", "slow"]);
}

#[tokio::test]
async fn a_claim_takes_no_more_than_it_asked_for_and_nothing_before_its_time() {
    let library = Fixture::new();
    for key in ["a", "b", "c"] {
        library.enqueue_job(of_priority(1, key)).await.unwrap();
    }
    let claimed = library.claim_up_to(2).await;
    assert_eq!(claimed.len(), 2);
    library
        .postpone_job(&claimed[0], library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    assert_eq!(
        library.claim_up_to(10).await.len(),
        1,
        "the third; the postponed one is not due"
    );
    assert_eq!(
        library.next_due(JobScope::All, &[]).await.unwrap(),
        Some(library.now().after(60 * MINUTE))
    );
    library.clock.advance(60 * MINUTE);
    assert_eq!(library.claim_up_to(10).await.len(), 1);
    assert_eq!(library.next_due(JobScope::All, &[]).await.unwrap(), None);
}

#[tokio::test]
async fn a_kind_without_a_place_is_passed_over_and_one_with_few_gets_no_more() {
    let library = Fixture::new();
    for page in 0..3 {
        library.save(&format!("{page}.example/")).await;
    }
    let sweep = library.enqueue_job(of_priority(300, "sweep")).await.unwrap();
    let places = |pages| Places::from(10).at_most(JobKind::IngestItem, pages);

    let claimed = library
        .claim_jobs("worker", JobScope::All, places(0), LEASE)
        .await;
    let claimed: Vec<_> = claimed.unwrap().iter().map(|lease| lease.job.id).collect();
    assert_eq!(claimed, [sweep]);
    let one = library
        .claim_jobs("worker", JobScope::All, places(1), LEASE)
        .await;
    assert_eq!(one.unwrap().len(), 1);

    let resting = [JobKind::IngestItem];
    let due = library.next_due(JobScope::All, &resting).await.unwrap();
    assert_eq!(due, None, "two pages are due, and rest");
    assert!(library.next_due(JobScope::All, &[]).await.unwrap().is_some());
}

#[tokio::test]
async fn a_suspect_of_a_kind_that_rests_keeps_nobody_waiting_and_stays_a_suspect() {
    let library = Fixture::new();
    let page = library.save("a.example/").await.job.unwrap();
    let lease = library.claim_job(page).await;
    library.enter_risky_stage(&lease, "extract").await.unwrap();
    library.recover_interrupted_jobs().await.unwrap();
    let sweep = library.enqueue_job(of_priority(300, "sweep")).await.unwrap();
    let without_pages = Places::from(10).at_most(JobKind::IngestItem, 0);

    let claimed = library
        .claim_jobs("worker", JobScope::All, without_pages, LEASE)
        .await
        .unwrap();
    assert_eq!(claimed[0].job.id, sweep);
    library.release_job(&claimed[0]).await.unwrap();
    let suspect = library.claim().await;
    assert!(suspect.suspect && suspect.job.id == page);
    library.release_job(&suspect).await.unwrap();
    assert!(library.claim().await.suspect, "being given back clears nothing");
}

#[tokio::test]
async fn at_most_two_jobs_of_one_host_run_at_once() {
    let library = Fixture::new();
    for page in 0..4 {
        library.save(&format!("busy.example/{page}")).await;
    }
    library.save("other.example/").await;
    let claimed = library.claim_up_to(10).await;
    let hosts: Vec<_> = claimed
        .iter()
        .filter_map(|lease| lease.job.group_key.as_deref())
        .collect();
    assert_eq!(hosts, ["busy.example", "busy.example", "other.example"]);
    assert_eq!(library.claim_up_to(10).await, []);
    library.conclude(&claimed[0], content("words")).await;
    assert_eq!(library.claim_up_to(10).await.len(), 1, "a place became free");
}

#[tokio::test]
async fn a_unique_key_names_one_live_job_and_is_free_again_when_it_ended() {
    let library = Fixture::new();
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    let first = library.enqueue_job(sweep.clone()).await.unwrap();
    assert_eq!(library.enqueue_job(sweep.clone()).await.unwrap(), first);
    let lease = library.claim().await;
    assert_eq!(
        library.enqueue_job(sweep.clone()).await.unwrap(),
        first,
        "running is live too"
    );
    let done = atlas_domain::Outcome::Unchanged;
    library.finish_job(&lease, done, library.attempt()).await.unwrap();
    assert_ne!(library.enqueue_job(sweep).await.unwrap(), first);
}

#[tokio::test]
async fn jobs_are_listed_by_state_and_kind_the_last_changed_first() {
    let library = Fixture::new();
    library.ingest("a.example/", failed()).await;
    library.clock.advance(MINUTE);
    let saved = library.save("b.example/").await;
    library.clock.advance(MINUTE);
    let sweep = library
        .enqueue_job(NewJob::maintenance(JobKind::SweepRetention))
        .await
        .unwrap();
    let dead = library.jobs_in(JobState::Dead).await;
    let list = async |filter: JobFilter| ids(&library.list_jobs(OWNER, filter).await.unwrap().jobs);
    let all = [sweep, saved.job.unwrap(), dead[0].id];
    assert_eq!(list(JobFilter::default()).await, all);
    assert_eq!(
        list(JobFilter {
            limit: 1,
            ..JobFilter::default()
        })
        .await,
        all[..1]
    );
    let ingests = JobFilter {
        kind: Some(JobKind::IngestItem),
        ..JobFilter::default()
    };
    assert_eq!(list(ingests).await, all[1..]);
    assert_eq!(ids(&library.jobs_in(JobState::Ready).await), all[..2]);
}

#[tokio::test]
async fn pages_of_jobs_hold_each_once_also_those_that_changed_at_the_same_time() {
    let library = Fixture::new();
    for n in 0..5 {
        library.save(&format!("{n}.example/")).await;
        if n == 2 {
            library.clock.advance(MINUTE);
        }
    }
    library.ingest("done.example/", content("words")).await;
    let all = ids(&library.list_jobs(OWNER, JobFilter::default()).await.unwrap().jobs);
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let filter = JobFilter {
            limit: 2,
            after,
            ..JobFilter::default()
        };
        let page = library.list_jobs(OWNER, filter).await.unwrap();
        assert_eq!(page.total, 6);
        assert!(!page.jobs.is_empty(), "a page that was announced is not empty");
        listed.extend(ids(&page.jobs));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, all);
    for cursor in ["7", "1-x", ""] {
        let filter = JobFilter {
            after: Some(cursor.to_owned()),
            ..JobFilter::default()
        };
        let refused = library.list_jobs(OWNER, filter).await;
        assert!(matches!(refused, Err(StoreError::BadCursor(_))), "{cursor}");
    }
}

#[tokio::test]
async fn a_dead_job_that_is_retried_starts_over() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", failed()).await;
    let dead = library.jobs_in(JobState::Dead).await.pop().unwrap();
    assert_eq!(
        (item.state, dead.reason.as_str()),
        (ItemState::Failed, "extraction_crashed")
    );
    library.clock.advance(MINUTE);
    let retried = library.retry_job(OWNER, dead.id).await.unwrap();
    assert_eq!(
        (retried.state, retried.attempts, retried.run_at),
        (JobState::Ready, 0, library.now())
    );
    assert_eq!(
        (retried.outcome, retried.reason.as_str(), retried.message.as_str()),
        (None, "", "")
    );
    let waiting = library.look(&item).await;
    assert_eq!((waiting.state, waiting.reason.as_str()), (ItemState::Queued, ""));
    assert_eq!(library.audit_actions(&item).await, ["saved", "failed", "retried"]);
    let lease = library.claim().await;
    library.conclude(&lease, content("words")).await;
    assert_eq!(library.look(&item).await.state, ItemState::Stored);
}

#[tokio::test]
async fn a_cancelled_job_runs_no_more_until_it_is_retried() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let cancelled = library.call_off(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!(cancelled.state, JobState::Cancelled);
    assert_eq!(library.claim_up_to(10).await, []);
    let item = library.look(&saved.item).await;
    assert_eq!(
        (item.state, item.reason.as_str()),
        (ItemState::Failed, "cancelled")
    );
    assert_eq!(
        library.audit_actions(&item).await,
        ["saved", "cancelled", "failed"]
    );
    library.retry_job(OWNER, cancelled.id).await.unwrap();
    assert_eq!(library.look(&item).await.state, ItemState::Queued);
    assert_eq!(library.claim().await.job.id, cancelled.id);
}

#[tokio::test]
async fn a_running_job_that_is_cancelled_commits_nothing_any_more() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let running = library.claim().await;
    let cancelled = library.call_off(OWNER, running.job.id).await.unwrap();
    assert_eq!(
        (cancelled.state, cancelled.reason.as_str()),
        (JobState::Cancelled, "cancelled")
    );
    let held = vec![(running.job.id, running.token)];
    assert_eq!(library.heartbeat(held, MINUTE).await.unwrap(), [running.job.id]);
    let late = library
        .finish_job(&running, atlas_domain::Outcome::Unchanged, library.attempt())
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert_eq!(library.look(&saved.item).await.state, ItemState::Failed);
    assert_eq!(library.claim_up_to(10).await, []);
}

#[tokio::test]
async fn a_job_that_has_ended_well_can_be_neither_cancelled_nor_retried() {
    let library = Fixture::new();
    let job = library.save("example.com/page").await.job.unwrap();
    let refused = |result: Result<Job, StoreError>| {
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    };
    let lease = library.claim().await;
    library.conclude(&lease, content("words")).await;
    refused(library.retry_job(OWNER, job).await);
    refused(library.call_off(OWNER, job).await);
    let unknown = library.job(OWNER, atlas_domain::JobId::from_bytes([9; 16])).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "job", .. })));
}

#[tokio::test]
async fn maintenance_ends_without_an_outcome_and_says_what_it_did() {
    let library = Fixture::new();
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    library.enqueue_job(sweep).await.unwrap();
    let lease = library.claim().await;
    let did = "deleted 3 snapshots' bytes";
    library
        .finish_maintenance(&lease, did, library.attempt())
        .await
        .unwrap();
    let job = library.job(OWNER, lease.job.id).await.unwrap();
    assert_eq!(
        (job.state, job.outcome, job.reason.as_str(), job.message.as_str()),
        (JobState::Done, None, "", did)
    );
    let attempt = library
        .attempts_of_job(OWNER, job.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (attempt.end, attempt.message.as_str()),
        (atlas_domain::AttemptEnd::Done, did)
    );
    let again = library.finish_maintenance(&lease, did, library.attempt()).await;
    assert!(matches!(again, Err(StoreError::LeaseLost)), "{again:?}");
}

#[tokio::test]
async fn every_word_of_the_owner_about_work_is_on_record() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let reprocess = NewJob::reprocess(item.id);
    let job = library.request_job(OWNER, reprocess).await.unwrap();
    library.cancel_job(OWNER, job).await.unwrap();
    library.retry_job(OWNER, job).await.unwrap();
    assert_eq!(
        library.audit_actions(&item).await[2..],
        ["requested", "cancelled", "retried"],
        "also when they leave the item as it is"
    );
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    let job = library.request_job(OWNER, sweep).await.unwrap();
    library.cancel_job(OWNER, job).await.unwrap();
    library.retry_job(OWNER, job).await.unwrap();
    assert_eq!(
        library.audit_without_item(),
        [
            "owner requested sweep_retention",
            "owner cancelled sweep_retention",
            "owner retried cancelled"
        ]
    );
}

#[tokio::test]
async fn nobody_asks_for_work_on_the_items_of_another() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let stranger = atlas_domain::UserId(2);
    let asked = library.request_job(stranger, NewJob::reprocess(item.id)).await;
    assert!(matches!(asked, Err(StoreError::NotFound { .. })), "{asked:?}");
    assert_eq!(library.claim_up_to(10).await, []);
}

#[tokio::test]
async fn a_dead_job_whose_work_another_job_does_already_is_not_retried_beside_it() {
    let library = Fixture::new();
    library.ingest("example.com/page", failed()).await;
    let dead = library.jobs_in(JobState::Dead).await.pop().unwrap();
    let live = library.save("example.com/page").await.job.unwrap();
    let message = library.retry_job(OWNER, dead.id).await.unwrap_err().to_string();
    assert!(message.contains(&live.to_string()), "{message}");
    assert_eq!(library.job(OWNER, dead.id).await.unwrap(), dead);
}
