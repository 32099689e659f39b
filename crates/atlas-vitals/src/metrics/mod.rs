//! Metrics: what is measured, how it is now, how it has been for minutes, and its history for years. It measures the
//! machine itself, by files of the kernel; everything else is handed in as a `Sample`. What is not measured is absent,
//! never zero.

pub mod catalogue;
mod definition;
mod engine;
mod history;
mod kills;
mod latest;
mod machine;
mod recent;
mod rhythm;
mod sample;
mod steps;
mod trend;

#[cfg(test)]
mod tests;

pub use definition::{Definition, Kind, Label, Unit};
pub use engine::{Flush, Measurements, StoredMeasurements};
pub use history::{
    Cell, Past, Placement, Plan, Range, Resolution, Row, RowError, RowToWrite, SeriesId, StoredSeries, pack,
    place, unpack, unpack_series,
};
pub use kills::StoredKills;
pub use latest::Current;
pub use machine::{BootId, Machine, WrittenPlace, look_at_space};
pub use recent::{RECENT, RecentMean};
pub use rhythm::Due;
pub use sample::{Absence, Reading, Sample};
pub use trend::{Left, TREND_SPAN, used_up_in};
