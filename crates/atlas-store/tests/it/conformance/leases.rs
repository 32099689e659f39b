//! Holding on to a job, losing it, and giving it back.

use atlas_domain::{
    AttemptEnd, Hop, ItemState, Job, JobState, Lease, Outcome, OutcomeWord, Strategy, StrategyStep,
};
use atlas_store::{Postponement, StoreError};

use crate::fixture::{Fixture, LEASE, MINUTE, OWNER, link_only};

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

async fn claimed() -> (Fixture, Lease) {
    let library = Fixture::new();
    library.save("example.com/page").await;
    let lease = library.claim().await;
    (library, lease)
}

async fn job_of(library: &Fixture, lease: &Lease) -> Job {
    library.job(OWNER, lease.job.id).await.unwrap()
}

#[tokio::test]
async fn a_lease_lasts_as_long_as_it_was_asked_for_and_its_token_grows() {
    let (library, lease) = claimed().await;
    assert_eq!(lease.until, library.now().after(LEASE));
    assert_eq!((lease.job.state, lease.suspect), (JobState::Leased, false));
    library.clock.advance(LEASE);
    assert_eq!(
        library.expire_leases().await.unwrap(),
        0,
        "to the last millisecond"
    );
    library.clock.advance(SECOND);
    assert_eq!(library.expire_leases().await.unwrap(), 1);
    assert_eq!(library.claim().await.token, lease.token + 1);
}

#[tokio::test]
async fn a_heartbeat_extends_the_lease() {
    let (library, lease) = claimed().await;
    library.clock.advance(40 * SECOND);
    let lost = library
        .heartbeat(vec![(lease.job.id, lease.token)], LEASE)
        .await
        .unwrap();
    assert_eq!(lost, []);
    library.clock.advance(40 * SECOND);
    assert_eq!(library.expire_leases().await.unwrap(), 0);
    library.clock.advance(21 * SECOND);
    assert_eq!(library.expire_leases().await.unwrap(), 1);
}

#[tokio::test]
async fn a_heartbeat_tells_which_leases_are_lost_and_keeps_the_others() {
    let library = Fixture::new();
    library.save("a.example/").await;
    let lost = library.claim().await;
    library.clock.advance(2 * MINUTE);
    library.expire_leases().await.unwrap();
    let mut held = library.claim().await;
    library.save("b.example/").await;
    let other = library.claim().await;
    let beat = vec![(lost.job.id, lost.token), (other.job.id, other.token)];
    assert_eq!(library.heartbeat(beat, 10 * LEASE).await.unwrap(), [lost.job.id]);
    library.clock.advance(2 * LEASE);
    assert_eq!(
        library.expire_leases().await.unwrap(),
        1,
        "the stale token extended nothing"
    );
    held.job = job_of(&library, &held).await;
    assert_eq!(held.job.state, JobState::Ready);
    assert_eq!(job_of(&library, &other).await.state, JobState::Leased);
}

#[tokio::test]
async fn a_job_that_has_just_ended_has_lost_no_lease() {
    let (library, lease) = claimed().await;
    let held = || vec![(lease.job.id, lease.token)];
    library.conclude(&lease, link_only()).await;
    assert_eq!(library.heartbeat(held(), LEASE).await.unwrap(), []);

    let (library, lease) = claimed().await;
    let held = || vec![(lease.job.id, lease.token)];
    let to = Postponement {
        until: library.now().after(MINUTE),
        counts: true,
        reason: "http_500".to_owned(),
        message: String::new(),
    };
    library.postpone_job(&lease, to, library.attempt()).await.unwrap();
    assert_eq!(library.heartbeat(held(), LEASE).await.unwrap(), []);
    library.clock.advance(MINUTE);
    library.claim().await;
    assert_eq!(
        library.heartbeat(held(), LEASE).await.unwrap(),
        [lease.job.id],
        "somebody else has it"
    );
}

