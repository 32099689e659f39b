//! Our own outage is nobody else's: tests of the guard on a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::clock::ManualClock;

const SECOND: Duration = Duration::from_secs(1);

fn egress() -> (Egress, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(SECOND));
    (
        Egress::new(EgressSettings::default(), Arc::clone(&clock) as Arc<dyn Clock>),
        clock,
    )
}

fn call(egress: &Egress, scope: &str, reach: Reach) {
    egress.pass(scope).expect("it is let out").report(reach);
}

fn take_down(egress: &Egress) {
    for host in 0..8 {
        call(egress, &format!("host-{host}"), Reach::NotReached);
    }
    assert!(egress.is_down());
}

#[test]
fn eight_scopes_that_are_not_reached_take_the_network_for_down() {
    let (egress, _clock) = egress();
    for host in 0..7 {
        call(&egress, &format!("host-{host}"), Reach::NotReached);
        assert!(!egress.is_down(), "after {}", host + 1);
    }
    call(&egress, "host-7", Reach::NotReached);
    assert!(egress.is_down());
    assert!(egress.pass("host-8").is_err());
}

#[test]
fn after_a_sleep_that_was_longer_than_its_rest_it_is_tried_at_once() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND);
    egress.slept(SECOND);
    assert!(egress.pass("host-8").is_err(), "most of its time is left");
    egress.slept(SECOND * 3_600);
    call(&egress, "host-8", Reach::Reached);
    assert_eq!(egress.status(), EgressStatus::Up);
}

#[test]
fn a_probe_that_slept_with_the_machine_leaves_its_place_to_another() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 20);
    let probes = ["a", "b", "c"].map(|scope| egress.pass(scope).expect("it is let out"));
    assert!(egress.pass("d").is_err());
    egress.slept(SECOND * 3_600);
    assert!(egress.pass("d").is_ok());
    drop(probes);
}

#[test]
fn what_failed_before_the_machine_slept_does_not_count() {
    let (egress, _clock) = egress();
    for host in 0..7 {
        call(&egress, &format!("host-{host}"), Reach::NotReached);
    }
    egress.slept(SECOND * 3_600);
    call(&egress, "host-7", Reach::NotReached);
    assert!(!egress.is_down());
}

#[test]
fn one_dead_scope_called_often_is_no_outage() {
    let (egress, _clock) = egress();
    for _ in 0..100 {
        call(&egress, "dead", Reach::NotReached);
    }
    assert!(!egress.is_down());
}

#[test]
fn half_of_the_scopes_are_not_most_of_them() {
    let (egress, _clock) = egress();
    for host in 0..8 {
        call(&egress, &format!("well-{host}"), Reach::Reached);
        call(&egress, &format!("dead-{host}"), Reach::NotReached);
    }
    assert!(!egress.is_down());
    call(&egress, "dead-8", Reach::NotReached);
    assert!(egress.is_down());
}

#[test]
fn what_failed_long_ago_does_not_count() {
    let (egress, clock) = egress();
    for host in 0..7 {
        call(&egress, &format!("host-{host}"), Reach::NotReached);
    }
    clock.advance(SECOND * 31);
    call(&egress, "host-7", Reach::NotReached);
    assert!(!egress.is_down());
}

#[test]
fn three_different_scopes_try_and_one_success_is_enough() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 12);
    let first = egress.pass("a").expect("due");
    assert!(egress.pass("a").is_err(), "the same scope proves nothing more");
    let second = egress.pass("b").expect("due");
    let third = egress.pass("c").expect("due");
    assert!(egress.pass("d").is_err(), "three are enough");
    first.report(Reach::NotReached);
    second.report(Reach::NotReached);
    assert!(egress.is_down());
    third.report(Reach::Reached);
    assert!(!egress.is_down());
}

#[test]
fn three_failed_probes_keep_it_down_for_longer() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 12);
    for scope in ["a", "b", "c"] {
        call(&egress, scope, Reach::NotReached);
    }
    let EgressStatus::Down { until, trips } = egress.status() else {
        panic!("it is down");
    };
    assert_eq!(trips, 2);
    assert_eq!(until.since(clock.now()), SECOND * 20);
}

#[test]
fn a_probe_that_is_dropped_leaves_its_place_to_another() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 12);
    drop(egress.pass("a").expect("due"));
    for scope in ["b", "c", "d"] {
        egress
            .pass(scope)
            .expect("a place is free")
            .report(Reach::Unknown);
    }
    assert!(egress.pass("a").is_ok());
}

#[test]
fn a_probe_that_never_ends_does_not_hold_its_place_for_ever() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 12);
    let lost = [egress.pass("a"), egress.pass("b"), egress.pass("c")];
    assert!(egress.pass("d").is_err());
    clock.advance(SECOND * 31);
    assert!(egress.pass("d").is_ok());
    drop(lost);
}

#[test]
fn a_late_failure_of_before_is_no_probe() {
    let (egress, clock) = egress();
    let late = egress.pass("late").expect("up");
    take_down(&egress);
    clock.advance(SECOND * 12);
    call(&egress, "a", Reach::NotReached);
    call(&egress, "b", Reach::NotReached);
    late.report(Reach::NotReached);
    assert!(matches!(egress.status(), EgressStatus::Down { trips: 1, .. }));
}

#[test]
fn a_dead_scope_that_is_alone_may_try_again_after_a_while() {
    let (egress, clock) = egress();
    take_down(&egress);
    clock.advance(SECOND * 12);
    call(&egress, "a", Reach::NotReached);
    assert!(egress.pass("a").is_err());
    clock.advance(SECOND * 31);
    call(&egress, "a", Reach::Reached);
    assert!(!egress.is_down());
}

#[tokio::test]
async fn whoever_waits_for_the_network_hears_once_that_it_is_back() {
    let (egress, clock) = egress();
    take_down(&egress);
    assert!(!is_back(&egress).await);
    clock.advance(SECOND * 12);
    call(&egress, "a", Reach::Reached);
    call(&egress, "b", Reach::Reached);
    assert!(is_back(&egress).await);
    assert!(!is_back(&egress).await, "it has heard of that");
}

async fn is_back(egress: &Egress) -> bool {
    // What is over already is asked first.
    tokio::time::timeout(Duration::ZERO, egress.came_back())
        .await
        .is_ok()
}

proptest! {
    #[test]
    fn counts_what_a_list_of_all_calls_counts(
        calls in prop::collection::vec((0_usize..14, 0_u64..9_000, any::<bool>()), 0..150),
    ) {
        let (egress, clock) = egress();
        let settings = EgressSettings::default();
        let mut last: Vec<Option<(Moment, bool)>> = vec![None; 14];
        for (scope, pause_millis, reached) in calls {
            clock.advance(Duration::from_millis(pause_millis));
            let now = clock.now();
            call(&egress, &format!("host-{scope}"), if reached { Reach::Reached } else { Reach::NotReached });
            last[scope] = Some((now, reached));
            let recent = last.iter().flatten().filter(|(at, _)| now.since(*at) <= settings.window);
            let (count, failed) = recent.fold((0, 0), |(count, failed), (_, reached)| {
                (count + 1, failed + usize::from(!reached))
            });
            let is_down = !reached && count >= settings.min_scopes && failed * 100 > count * settings.percent;
            prop_assert_eq!(egress.is_down(), is_down);
            if is_down {
                break;
            }
        }
    }
}
