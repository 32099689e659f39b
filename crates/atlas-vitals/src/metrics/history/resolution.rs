//! `Resolution`: how fine and how far back a history is, and where in its ring a row belongs. A ring has a fixed
//! number of places; which one a row takes follows from its time alone.

use std::time::Duration;

use atlas_domain::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// One of the three histories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resolution {
    /// Ten seconds, for a day.
    TenSeconds,
    /// A minute, for two weeks.
    Minute,
    /// An hour, for two years.
    Hour,
}

impl Resolution {
    /// From the finest to the coarsest.
    pub const ALL: [Self; 3] = [Self::TenSeconds, Self::Minute, Self::Hour];

    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenSeconds => "10s",
            Self::Minute => "1m",
            Self::Hour => "1h",
        }
    }

    /// How long one slot is.
    pub const fn step(self) -> Duration {
        match self {
            Self::TenSeconds => Duration::from_secs(10),
            Self::Minute => Duration::from_mins(1),
            Self::Hour => Duration::from_hours(1),
        }
    }

    /// How far back it goes.
    pub const fn kept(self) -> Duration {
        match self {
            Self::TenSeconds => DAY,
            Self::Minute => DAY.saturating_mul(14),
            Self::Hour => DAY.saturating_mul(730),
        }
    }

    /// How many slots one row packs: a minute of the finest, else one.
    pub const fn slots_per_row(self) -> usize {
        match self {
            Self::TenSeconds => 6,
            Self::Minute | Self::Hour => 1,
        }
    }

    /// How many places its ring has: one more than it keeps, for the row that is being filled.
    pub const fn places(self) -> u32 {
        (self.kept().as_secs() / self.row_span().as_secs()) as u32 + 1
    }

    /// How much time one row covers.
    pub const fn row_span(self) -> Duration {
        self.step().saturating_mul(self.slots_per_row() as u32)
    }

    /// Which slot a moment falls into, counted from the epoch.
    pub fn slot(self, wall: Timestamp) -> i64 {
        wall.as_millis().div_euclid(millis(self.step()))
    }

    /// Where a slot begins.
    pub fn slot_start(self, slot: i64) -> Timestamp {
        Timestamp::from_millis(slot.saturating_mul(millis(self.step())))
    }

    /// Which row a slot is in, counted from the epoch.
    pub const fn row(self, slot: i64) -> i64 {
        slot.div_euclid(self.slots_per_row() as i64)
    }

    /// The first slot of a row.
    pub const fn first_slot(self, row: i64) -> i64 {
        row.saturating_mul(self.slots_per_row() as i64)
    }

    /// The place of a row in its ring.
    pub const fn place(self, row: i64) -> u32 {
        row.rem_euclid(self.places() as i64) as u32
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::TenSeconds => 0,
            Self::Minute => 1,
            Self::Hour => 2,
        }
    }

    pub(super) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.code() == code)
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Resolution::TenSeconds, 1_441)]
    #[case(Resolution::Minute, 20_161)]
    #[case(Resolution::Hour, 17_521)]
    fn a_ring_has_a_place_for_every_row_it_keeps_and_one_for_the_newest(
        #[case] resolution: Resolution,
        #[case] places: u32,
    ) {
        assert_eq!(resolution.places(), places);
    }

    #[test]
    fn rows_that_are_kept_at_one_time_never_share_a_place() {
        for resolution in Resolution::ALL {
            let places = i64::from(resolution.places());
            for row in [-3, 0, 1_000_000] {
                let taken: std::collections::BTreeSet<u32> =
                    (row..row + places).map(|row| resolution.place(row)).collect();
                assert_eq!(taken.len(), resolution.places() as usize);
                assert_eq!(resolution.place(row), resolution.place(row + places));
            }
        }
    }

    #[test]
    fn a_moment_before_the_epoch_has_its_slot_too() {
        let slot = Resolution::TenSeconds.slot(Timestamp::from_millis(-1));
        assert_eq!(slot, -1);
        assert_eq!(
            Resolution::TenSeconds.slot_start(slot),
            Timestamp::from_millis(-10_000)
        );
        assert_eq!(Resolution::TenSeconds.row(slot), -1);
        assert_eq!(Resolution::TenSeconds.first_slot(-1), -6);
    }
}
