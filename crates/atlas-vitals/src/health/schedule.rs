//! `Schedule`: when a check runs. At most one run is under way; one that would be the second is skipped and counted. It
//! starts nothing, and draws nothing: where a run is shifted to follows from a seed.

use std::time::Duration;

use super::settings::CheckSettings;
use crate::Moment;

/// Every check has begun to run this long after the start.
const FIRST_WITHIN: Duration = Duration::from_secs(10);
/// And this long after the one before it, where there are few.
const FIRST_APART: Duration = Duration::from_millis(500);

/// Later runs are shifted by at most this share of the time between them, in thousandths.
const SPREAD_PERMILLE: u64 = 50;

/// When a check runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Schedule {
    seed: u64,
    due: Moment,
    running_since: Option<Moment>,
    runs: u64,
    pub(super) skipped: u64,
}

impl Schedule {
    /// The first run of the check at `place` among `count`: they begin one after another.
    pub(super) fn first(seed: u64, place: usize, count: usize, now: Moment) -> Self {
        let share = place as u32 % count.max(1) as u32;
        Self {
            seed: mixed(seed.wrapping_add(place as u64)),
            due: now.after((FIRST_WITHIN / count.max(1) as u32).min(FIRST_APART) * share),
            running_since: None,
            runs: 0,
            skipped: 0,
        }
    }

    pub(super) fn due(&self) -> Moment {
        self.due
    }

    pub(super) fn running_since(&self) -> Option<Moment> {
        self.running_since
    }

    /// Whether a run begins now.
    pub(super) fn start(&mut self, settings: &CheckSettings, now: Moment) -> bool {
        if now < self.due {
            return false;
        }
        self.due = now.after(self.spread(settings.every));
        if self.running_since.is_some() {
            self.skipped += 1;
            return false;
        }
        self.running_since = Some(now);
        true
    }

    /// A run has ended. In doubt the next one comes soon.
    pub(super) fn ended(&mut self, settings: &CheckSettings, in_doubt: bool, now: Moment) {
        let began = self.running_since.take().unwrap_or(now);
        self.due = if in_doubt {
            now.after(settings.recheck_every())
        } else {
            began.after(self.spread(settings.every))
        };
    }

    /// Runs at `soon` at the latest, unless it does already.
    pub(super) fn hasten(&mut self, soon: Moment) {
        if self.running_since.is_none() {
            self.due = self.due.min(soon);
        }
    }

    fn spread(&mut self, every: Duration) -> Duration {
        self.runs += 1;
        let draw = mixed(self.seed.wrapping_add(self.runs)) % (2 * SPREAD_PERMILLE + 1);
        let permille = 1_000 - SPREAD_PERMILLE + draw;
        every / 1_000 * permille as u32
    }
}

/// A number that looks drawn: the last steps of the generator `SplitMix64`.
fn mixed(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::super::settings::CheckKind;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn settings() -> CheckSettings {
        CheckSettings::new("search", CheckKind::PassFail, Duration::from_mins(1))
    }

    #[test]
    fn every_first_run_begins_within_ten_seconds_and_none_with_another() {
        let start = Moment::from_millis(5_000);
        let mut firsts: Vec<Moment> = (0..40)
            .map(|place| Schedule::first(1, place, 40, start).due())
            .collect();
        assert!(firsts.iter().all(|due| due.since(start) < 10 * SECOND));
        firsts.dedup();
        assert_eq!(firsts.len(), 40);
    }

    #[test]
    fn later_runs_are_spread_by_a_twentieth_at_most_and_not_all_alike() {
        let mut schedule = Schedule::first(1, 0, 1, Moment::ORIGIN);
        let mut now = Moment::ORIGIN;
        let mut pauses = Vec::new();
        for _ in 0..100 {
            assert!(schedule.start(&settings(), now));
            schedule.ended(&settings(), false, now);
            pauses.push(schedule.due().since(now));
            now = schedule.due();
        }
        assert!(
            pauses
                .iter()
                .all(|pause| (57 * SECOND..=63 * SECOND).contains(pause))
        );
        assert!(pauses.iter().any(|pause| pause != &pauses[0]));
    }

    #[test]
    fn a_second_run_beside_the_first_is_skipped_and_counted() {
        let mut schedule = Schedule::first(1, 0, 1, Moment::ORIGIN);
        assert!(schedule.start(&settings(), Moment::ORIGIN));
        let late = schedule.due();
        assert!(!schedule.start(&settings(), late));
        assert_eq!(schedule.skipped, 1);
        schedule.ended(&settings(), false, late);
        assert!(schedule.start(&settings(), schedule.due()));
    }

    #[test]
    fn what_is_hastened_runs_now_unless_it_does_already() {
        let mut schedule = Schedule::first(1, 0, 1, Moment::ORIGIN);
        schedule.start(&settings(), Moment::ORIGIN);
        let usual = schedule.due();
        schedule.hasten(Moment::ORIGIN.after(SECOND));
        assert_eq!(schedule.due(), usual);
        schedule.ended(&settings(), false, Moment::ORIGIN.after(2 * SECOND));
        let soon = Moment::ORIGIN.after(3 * SECOND);
        schedule.hasten(soon);
        assert_eq!(schedule.due(), soon);
        assert_eq!(schedule.skipped, 0);
    }

    #[test]
    fn in_doubt_the_next_run_comes_after_a_quarter_of_the_time() {
        let mut schedule = Schedule::first(1, 0, 1, Moment::ORIGIN);
        schedule.start(&settings(), Moment::ORIGIN);
        let ended = Moment::ORIGIN.after(2 * SECOND);
        schedule.ended(&settings(), true, ended);
        assert_eq!(schedule.due().since(ended), 15 * SECOND);
    }
}
