//! `Kills`: processes that were killed for want of memory within the last hour. It may have been this process itself
//! that was killed, so it compares with what was stored before the start, within one start of the machine.

use std::time::Duration;

use super::BootId;
use crate::Moment;

const REMEMBERED: Duration = Duration::from_hours(1);

/// However fast processes are killed, there are no more entries than minutes in the hour.
const ONE_ENTRY: Duration = Duration::from_mins(1);

/// Kills as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKills {
    /// The start of the machine that the total is counted from.
    pub boot_id: Option<String>,
    /// The kernel's total.
    pub total: u64,
    /// When processes were killed, in milliseconds on the steady line, and how many.
    pub recent: Vec<(u64, u64)>,
}

/// Processes that were killed for want of memory.
#[derive(Debug, Default)]
pub(super) struct Kills {
    boot: Option<BootId>,
    total: Option<u64>,
    recent: Vec<(Moment, u64)>,
    is_stored: bool,
}

impl Kills {
    pub(super) fn restore(boot: Option<BootId>, stored: Option<StoredKills>) -> Self {
        let Some(stored) = stored else {
            return Self {
                boot,
                ..Self::default()
            };
        };
        let stored_boot = stored.boot_id.as_deref().and_then(BootId::parse);
        let is_same_boot = boot.is_some() && boot == stored_boot;
        let recent = stored.recent.into_iter();
        Self {
            boot,
            total: is_same_boot.then_some(stored.total),
            recent: recent
                .map(|(at, count)| (Moment::from_millis(at), count))
                .collect(),
            is_stored: is_same_boot,
        }
    }

    /// Takes the kernel's total of now.
    pub(super) fn look(&mut self, now: Moment, total: u64) {
        let killed = self.total.map_or(0, |before| total.saturating_sub(before));
        self.is_stored &= self.total == Some(total);
        self.total = Some(total);
        if killed == 0 {
            return;
        }
        match self.recent.last_mut() {
            Some((at, count)) if now.since(*at) < ONE_ENTRY => *count = count.saturating_add(killed),
            _ => self.recent.push((now, killed)),
        }
    }

    /// How many in the last hour; absent where the kernel does not tell.
    pub(super) fn in_last_hour(&mut self, now: Moment) -> Option<u64> {
        self.recent.retain(|(at, _)| now.since(*at) < REMEMBERED);
        let counts = self.recent.iter().map(|(_, count)| *count);
        self.total.map(|_| counts.fold(0, u64::saturating_add))
    }

    /// What is to be stored, if that has changed.
    pub(super) fn unstored(&self) -> Option<StoredKills> {
        let total = self.total.filter(|_| !self.is_stored)?;
        Some(StoredKills {
            boot_id: self.boot.as_ref().map(|boot| boot.as_str().to_owned()),
            total,
            recent: self
                .recent
                .iter()
                .map(|(at, count)| (at.millis(), *count))
                .collect(),
        })
    }

    /// That has been stored.
    pub(super) fn stored(&mut self, stored: &StoredKills) {
        self.is_stored = self.total == Some(stored.total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boot(last: char) -> Option<BootId> {
        BootId::parse(&format!("6f1c9a52-8e0f-4db1-9a25-6bcf5a2b8e1{last}"))
    }

    fn at(minutes: u64) -> Moment {
        Moment::from_millis(minutes * 60_000)
    }

    fn restarted(kills: &Kills, boot: Option<BootId>) -> Kills {
        Kills::restore(boot, kills.unstored())
    }

    #[test]
    fn what_was_killed_before_the_first_look_ever_is_not_told() {
        let mut kills = Kills::restore(boot('1'), None);
        assert_eq!(kills.in_last_hour(at(0)), None);
        kills.look(at(0), 7);
        assert_eq!(kills.in_last_hour(at(0)), Some(0));
    }

    #[test]
    fn a_kill_is_told_for_an_hour() {
        let mut kills = Kills::restore(boot('1'), None);
        kills.look(at(0), 7);
        kills.look(at(5), 9);

        assert_eq!(kills.in_last_hour(at(64)), Some(2));
        assert_eq!(kills.in_last_hour(at(65)), Some(0));
    }

    #[test]
    fn the_kill_that_ended_this_process_is_told_after_its_start() {
        let mut kills = Kills::restore(boot('1'), None);
        kills.look(at(0), 7);
        let mut after = restarted(&kills, boot('1'));
        after.look(at(1), 8);

        assert_eq!(after.in_last_hour(at(1)), Some(1));
    }

    #[test]
    fn after_a_start_of_the_machine_the_total_begins_anew_and_the_hour_goes_on() {
        let mut kills = Kills::restore(boot('1'), None);
        kills.look(at(0), 7);
        kills.look(at(10), 8);
        for other_boot in [boot('2'), None] {
            let mut after = restarted(&kills, other_boot);
            after.look(at(20), 30);
            assert_eq!(after.in_last_hour(at(20)), Some(1));
        }
    }

    #[test]
    fn it_is_stored_when_it_has_changed_and_only_then() {
        let mut kills = Kills::restore(boot('1'), None);
        assert_eq!(kills.unstored(), None);
        kills.look(at(0), 7);
        let stored = kills.unstored().unwrap();
        kills.look(at(1), 8);
        kills.stored(&stored);
        let stored = kills.unstored().unwrap();
        kills.stored(&stored);
        kills.look(at(2), 8);

        assert_eq!(kills.unstored(), None);
        assert_eq!(Kills::restore(boot('1'), Some(stored)).unstored(), None);
    }

    #[test]
    fn a_storm_of_kills_takes_no_more_entries_than_minutes() {
        let mut kills = Kills::restore(boot('1'), None);
        for second in 0..7_200 {
            let now = Moment::from_millis(second * 1_000);
            kills.look(now, second * 3);
            kills.in_last_hour(now);
        }
        assert!(kills.recent.len() <= 60, "{}", kills.recent.len());
    }
}
