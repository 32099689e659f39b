//! Questions about the past: which of the histories answers, which places of its ring are read, and what came of it.
//! A gap stays a gap: nothing is drawn through it.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use atlas_domain::Timestamp;

use super::unpacked::unpack_series;
use super::{Cell, Resolution, SeriesId};
use crate::Moment;

/// However many points are asked for, there are no more.
const POINTS_AT_MOST: usize = 2_000;

/// From when to when, and how finely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub from: Timestamp,
    /// The moment after the last.
    pub to: Timestamp,
    /// How many points are of use: as many as fit on the screen. One more may come, as points begin at even times.
    pub points_at_most: usize,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    resolution: Resolution,
    /// How many slots make one point.
    fold: usize,
    first_slot: i64,
    slots: usize,
}

/// The past of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The history it was taken from.
    pub resolution: Resolution,
    /// How much time one point covers: one slot, or several.
    pub step: Duration,
    /// Where the first point begins.
    pub from: Timestamp,
    /// The points, in order and without holes; `None` is a gap.
    pub points: Vec<Option<Cell>>,
    /// How many rows could not be read. They are gaps.
    pub unreadable_rows: usize,
}

/// What one stored row says of one series.
struct Portion {
    row: i64,
    closed_at: Moment,
    cells: Vec<Option<Cell>>,
}

impl Plan {
    /// Chooses the coarsest history that still gives a quarter of the points that are of use; of those that reach back
    /// far enough, or the longest if none does.
    pub fn choose(range: Range, now: Timestamp) -> Self {
        let wanted = range.points_at_most.clamp(1, POINTS_AT_MOST);
        let reaches = |resolution: &Resolution| range.from >= now.before(resolution.kept());
        let resolution = Resolution::ALL
            .into_iter()
            .rev()
            .filter(reaches)
            .find(|resolution| slots(*resolution, range).saturating_mul(4) >= wanted as u64)
            .or_else(|| Resolution::ALL.into_iter().find(reaches))
            .unwrap_or(Resolution::Hour);
        Self::of(resolution, range)
    }

    /// The answer of that history, whatever the others could say.
    pub fn of(resolution: Resolution, range: Range) -> Self {
        let wanted = range.points_at_most.clamp(1, POINTS_AT_MOST);
        // No more than the ring can hold, counted back from the end.
        let in_ring = u64::from(resolution.places()) * resolution.slots_per_row() as u64;
        let slots = slots(resolution, range).min(in_ring) as usize;
        let fold = slots.div_ceil(wanted).max(1);
        let last = resolution.slot(Timestamp::from_millis(range.to.as_millis().saturating_sub(1)));
        let first = last - slots as i64 + 1;
        // Points lie at the same times whenever one asks: a chart that moves on must not flicker.
        let (first_point, last_point) = (first.div_euclid(fold as i64), last.div_euclid(fold as i64));
        Self {
            resolution,
            fold,
            first_slot: first_point * fold as i64,
            slots: (last_point - first_point + 1) as usize * fold,
        }
    }

    /// The history that answers.
    pub const fn resolution(&self) -> Resolution {
        self.resolution
    }

    /// How much time one point covers.
    pub fn step(&self) -> Duration {
        self.resolution.step() * self.fold as u32
    }

    /// The places of the ring that hold the answer: one stretch, or two where it runs over the end.
    pub fn places(&self) -> Vec<RangeInclusive<u32>> {
        let rows = self.rows();
        let last_place = self.resolution.places() - 1;
        if rows.end() - rows.start() >= i64::from(last_place) {
            return vec![0..=last_place];
        }
        let (first, last) = (
            self.resolution.place(*rows.start()),
            self.resolution.place(*rows.end()),
        );
        if first <= last {
            vec![first..=last]
        } else {
            vec![first..=last_place, 0..=last]
        }
    }

    /// The answer for one series, from the rows that lie at these places, in any order, and from those that may not be
    /// written yet. Rows of other times that lie there still are passed over.
    pub fn answer<Bytes: AsRef<[u8]>>(
        &self,
        series: SeriesId,
        written: impl IntoIterator<Item = Bytes>,
        unwritten: impl IntoIterator<Item = Bytes>,
    ) -> Past {
        let mut unreadable_rows = 0;
        let mut portions = self.portions(series, written, &mut unreadable_rows);
        let closed_at: HashMap<i64, Moment> = portions
            .iter()
            .map(|portion| (portion.row, portion.closed_at))
            .collect();
        let mut new = self.portions(series, unwritten, &mut unreadable_rows);
        new.retain(|portion| {
            closed_at
                .get(&portion.row)
                .is_none_or(|closed_at| *closed_at < portion.closed_at)
        });
        portions.append(&mut new);
        portions.sort_by_key(|portion| (portion.row, portion.closed_at));
        Past {
            resolution: self.resolution,
            step: self.step(),
            from: self.resolution.slot_start(self.first_slot),
            points: self.points(portions),
            unreadable_rows,
        }
    }

    fn portions<Bytes: AsRef<[u8]>>(
        &self,
        series: SeriesId,
        rows: impl IntoIterator<Item = Bytes>,
        unreadable_rows: &mut usize,
    ) -> Vec<Portion> {
        let mut portions = Vec::new();
        for bytes in rows {
            match unpack_series(bytes.as_ref(), series) {
                Ok((row, cells))
                    if row.resolution == self.resolution && self.rows().contains(&row.number) =>
                {
                    portions.push(Portion {
                        row: row.number,
                        closed_at: row.closed_at,
                        cells,
                    });
                }
                Ok(_) => {}
                Err(_) => *unreadable_rows += 1,
            }
        }
        portions
    }

    fn points(&self, portions: Vec<Portion>) -> Vec<Option<Cell>> {
        let mut points: Vec<Option<Cell>> = vec![None; self.slots / self.fold];
        for portion in portions {
            let first = self.resolution.first_slot(portion.row);
            for (slot, cell) in (first..).zip(portion.cells) {
                let index = usize::try_from(slot - self.first_slot)
                    .ok()
                    .map(|index| index / self.fold);
                if let Some(point) = index.and_then(|index| points.get_mut(index)) {
                    *point = (*point).into_iter().chain(cell).reduce(Cell::with);
                }
            }
        }
        points
    }

    fn rows(&self) -> RangeInclusive<i64> {
        let last_slot = self.first_slot + self.slots as i64 - 1;
        self.resolution.row(self.first_slot)..=self.resolution.row(last_slot)
    }
}

/// How many slots a range touches.
fn slots(resolution: Resolution, range: Range) -> u64 {
    if range.to <= range.from {
        return 1;
    }
    let last = resolution.slot(Timestamp::from_millis(range.to.as_millis() - 1));
    last.abs_diff(resolution.slot(range.from)) + 1
}
