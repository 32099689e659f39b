//! What comes back after a restart: never more permissive than before, except by the time that has passed.

mod decisions;

use super::*;
use crate::retry_after::RETRY_AFTER_LIMIT;

impl Timeline {
    /// The process ends and another starts `gap` later, after the wall clock was put right by `step_secs`.
    fn restart(&mut self, gap: Duration, step_secs: i64) {
        let stored = self.core.persist(self.now, self.wall).after_restart();
        self.pass(gap);
        let step = Duration::from_secs(step_secs.unsigned_abs());
        if step_secs < 0 {
            self.wall -= step;
        } else {
            self.wall += step;
        }
        self.core = Core::restore(&stored, self.core.settings().clone(), 8, self.now, self.wall);
    }
}

const AN_HOUR_BACK: i64 = -3_600;
const A_DAY_AHEAD: i64 = 24 * 3_600;

#[test]
fn an_open_breaker_waits_for_the_rest_of_its_time() {
    let mut line = Timeline::tripped(settings());
    line.pass(10 * SECOND);
    line.restart(20 * SECOND, 0);
    assert_eq!((line.core.phase(), line.remaining()), (Phase::Open, 30 * SECOND));
    line.restart(10 * SECOND, 0);
    assert_eq!(line.remaining(), 20 * SECOND);
    assert_eq!((line.core.trips(), line.core.generation()), (1, 1));
}

#[test]
fn an_open_breaker_whose_time_is_over_lets_a_single_probe_through() {
    let mut line = Timeline::tripped(settings());
    line.restart(DAY, 0);
    assert_eq!(line.core.phase(), Phase::Open);
    line.probe();
    line.refused();
}

#[test]
fn a_half_open_breaker_is_due_and_probed_anew() {
    let mut line = Timeline::due(probing(1, 2));
    line.call(CallResult::Success);
    line.probe();
    line.restart(Duration::ZERO, 0);
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 1));
    line.call(CallResult::Success);
    line.probe();
    line.refused();
}

