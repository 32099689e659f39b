//! The breaker and the guard of the network inside a policy.

use crate::breaker::{BreakerSettings, Command, OverlayMode, Phase, RefusalCause};
use crate::clock::{Clock, TokioClock};
use crate::egress::{Egress, EgressSettings};
use crate::registry::{Breakers, Capacity, ServiceSettings, Surroundings};

use super::*;

pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH))
}

pub(super) fn breakers(clock: Arc<dyn Clock>) -> Arc<Breakers> {
    let settings = ServiceSettings {
        default: Arc::new(BreakerSettings::default()),
        ..Default::default()
    };
    let surroundings = Surroundings {
        clock,
        journal: None,
        observer: None,
        seed: 7,
    };
    Arc::new(Breakers::new(
        "test",
        settings,
        Capacity::default(),
        surroundings,
        [],
    ))
}

pub(super) fn guarded() -> Policy {
    policy().with_breakers(breakers(clock()))
}

fn phase(policy: &Policy, scope: &str) -> Phase {
    policy.breakers().unwrap().status(scope).phase
}

pub(super) async fn fail(policy: &Policy, scope: &str) -> Result<(), PolicyError<Broken>> {
    policy
        .run_once(scope, in_seconds(60), async |_| Err::<(), _>(Broken))
        .await
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_refuses_at_once_and_says_until_when() {
    let policy = guarded();
    for _ in 0..5 {
        assert_eq!(fail(&policy, "a").await, Err(PolicyError::Inner(Broken)));
    }
    let Err(PolicyError::Rejected {
        rejection: Rejection::CircuitOpen { cause, retry_in },
        ..
    }) = fail(&policy, "a").await
    else {
        panic!("the circuit is open");
    };
    assert_eq!(cause, RefusalCause::Open);
    let retry_in = retry_in.expect("it ends by itself");
    assert!((SECOND * 51..=SECOND * 69).contains(&retry_in), "{retry_in:?}");
    tokio::time::advance(retry_in).await;
    assert_eq!(policy.run_once("a", in_seconds(60), async |_| Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn one_scope_that_fails_is_nothing_to_the_others() {
    let policy = guarded();
    for _ in 0..5 {
        fail(&policy, "a").await.unwrap_err();
    }
    assert_eq!(phase(&policy, "a"), Phase::Open);
    assert_eq!(policy.run_once("b", in_seconds(60), async |_| Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_scope_opens_its_circuit() {
    let policy = guarded();
    for _ in 0..5 {
        policy
            .run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>())
            .await
            .unwrap_err();
    }
    assert_eq!(phase(&policy, "a"), Phase::Open);
    assert!(policy.breakers().unwrap().status("a").reason.contains("2s"));
}

#[tokio::test(start_paused = true)]
async fn attempts_that_our_side_cut_short_open_nothing() {
    let policy = guarded();
    for _ in 0..20 {
        policy
            .run_once("a", in_seconds(1), |_| pending::<Result<(), Broken>>())
            .await
            .unwrap_err();
    }
    assert_eq!(phase(&policy, "a"), Phase::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_judged_a_failure_counts_and_is_handed_back() {
    let policy = guarded();
    let judge = |_: Result<&u16, &Broken>| Judgement::transient("http_500");
    for _ in 0..5 {
        let call = Call::once("a", in_seconds(60));
        assert_eq!(policy.run(call, judge, async |_| Ok(500)).await, Ok(500));
    }
    assert_eq!(phase(&policy, "a"), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn nobody_queues_before_an_open_circuit() {
    let policy = guarded().with_pace(Pace::new(SECOND * 5, at_most(1)));
    policy.breakers().unwrap().operate(
        "a",
        Command::Overlay {
            mode: OverlayMode::ForcedOpen,
            lasts: None,
            reason: String::new(),
        },
    );
    let start = Instant::now();
    for _ in 0..3 {
        let refused = policy.run_once("a", in_seconds(60), async |_| Ok(())).await;
        let rejection = Rejection::CircuitOpen {
            cause: RefusalCause::ForcedOpen,
            retry_in: None,
        };
        assert_eq!(
            refused,
            Err(PolicyError::Rejected {
                policy: "test",
                rejection
            })
        );
    }
    assert_eq!(start.elapsed(), Duration::ZERO, "no turn was taken");
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_goes_away_gives_its_place_back() {
    let policy = guarded();
    for _ in 0..5 {
        fail(&policy, "a").await.unwrap_err();
    }
    tokio::time::advance(SECOND * 70).await;
    let gone = tokio::time::timeout(
        SECOND,
        policy.run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>()),
    );
    assert!(gone.await.is_err());
    assert_eq!(phase(&policy, "a"), Phase::HalfOpen);
    assert_eq!(policy.run_once("a", in_seconds(60), async |_| Ok(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_down_condemns_no_scope() {
    let clock = clock();
    let egress = Arc::new(Egress::new(EgressSettings::default(), Arc::clone(&clock)));
    let policy = policy()
        .with_breakers(breakers(clock))
        .with_egress(Arc::clone(&egress));
    let judge = |_: Result<&(), &Broken>| Judgement::not_reached("dns_failed");
    let mut refused = 0;
    for round in 0..6 {
        for host in 0..200 {
            let scope = format!("host-{host}");
            let call = Call::once(&scope, in_seconds(60));
            let result = policy.run(call, judge, async |_| Err(Broken)).await;
            refused += u32::from(matches!(
                result,
                Err(PolicyError::Rejected {
                    rejection: Rejection::NetworkDown { .. },
                    ..
                })
            ));
        }
        assert!(egress.is_down(), "in round {round}");
    }
    assert_eq!(refused, 6 * 200 - 8, "only what showed the outage was sent");
    for (scope, status) in policy.breakers().unwrap().all() {
        assert_eq!((status.phase, status.trips), (Phase::Closed, 0), "{scope}");
    }
    tokio::time::advance(SECOND * 15).await;
    assert_eq!(
        policy.run_once("host-0", in_seconds(60), async |_| Ok(1)).await,
        Ok(1)
    );
    assert!(!egress.is_down());
}

#[tokio::test(start_paused = true)]
async fn a_hang_is_blamed_when_the_policy_itself_leaves_no_more_time() {
    let policy = guarded().with_overall_timeout(SECOND * 2);
    for _ in 0..5 {
        policy
            .run_once("a", in_seconds(60), |_| pending::<Result<(), Broken>>())
            .await
            .unwrap_err();
    }
    assert_eq!(phase(&policy, "a"), Phase::Open);
}

#[tokio::test(start_paused = true)]
async fn probes_that_hang_while_the_network_is_down_condemn_no_scope() {
    let clock = clock();
    let egress = Arc::new(Egress::new(EgressSettings::default(), Arc::clone(&clock)));
    let policy = policy()
        .with_breakers(breakers(clock))
        .with_egress(Arc::clone(&egress));
    let unreached = |_: Result<&(), &Broken>| Judgement::not_reached("dns_failed");
    for host in 0..8 {
        let scope = format!("host-{host}");
        let call = Call::once(&scope, in_seconds(60));
        policy
            .run(call, unreached, async |_| Err(Broken))
            .await
            .unwrap_err();
    }
    assert!(egress.is_down());
    for _round in 0..10 {
        tokio::time::advance(Duration::from_mins(6)).await;
        for host in 0..3 {
            let scope = format!("host-{host}");
            policy
                .run_once(&scope, in_seconds(60), |_| pending::<Result<(), Broken>>())
                .await
                .unwrap_err();
        }
    }
    for (scope, status) in policy.breakers().unwrap().all() {
        assert_eq!((status.phase, status.trips), (Phase::Closed, 0), "{scope}");
    }
    let crate::egress::EgressStatus::Down { trips, .. } = egress.status() else {
        panic!("it is down");
    };
    assert_eq!(trips, 11, "each round of three lost probes counts");
}
