//! The quarantine: looking into it, and the owner's word on suspected junk. Judges nothing.

use atlas_app::views::{QuarantineQuery, Written};
use atlas_domain::Item;
use atlas_store::QuarantinePage;
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, Path, Query};

pub(crate) async fn list_quarantine(
    State(app): Shared,
    Query(query): Query<QuarantineQuery>,
) -> Answer<QuarantinePage> {
    Ok(Json(app.quarantine(query).await?))
}

pub(crate) async fn keep_item(
    State(app): Shared,
    _: NoQuery,
    Path(item): Path<String>,
) -> Answer<Written<Item>> {
    Ok(Json(app.written(app.keep(&item).await?).await))
}

pub(crate) async fn drop_item(
    State(app): Shared,
    _: NoQuery,
    Path(item): Path<String>,
) -> Answer<Written<Item>> {
    Ok(Json(app.written(app.discard(&item).await?).await))
}
