//! The sliding window of finished calls. It counts; what the counts mean is decided in `core`.

use std::collections::VecDeque;
use std::time::Duration;

use super::settings::WindowKind;
use crate::clock::Moment;

/// A window of time is kept in so many parts.
const PARTS: u32 = 10;

/// How many calls, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub calls: u32,
    /// Those that failed.
    pub failed: u32,
    /// Those that were slow, failed or not.
    pub slow: u32,
}

impl Counts {
    fn of_one(failed: bool, slow: bool) -> Self {
        Self {
            calls: 1,
            failed: failed.into(),
            slow: slow.into(),
        }
    }

    fn add(&mut self, other: Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.failed = self.failed.saturating_add(other.failed);
        self.slow = self.slow.saturating_add(other.slow);
    }

    fn remove(&mut self, other: Self) {
        self.calls = self.calls.saturating_sub(other.calls);
        self.failed = self.failed.saturating_sub(other.failed);
        self.slow = self.slow.saturating_sub(other.slow);
    }
}

/// The calls that still count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    kind: WindowKind,
    total: Counts,
    /// The oldest first: single calls, or the parts of the time with their number since the clock's origin.
    entries: VecDeque<(u64, Counts)>,
}

impl Window {
    pub(super) fn new(kind: WindowKind) -> Self {
        Self {
            kind,
            total: Counts::default(),
            entries: VecDeque::new(),
        }
    }

    pub(super) fn record(&mut self, failed: bool, slow: bool, now: Moment) {
        let one = Counts::of_one(failed, slow);
        match self.kind {
            WindowKind::Calls(size) => {
                self.push(0, one);
                while self.entries.len() > size as usize {
                    self.pop();
                }
            }
            WindowKind::Time(span) => {
                self.slide(span, now);
                let part = part(span, now);
                match self.entries.back_mut() {
                    // A clock that seems to stand still or to go back counts into the youngest part.
                    Some((youngest, counts)) if *youngest >= part => {
                        counts.add(one);
                        self.total.add(one);
                    }
                    _ => self.push(part, one),
                }
            }
        }
    }

    /// The counts as of now. Reading changes nothing.
    pub(super) fn counts(&self, now: Moment) -> Counts {
        let mut counts = self.total;
        if let WindowKind::Time(span) = self.kind {
            let gone = self
                .entries
                .iter()
                .take_while(|(part, _)| *part < oldest_kept(span, now));
            gone.for_each(|(_, part)| counts.remove(*part));
        }
        counts
    }

    /// Makes all calls older by that much, in whole parts: the clock stood still meanwhile.
    pub(super) fn age(&mut self, duration: Duration) {
        if let WindowKind::Time(span) = self.kind {
            let parts = u64::try_from(duration.as_nanos() / part_nanos(span)).unwrap_or(u64::MAX);
            for (part, _) in &mut self.entries {
                *part = part.saturating_sub(parts);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.kind);
    }

    /// Lets go of the parts that lie a whole window back.
    fn slide(&mut self, span: Duration, now: Moment) {
        let oldest_kept = oldest_kept(span, now);
        while self.entries.front().is_some_and(|(part, _)| *part < oldest_kept) {
            self.pop();
        }
    }

    fn push(&mut self, part: u64, counts: Counts) {
        self.total.add(counts);
        self.entries.push_back((part, counts));
    }

    fn pop(&mut self) {
        if let Some((_, counts)) = self.entries.pop_front() {
            self.total.remove(counts);
        }
    }
}

fn oldest_kept(span: Duration, now: Moment) -> u64 {
    part(span, now).saturating_sub(u64::from(PARTS - 1))
}

/// Which tenth of a window that moment lies in, counted from the clock's origin.
fn part(span: Duration, now: Moment) -> u64 {
    u64::try_from(u128::from(now.nanos()) / part_nanos(span)).unwrap_or(u64::MAX)
}

fn part_nanos(span: Duration) -> u128 {
    (span / PARTS).as_nanos().max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPAN: Duration = Duration::from_secs(10);

    fn at(seconds: u64) -> Moment {
        Moment::ORIGIN.after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_oldest_call_leaves_when_the_window_is_full() {
        let mut window = Window::new(WindowKind::Calls(3));
        for failed in [true, true, false, false] {
            window.record(failed, false, at(0));
        }
        assert_eq!(
            window.counts(at(0)),
            Counts {
                calls: 3,
                failed: 1,
                slow: 0
            }
        );
    }

    #[test]
    fn ten_thousand_successes_do_not_hide_what_fails_now() {
        let mut window = Window::new(WindowKind::Calls(20));
        for _ in 0..10_000 {
            window.record(false, false, at(0));
        }
        for _ in 0..20 {
            window.record(true, false, at(0));
        }
        assert_eq!(window.counts(at(0)).failed, 20);
    }

    #[test]
    fn a_part_of_the_time_leaves_as_a_whole() {
        let mut window = Window::new(WindowKind::Time(SPAN));
        window.record(true, false, at(0));
        window.record(true, true, at(1));
        assert_eq!(window.counts(at(9)).calls, 2);
        assert_eq!(
            window.counts(at(10)),
            Counts {
                calls: 1,
                failed: 1,
                slow: 1
            }
        );
        assert_eq!(window.counts(at(11)), Counts::default());
    }

    #[test]
    fn a_long_silence_empties_the_window() {
        let mut window = Window::new(WindowKind::Time(SPAN));
        window.record(true, false, at(3));
        assert_eq!(window.counts(at(100_000)), Counts::default());
    }

    #[test]
    fn a_clock_that_steps_back_loses_nothing() {
        let mut window = Window::new(WindowKind::Time(SPAN));
        window.record(true, false, at(5));
        window.record(true, false, at(4));
        assert_eq!(window.counts(at(5)).calls, 2);
    }

    proptest! {
        #[test]
        fn counts_what_a_list_of_all_calls_counts(
            size in 1_u32..30,
            by_time in any::<bool>(),
            calls in prop::collection::vec((0_u64..4_000, any::<bool>(), any::<bool>()), 0..200),
        ) {
            let kind = if by_time { WindowKind::Time(SPAN) } else { WindowKind::Calls(size) };
            let mut window = Window::new(kind);
            let mut all: Vec<(u64, bool, bool)> = Vec::new();
            let mut now_millis = 0;
            for (pause_millis, failed, slow) in calls {
                now_millis += pause_millis;
                let now = Moment::ORIGIN.after(Duration::from_millis(now_millis));
                window.record(failed, slow, now);
                all.push((now_millis, failed, slow));
                let counted: Vec<_> = match kind {
                    WindowKind::Calls(size) => all.iter().rev().take(size as usize).collect(),
                    WindowKind::Time(_) => {
                        all.iter().filter(|(at, ..)| at / 1_000 + 9 >= now_millis / 1_000).collect()
                    }
                };
                let count = |which: fn(&(u64, bool, bool)) -> bool| {
                    u32::try_from(counted.iter().filter(|call| which(call)).count()).unwrap()
                };
                prop_assert_eq!(
                    window.counts(now),
                    Counts { calls: count(|_| true), failed: count(|call| call.1), slow: count(|call| call.2) },
                );
            }
        }
    }
}
