//! `Changes`: how often raw results changed lately, the newer the heavier. It looks at raw results because a check that
//! fails every other time has no changes of status at all.

use super::level::Level;
use super::settings::CheckKind;

/// How many changes are remembered.
const SLOTS: u32 = 20;

/// Which of the last results differed from the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// One bit for each slot; the lowest is the newest.
    pub(super) bits: u32,
    /// What the newest result said.
    pub(super) last: Option<Level>,
}

impl Changes {
    /// Takes one more result.
    pub(super) fn push(&mut self, kind: CheckKind, level: Level) {
        // For what passes or fails, two ways of failing are the same.
        let class = match kind {
            CheckKind::PassFail if level.is_failure() => Level::Down,
            CheckKind::PassFail | CheckKind::Level => level,
        };
        if let Some(last) = self.last {
            let mask = (1 << SLOTS) - 1;
            self.bits = ((self.bits << 1) | u32::from(last != class)) & mask;
        }
        self.last = Some(class);
    }

    /// The weighted share of changes in tenths of a percent: slot 0, the oldest, weighs 0.80, and each newer one 0.02
    /// more. In whole numbers, so that the bounds are exact.
    pub(super) fn tenths_of_percent(self) -> u32 {
        let hundredths: u32 = (0..SLOTS)
            .filter(|slot| self.bits >> (SLOTS - 1 - slot) & 1 == 1)
            .map(|slot| 80 + 2 * slot)
            .sum();
        hundredths / 2 // of 20 slots, in percent: 100 * (hundredths / 100) / 20, and ten times that
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(0, 0)]
    #[case::five_newest(0b1_1111, 285)]
    #[case::six_newest(0b11_1111, 339)]
    #[case::all(0xF_FFFF, 990)]
    #[case::five_oldest(0xF_8000, 210)]
    fn the_newer_a_change_the_heavier_it_weighs(#[case] bits: u32, #[case] tenths: u32) {
        let changes = Changes { bits, last: None };
        assert_eq!(changes.tenths_of_percent(), tenths);
    }

    #[test]
    fn the_first_result_is_no_change() {
        let mut changes = Changes::default();
        changes.push(CheckKind::Level, Level::Critical);
        assert_eq!(changes.bits, 0);
        changes.push(CheckKind::Level, Level::Healthy);
        assert_eq!(changes.bits, 1);
    }

    #[rstest]
    #[case(CheckKind::PassFail, 0)]
    #[case(CheckKind::Level, 1)]
    fn two_ways_of_failing_are_a_change_of_level_only(#[case] kind: CheckKind, #[case] bits: u32) {
        let mut changes = Changes::default();
        changes.push(kind, Level::Critical);
        changes.push(kind, Level::Down);
        assert_eq!(changes.bits, bits);
    }

    #[test]
    fn twenty_changes_are_remembered_and_no_more() {
        let mut changes = Changes::default();
        for turn in 0..50 {
            let level = if turn % 2 == 0 {
                Level::Healthy
            } else {
                Level::Critical
            };
            changes.push(CheckKind::Level, level);
        }
        assert_eq!(changes.bits, 0xF_FFFF);
    }
}
