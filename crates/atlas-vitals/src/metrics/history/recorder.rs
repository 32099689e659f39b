//! `Recorder`: gathers cells into the open row of each history, closes rows when their time is over, and keeps the
//! closed ones until they are known to be written.

use std::collections::VecDeque;

use atlas_domain::Timestamp;

use super::packed::pack;
use super::{Cell, Resolution, Row, SeriesId};
use crate::Moment;

/// An hour of rows that could not be written; of older ones the first are lost. What is lost is a gap.
const WAITING_AT_MOST: usize = 3 * 60;

/// A row that is to be written at its place in the ring, as `place` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowToWrite {
    /// Into which ring.
    pub resolution: Resolution,
    /// At which place.
    pub place: u32,
    /// The packed row.
    pub bytes: Vec<u8>,
}

/// Open rows, and closed ones that wait.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    open: [Option<Row>; 3],
    waiting: VecDeque<RowToWrite>,
    handed_out: usize,
    last_closed_at: Moment,
    lost: u64,
}

impl Recorder {
    /// Adds a cell to the slot of `wall` in every history.
    pub(crate) fn add(&mut self, now: Moment, wall: Timestamp, series: SeriesId, cell: Cell) {
        for (index, resolution) in Resolution::ALL.into_iter().enumerate() {
            let slot = resolution.slot(wall);
            let number = resolution.row(slot);
            if self.open[index].as_ref().is_some_and(|row| row.number != number) {
                self.close(now, index);
            }
            let row = self.open[index].get_or_insert_with(|| Row::empty(resolution, number));
            row.add(series, slot, cell);
        }
    }

    /// Everything that is to be written now, in this order: the rows whose time is over, and the portion of the hour
    /// since the time before. It is handed out again until `written` says that it was.
    pub(crate) fn hand_out(&mut self, now: Moment, wall: Timestamp) -> Vec<RowToWrite> {
        for (index, resolution) in Resolution::ALL.into_iter().enumerate() {
            let current = resolution.row(resolution.slot(wall));
            let is_over = self.open[index].as_ref().is_some_and(|row| row.number != current);
            if is_over || resolution == Resolution::Hour {
                self.close(now, index);
            }
        }
        self.hand_out_waiting()
    }

    /// Everything, rows whose time is not over too: the process is about to end.
    pub(crate) fn hand_out_all(&mut self, now: Moment) -> Vec<RowToWrite> {
        for index in 0..self.open.len() {
            self.close(now, index);
        }
        self.hand_out_waiting()
    }

    fn hand_out_waiting(&mut self) -> Vec<RowToWrite> {
        self.handed_out = self.waiting.len();
        self.waiting.iter().cloned().collect()
    }

    /// What was handed out last has been written.
    pub(crate) fn written(&mut self) {
        self.waiting.drain(..self.handed_out);
        self.handed_out = 0;
    }

    /// What is in no ring yet, as far as is known: rows that wait, and open ones.
    pub(crate) fn unwritten(&self) -> impl Iterator<Item = Vec<u8>> {
        let waiting = self.waiting.iter().map(|row| row.bytes.clone());
        let open = self.open.iter().flatten().map(|row| {
            let mut row = row.clone();
            row.closed_at = Moment::from_millis(u64::MAX);
            pack(&row)
        });
        waiting.chain(open)
    }

    /// How many rows were lost, because they could not be written for too long.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    fn close(&mut self, now: Moment, index: usize) {
        let Some(mut row) = self.open[index].take().filter(|row| !row.is_empty()) else {
            return;
        };
        // Two portions of one row must differ in when they were closed, even if that was at once.
        self.last_closed_at = now.max(self.last_closed_at.after(std::time::Duration::from_millis(1)));
        row.closed_at = self.last_closed_at;
        if self.waiting.len() == WAITING_AT_MOST {
            self.waiting.pop_front();
            self.handed_out = self.handed_out.saturating_sub(1);
            self.lost += 1;
        }
        self.waiting.push_back(RowToWrite {
            resolution: row.resolution,
            place: row.resolution.place(row.number),
            bytes: pack(&row),
        });
    }
}
