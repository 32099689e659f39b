//! Search: finding things again. Ranks nothing itself.

use atlas_app::views::{SearchQuery, SearchReply};
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, Query};

pub(crate) async fn search_items(
    State(app): Shared,
    Query(query): Query<SearchQuery>,
) -> Answer<SearchReply> {
    Ok(Json(app.search(query).await?))
}