#[tokio::test]
async fn whoever_lost_the_lease_can_neither_finish_nor_postpone_nor_release_nor_mark() {
    let (library, lost) = claimed().await;
    let item = lost.job.item_id.unwrap();
    library.clock.advance(2 * MINUTE);
    library.expire_leases().await.unwrap();
    let held = library.claim().await;
    let before = job_of(&library, &held).await;
    let lease_lost =
        |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::LeaseLost)), "{result:?}");
    lease_lost(
        library
            .finish_job(&lost, Outcome::Unchanged, library.attempt())
            .await,
    );
    lease_lost(
        library
            .postpone_job(&lost, library.in_an_hour(true), library.attempt())
            .await,
    );
    let body = library.prepare_blob(b"late".to_vec()).await.unwrap();
    let fetched = library.fetched("https://example.com/page", 200, b"late".to_vec());
    lease_lost(
        library
            .record_snapshot(&lost, item, &fetched, body)
            .await
            .map(drop),
    );
    library.release_job(&lost).await.unwrap();
    assert_eq!(job_of(&library, &held).await, before);
    assert_eq!(library.latest_snapshot(OWNER, item).await.unwrap(), None);
    assert_eq!(
        library.attempts_of_item(OWNER, item).await.unwrap().len(),
        1,
        "only the expiry"
    );
}

#[tokio::test]
async fn a_job_that_ended_cannot_end_again() {
    let (library, lease) = claimed().await;
    library.conclude(&lease, link_only()).await;
    let again = library
        .finish_job(&lease, Outcome::Unchanged, library.attempt())
        .await;
    assert!(matches!(again, Err(StoreError::LeaseLost)), "{again:?}");
    assert_eq!(
        job_of(&library, &lease).await.outcome,
        Some(OutcomeWord::LinkOnly)
    );
}

#[tokio::test]
async fn a_lease_that_runs_out_counts_as_an_attempt_and_the_last_one_is_a_dead_letter() {
    let (library, lease) = claimed().await;
    let item = library.item(OWNER, lease.job.item_id.unwrap()).await.unwrap();
    for attempts in 1..=lease.job.max_attempts {
        library.clock.advance(2 * LEASE);
        assert_eq!(library.expire_leases().await.unwrap(), 1);
        let job = job_of(&library, &lease).await;
        assert_eq!((job.attempts, job.reason.as_str()), (attempts, "lease_expired"));
        if attempts < lease.job.max_attempts {
            assert_eq!(job.state, JobState::Ready);
            library.claim().await;
        }
    }
    let job = job_of(&library, &lease).await;
    assert_eq!(
        (job.state, job.outcome),
        (JobState::Dead, Some(OutcomeWord::Failed))
    );
    let failed = library.look(&item).await;
    assert_eq!(
        (failed.state, failed.reason.as_str()),
        (ItemState::Failed, "lease_expired")
    );
    assert_eq!(library.audit_actions(&item).await, ["saved", "failed"]);
    let attempts = library.attempts_of_job(OWNER, job.id).await.unwrap();
    assert_eq!(attempts.len(), job.max_attempts as usize);
    assert!(
        attempts
            .iter()
            .all(|attempt| attempt.end == AttemptEnd::Expired && attempt.duration_ms == 120_000)
    );
}

#[tokio::test]
async fn a_postponement_that_counts_uses_up_an_attempt() {
    let (library, lease) = claimed().await;
    library
        .postpone_job(&lease, library.in_an_hour(true), library.attempt())
        .await
        .unwrap();
    let job = job_of(&library, &lease).await;
    assert_eq!(
        (job.state, job.attempts, job.deferrals, job.deferred_since),
        (JobState::Ready, 1, 0, None)
    );
    assert_eq!(
        (job.outcome, job.reason.as_str()),
        (Some(OutcomeWord::Deferred), "host_busy")
    );
    let attempt = library
        .attempts_of_job(OWNER, job.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (attempt.end, attempt.next_try_at),
        (AttemptEnd::Retry, Some(job.run_at))
    );
}

#[tokio::test]
async fn a_try_tells_how_its_page_was_fetched() {
    let (library, lease) = claimed().await;
    let hop = Hop {
        url: "https://example.com/page".to_owned(),
        address: Some(std::net::Ipv4Addr::new(93, 184, 216, 34).into()),
        result: "timeout".to_owned(),
        waited_ms: 3_000,
        took_ms: 20_000,
    };
    let steps = vec![StrategyStep {
        strategy: Strategy::Direct,
        result: "timeout".to_owned(),
        message: "no answer in time".to_owned(),
        hops: vec![hop],
    }];
    library
        .postpone_job(
            &lease,
            library.in_an_hour(true),
            library.attempt().with_steps(steps.clone()),
        )
        .await
        .unwrap();
    let attempts = library.attempts_of_job(OWNER, lease.job.id).await.unwrap();
    assert_eq!(attempts[0].steps, steps);
}

