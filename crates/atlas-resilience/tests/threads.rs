//! One breaker, many real threads: as many probes as allowed and not one more, no place lost, nobody harmed by
//! another's panic. Nothing here waits for time to pass; the clock is moved by hand.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{Builder, scope};
use std::time::Duration;

use atlas_resilience::breaker::{
    Breaker, BreakerSettings, CallResult, Core, LONGEST_TIME, OpenTime, Permit, Phase, Probing, RefusalCause,
};
use atlas_resilience::{Clock, ManualClock};

/// Small stacks: a thousand threads are started at once.
const STACK_BYTES: usize = 128 * 1024;

fn settings(concurrent: u32, successes_to_close: u32) -> BreakerSettings {
    let defaults = BreakerSettings::default();
    BreakerSettings {
        open: OpenTime {
            growth: 1,
            jitter_percent: 0,
            ..defaults.open
        },
        probing: Probing {
            concurrent,
            successes_to_close,
            // A thread may rest in the middle of its probe while others move the clock: no probe is given up for that.
            max_age: LONGEST_TIME,
            ..defaults.probing
        },
        ..defaults
    }
}

/// A breaker whose open time has just passed.
fn due_breaker(settings: BreakerSettings) -> (Arc<ManualClock>, Breaker) {
    let clock = Arc::new(ManualClock::starting_at(Duration::from_hours(24 * 20_000)));
    let core = Core::new(Arc::new(settings), 3, clock.now());
    let breaker = Breaker::new("example.com", core, clock.clone(), None);
    while let Ok(permit) = breaker.acquire() {
        permit.failure("out of order");
    }
    let until = breaker.status().until.expect("it is open");
    clock.advance(until.since(clock.now()));
    (clock, breaker)
}

fn in_threads(count: usize, work: impl Fn(usize) + Sync) {
    scope(|threads| {
        for number in 0..count {
            let thread = Builder::new().stack_size(STACK_BYTES);
            let work = &work;
            thread
                .spawn_scoped(threads, move || work(number))
                .expect("a thread starts");
        }
    });
}

/// A panic that says nothing, so that the output of the tests stays readable.
fn quiet_panic() -> ! {
    resume_unwind(Box::new("the call broke"))
}

#[test]
fn of_a_thousand_callers_at_the_moment_it_is_due_only_the_probes_run() {
    const CALLERS: usize = 1_000;
    for places in [1_u32, 3] {
        let (_clock, breaker) = due_breaker(settings(places, places + 1));
        let (start, all_answered) = (Barrier::new(CALLERS), Barrier::new(CALLERS));
        let (running, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        in_threads(CALLERS, |_number| {
            start.wait();
            let answer = breaker.acquire();
            match &answer {
                Ok(permit) => {
                    assert!(permit.is_probe());
                    running.fetch_add(1, Ordering::SeqCst);
                }
                Err(refusal) => {
                    assert_eq!(refusal.cause, RefusalCause::Probing);
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            }
            // The probes hold their places until everybody has an answer: a caller that queued would never get here.
            all_answered.wait();
        });
        let places = places as usize;
        assert_eq!(
            (running.into_inner(), refused.into_inner()),
            (places, CALLERS - places)
        );
        assert_eq!(
            (breaker.status().phase, breaker.status().probes),
            (Phase::HalfOpen, 0)
        );
    }
}

#[test]
fn a_probe_that_panics_counts_as_a_failure_and_harms_nobody() {
    let (clock, breaker) = due_breaker(settings(1, 1));
    let broken = scope(|threads| {
        let probing = threads.spawn(|| {
            let _permit = breaker.acquire().expect("it is due");
            quiet_panic();
        });
        probing.join()
    });
    assert!(broken.is_err());
    let status = breaker.status();
    assert_eq!((status.phase, status.trips, status.probes), (Phase::Open, 2, 0));
    assert_eq!(status.reason, "the call panicked");

    clock.advance(Duration::from_hours(2));
    let probes = AtomicUsize::new(0);
    in_threads(8, |_number| {
        if let Ok(permit) = breaker.acquire() {
            probes.fetch_add(usize::from(permit.is_probe()), Ordering::SeqCst);
            permit.success();
        }
    });
    assert!(probes.into_inner() >= 1);
    assert_eq!(breaker.status().phase, Phase::Closed);
}

#[test]
fn a_call_that_panics_counts_in_a_closed_breaker_too() {
    let clock = Arc::new(ManualClock::starting_at(Duration::ZERO));
    let core = Core::new(Arc::new(settings(1, 1)), 3, clock.now());
    let breaker = Breaker::new("example.com", core, clock, None);
    for failures in 1..=3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _permit = breaker.acquire().expect("it is closed");
            quiet_panic();
        }));
        assert!(panicked.is_err());
        assert_eq!(breaker.status().consecutive_failures, failures);
    }
}

