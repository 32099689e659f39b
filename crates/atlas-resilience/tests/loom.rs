//! The packed word, the lock behind it and the permit, in every order in which two threads can meet. Time stands
//! still; what the state machine decides is tested elsewhere.

use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{
    Breaker, BreakerSettings, CallResult, Core, OpenTime, Permit, Phase, Probing, RefusalCause, TripRules,
};
use atlas_resilience::{Clock, ManualClock};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

const OPEN_FOR: Duration = Duration::from_mins(1);

/// Trips by so many failures in a row; one probe at a time.
fn settings(failures: u32) -> BreakerSettings {
    let defaults = BreakerSettings::default();
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(failures),
            ..defaults.trip
        },
        open: OpenTime {
            base: OPEN_FOR,
            growth: 1,
            jitter_percent: 0,
            ..defaults.open
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 5,
            ..defaults.probing
        },
        ..defaults
    }
}

/// Permits borrow their breaker, and threads of the checker borrow nothing that is not kept: it is kept.
fn breaker(failures: u32) -> (Arc<ManualClock>, &'static Breaker) {
    let clock = Arc::new(ManualClock::starting_at(Duration::ZERO));
    let core = Core::new(Arc::new(settings(failures)), 1, clock.now());
    (
        clock.clone(),
        Box::leak(Box::new(Breaker::new("example.com", core, clock, None))),
    )
}

/// Open, and its time is over.
fn due_breaker() -> (Arc<ManualClock>, &'static Breaker) {
    let (clock, breaker) = breaker(1);
    acquire(breaker).failure("out of order");
    clock.advance(OPEN_FOR);
    (clock, breaker)
}

fn acquire(breaker: &'static Breaker) -> Permit<'static> {
    breaker.acquire().expect("the call is let through")
}

#[test]
fn nobody_is_let_through_who_has_seen_the_trip() {
    loom::model(|| {
        let (clock, breaker) = breaker(1);
        let until = clock.now().after(OPEN_FOR);
        let permit = acquire(breaker);
        let has_tripped: &AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let failing = thread::spawn(move || {
            permit.failure("out of order");
            has_tripped.store(true, Ordering::Release);
        });
        let knows = has_tripped.load(Ordering::Acquire);
        match breaker.acquire() {
            Ok(early) => {
                assert!(!knows && !early.is_probe());
                early.success();
            }
            Err(refusal) => assert_eq!((refusal.cause, refusal.until), (RefusalCause::Open, Some(until))),
        }
        failing.join().unwrap();
        assert_eq!((breaker.status().phase, breaker.status().trips), (Phase::Open, 1));
    });
}

#[test]
fn a_refusal_never_names_the_end_of_an_earlier_trip() {
    loom::model(|| {
        let (clock, breaker) = due_breaker();
        let second_until = clock.now().after(OPEN_FOR);
        let probe = acquire(breaker);
        let failing = thread::spawn(move || {
            probe.failure("still out of order");
        });
        let refusal = breaker.acquire().unwrap_err();
        match refusal.cause {
            RefusalCause::Probing => assert!(refusal.until.is_some_and(|until| clock.now() < until)),
            cause => assert_eq!((cause, refusal.until), (RefusalCause::Open, Some(second_until))),
        }
        failing.join().unwrap();
        assert_eq!(breaker.acquire().unwrap_err().until, Some(second_until));
    });
}

#[test]
fn a_refusal_never_joins_a_trip_to_the_pause_before_it() {
    loom::model(|| {
        let (clock, breaker) = breaker(1);
        let pause = OPEN_FOR / 2;
        let (pause_until, open_until) = (clock.now().after(pause), clock.now().after(OPEN_FOR));
        let permit = acquire(breaker);
        acquire(breaker).finish(CallResult::Throttled { pause: Some(pause) });
        let failing = thread::spawn(move || {
            permit.failure("out of order");
        });
        let refusal = breaker.acquire().unwrap_err();
        match refusal.cause {
            RefusalCause::Throttled => assert_eq!(refusal.until, Some(pause_until)),
            cause => assert_eq!((cause, refusal.until), (RefusalCause::Open, Some(open_until))),
        }
        failing.join().unwrap();
    });
}

#[test]
fn of_two_callers_for_one_place_exactly_one_gets_it() {
    loom::model(|| {
        let (_clock, breaker) = due_breaker();
        let other = thread::spawn(move || breaker.acquire().ok());
        let mine = breaker.acquire().ok();
        let others = other.join().unwrap();
        assert_ne!(mine.is_some(), others.is_some());
        assert!(mine.iter().chain(&others).all(Permit::is_probe));
        assert_eq!(breaker.status().probes, 1);
        drop((mine, others));
        assert_eq!(breaker.status().probes, 0);
    });
}

#[test]
fn a_place_that_is_given_back_while_another_asks_is_not_lost() {
    loom::model(|| {
        let (_clock, breaker) = due_breaker();
        let dropped = acquire(breaker);
        let dropping = thread::spawn(move || drop(dropped));
        let mine = breaker.acquire().ok();
        dropping.join().unwrap();
        assert_eq!(breaker.status().probes, usize::from(mine.is_some()));
        drop(mine);
        assert!(acquire(breaker).is_probe());
    });
}

#[test]
fn two_failures_at_once_are_two() {
    loom::model(|| {
        let (_clock, breaker) = breaker(2);
        let (first, second) = (acquire(breaker), acquire(breaker));
        let failing = thread::spawn(move || {
            first.failure("out of order");
        });
        second.failure("out of order");
        failing.join().unwrap();
        assert_eq!((breaker.status().phase, breaker.status().trips), (Phase::Open, 1));
        assert!(breaker.acquire().is_err(), "who asks next sees the later of both");
    });
}

#[test]
fn a_success_takes_back_only_the_failures_before_it() {
    loom::model(|| {
        let (_clock, breaker) = breaker(3);
        let (good, bad) = (acquire(breaker), acquire(breaker));
        let has_succeeded: &AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let has_failed: &AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let failing = thread::spawn(move || {
            let came_later = has_succeeded.load(Ordering::Acquire);
            bad.failure("out of order");
            has_failed.store(true, Ordering::Release);
            came_later
        });
        let success_came_later = has_failed.load(Ordering::Acquire);
        good.success();
        has_succeeded.store(true, Ordering::Release);
        let failure_came_later = failing.join().unwrap();
        let failures = breaker.status().consecutive_failures;
        if failure_came_later {
            assert_eq!(failures, 1, "the failure is lost");
        } else if success_came_later {
            assert_eq!(failures, 0, "the success is lost");
        } else {
            assert!(failures <= 1);
        }
    });
}
