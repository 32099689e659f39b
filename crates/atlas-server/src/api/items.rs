//! Items: saving, looking, trash, tags, export, and processing again. `{id}` is an item's id or its address.

use atlas_app::views::{
    AddReport, AddRequest, ExportPage, ItemView, ListQuery, QuarantineQuery, ReprocessReport,
    ReprocessRequest, TagRequest, Written,
};
use atlas_domain::Item;
use atlas_store::{ItemPage, VaultPage};
use axum::extract::State;
use serde::Deserialize;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, Path, Query};

/// Where an export goes on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportQuery {
    after: Option<String>,
}

pub(crate) async fn add_items(
    State(app): Shared,
    _: NoQuery,
    Json(request): Json<AddRequest>,
) -> Answer<Written<AddReport>> {
    Ok(Json(app.written(app.add(request).await?).await))
}

pub(crate) async fn list_items(State(app): Shared, Query(query): Query<ListQuery>) -> Answer<ItemPage> {
    Ok(Json(app.list(query).await?))
}

pub(crate) async fn show_item(State(app): Shared, _: NoQuery, Path(item): Path<String>) -> Answer<ItemView> {
    Ok(Json(app.show(&item).await?))
}

pub(crate) async fn remove_item(
    State(app): Shared,
    _: NoQuery,
    Path(item): Path<String>,
) -> Answer<Written<Item>> {
    Ok(Json(app.written(app.remove(&item).await?).await))
}

pub(crate) async fn restore_item(
    State(app): Shared,
    _: NoQuery,
    Path(item): Path<String>,
) -> Answer<Written<Item>> {
    Ok(Json(app.written(app.restore(&item).await?).await))
}

pub(crate) async fn tag_item(
    State(app): Shared,
    _: NoQuery,
    Path(item): Path<String>,
    Json(request): Json<TagRequest>,
) -> Answer<Written<Item>> {
    Ok(Json(app.written(app.tag(&item, request).await?).await))
}

pub(crate) async fn list_vault(
    State(app): Shared,
    Query(query): Query<QuarantineQuery>,
) -> Answer<VaultPage> {
    Ok(Json(app.vault(query).await?))
}

pub(crate) async fn export_items(State(app): Shared, Query(query): Query<ExportQuery>) -> Answer<ExportPage> {
    Ok(Json(app.export(query.after).await?))
}

pub(crate) async fn reprocess_items(
    State(app): Shared,
    _: NoQuery,
    Json(request): Json<ReprocessRequest>,
) -> Answer<Written<ReprocessReport>> {
    Ok(Json(app.written(app.reprocess(request).await?).await))
}
