//! How many messages a channel may carry: GCRA, whose whole state is one moment. A part is kept for what is critical.

use std::time::Duration;

use crate::Moment;

/// `count` messages at once after a rest, and then one more each time that its share of `per` has passed. So what a rest
/// has saved and what comes in meanwhile are at most `2 * count - 1` within any span of `per`, and never more than that
/// however long it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageRate {
    /// How many.
    pub count: u32,
    /// Within which time so many are saved again.
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

    /// How many may leave at once after a rest.
    fn burst(self) -> u64 {
        u64::from(self.count).max(1)
    }

    /// Milliseconds after which one more may follow.
    fn interval(self) -> u64 {
        let per = u64::try_from(self.per.as_millis()).unwrap_or(u64::MAX);
        per.div_ceil(self.burst()).max(1)
    }

    /// A fifth of all, rounded up, is for what is critical alone, as long as something is left for the rest.
    fn reserve(self) -> u64 {
        self.burst().div_ceil(5).min(self.burst() - 1)
    }

    /// How many of those that may leave at once are for news of this kind.
    fn usable(self, critical: bool) -> u64 {
        self.burst() - if critical { 0 } else { self.reserve() }
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
        let credit = rate.interval().saturating_mul(rate.usable(critical) - 1);
        self.paid_at.before(Duration::from_millis(credit))
    }

    /// How many messages may leave at once.
    pub(super) fn left(self, rate: MessageRate, critical: bool, now: Moment) -> u64 {
        let owed = self.paid_at.since(now).as_millis();
        let taken = u64::try_from(owed).unwrap_or(u64::MAX).div_ceil(rate.interval());
        rate.usable(critical).saturating_sub(taken)
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
    use rstest::rstest;

    use super::*;

    const START: Moment = Moment::from_millis(3_600_000);

    /// Asks every second, and says when messages left.
    fn departures(rate: MessageRate, critical: bool, seconds: u64) -> Vec<u64> {
        let mut gcra = Gcra::default();
        let mut departures = Vec::new();
        for second in 0..seconds {
            let now = START.after(Duration::from_secs(second));
            while gcra.allowed_at(rate, critical) <= now {
                gcra.take(rate, now);
                departures.push(second);
            }
        }
        departures
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

    #[rstest]
    #[case::mail(MessageRate::MAIL, 10, 8)]
    #[case::webhook(MessageRate::WEBHOOK, 30, 24)]
    #[case::four(MessageRate { count: 4, per: Duration::from_mins(10) }, 4, 3)]
    #[case::two(MessageRate { count: 2, per: Duration::from_mins(10) }, 2, 1)]
    #[case::one(MessageRate { count: 1, per: Duration::from_mins(10) }, 1, 1)]
    fn after_a_rest_the_whole_count_may_leave_at_once_and_a_fifth_of_it_only_for_what_is_critical(
        #[case] rate: MessageRate,
        #[case] all: u64,
        #[case] less: u64,
    ) {
        let gcra = Gcra::default();
        assert_eq!(
            (gcra.left(rate, true, START), gcra.left(rate, false, START)),
            (all, less)
        );
        let at_once = |critical| departures(rate, critical, 1).len() as u64;
        assert_eq!((at_once(true), at_once(false)), (all, less));
    }

    #[test]
    fn mail_that_has_carried_ten_carries_one_more_each_minute() {
        let left = departures(MessageRate::MAIL, true, 301);
        assert_eq!(left[..10], [0; 10]);
        assert_eq!(left[10..], [60, 120, 180, 240, 300]);
    }

    #[test]
    fn what_is_less_than_critical_leaves_the_reserve_alone() {
        let mut gcra = Gcra::default();
        while gcra.allowed_at(MessageRate::MAIL, false) <= START {
            gcra.take(MessageRate::MAIL, START);
        }
        for left in (1..=2).rev() {
            assert_eq!(gcra.left(MessageRate::MAIL, true, START), left);
            assert!(gcra.allowed_at(MessageRate::MAIL, true) <= START);
            gcra.take(MessageRate::MAIL, START);
        }
        assert_eq!(gcra.left(MessageRate::MAIL, true, START), 0);
        assert!(gcra.allowed_at(MessageRate::MAIL, true) > START);
        let later = START.after(Duration::from_mins(1));
        assert_eq!(gcra.left(MessageRate::MAIL, true, later), 1);
        assert_eq!(gcra.left(MessageRate::MAIL, false, later), 0);
    }

    proptest! {
        #[test]
        fn no_span_sees_twice_the_rate_and_no_long_time_more_than_it(count in 1_u32..60, per_secs in 10_u64..900) {
            let rate = MessageRate { count, per: Duration::from_secs(per_secs) };
            let departures = departures(rate, true, per_secs * 4);
            let most = most_within(&departures, per_secs);
            prop_assert!(most < 2 * count as usize, "{most} of {count}");
            prop_assert!(departures.len() <= 5 * count as usize, "{}", departures.len());
        }

        #[test]
        fn what_may_leave_at_once_may_leave(count in 1_u32..60, per_secs in 1_u64..900, sent in 0_u32..80, critical: bool) {
            let rate = MessageRate { count, per: Duration::from_secs(per_secs) };
            let mut gcra = Gcra::default();
            for _ in 0..sent {
                gcra.take(rate, START);
            }
            let may = gcra.allowed_at(rate, critical) <= START;
            prop_assert_eq!(may, gcra.left(rate, critical, START) > 0);
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
