//! After the process ended under its jobs: everything goes on, and only the guilty are blamed.

use atlas_domain::{AttemptEnd, ItemState, JobState, Lease};
use atlas_store::{CrashRecovery, StoreError};

use crate::fixture::{Fixture, LEASE, OWNER, content};

const NOTHING: CrashRecovery = CrashRecovery {
    interrupted: 0,
    suspects: 0,
    given_up: 0,
};

/// The process ends and the next one starts.
async fn crash(library: Fixture) -> (Fixture, CrashRecovery) {
    let library = library.reopen().await;
    let recovery = library.recover_interrupted_jobs().await.unwrap();
    (library, recovery)
}

/// The job enters its risky stage, and the process ends in it.
async fn crash_in_risky_stage(library: Fixture, lease: &Lease) -> (Fixture, CrashRecovery) {
    library.snapshot(lease, 200, b"poison").await;
    crash(library).await
}

#[tokio::test]
async fn a_start_without_running_jobs_has_nothing_to_recover() {
    let library = Fixture::new();
    library.save("example.com/page").await;
    let (library, recovery) = crash(library).await;
    assert_eq!(recovery, NOTHING);
    assert_eq!(library.jobs_in(JobState::Ready).await.len(), 1);
}

#[tokio::test]
async fn an_interrupted_job_is_ready_at_once_and_no_attempt_is_used_up() {
    let library = Fixture::new();
    library.save("example.com/page").await;
    let lost = library.claim().await;
    let (library, recovery) = crash(library).await;
    assert_eq!(
        recovery,
        CrashRecovery {
            interrupted: 1,
            ..NOTHING
        }
    );
    let lease = library.claim().await;
    assert_eq!(
        (lease.job.id, lease.job.attempts, lease.suspect),
        (lost.job.id, 0, false)
    );
    assert!(lease.token > lost.token);
    let attempt = library
        .attempts_of_job(OWNER, lost.job.id)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(
        (attempt.end, attempt.reason.as_str()),
        (AttemptEnd::Lost, "process_ended")
    );
}

#[tokio::test]
async fn a_job_outside_its_risky_stage_survives_any_number_of_crashes() {
    let mut library = Fixture::new();
    library.save("example.com/page").await;
    for _ in 0..20 {
        library.claim().await;
        library = crash(library).await.0;
    }
    let lease = library.claim().await;
    assert_eq!((lease.job.attempts, lease.suspect), (0, false));
}

#[tokio::test]
async fn only_the_job_in_its_risky_stage_is_a_suspect() {
    let library = Fixture::new();
    for address in ["a.example/", "b.example/", "c.example/"] {
        library.save(address).await;
    }
    let leases = library.claim_up_to(2).await;
    let (library, recovery) = crash_in_risky_stage(library, &leases[1]).await;
    assert_eq!(
        recovery,
        CrashRecovery {
            interrupted: 2,
            suspects: 1,
            given_up: 0
        }
    );
    let first = library.claim_up_to(10).await;
    assert_eq!(first.len(), 1, "a suspect runs alone");
    assert_eq!((first[0].job.id, first[0].suspect), (leases[1].job.id, true));
    assert_eq!(library.claim_up_to(10).await, [], "nothing is claimed beside it");
    library.conclude(&first[0], content("harmless")).await;
    assert_eq!(library.claim_up_to(10).await.len(), 2, "then the others go on");
}

#[tokio::test]
async fn a_suspect_goes_first_and_a_postponed_one_is_none_any_more() {
    let library = Fixture::new();
    library.save("a.example/").await;
    let suspect = library.claim().await;
    let (library, _) = crash_in_risky_stage(library, &suspect).await;
    let alone = library.claim().await;
    library.save("b.example/").await;
    library.release_job(&alone).await.unwrap();
    let again = library.claim_up_to(10).await;
    assert!(
        again.len() == 1 && again[0].suspect,
        "before the younger and the innocent"
    );
    library
        .postpone_job(&again[0], library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    assert_eq!(library.claim_up_to(10).await.len(), 1);
}

#[tokio::test]
async fn a_job_that_parses_stored_bytes_again_marks_its_risky_stage_without_a_new_snapshot() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let lease = library.lease_for(&item).await;
    library.enter_risky_stage(&lease, "extract").await.unwrap();
    let (library, recovery) = crash(library).await;
    assert_eq!(recovery.suspects, 1);
    let late = library.enter_risky_stage(&lease, "extract").await;
    assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
    assert!(library.claim().await.suspect);
}

