//! `Recorded`: what a chart needs of what is not on the disk yet: which series there are, how they are now, and the
//! rows that wait to be written. Without an answer from the task, what was stored must do.

use atlas_vitals::Moment;
use atlas_vitals::metrics::catalogue::{definitions, find};
use atlas_vitals::metrics::{Definition, Measurements, SeriesId, StoredMeasurements};
use tokio::time::timeout;

use super::{Ending, MeasuredValue, PATIENCE, Request, Vitals};
use crate::error::AppError;

/// A series that has a history.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownSeries {
    pub(super) definition: &'static Definition,
    pub(super) label: Option<String>,
    pub(super) id: SeriesId,
}

/// What is known of measurements beside the rows that are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded {
    pub(super) known: Vec<KnownSeries>,
    pub(super) current: Vec<MeasuredValue>,
    pub(super) unwritten: Vec<Vec<u8>>,
    /// How often rows have been written: whoever read the file meanwhile would count some twice.
    pub(super) flushes: u64,
}

impl Recorded {
    pub(super) fn of(measurements: &Measurements, now: Moment, flushes: u64) -> Self {
        let known = definitions().flat_map(|definition| {
            let labels = measurements.series_of(definition.name).into_iter();
            labels.map(move |(label, id)| KnownSeries {
                definition,
                label: label.map(str::to_owned),
                id,
            })
        });
        Self {
            known: known.collect(),
            current: measurements
                .current(now)
                .into_iter()
                .map(MeasuredValue::of)
                .collect(),
            unwritten: measurements.unwritten().collect(),
            flushes,
        }
    }

    pub(super) fn stored(stored: StoredMeasurements) -> Self {
        let known = stored.series.into_iter().filter_map(|series| {
            let definition = find(&series.name).filter(|known| known.kind.as_str() == series.kind)?;
            Some(KnownSeries {
                definition,
                label: series.label,
                id: series.id,
            })
        });
        Self {
            known: known.collect(),
            ..Self::default()
        }
    }

    /// How a series is now, if it is measured.
    pub(super) fn value(&self, definition: &Definition, label: Option<&str>) -> Option<f64> {
        let is_meant = |value: &&MeasuredValue| {
            value.definition.name == definition.name
                && value.label.as_ref().map(|(_, value)| value.as_str()) == label
        };
        self.current.iter().find(is_meant).map(|value| value.value)
    }
}

impl Vitals {
    /// What is recorded; by the file alone, if the task is held up.
    pub(super) async fn recorded(&self) -> Result<Recorded, AppError> {
        match timeout(PATIENCE, self.ask(Request::Recorded)).await {
            Ok(answer) => Ok(answer?),
            Err(_elapsed) => Ok(Recorded::stored(self.ops.stored_measurements().await?)),
        }
    }
}

impl From<Ending> for AppError {
    fn from(_: Ending) -> Self {
        Self::Store(atlas_store::StoreError::Closed)
    }
}
