//! What becomes of a circuit when the call that tries it again is stopped.

use crate::breaker::{BreakerStatus, Phase};

use super::guarding::{fail, guarded};
use super::*;

/// The circuit of "a" was opened, and may be tried again.
async fn due() -> Policy {
    let policy = guarded();
    for _ in 0..5 {
        fail(&policy, "a").await.unwrap_err();
    }
    tokio::time::advance(SECOND * 70).await;
    policy
}

fn status(policy: &Policy) -> BreakerStatus {
    policy.breakers().unwrap().status("a")
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_is_stopped_and_opens_the_circuit_again() {
    let policy = due().await;
    let hung = policy
        .run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>())
        .await;
    assert!(matches!(hung, Err(PolicyError::Timeout { .. })), "{hung:?}");
    let status = status(&policy);
    assert_eq!((status.phase, status.trips, status.probes), (Phase::Open, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_its_caller_cuts_short_decides_nothing_and_leaves_its_place() {
    let policy = due().await;
    for _ in 0..3 {
        let cut = policy
            .run_once("a", in_seconds(1), |_| pending::<Result<(), Broken>>())
            .await;
        assert_eq!(cut, Err(PolicyError::DeadlineExceeded { policy: "test" }));
        let status = status(&policy);
        assert_eq!(
            (status.phase, status.trips, status.probes),
            (Phase::HalfOpen, 1, 0)
        );
    }
    for _ in 0..2 {
        let well = policy.run_once("a", in_seconds(60), async |_| Ok::<_, Broken>(1));
        assert_eq!(well.await, Ok(1));
    }
    assert_eq!(status(&policy).phase, Phase::Closed);
}
