//! Jobs that wait for a later time: what makes them due at once, and what that costs them.

use atlas_domain::{AttemptEnd, Job, JobState, Lease};
use atlas_store::{JobScope, Postponement, Saved, StoreError};

use crate::fixture::{DAY, Fixture, MINUTE, OWNER, content, new_item};

async fn put_off(library: &Fixture, lease: &Lease, reason: &str, counts: bool) {
    let to = Postponement {
        until: library.now().after(DAY),
        counts,
        reason: reason.to_owned(),
        message: format!("because of {reason}"),
    };
    library.postpone_job(lease, to, library.attempt()).await.unwrap();
}

/// A page that waits for a day, through nobody's fault.
async fn waiting(library: &Fixture, address: &str, reason: &str) -> Saved {
    let saved = library.save(address).await;
    let lease = library.claim_job(saved.job.unwrap()).await;
    put_off(library, &lease, reason, false).await;
    saved
}

async fn job_of(library: &Fixture, saved: &Saved) -> Job {
    library.job(OWNER, saved.job.unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_waiting_job_that_is_retried_is_due_at_once_and_keeps_its_tries() {
    let library = Fixture::new();
    let saved = waiting(&library, "example.com/page", "circuit_open").await;
    library.clock.advance(MINUTE);
    let retried = library.retry_job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!((retried.state, retried.run_at), (JobState::Ready, library.now()));
    assert_eq!((retried.attempts, retried.deferrals), (0, 1));
    assert_eq!(
        (retried.outcome, retried.reason.as_str(), retried.message.as_str()),
        (None, "", "")
    );
    assert_eq!(
        library.look(&saved.item).await.reason,
        "",
        "nothing holds it back"
    );
    let told = library
        .audit_of(OWNER, saved.item.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (told.action.as_str(), told.reason.as_str(), told.detail.as_str()),
        ("retried", "circuit_open", "because of circuit_open")
    );
    let lease = library.claim().await;
    library.conclude(&lease, content("words")).await;
    assert_eq!(job_of(&library, &saved).await.attempts, 1);
}

#[tokio::test]
async fn a_retry_gives_a_waiting_job_no_tries_back() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let lease = library.claim().await;
    put_off(&library, &lease, "http_500", true).await;
    let retried = library.retry_job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!((retried.attempts, retried.run_at), (1, library.now()));
    let tries = library.attempts_of_job(OWNER, retried.id).await.unwrap();
    assert_eq!(tries.len(), 1, "what the owner decides is no try");
    assert_eq!(tries[0].end, AttemptEnd::Retry);
}

#[tokio::test]
async fn a_command_that_retries_a_waiting_job_works_it_off_itself() {
    let library = Fixture::new();
    let saved = waiting(&library, "example.com/page", "circuit_open").await;
    assert_eq!(library.claim_in(JobScope::CausedHere, 10).await, []);
    library.retry_job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!(library.claim_in(JobScope::CausedHere, 10).await.len(), 1);
}

#[tokio::test]
async fn a_job_that_is_due_already_may_be_retried_and_one_that_runs_may_not() {
    let library = Fixture::new();
    let job = library.save("example.com/page").await.job.unwrap();
    assert_eq!(library.retry_job(OWNER, job).await.unwrap().run_at, library.now());
    let running = library.claim().await;
    let refused = library.retry_job(OWNER, job).await;
    assert!(
        matches!(&refused, Err(StoreError::Conflict(told)) if told.contains("is running")),
        "{refused:?}"
    );
    library.conclude(&running, content("words")).await;
}

#[tokio::test]
async fn what_waits_for_a_host_is_due_when_somebody_decides_about_that_host() {
    let library = Fixture::new();
    let refused = waiting(&library, "example.com/refused", "circuit_open").await;
    let throttled = waiting(&library, "example.com:8443/throttled", "http_429").await;
    let paused = waiting(&library, "example.com./paused", "http_503").await;
    let elsewhere = waiting(&library, "sub.example.com/elsewhere", "circuit_open").await;
    let busy = waiting(&library, "example.com/busy", "host_busy").await;
    let failed = library.save("example.com/failed").await;
    let lease = library.claim_job(failed.job.unwrap()).await;
    put_off(&library, &lease, "http_503", true).await;
    library.clock.advance(MINUTE);

    assert_eq!(library.wake_waiting(OWNER, "example.com").await.unwrap(), 3);

    for woken in [&refused, &throttled, &paused] {
        let job = job_of(&library, woken).await;
        assert_eq!((job.state, job.run_at), (JobState::Ready, library.now()));
        assert_eq!((job.attempts, job.deferrals, job.outcome), (0, 1, None));
        assert_eq!(library.look(&woken.item).await.reason, "");
    }
    for asleep in [&elsewhere, &busy, &failed] {
        assert!(job_of(&library, asleep).await.run_at > library.now().after(DAY / 2));
    }
    assert_eq!(library.audit_without_item(), ["owner woken breaker_decided"]);
    assert_eq!(
        library.wake_waiting(OWNER, "example.com").await.unwrap(),
        0,
        "they are due"
    );
    assert_eq!(
        library.audit_without_item().len(),
        1,
        "nothing was decided about nothing"
    );
}

#[tokio::test]
async fn a_running_job_and_the_jobs_of_others_are_not_woken() {
    let library = Fixture::new();
    let other = library.another_user();
    let theirs = library
        .save_item(other, new_item("example.com/theirs"))
        .await
        .unwrap();
    let lease = library.claim_job(theirs.job.unwrap()).await;
    put_off(&library, &lease, "circuit_open", false).await;
    let mine = waiting(&library, "example.com/mine", "circuit_open").await;
    library.wake_waiting(OWNER, "example.com").await.unwrap();
    let running = library.claim().await;
    assert_eq!(running.job.id, mine.job.unwrap());
    assert_eq!(library.wake_waiting(OWNER, "example.com").await.unwrap(), 0);
    assert_eq!(library.wake_waiting(other, "example.com").await.unwrap(), 1);
    library.conclude(&running, content("words")).await;
}
