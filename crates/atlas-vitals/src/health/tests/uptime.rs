//! For how long something was how.

use std::collections::VecDeque;

use HealthStatus::{Critical, Degraded, Down, Healthy, Unknown as NotKnown};
use proptest::prelude::*;

use super::*;

const NOW: Moment = Moment::from_millis(100 * 24 * 3_600_000);

fn ago(duration: Duration) -> Moment {
    NOW.before(duration)
}

fn became(to: HealthStatus, before_now: Duration) -> HistoryEntry {
    HistoryEntry {
        at: ago(before_now),
        wall: Timestamp::from_millis(0),
        from: NotKnown,
        to,
        cause: Cause::Failing,
        message: String::new(),
    }
}

fn between(from: Duration, until: Duration) -> Span {
    Span {
        from: ago(from),
        until: ago(until),
    }
}

fn over(window: Duration, entries: &[HistoryEntry], gaps: &[Span], maintenance: &[Span]) -> Uptime {
    let entries: VecDeque<_> = entries.iter().cloned().collect();
    let (gaps, maintenance) = (
        Spans::covering(gaps.iter().copied()),
        Spans::covering(maintenance.iter().copied()),
    );
    Uptime::over(window, &entries, &gaps, &maintenance, NOW)
}

#[test]
fn each_status_has_its_time() {
    let entries = [
        became(Healthy, 10 * DAY),
        became(Down, 6 * HOUR),
        became(Degraded, 5 * HOUR),
        became(Critical, 3 * HOUR),
        became(Healthy, HOUR),
    ];
    let uptime = over(DAY, &entries, &[], &[]);
    assert_eq!((uptime.healthy, uptime.down), (19 * HOUR, HOUR));
    assert_eq!((uptime.degraded, uptime.critical), (2 * HOUR, 2 * HOUR));
    assert_eq!(uptime.share(), Some(21.0 / 24.0));
    assert_eq!(uptime.measured(), DAY);
}

#[test]
fn what_happened_before_the_window_does_not_count() {
    let entries = [became(Down, 40 * DAY), became(Healthy, 20 * DAY)];
    assert_eq!(over(7 * DAY, &entries, &[], &[]).share(), Some(1.0));
    assert_eq!(over(30 * DAY, &entries, &[], &[]).down, 10 * DAY);
}

#[test]
fn what_is_not_known_counts_neither_for_nor_against() {
    let nothing = over(DAY, &[], &[], &[]);
    assert_eq!((nothing.share(), nothing.unknown), (None, DAY));
    let uptime = over(
        DAY,
        &[became(Healthy, 6 * HOUR), became(NotKnown, HOUR)],
        &[],
        &[],
    );
    assert_eq!((uptime.unknown, uptime.healthy), (19 * HOUR, 5 * HOUR));
    assert_eq!(uptime.share(), Some(1.0));
}

#[test]
fn gaps_and_maintenance_are_measured_apart() {
    let entries = [
        became(Healthy, 2 * DAY),
        became(Down, 10 * HOUR),
        became(Healthy, 4 * HOUR),
    ];
    let gaps = [between(9 * HOUR, 7 * HOUR)];
    let maintenance = [between(8 * HOUR, 5 * HOUR), between(2 * HOUR, HOUR)];
    let uptime = over(DAY, &entries, &gaps, &maintenance);
    assert_eq!(uptime.not_monitored, 2 * HOUR);
    assert_eq!(uptime.maintenance, 3 * HOUR); // an hour of it is in the gap
    assert_eq!(uptime.down, 2 * HOUR);
    assert_eq!(uptime.healthy, 17 * HOUR);
}

#[test]
fn the_engine_knows_the_uptime_of_every_window() {
    let mut line = Timeline::of(vec![pass_fail("it")]);
    line.hears("it", Good);
    line.pass(HOUR);
    line.finds("it", Good);
    for window in UPTIME_WINDOWS {
        let uptime = line.engine.uptime("it", window).unwrap();
        assert_eq!((uptime.healthy, uptime.share()), (HOUR, Some(1.0)));
    }
}

fn a_span() -> impl Strategy<Value = Span> {
    (0_u64..200, 0_u64..50).prop_map(|(from, lasts)| {
        let lasts = lasts.min(from);
        between(Duration::from_secs(from), Duration::from_secs(from - lasts))
    })
}

proptest! {
    /// Against a model that asks every single second how it was.
    #[test]
    fn every_second_is_counted_once(
        steps in prop::collection::vec((0_u64..200, 0_usize..5), 0..8),
        gaps in prop::collection::vec(a_span(), 0..4),
        maintenance in prop::collection::vec(a_span(), 0..4),
        window in 1_u64..150,
    ) {
        let mut steps = steps;
        steps.sort_by_key(|(before_now, _)| std::cmp::Reverse(*before_now));
        let entries: Vec<_> = steps
            .iter()
            .map(|(before_now, status)| became(HealthStatus::ALL[*status], Duration::from_secs(*before_now)))
            .collect();
        let mut model = Uptime::default();
        for second in 0..window {
            let at = NOW.before(Duration::from_secs(window - second));
            let is_in = |spans: &[Span]| spans.iter().any(|span| span.from <= at && at < span.until);
            let status = entries.iter().rev().find(|entry| entry.at <= at).map_or(NotKnown, |entry| entry.to);
            let sum = if is_in(&gaps) {
                &mut model.not_monitored
            } else if is_in(&maintenance) {
                &mut model.maintenance
            } else {
                match status {
                    Healthy => &mut model.healthy,
                    Degraded => &mut model.degraded,
                    Critical => &mut model.critical,
                    Down => &mut model.down,
                    NotKnown => &mut model.unknown,
                }
            };
            *sum += SECOND;
        }
        prop_assert_eq!(over(Duration::from_secs(window), &entries, &gaps, &maintenance), model);
    }
}