#[tokio::test]
async fn a_postponement_that_is_nobodys_fault_uses_up_none_and_remembers_since_when() {
    let (library, lease) = claimed().await;
    let since = library.now();
    library
        .postpone_job(&lease, library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    library.clock.advance(60 * MINUTE);
    let lease = library.claim().await;
    library
        .postpone_job(&lease, library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    let job = job_of(&library, &lease).await;
    assert_eq!(
        (job.attempts, job.deferrals, job.deferred_since),
        (0, 2, Some(since))
    );
    let attempts = library.attempts_of_job(OWNER, job.id).await.unwrap();
    assert!(attempts.iter().all(|attempt| attempt.end == AttemptEnd::Deferred));
    let item = library.item(OWNER, job.item_id.unwrap()).await.unwrap();
    assert_eq!(
        (item.state, item.reason.as_str()),
        (ItemState::Queued, "host_busy"),
        "the item says why it waits"
    );
}

#[tokio::test]
async fn a_try_that_counts_ends_the_deferrals_before_it() {
    let (library, mut lease) = claimed().await;
    for counts in [false, false, true] {
        library
            .postpone_job(&lease, library.in_an_hour(counts), library.attempt())
            .await
            .unwrap();
        library.clock.advance(60 * MINUTE);
        lease = library.claim().await;
    }
    let job = job_of(&library, &lease).await;
    assert_eq!((job.attempts, job.deferrals, job.deferred_since), (1, 0, None));
}

#[tokio::test]
async fn trouble_of_our_own_is_neither_a_try_nor_a_deferral() {
    let (library, lease) = claimed().await;
    let full = || ("store_failed".to_owned(), "the disk is full".to_owned());
    let until = library.now().after(60 * MINUTE);
    library
        .put_job_back(&lease, until, full(), library.attempt())
        .await
        .unwrap();
    let job = job_of(&library, &lease).await;
    assert_eq!((job.attempts, job.deferrals, job.deferred_since), (0, 0, None));
    assert_eq!((job.state, job.run_at), (JobState::Ready, until));
    assert_eq!(
        (job.outcome, job.reason.as_str(), job.message.as_str()),
        (Some(OutcomeWord::Deferred), "store_failed", "the disk is full")
    );
    let tries = library.attempts_of_job(OWNER, job.id).await.unwrap();
    assert_eq!(tries[0].end, AttemptEnd::Deferred);
    let late = library
        .put_job_back(&lease, until, full(), library.attempt())
        .await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
}

#[tokio::test]
async fn a_job_that_is_given_back_is_as_if_it_had_never_been_claimed() {
    let (library, lease) = claimed().await;
    library.release_job(&lease).await.unwrap();
    let job = job_of(&library, &lease).await;
    assert_eq!((job.state, job.attempts, job.deferrals), (JobState::Ready, 0, 0));
    assert_eq!(library.attempts_of_job(OWNER, job.id).await.unwrap(), []);
    assert_eq!(library.claim().await.job.id, job.id);
}

#[tokio::test]
async fn a_job_without_an_item_that_failed_is_a_dead_letter_with_its_reason() {
    let library = Fixture::new();
    let sweep = atlas_domain::NewJob::maintenance(atlas_domain::JobKind::CollectBlobs);
    library.enqueue_job(sweep).await.unwrap();
    let lease = library.claim().await;
    let failed = Outcome::Failed {
        reason: "disk".to_owned(),
        message: "the disk is gone".to_owned(),
    };
    library
        .finish_job(&lease, failed, library.attempt())
        .await
        .unwrap();
    let job = job_of(&library, &lease).await;
    assert_eq!(
        (job.state, job.reason.as_str(), job.message.as_str()),
        (JobState::Dead, "disk", "the disk is gone")
    );
    assert_eq!(
        library.attempts_of_job(OWNER, job.id).await.unwrap()[0].end,
        AttemptEnd::Dead
    );
}
