//! What the model makes of the end of a call: it looks through all results there ever were.

use atlas_resilience::RETRY_AFTER_LIMIT;
use atlas_resilience::breaker::{CallResult, Counts, OverlayMode, Phase, Rate, WindowKind};

use super::{Call, Judged, Role, World, millis};

impl World {
    pub(crate) fn consecutive_failures(&self) -> u32 {
        if self.phase() == Phase::Closed {
            self.failures_in_a_row()
        } else {
            0
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        let counted = if self.phase() == Phase::Closed {
            self.in_window()
        } else {
            Vec::new()
        };
        let count = |which: fn(&Judged) -> bool| {
            u32::try_from(counted.iter().filter(|one| which(one)).count()).unwrap()
        };
        Counts {
            calls: count(|_| true),
            failed: count(|one| one.has_failed),
            slow: count(|one| one.was_slow),
        }
    }

    pub(super) fn finish(&mut self, index: usize, result: CallResult) {
        self.calls[index].has_ended = true;
        let Call {
            term,
            role,
            began_awake,
            ..
        } = self.calls[index];
        if role == Role::Unjudged || self.overlay_mode() == OverlayMode::Disabled {
            return;
        }
        if let CallResult::Throttled { pause } = result {
            let pause = pause
                .unwrap_or(self.settings.throttle_pause)
                .min(RETRY_AFTER_LIMIT);
            self.not_before = self.not_before.max(self.now + millis(pause));
        }
        if role == Role::Observed {
            return;
        }
        if term != self.terms.len() {
            self.was_stale = true;
            return;
        }
        let took = self.awake() - began_awake;
        let was_slow = self
            .settings
            .trip
            .slow_calls
            .is_some_and(|slow| took > millis(slow.slower_than));
        let has_failed = match result {
            CallResult::Ignored => return,
            CallResult::Throttled { .. } => {
                if self.phase() == Phase::HalfOpen {
                    self.begin(Phase::Open, 0);
                }
                return;
            }
            CallResult::Success => false,
            CallResult::Failure | CallResult::Outage => true,
        };
        self.judged.push(Judged {
            term,
            at: self.now,
            has_failed,
            was_slow,
        });
        if self.phase() == Phase::Closed {
            // An outage opens a closed breaker at once.
            if result == CallResult::Outage || self.must_trip() {
                let good_times = (self.now - self.term().since) / millis(self.settings.open.base);
                self.trip(
                    self.trips
                        .saturating_sub(u32::try_from(good_times).unwrap_or(u32::MAX)),
                );
            }
        } else if result == CallResult::Failure && self.has_no_rule() {
            self.begin(Phase::Closed, 0);
        } else if has_failed || was_slow {
            self.trip(self.trips);
        } else if self.of_this_term().count() >= self.settings.probing.successes_to_close as usize {
            self.begin(Phase::Closed, 0);
        }
    }

    fn has_no_rule(&self) -> bool {
        let rules = self.settings.trip;
        rules.consecutive_failures.is_none() && rules.failure_rate.is_none() && rules.slow_calls.is_none()
    }

    fn must_trip(&self) -> bool {
        let rules = self.settings.trip;
        let counts = self.counts();
        let too_many = |rate: Rate, of: u32| {
            counts.calls >= rate.min_calls
                && f64::from(of) * 100.0 >= f64::from(rate.percent) * f64::from(counts.calls)
        };
        rules
            .consecutive_failures
            .is_some_and(|limit| self.failures_in_a_row() >= limit)
            || rules
                .failure_rate
                .is_some_and(|rate| too_many(rate, counts.failed))
            || rules
                .slow_calls
                .is_some_and(|slow| too_many(slow.rate, counts.slow))
    }

    fn trip(&mut self, earlier_trips: u32) {
        self.trips = earlier_trips + 1;
        let open = self.settings.open;
        let mut lasts = millis(open.base);
        for _ in 1..self.trips {
            lasts = (lasts * i64::from(open.growth)).min(millis(open.cap));
        }
        self.begin(Phase::Open, lasts);
    }

    fn of_this_term(&self) -> impl DoubleEndedIterator<Item = &Judged> {
        let term = self.terms.len();
        self.judged.iter().filter(move |one| one.term == term)
    }

    fn failures_in_a_row(&self) -> u32 {
        u32::try_from(self.of_this_term().rev().take_while(|one| one.has_failed).count()).unwrap()
    }

    fn in_window(&self) -> Vec<&Judged> {
        match self.settings.trip.window {
            WindowKind::Calls(size) => self.of_this_term().rev().take(size as usize).collect(),
            WindowKind::Time(span) => {
                let part = millis(span) / 10;
                self.of_this_term()
                    .filter(|one| one.at.div_euclid(part) + 9 >= self.now.div_euclid(part))
                    .collect()
            }
        }
    }
}
