//! What is and was measured, for people: asked of whoever looks after this process; where nobody does, read out of what
//! the last one left. It measures nothing.

use atlas_domain::{Clock, SystemClock};

use crate::app::App;
use crate::error::AppError;
use crate::vitals::{RangeQuery, RangeView, SeriesList, left_range, left_series};

impl App {
    /// Every series there is, with its value where it is measured now.
    pub async fn series(&self) -> Result<SeriesList, AppError> {
        match self.vitals() {
            Some(vitals) => vitals.series().await,
            None => left_series(&self.operations().await?).await,
        }
    }

    /// Points out of the history.
    pub async fn range(&self, query: &RangeQuery) -> Result<RangeView, AppError> {
        match self.vitals() {
            Some(vitals) => vitals.range(query).await,
            None => left_range(&self.operations().await?, query, SystemClock.now()).await,
        }
    }
}