#[test]
fn a_half_open_breaker_that_sleeps_within_its_process_goes_on_counting() {
    let mut line = Timeline::due(probing(1, 2));
    line.call(CallResult::Success);
    let generation = line.core.generation();
    let asleep = line.core.persist(line.now, line.wall);
    line.pass(DAY);
    line.core = Core::restore(&asleep, line.core.settings().clone(), 8, line.now, line.wall);
    assert_eq!(
        (line.core.phase(), line.core.generation()),
        (Phase::HalfOpen, generation)
    );
    assert_eq!(line.core.since(), line.now.before(DAY));
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn since_when_it_has_been_open_outlasts_tries_in_vain_and_restarts() {
    let mut line = Timeline::tripped(settings());
    let tripped_at = line.now;
    for _ in 0..3 {
        line.pass_until_due();
        line.call(CallResult::Failure);
        assert_eq!(
            (line.core.since(), line.core.open_since()),
            (line.now, Some(tripped_at))
        );
        line.restart(SECOND, 0);
        assert_eq!(line.core.open_since(), Some(tripped_at));
    }
    line.pass_until_due();
    line.call(CallResult::Success);
    line.restart(SECOND, 0);
    assert_eq!(line.core.open_since(), Some(tripped_at), "half well is not well");
    line.recover();
    assert_eq!(line.core.open_since(), None);
    line.restart(SECOND, 0);
    assert_eq!(line.core.open_since(), None);
}

#[test]
fn a_row_that_does_not_say_since_when_it_has_been_open_counts_from_the_last_change() {
    let line = Timeline::tripped(settings());
    let old = StoredBreaker {
        open_since: None,
        ..line.core.persist(line.now, line.wall)
    };
    let core = Core::restore(&old, line.core.settings().clone(), 8, line.now, line.wall);
    assert_eq!(core.open_since(), Some(core.since()));
}

#[test]
fn a_clock_that_was_put_back_costs_at_most_one_full_period() {
    let mut line = Timeline::tripped(settings());
    line.pass(10 * SECOND);
    line.restart(SECOND, AN_HOUR_BACK);
    assert_eq!((line.core.phase(), line.remaining()), (Phase::Open, MINUTE));
    line.pass(MINUTE);
    line.probe();
}

#[test]
fn a_clock_that_was_put_ahead_leads_to_a_probe_and_not_to_a_closed_breaker() {
    let mut line = Timeline::tripped(settings());
    line.restart(SECOND, A_DAY_AHEAD);
    assert_eq!(line.core.phase(), Phase::Open);
    line.probe();
}

#[test]
fn a_row_from_the_future_waits_no_longer_than_the_cap_allows() {
    let line = Timeline::tripped(settings());
    let future = StoredBreaker {
        since: WallMillis::MAX,
        open_for_ms: u64::MAX,
        not_before: Some(WallMillis::MAX),
        ..line.core.persist(line.now, line.wall)
    };
    let core = Core::restore(&future, line.core.settings().clone(), 8, line.now, line.wall);
    assert_eq!(core.until(), Some(line.now.after(RETRY_AFTER_LIMIT)));
}

#[test]
fn a_row_whose_generation_is_too_large_comes_back_with_one_that_calls_can_carry() {
    let line = Timeline::new(settings());
    let worn = StoredBreaker {
        generation: u64::MAX,
        ..line.core.persist(line.now, line.wall)
    };
    let core = Core::restore(&worn, line.core.settings().clone(), 8, line.now, line.wall);
    assert_eq!(core.generation(), (1 << GENERATION_BITS) - 1);
}

#[test]
fn a_breaker_that_is_due_stays_due_whatever_the_clock_does_at_the_next_restart() {
    let mut line = Timeline::tripped(settings());
    line.restart(90 * MINUTE, 0);
    line.restart(SECOND, AN_HOUR_BACK);
    assert_eq!(
        line.remaining(),
        Duration::ZERO,
        "it was open for a minute, more than a minute ago"
    );

    let mut line = Timeline::due(settings());
    line.call(CallResult::Success);
    line.pass(90 * MINUTE);
    line.restart(SECOND, 0);
    line.restart(SECOND, AN_HOUR_BACK);
    assert_eq!(line.remaining(), Duration::ZERO, "its probes died long ago");
}

#[test]
fn a_closed_breaker_keeps_its_trips_and_forgets_its_failures() {
    let mut line = Timeline::tripped(settings());
    line.recover();
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    line.restart(SECOND, 0);
    assert_eq!(
        (line.core.phase(), line.core.consecutive_failures()),
        (Phase::Closed, 0)
    );
    line.trip();
    assert_eq!(line.core.trips(), 2);
}

#[test]
fn trips_decay_while_the_process_is_down() {
    let mut line = Timeline::tripped(settings());
    line.recover();
    line.restart(DAY, 0);
    assert!(line.core.is_without_past(line.now));
    line.trip();
    assert_eq!(line.core.trips(), 1);
}

#[test]
fn a_pause_that_was_asked_for_survives() {
    let mut line = Timeline::new(settings());
    line.call(throttled(10 * MINUTE));
    line.restart(4 * MINUTE, 0);
    assert_eq!(
        (line.refused().cause, line.remaining()),
        (RefusalCause::Throttled, 6 * MINUTE)
    );
    line.restart(SECOND, AN_HOUR_BACK);
    assert!(line.remaining() <= RETRY_AFTER_LIMIT);
    line.refused();
    line.restart(SECOND, A_DAY_AHEAD);
    line.admitted();
}

#[test]
fn a_row_that_cannot_be_read_becomes_a_breaker_that_is_probed_first() {
    let mut line = Timeline::new(settings());
    line.core = Core::due(line.core.settings().clone(), 8, line.now, "the row is damaged");
    assert_eq!(
        (line.core.phase(), line.core.reason()),
        (Phase::Open, "the row is damaged")
    );
    line.probe();
    line.refused();
}

#[test]
fn parts_of_a_millisecond_do_not_shorten_a_wait() {
    for micros in [1, 499, 500, 999, 1_001, 1_999] {
        let mut line = Timeline::new(settings());
        line.pass(Duration::from_micros(700));
        line.call(throttled(MINUTE));
        line.pass(Duration::from_micros(micros));
        let paused = line.remaining();
        line.restart(Duration::ZERO, 0);
        assert!(
            line.remaining() >= paused,
            "{micros} µs: {:?} < {paused:?}",
            line.remaining()
        );

        let mut line = Timeline::new(settings());
        line.pass(Duration::from_micros(700));
        line.trip();
        line.pass(Duration::from_micros(micros));
        let open = line.remaining();
        line.restart(Duration::ZERO, 0);
        assert!(
            line.remaining() >= open,
            "{micros} µs: {:?} < {open:?}",
            line.remaining()
        );
    }
}