#[tokio::test]
async fn two_suspects_run_one_after_the_other() {
    let library = Fixture::new();
    library.save("a.example/").await;
    library.save("b.example/").await;
    let leases = library.claim_up_to(2).await;
    library.snapshot(&leases[0], 200, b"bytes").await;
    let (library, recovery) = crash_in_risky_stage(library, &leases[1]).await;
    assert_eq!(recovery.suspects, 2);
    for lease in &leases {
        let alone = library.claim().await;
        assert_eq!(alone.job.id, lease.job.id);
        library.conclude(&alone, content("harmless")).await;
    }
}

#[tokio::test]
async fn coming_through_the_risky_stage_clears_every_suspicion() {
    let mut library = Fixture::new();
    let saved = library.save("example.com/page").await;
    for _ in 0..3 {
        let lease = library.claim().await;
        library = crash_in_risky_stage(library, &lease).await.0;
    }
    let lease = library.claim().await;
    library.snapshot(&lease, 200, b"poison").await;
    library
        .postpone_job(&lease, library.in_an_hour(false), library.attempt())
        .await
        .unwrap();
    library.clock.advance(60 * LEASE);
    for _ in 0..3 {
        let lease = library.claim().await;
        let recovery;
        (library, recovery) = crash_in_risky_stage(library, &lease).await;
        assert_eq!((recovery.suspects, recovery.given_up), (1, 0));
    }
    assert_eq!(library.look(&saved.item).await.state, ItemState::Queued);
}

#[tokio::test]
async fn the_fourth_crash_in_a_row_in_its_risky_stage_makes_a_job_a_dead_letter() {
    let mut library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let mut recovery = NOTHING;
    for round in 1..=4 {
        let lease = library.claim().await;
        assert_eq!((lease.suspect, lease.job.attempts), (round > 1, 0));
        (library, recovery) = crash_in_risky_stage(library, &lease).await;
    }
    assert_eq!(
        recovery,
        CrashRecovery {
            interrupted: 1,
            suspects: 0,
            given_up: 1
        }
    );
    let job = library.job(OWNER, saved.job.unwrap()).await.unwrap();
    assert_eq!((job.state, job.reason.as_str()), (JobState::Dead, "poison"));
    assert!(job.message.contains("`extract`"), "{}", job.message);
    let item = library.look(&saved.item).await;
    assert_eq!((item.state, item.reason.as_str()), (ItemState::Failed, "poison"));
    assert_eq!(library.audit_actions(&item).await, ["saved", "failed"]);
    let ends: Vec<_> = library
        .attempts_of_job(OWNER, job.id)
        .await
        .unwrap()
        .iter()
        .map(|attempt| attempt.end)
        .collect();
    assert_eq!(
        ends,
        [
            AttemptEnd::Lost,
            AttemptEnd::Lost,
            AttemptEnd::Lost,
            AttemptEnd::Dead
        ]
    );
}

#[tokio::test]
async fn poison_leaves_an_item_that_has_content_as_it_is() {
    let mut library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    library
        .enqueue_job(atlas_domain::NewJob::reprocess(item.id))
        .await
        .unwrap();
    for _ in 0..4 {
        let lease = library.claim().await;
        library = crash_in_risky_stage(library, &lease).await.0;
    }
    assert_eq!(library.jobs_in(JobState::Dead).await[0].reason, "poison");
    assert_eq!(library.look(&item).await, item);
    assert_eq!(library.audit_actions(&item).await, ["saved", "stored"]);
}

#[tokio::test]
async fn a_retried_poison_job_is_no_suspect_any_more() {
    let mut library = Fixture::new();
    let job = library.save("example.com/page").await.job.unwrap();
    for _ in 0..4 {
        let lease = library.claim().await;
        library = crash_in_risky_stage(library, &lease).await.0;
    }
    library.retry_job(OWNER, job).await.unwrap();
    assert!(!library.claim().await.suspect);
}