#[test]
fn a_probe_whose_future_is_dropped_in_the_middle_gives_its_place_to_the_next_caller() {
    let (_clock, breaker) = due_breaker(settings(1, 1));
    let mut call = Box::pin(async {
        let permit = breaker.acquire().expect("it is due");
        std::future::pending::<()>().await;
        permit.success();
    });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert_eq!(breaker.acquire().unwrap_err().cause, RefusalCause::Probing);
    drop(call);
    assert_eq!(
        (breaker.status().phase, breaker.status().trips),
        (Phase::HalfOpen, 1)
    );
    assert!(breaker.acquire().expect("the place is free").is_probe());
}

#[test]
fn as_many_places_are_taken_as_permits_are_alive() {
    const PLACES: usize = 16;
    let (_clock, breaker) = due_breaker(settings(16, 1_000));
    let (taken, checked) = (Barrier::new(PLACES + 1), Barrier::new(PLACES + 1));
    scope(|threads| {
        for number in 0..PLACES {
            let (breaker, taken, checked) = (&breaker, &taken, &checked);
            threads.spawn(move || {
                let permit = breaker.acquire().expect("a place is free");
                taken.wait();
                checked.wait();
                end(permit, number);
            });
        }
        taken.wait();
        assert_eq!(breaker.status().probes, PLACES);
        assert!(breaker.acquire().is_err());
        checked.wait();
    });
    assert_eq!(breaker.status().probes, 0);
}

#[test]
fn a_storm_of_good_and_dropped_probes_never_takes_more_places_than_there_are() {
    const PLACES: usize = 3;
    let (_clock, breaker) = due_breaker(settings(3, u32::MAX));
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    in_threads(8, |number| {
        for round in 0..5_000 {
            let Ok(permit) = breaker.acquire() else { continue };
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            running.fetch_sub(1, Ordering::SeqCst);
            end(permit, number + round);
        }
    });
    assert!((1..=PLACES).contains(&most.into_inner()));
    assert_eq!(
        (breaker.status().phase, breaker.status().probes),
        (Phase::HalfOpen, 0)
    );
}

/// One place, so that the probe that opens the breaker again is the only one under way.
#[test]
fn a_storm_of_failing_and_panicking_probes_never_has_two_at_once_and_ends_closed() {
    let (clock, breaker) = due_breaker(settings(1, 2));
    let running = AtomicUsize::new(0);
    in_threads(8, |number| {
        for round in 0..2_000 {
            clock.advance(Duration::from_secs(20));
            let Ok(permit) = breaker.acquire() else { continue };
            let is_probe = permit.is_probe();
            if is_probe {
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "a second probe");
                running.fetch_sub(1, Ordering::SeqCst);
            }
            match (number + round) % 5 {
                0 => drop(catch_unwind(AssertUnwindSafe(|| {
                    let _permit = permit;
                    quiet_panic();
                }))),
                1 | 2 => drop(permit.failure("still out of order")),
                kind => end(permit, kind),
            }
        }
    });
    clock.advance(Duration::from_hours(2));
    while breaker.status().phase != Phase::Closed {
        breaker.acquire().expect("no place was lost").success();
    }
    assert_eq!(breaker.status().probes, 0);
}

/// Without a failure, in one of the ways there are.
fn end(permit: Permit<'_>, kind: usize) {
    match kind % 3 {
        0 => drop(permit.success()),
        1 => drop(permit.finish(CallResult::Ignored)),
        _ => drop(permit),
    }
}
