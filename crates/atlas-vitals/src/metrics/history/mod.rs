//! History: three rings of packed rows, by time on the wall clock. It decides what is to be written where and what an
//! answer consists of; reading and writing is for whoever keeps the rings.

mod cell;
mod directory;
mod packed;
mod place;
mod range;
mod recorder;
mod resolution;
mod row;
mod unpacked;
mod wall;

#[cfg(test)]
mod tests;

pub use cell::Cell;
pub use directory::{SeriesId, StoredSeries};
pub use packed::pack;
pub use place::{Placement, place};
pub use range::{Past, Plan, Range};
pub use recorder::RowToWrite;
pub use resolution::Resolution;
pub use row::Row;
pub use unpacked::{RowError, unpack, unpack_series};

pub(crate) use directory::Directory;
pub(crate) use recorder::Recorder;
pub(crate) use wall::WallWatch;
