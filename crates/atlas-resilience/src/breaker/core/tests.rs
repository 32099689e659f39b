//! What the state machine promises, on a time that passes only when a test says so. The themes have a file each;
//! here is the timeline that they share.

mod configuring;
mod late_results;
mod open_time;
mod outages;
mod overlays;
mod probing;
mod restoring;
mod sleeping;
mod throttling;
mod windows;

use std::time::SystemTime;

use super::*;
use crate::breaker::settings::{OpenTime, Probing, Rate, SlowCalls, TripRules, WindowKind};
use crate::clock::HEAD_START;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Three failures in a row open it for a minute, each further trip for twice as long, up to an hour; two successes
/// of one probe at a time close it. The times are exact: what is spread is tested by itself.
fn settings() -> BreakerSettings {
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(3),
            failure_rate: None,
            slow_calls: None,
            window: WindowKind::Calls(20),
        },
        open: OpenTime {
            base: MINUTE,
            cap: HOUR,
            growth: 2,
            jitter_percent: 0,
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 2,
            max_age: 30 * SECOND,
            retry_after: 5 * SECOND,
        },
        throttle_pause: 30 * SECOND,
    }
}

fn probing(concurrent: u32, successes_to_close: u32) -> BreakerSettings {
    let probing = Probing {
        concurrent,
        successes_to_close,
        ..settings().probing
    };
    BreakerSettings {
        probing,
        ..settings()
    }
}

/// Nothing that it could count to would open it.
fn without_rules() -> BreakerSettings {
    let trip = TripRules {
        consecutive_failures: None,
        ..settings().trip
    };
    BreakerSettings { trip, ..settings() }
}

/// A breaker and its two clocks.
struct Timeline {
    core: Core,
    now: Moment,
    wall: SystemTime,
}

impl Timeline {
    fn new(settings: BreakerSettings) -> Self {
        let now = Moment::ORIGIN.after(HEAD_START);
        Self {
            core: Core::new(Arc::new(settings), 7, now),
            now,
            wall: SystemTime::UNIX_EPOCH + 20_000 * DAY,
        }
    }

    fn tripped(settings: BreakerSettings) -> Self {
        let mut line = Self::new(settings);
        line.trip();
        line
    }

    /// Tripped, and its open time is over.
    fn due(settings: BreakerSettings) -> Self {
        let mut line = Self::tripped(settings);
        line.pass_until_due();
        line
    }

    fn pass(&mut self, duration: Duration) {
        self.now = self.now.after(duration);
        self.wall += duration;
    }

    fn pass_until_due(&mut self) {
        let until = self.core.until().unwrap();
        self.pass(until.since(self.now));
    }

    fn step(&mut self, event: Event) -> Effects {
        self.core.step(event, self.now)
    }

    fn ask(&mut self) -> Result<Ticket, Refusal> {
        self.step(Event::Ask).answer.unwrap()
    }

    fn admitted(&mut self) -> Ticket {
        self.ask().expect("the call is let through")
    }

    fn probe(&mut self) -> Ticket {
        let ticket = self.admitted();
        assert!(ticket.is_probe());
        ticket
    }

    fn refused(&mut self) -> Refusal {
        self.ask().expect_err("the call is refused")
    }

    fn finish(&mut self, ticket: Ticket, result: CallResult) -> Effects {
        self.step(Event::Finish(ticket, result))
    }

    /// A call that ends at once.
    fn call(&mut self, result: CallResult) -> Effects {
        let ticket = self.admitted();
        self.finish(ticket, result)
    }

    fn trip(&mut self) {
        while self.core.phase() == Phase::Closed {
            self.call(CallResult::Failure);
        }
    }

    fn recover(&mut self) {
        self.pass_until_due();
        while self.core.phase() != Phase::Closed {
            self.call(CallResult::Success);
        }
    }

    fn overlay(&mut self, mode: OverlayMode, lasts: Option<Duration>) {
        self.step(Event::Operate(Command::Overlay {
            mode,
            lasts,
            reason: "maintenance".to_owned(),
        }));
    }

    fn remaining(&self) -> Duration {
        self.core
            .until()
            .map(|until| until.since(self.now))
            .unwrap_or_default()
    }

    fn configure(&mut self, settings: BreakerSettings) -> Effects {
        self.core.configure(Arc::new(settings), self.now)
    }
}

const fn throttled(pause: Duration) -> CallResult {
    CallResult::Throttled { pause: Some(pause) }
}

fn just_short_of(duration: Duration) -> Duration {
    duration.saturating_sub(Duration::from_nanos(1))
}

#[test]
fn lets_every_call_through_until_failures_come_in_a_row() {
    let mut line = Timeline::new(settings());
    for _ in 0..50 {
        line.call(CallResult::Failure);
        line.call(CallResult::Failure);
        line.call(CallResult::Success);
    }
    assert_eq!(line.core.phase(), Phase::Closed);
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Closed);
    let transition = line.call(CallResult::Failure).transition.unwrap();
    assert_eq!(
        transition,
        Transition {
            from: Phase::Closed,
            to: Phase::Open,
            cause: Cause::ConsecutiveFailures,
            until: Some(line.now.after(MINUTE)),
            trips: 1,
        }
    );
}

#[test]
fn what_ended_for_our_own_reasons_neither_breaks_nor_makes_a_row_of_failures() {
    let mut line = Timeline::new(settings());
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    for _ in 0..10 {
        line.call(CallResult::Ignored);
    }
    assert_eq!(line.core.phase(), Phase::Closed);
    line.call(CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Open);
}

#[test]
fn an_open_breaker_lets_nobody_through_before_its_time() {
    let mut line = Timeline::tripped(settings());
    let until = line.now.after(MINUTE);
    for _ in 0..59 {
        assert_eq!(
            line.refused(),
            Refusal {
                cause: RefusalCause::Open,
                until: Some(until)
            }
        );
        line.pass(SECOND);
    }
    line.pass(just_short_of(SECOND));
    line.refused();
    line.pass(Duration::from_nanos(1));
    line.probe();
}

#[test]
fn every_transition_has_a_generation_of_its_own() {
    let mut line = Timeline::new(settings());
    let mut generations = vec![line.core.generation()];
    for result in [CallResult::Failure, CallResult::Success] {
        line.trip();
        generations.push(line.core.generation());
        line.pass_until_due();
        let probe = line.probe();
        generations.push(line.core.generation());
        line.finish(probe, result);
        line.step(Event::Operate(Command::Reset));
        generations.push(line.core.generation());
    }
    assert!(
        generations.is_sorted_by(|earlier, later| earlier < later),
        "{generations:?}"
    );
}

#[test]
fn only_what_must_outlive_the_process_is_written() {
    let mut line = Timeline::new(settings());
    assert!(!line.call(CallResult::Success).persist);
    assert!(!line.call(CallResult::Failure).persist);
    assert!(!line.call(CallResult::Failure).persist);
    assert!(line.call(CallResult::Failure).persist);
    assert!(!line.step(Event::Ask).persist);
    line.pass(MINUTE);
    assert!(line.step(Event::Ask).persist, "it became half-open");
    assert!(!line.step(Event::Ask).persist);
}
