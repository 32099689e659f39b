//! `Row`: every series in the slots of one row. Portions of one row become one.

use std::collections::BTreeMap;

use super::{Cell, Resolution};
use crate::Moment;
use crate::metrics::SeriesId;

/// Every series in the slots of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Of which history.
    pub resolution: Resolution,
    /// Which row, counted from the epoch on the wall clock.
    pub number: i64,
    /// When it was closed, on the steady line. Of two portions of one row the later was closed later: that is how a
    /// portion that is already in is known again.
    pub closed_at: Moment,
    /// The slots of each series, as many as a row has; `None` is a gap.
    pub cells: BTreeMap<SeriesId, Vec<Option<Cell>>>,
}

impl Row {
    /// An empty row.
    pub const fn empty(resolution: Resolution, number: i64) -> Self {
        Self {
            resolution,
            number,
            closed_at: Moment::ORIGIN,
            cells: BTreeMap::new(),
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Adds to a series in one of our slots.
    pub(crate) fn add(&mut self, series: SeriesId, slot: i64, cell: Cell) {
        let first = self.resolution.first_slot(self.number);
        let count = self.resolution.slots_per_row();
        let Some(index) = usize::try_from(slot - first).ok().filter(|index| *index < count) else {
            return;
        };
        let cells = self.cells.entry(series).or_insert_with(|| vec![None; count]);
        cells[index] = joined(cells[index], Some(cell));
    }

    /// Takes a later portion of the same row in.
    pub(crate) fn take_in(&mut self, later: Self) {
        for (series, cells) in later.cells {
            match self.cells.entry(series) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(cells);
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    for (known, new) in entry.get_mut().iter_mut().zip(cells) {
                        *known = joined(*known, new);
                    }
                }
            }
        }
        self.closed_at = self.closed_at.max(later.closed_at);
    }
}

fn joined(one: Option<Cell>, later: Option<Cell>) -> Option<Cell> {
    one.into_iter().chain(later).reduce(Cell::with)
}
