//! The quarantine: looking into it, and the owner's word on suspected junk. Judges nothing.

use atlas_app::views::QuarantineList;
use atlas_domain::Item;
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, Path};

pub(crate) async fn list_quarantine(State(app): Shared) -> Answer<QuarantineList> {
    Ok(Json(app.quarantine().await?))
}

pub(crate) async fn keep_item(State(app): Shared, Path(item): Path<String>) -> Answer<Item> {
    Ok(Json(app.keep(&item).await?))
}

pub(crate) async fn drop_item(State(app): Shared, Path(item): Path<String>) -> Answer<Item> {
    Ok(Json(app.discard(&item).await?))
}
