//! How many messages a channel may carry: GCRA, whose whole state is one moment. A part is kept for what is critical.

use std::time::Duration;

use crate::Moment;

/// At most `count` messages within any span of `per`, half of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageRate {
    /// How many.
    pub count: u32,
    /// Within which time.
    pub per: Duration,
}

impl MessageRate {
    /// Ten in ten minutes.
    pub const MAIL: Self = Self {
        count: 10,
        per: Duration::from_mins(10),
    };

    /// Thirty a minute.
    pub const WEBHOOK: Self = Self {
        count: 30,
        per: Duration::from_mins(1),
    };

    /// A burst and what is refilled within one span after it are `count` together. Were the burst `count` itself, a
    /// span could see nearly twice as many.
    fn burst(self) -> u64 {
        u64::from(self.count.div_ceil(2)).max(1)
    }

    /// Milliseconds after which one more may follow.
    fn interval(self) -> u64 {
        let per = u64::try_from(self.per.as_millis()).unwrap_or(u64::MAX);
        let refilled = u64::from(self.count).saturating_sub(self.burst()).max(1);
        per.div_ceil(refilled).max(1)
    }

    /// A fifth of the burst, at least one where there is more than one, is for what is critical alone.
    fn reserve(self) -> u64 {
        let burst = self.burst();
        (burst / 5).max(u64::from(burst > 1))
    }
}

/// How full one channel is. The moment can be stored as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gcra {
    /// When everything that was sent has been paid for.
    pub(super) paid_at: Moment,
}

impl Gcra {
    /// From when on a message may leave.
    pub(super) fn allowed_at(self, rate: MessageRate, critical: bool) -> Moment {
        let usable = rate.burst() - if critical { 0 } else { rate.reserve() };
        let credit = rate.interval().saturating_mul(usable.saturating_sub(1));
        self.paid_at.before(Duration::from_millis(credit))
    }

    /// Takes one message's place.
    pub(super) fn take(&mut self, rate: MessageRate, now: Moment) {
        self.paid_at = self
            .paid_at
            .max(now)
            .after(Duration::from_millis(rate.interval()));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asks every second, and says when messages left.
    fn departures(rate: MessageRate, critical: bool, seconds: u64) -> Vec<u64> {
        let mut gcra = Gcra::default();
        (0..seconds)
            .filter(|second| {
                let now = Moment::from_millis(3_600_000 + second * 1_000);
                let may = gcra.allowed_at(rate, critical) <= now;
                if may {
                    gcra.take(rate, now);
                }
                may
            })
            .collect()
    }

    fn most_within(departures: &[u64], seconds: u64) -> usize {
        let within = |from: &u64| {
            departures
                .iter()
                .filter(|at| (*from..*from + seconds).contains(at))
                .count()
        };
        departures.iter().map(within).max().unwrap_or(0)
    }

    #[test]
    fn mail_carries_ten_within_any_ten_minutes() {
        let most = most_within(&departures(MessageRate::MAIL, true, 7_200), 600);
        assert!((9..=10).contains(&most), "{most}");
    }

    #[test]
    fn a_webhook_carries_thirty_within_any_minute() {
        let most = most_within(&departures(MessageRate::WEBHOOK, true, 600), 60);
        assert!((25..=30).contains(&most), "{most}");
    }

    #[test]
    fn a_fifth_is_left_for_what_is_critical() {
        let mut gcra = Gcra::default();
        let now = Moment::from_millis(3_600_000);
        let mut sent = 0;
        while gcra.allowed_at(MessageRate::WEBHOOK, false) <= now {
            gcra.take(MessageRate::WEBHOOK, now);
            sent += 1;
        }
        assert_eq!(sent, 12);
        assert!(gcra.allowed_at(MessageRate::WEBHOOK, true) <= now);
    }

    proptest! {
        #[test]
        fn no_span_sees_more_than_the_rate(count in 2_u32..60, per_secs in 10_u64..900) {
            let rate = MessageRate { count, per: Duration::from_secs(per_secs) };
            let most = most_within(&departures(rate, true, per_secs * 4), per_secs);
            prop_assert!(most <= count as usize, "{most} of {count}");
        }

        #[test]
        fn a_channel_that_rests_is_never_stuck(count in 1_u32..60, per_secs in 1_u64..900) {
            let rate = MessageRate { count, per: Duration::from_secs(per_secs) };
            let mut gcra = Gcra::default();
            let now = Moment::from_millis(1_000_000);
            for _ in 0..100 {
                if gcra.allowed_at(rate, true) <= now {
                    gcra.take(rate, now);
                }
            }
            prop_assert!(gcra.allowed_at(rate, false) <= now.after(rate.per * 2));
        }
    }
}
