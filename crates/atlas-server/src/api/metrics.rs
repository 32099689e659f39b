//! What is and was measured, for charts: the series there are, and points out of their history. Looks only; that
//! somebody watches is passed on.

use atlas_app::vitals::{RangeQuery, RangeView, SeriesList};
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, Query};

pub(crate) async fn list_series(State(app): Shared, _: NoQuery) -> Answer<SeriesList> {
    Ok(Json(app.series().await?))
}

pub(crate) async fn show_range(State(app): Shared, Query(query): Query<RangeQuery>) -> Answer<RangeView> {
    Ok(Json(app.range(&query).await?))
}
