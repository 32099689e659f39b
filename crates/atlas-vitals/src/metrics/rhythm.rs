//! `Rhythm`: when to look and when to flush. Looks fall on even moments, so that a late one does not push those after
//! it; while somebody watches they come every second.

use std::time::Duration;

use crate::Moment;

const WATCHED_EVERY: Duration = Duration::from_secs(1);

/// Whoever watches says so more often than this.
const WATCHED_FOR: Duration = Duration::from_secs(15);

/// What is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Due {
    /// Look at everything that is measured.
    pub look: bool,
    /// Write what has come together.
    pub flush: bool,
}

/// When to look and when to flush.
#[derive(Debug)]
pub(super) struct Rhythm {
    every: Duration,
    next_look: Moment,
    next_flush: Moment,
    watched_until: Moment,
}

impl Rhythm {
    pub(super) const FLUSH_EVERY: Duration = Duration::from_mins(1);

    /// The first look is due at once.
    pub(super) fn begin(now: Moment, every: Duration) -> Self {
        Self {
            every: every.max(WATCHED_EVERY),
            next_look: now,
            next_flush: now.after(Self::FLUSH_EVERY),
            watched_until: now,
        }
    }

    /// From now on looks are due every `every`.
    pub(super) fn change(&mut self, now: Moment, every: Duration) {
        self.every = every.max(WATCHED_EVERY);
        self.next_look = self.next_look.min(following(now, self.every));
    }

    pub(super) fn watched(&mut self, now: Moment) {
        self.watched_until = now.after(WATCHED_FOR);
        self.next_look = self.next_look.min(following(now, WATCHED_EVERY));
    }

    pub(super) fn next_due(&self) -> Moment {
        self.next_look.min(self.next_flush)
    }

    pub(super) fn due(&mut self, now: Moment) -> Due {
        let due = Due {
            look: now >= self.next_look,
            flush: now >= self.next_flush,
        };
        if due.look {
            let is_watched = now < self.watched_until;
            self.next_look = following(now, if is_watched { WATCHED_EVERY } else { self.every });
        }
        if due.flush {
            self.next_flush = now.after(Self::FLUSH_EVERY);
        }
        due
    }
}

/// The first even moment after `now`.
fn following(now: Moment, every: Duration) -> Moment {
    let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
    Moment::from_millis((now.millis() / every).saturating_add(1).saturating_mul(every))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    #[test]
    fn another_pace_holds_from_the_next_even_moment_on() {
        let mut rhythm = Rhythm::begin(Moment::ORIGIN, Duration::from_hours(1));
        assert!(rhythm.due(Moment::ORIGIN).look);
        let now = Moment::from_millis(3_000);
        rhythm.change(now, TEN);
        assert!(!rhythm.due(now).look);
        assert!(rhythm.due(Moment::from_millis(10_000)).look);
        assert!(rhythm.due(Moment::from_millis(20_000)).look);
    }

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn the_first_look_is_due_at_once_and_the_others_on_even_moments() {
        let mut rhythm = Rhythm::begin(at(12_345), TEN);
        assert!(rhythm.due(at(12_345)).look);
        assert_eq!(rhythm.next_due(), at(20_000));
        assert!(!rhythm.due(at(19_999)).look);

        assert!(rhythm.due(at(27_000)).look);
        assert_eq!(rhythm.next_due(), at(30_000));
    }

    #[test]
    fn while_somebody_watches_looks_come_every_second() {
        let mut rhythm = Rhythm::begin(at(0), TEN);
        rhythm.due(at(0));
        rhythm.watched(at(500));
        let mut now = at(500);
        let mut looks = Vec::new();
        while now < at(40_000) {
            now = rhythm.next_due();
            assert!(rhythm.due(now).look);
            looks.push(now.millis() / 1_000);
        }

        assert_eq!(looks[..15], (1..=15).collect::<Vec<u64>>());
        assert_eq!(looks[15..], [16, 20, 30, 40]);
    }

    #[test]
    fn a_flush_is_due_a_minute_after_the_one_before() {
        let mut rhythm = Rhythm::begin(at(0), TEN);
        assert!(!rhythm.due(at(59_999)).flush);
        assert!(rhythm.due(at(61_000)).flush);
        assert!(!rhythm.due(at(120_999)).flush);
        assert!(rhythm.due(at(121_000)).flush);
    }
}
