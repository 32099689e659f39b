//! `WallWatch`: whether the wall clock goes evenly. Somebody may set it; then what it says is believed again only when
//! it has gone evenly for a while.

use std::time::Duration;

use atlas_domain::Timestamp;

use crate::Moment;

/// So much may the wall clock gain or lose between two looks without having been set.
const SLIP_AT_MOST_MILLIS: u64 = 5_000;

/// For so long must it go evenly to be believed.
const STEADY_AFTER: Duration = Duration::from_hours(1);

/// Watches the wall clock against the steady line.
#[derive(Debug, Default)]
pub(crate) struct WallWatch {
    last: Option<(Moment, Timestamp)>,
    even_since: Option<Moment>,
}

impl WallWatch {
    pub(crate) fn look(&mut self, now: Moment, wall: Timestamp) {
        let goes_evenly = self.last.is_some_and(|(moment, before)| {
            let passed = i64::try_from(now.since(moment).as_millis()).unwrap_or(i64::MAX);
            let expected = before.as_millis().saturating_add(passed);
            wall.as_millis().abs_diff(expected) <= SLIP_AT_MOST_MILLIS
        });
        if !goes_evenly {
            self.even_since = Some(now);
        }
        self.last = Some((now, wall));
    }

    /// Whether it has gone evenly for long enough to be believed.
    pub(crate) fn is_steady(&self, now: Moment) -> bool {
        self.even_since
            .is_some_and(|since| now.since(since) >= STEADY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MILLIS: u64 = 3_600_000;

    fn watched(set_by_millis: i64, hours_after: u64) -> bool {
        let mut watch = WallWatch::default();
        watch.look(Moment::from_millis(0), Timestamp::from_millis(0));
        watch.look(Moment::from_millis(10_000), Timestamp::from_millis(10_000));
        let set_at = HOUR_MILLIS * 2;
        let wall = |millis: u64| Timestamp::from_millis(millis as i64 + set_by_millis);
        watch.look(Moment::from_millis(set_at), wall(set_at));
        let end = set_at + hours_after * HOUR_MILLIS;
        watch.look(Moment::from_millis(end), wall(end));
        watch.is_steady(Moment::from_millis(end))
    }

    #[test]
    fn a_clock_that_goes_evenly_is_steady_after_an_hour() {
        let mut watch = WallWatch::default();
        assert!(!watch.is_steady(Moment::from_millis(HOUR_MILLIS)));
        watch.look(Moment::from_millis(0), Timestamp::from_millis(5));
        assert!(!watch.is_steady(Moment::from_millis(HOUR_MILLIS - 1)));
        assert!(watch.is_steady(Moment::from_millis(HOUR_MILLIS)));
    }

    #[test]
    fn a_clock_that_was_set_is_believed_after_an_hour() {
        for set_by in [3_600_000, -3_600_000, 5_001] {
            assert!(!watched(set_by, 0));
            assert!(watched(set_by, 1));
        }
        assert!(watched(4_000, 0));
    }
}
