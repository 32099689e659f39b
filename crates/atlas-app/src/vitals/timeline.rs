//! `Timeline`: the steady time line of this process, which goes on where the process before it ended. The wall clock
//! moves it only over the time in which the machine itself was off.

use std::time::Duration;

use atlas_domain::{Clock, Timestamp};
use atlas_store::TimelineMark;
use atlas_vitals::Moment;
use tokio::time::Instant;

use std::sync::Arc;

/// Tells both times.
#[derive(Clone)]
pub(super) struct Timeline {
    began: Moment,
    began_at: Instant,
    clock: Arc<dyn Clock>,
    boot: Boot,
}

/// Of a calendar before this moment, the first of January 2024, it is known that nobody had set it.
const NEVER_BEFORE: Timestamp = Timestamp::from_millis(1_704_067_200_000);
/// However much later the calendar is over a start of the machine, no more than this has passed: all that waits is too old
/// by then, and a calendar that is years ahead must not use up the line.
const LONGEST_OFF: Duration = Duration::from_hours(30 * 24);

/// What the machine says of its own start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Boot {
    /// Which start it was; empty where that is not told.
    pub(super) id: String,
    /// How long ago it was.
    pub(super) uptime: Duration,
}

impl Timeline {
    /// Goes on from `mark`, or begins.
    pub(super) fn resume(mark: Option<&TimelineMark>, boot: Boot, clock: Arc<dyn Clock>) -> Self {
        let began = mark.map_or(Moment::ORIGIN, |mark| {
            Moment::from_millis(mark.at_ms).after(passed_since(mark, &boot, clock.now()))
        });
        Self {
            began,
            began_at: Instant::now(),
            clock,
            boot,
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.began.after(self.began_at.elapsed())
    }

    pub(super) fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// When that moment is, for whoever sleeps until then.
    pub(super) fn instant_of(&self, moment: Moment) -> Instant {
        self.began_at + moment.since(self.began)
    }

    /// When that moment is or was, for people.
    pub(super) fn wall_of(&self, moment: Moment) -> Timestamp {
        let (now, wall) = (self.now(), self.wall());
        if moment >= now {
            wall.after(moment.since(now))
        } else {
            wall.before(now.since(moment))
        }
    }

    /// For the next process.
    pub(super) fn mark(&self) -> TimelineMark {
        let uptime = self.boot.uptime + self.began_at.elapsed();
        TimelineMark {
            at_ms: self.now().millis(),
            wall: self.wall(),
            uptime_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
            boot_id: self.boot.id.clone(),
        }
    }
}

/// While the machine was up its own count is right, whatever was done to its calendar. Over a start of the machine only
/// the calendar knows anything: one that went back knows nothing, and one that stood before this program was written was
/// not set.
fn passed_since(mark: &TimelineMark, boot: &Boot, wall: Timestamp) -> Duration {
    let of_one_start = !boot.id.is_empty() && boot.id == mark.boot_id;
    if of_one_start {
        boot.uptime.saturating_sub(Duration::from_millis(mark.uptime_ms))
    } else if mark.wall < NEVER_BEFORE {
        Duration::ZERO
    } else {
        wall.since(mark.wall).min(LONGEST_OFF)
    }
}

#[cfg(test)]
mod tests {
    use atlas_domain::time::ManualClock;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn boot(id: &str, uptime: Duration) -> Boot {
        Boot {
            id: id.to_owned(),
            uptime,
        }
    }

    fn mark() -> TimelineMark {
        TimelineMark {
            at_ms: 1_000_000,
            wall: Timestamp::from_millis(1_750_000_000_000),
            uptime_ms: 7_200_000,
            boot_id: "first".to_owned(),
        }
    }

    fn passed(boot: &Boot, wall: Timestamp) -> Duration {
        passed_since(&mark(), boot, wall)
    }

    #[test]
    fn a_calendar_that_is_set_moves_nothing_while_the_machine_is_up() {
        let boot = boot("first", HOUR * 3);
        for wall in [
            mark().wall.before(HOUR),
            mark().wall.after(HOUR * 24),
            Timestamp::from_millis(0),
        ] {
            assert_eq!(passed(&boot, wall), HOUR);
        }
    }

    #[test]
    fn over_a_start_of_the_machine_the_calendar_counts() {
        let boot = boot("second", Duration::from_secs(20));
        assert_eq!(passed(&boot, mark().wall.after(HOUR)), HOUR);
    }

    #[test]
    fn a_calendar_that_went_back_over_a_start_of_the_machine_moves_nothing() {
        let boot = boot("second", Duration::from_secs(20));
        assert_eq!(passed(&boot, mark().wall.before(HOUR)), Duration::ZERO);
    }

    #[test]
    fn a_calendar_that_had_not_been_set_makes_nothing_old() {
        let boot = boot("second", Duration::from_secs(20));
        let unset = TimelineMark {
            wall: Timestamp::from_millis(30_000),
            ..mark()
        };
        assert_eq!(passed_since(&unset, &boot, mark().wall), Duration::ZERO);
    }

    #[test]
    fn a_calendar_that_is_years_ahead_moves_the_line_by_a_month() {
        let boot = boot("second", Duration::from_secs(20));
        let ahead = mark().wall.after(HOUR * 24 * 365 * 20);
        assert_eq!(passed(&boot, ahead), HOUR * 24 * 30);
    }

    #[tokio::test(start_paused = true)]
    async fn the_line_goes_on_where_it_was() {
        let clock = Arc::new(ManualClock::at(mark().wall));
        let line = Timeline::resume(Some(&mark()), boot("first", HOUR * 3), clock);
        tokio::time::advance(HOUR).await;
        assert_eq!(line.now(), Moment::from_millis(1_000_000).after(HOUR * 2));
        assert_eq!(line.mark().uptime_ms, 4 * 3_600_000);
    }
}
