//! A host that is left alone, or a network that is down: those who wait for it are put off together, and nobody else
//! is.

use std::time::Duration;

use atlas_domain::{AttemptEnd, Job, JobState, Lease, OutcomeWord, Timestamp};
use atlas_store::{Companions, Crowd, JobScope, Postponement, Saved, StoreError};

use crate::fixture::{DAY, Fixture, MINUTE, OWNER, content};

const HOUR: Duration = Duration::from_hours(1);

/// What becomes of a job whose host is left alone for an hour.
fn left_alone(library: &Fixture) -> (Postponement, Crowd) {
    let from = library.now().after(HOUR);
    let postponement = Postponement {
        until: from,
        counts: false,
        reason: "circuit_open".to_owned(),
        message: "the host is left alone".to_owned(),
    };
    let crowd = Crowd {
        who: Companions::SameHost,
        from,
        spread: HOUR / 2,
        made_after: library.now().before(DAY),
    };
    (postponement, crowd)
}

async fn refuse(library: &Fixture, lease: &Lease) -> Result<u64, StoreError> {
    let (to, crowd) = left_alone(library);
    library
        .postpone_with_crowd(lease, to, crowd, library.attempt())
        .await
}

async fn job_of(library: &Fixture, saved: &Saved) -> Job {
    library.job(OWNER, saved.job.unwrap()).await.unwrap()
}

/// Claims the job of `saved` alone, whatever else is due.
async fn claim_of(library: &Fixture, saved: &Saved) -> Lease {
    library.claim_job(saved.job.unwrap()).await
}

fn assert_put_off(job: &Job, from: Timestamp) {
    assert_eq!(
        (job.state, job.reason.as_str()),
        (JobState::Ready, "circuit_open")
    );
    assert!(
        job.run_at >= from && job.run_at <= from.after(HOUR / 2),
        "{job:?}"
    );
    assert_eq!(job.outcome, Some(OutcomeWord::Deferred));
}

#[tokio::test]
async fn those_who_wait_for_a_host_that_is_left_alone_are_put_off_together() {
    let library = Fixture::new();
    let first = library.save("example.com/first").await;
    let mut others = Vec::new();
    for page in 0..20 {
        others.push(library.save(&format!("example.com/{page}")).await);
    }
    let lease = claim_of(&library, &first).await;
    assert_eq!(refuse(&library, &lease).await.unwrap(), 20);
    assert_eq!(
        library.claim_up_to(100).await,
        [],
        "nobody is claimed only to be refused"
    );

    let from = library.now().after(HOUR);
    let mut moments = Vec::new();
    for saved in &others {
        let job = job_of(&library, saved).await;
        assert_put_off(&job, from);
        assert_eq!((job.attempts, job.deferrals, job.deferred_since), (0, 0, None));
        assert_eq!(
            library.attempts_of_job(OWNER, job.id).await.unwrap(),
            [],
            "it was no try"
        );
        assert_eq!(library.look(&saved.item).await.reason, "circuit_open");
        moments.push(job.run_at);
    }
    let (earliest, latest) = (moments.iter().min().unwrap(), moments.iter().max().unwrap());
    assert!(
        latest.since(*earliest) > HOUR / 8,
        "they do not come back together: {moments:?}"
    );
    let refused = job_of(&library, &first).await;
    assert_eq!(refused.deferrals, 1);
    let tries = library.attempts_of_job(OWNER, refused.id).await.unwrap();
    assert_eq!(tries[0].end, AttemptEnd::Deferred);
}

#[tokio::test]
async fn whoever_does_not_need_that_host_stays_due() {
    let library = Fixture::new();
    let refused = library.save("example.com/refused").await;
    let due = [
        library.save("other.example/page").await,
        library.save("example.com:8443/another-port").await,
        library.save_with_html("example.com/given", b"<p>words</p>").await,
    ];
    let lease = claim_of(&library, &refused).await;
    assert_eq!(refuse(&library, &lease).await.unwrap(), 0);
    for saved in &due {
        assert!(job_of(&library, saved).await.run_at <= library.now());
    }
}

#[tokio::test]
async fn who_waits_for_something_else_or_has_waited_for_long_is_not_put_off_with_the_crowd() {
    let library = Fixture::new();
    let old = library.save("example.com/old").await;
    library.clock.advance(2 * DAY);
    let failed = library.save("example.com/failed").await;
    let lease = claim_of(&library, &failed).await;
    let to = Postponement {
        reason: "http_500".to_owned(),
        ..library.in_an_hour(true)
    };
    library.postpone_job(&lease, to, library.attempt()).await.unwrap();
    let next_try = job_of(&library, &failed).await.run_at;
    library.clock.advance(MINUTE);
    let refused = library.save("example.com/refused").await;
    let lease = claim_of(&library, &refused).await;
    assert_eq!(refuse(&library, &lease).await.unwrap(), 0);
    assert!(job_of(&library, &old).await.run_at <= library.now());
    assert_eq!(job_of(&library, &failed).await.run_at, next_try);
}

#[tokio::test]
async fn who_would_come_back_too_early_is_put_off_once_more() {
    let library = Fixture::new();
    let early = library.save("example.com/early").await;
    let lease = claim_of(&library, &early).await;
    let to = Postponement {
        until: library.now().after(2 * MINUTE),
        ..left_alone(&library).0
    };
    library.postpone_job(&lease, to, library.attempt()).await.unwrap();
    let refused = library.save("example.com/refused").await;
    let lease = claim_of(&library, &refused).await;
    assert_eq!(refuse(&library, &lease).await.unwrap(), 1);
    assert_put_off(&job_of(&library, &early).await, library.now().after(HOUR));
}

#[tokio::test]
async fn who_has_lost_the_lease_puts_nobody_off() {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let other = library.save("example.com/other").await;
    let lease = claim_of(&library, &saved).await;
    library.cancel_job(OWNER, lease.job.id).await.unwrap();
    let late = refuse(&library, &lease).await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    let lease = library.claim().await;
    assert_eq!(Some(lease.job.id), other.job);
    library.conclude(&lease, content("words")).await;
}

#[tokio::test]
async fn the_crowd_is_woken_with_all_others() {
    let library = Fixture::new();
    let refused = library.save("example.com/refused").await;
    library.save("example.com/other").await;
    let lease = claim_of(&library, &refused).await;
    refuse(&library, &lease).await.unwrap();
    assert_eq!(library.claim_in(JobScope::CausedHere, 10).await, []);
    assert_eq!(library.wake_waiting(OWNER, "example.com").await.unwrap(), 2);
    assert_eq!(library.claim_up_to(10).await.len(), 2);
}

/// The network is down for an hour, and the job of `lease` has met that.
async fn refuse_for_want_of_a_network(library: &Fixture, lease: &Lease) -> u64 {
    let (host_alone, of_host) = left_alone(library);
    let to = Postponement {
        reason: "network_down".to_owned(),
        ..host_alone
    };
    let everybody = Crowd {
        who: Companions::Everybody,
        ..of_host
    };
    let refused = library.postpone_with_crowd(lease, to, everybody, library.attempt());
    refused.await.unwrap()
}

#[tokio::test]
async fn while_the_network_is_down_everybody_is_put_off_with_the_first_who_met_that() {
    let library = Fixture::new();
    let first = library.save("example.com/first").await;
    let mut others = Vec::new();
    for host in 0..20 {
        others.push(library.save(&format!("{host}.example/page")).await);
    }
    let given = library.save_with_html("example.com/given", b"<p>words</p>").await;
    let lease = claim_of(&library, &first).await;

    assert_eq!(refuse_for_want_of_a_network(&library, &lease).await, 20);

    let from = library.now().after(HOUR);
    for saved in &others {
        let job = job_of(&library, saved).await;
        assert_eq!((job.reason.as_str(), job.deferrals), ("network_down", 0));
        assert!(job.run_at >= from, "{job:?}");
    }
    let due = library.claim_up_to(100).await;
    let due: Vec<_> = due.iter().map(|lease| lease.job.id).collect();
    assert_eq!(due, [given.job.unwrap()], "what needs no network goes on");
}

#[tokio::test]
async fn who_waits_for_a_host_waits_no_longer_because_the_network_is_down() {
    let library = Fixture::new();
    let alone = library.save("example.com/alone").await;
    let lease = claim_of(&library, &alone).await;
    let to = Postponement {
        until: library.now().after(2 * MINUTE),
        ..left_alone(&library).0
    };
    library
        .postpone_job(&lease, to.clone(), library.attempt())
        .await
        .unwrap();
    let first = library.save("other.example/first").await;
    let lease = claim_of(&library, &first).await;
    assert_eq!(refuse_for_want_of_a_network(&library, &lease).await, 0);
    assert_eq!(job_of(&library, &alone).await.run_at, to.until);
}
