//! Looking after the library: its audit, plans made of what that found, carrying them out, undoing them. No request names a
//! file: there is only the library.

use atlas_app::views::Written;
use atlas_app::views::upkeep::{
    ApplyRequest, AuditRequest, CleanupItemsQuery, CleanupList, CleanupView, Compacted, FindingsPage,
    FindingsQuery, LibraryAudit, Schemas, UndoRequest, UndoneCleanup, WantedCleanup,
};
use atlas_store::CleanupItemPage;
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, OptionalJson, Path, Query};

pub(crate) async fn show_audit(State(app): Shared, _: NoQuery) -> Answer<LibraryAudit> {
    Ok(Json(app.library_audit().await?))
}

pub(crate) async fn start_audit(
    State(app): Shared,
    _: NoQuery,
    OptionalJson(request): OptionalJson<AuditRequest>,
) -> Answer<LibraryAudit> {
    Ok(Json(app.audit_library(request).await?))
}

pub(crate) async fn list_findings(
    State(app): Shared,
    Query(query): Query<FindingsQuery>,
) -> Answer<FindingsPage> {
    Ok(Json(app.findings(query).await?))
}

pub(crate) async fn list_cleanups(State(app): Shared, _: NoQuery) -> Answer<CleanupList> {
    Ok(Json(app.cleanups().await?))
}

pub(crate) async fn plan_cleanup(
    State(app): Shared,
    _: NoQuery,
    OptionalJson(wanted): OptionalJson<WantedCleanup>,
) -> Answer<CleanupView> {
    Ok(Json(app.plan_cleanup(wanted).await?))
}

pub(crate) async fn show_cleanup(
    State(app): Shared,
    _: NoQuery,
    Path(cleanup): Path<String>,
) -> Answer<CleanupView> {
    Ok(Json(app.cleanup(&cleanup).await?))
}

pub(crate) async fn list_cleanup_items(
    State(app): Shared,
    Path(cleanup): Path<String>,
    Query(query): Query<CleanupItemsQuery>,
) -> Answer<CleanupItemPage> {
    Ok(Json(app.cleanup_items(&cleanup, query).await?))
}

pub(crate) async fn apply_cleanup(
    State(app): Shared,
    _: NoQuery,
    Path(cleanup): Path<String>,
    OptionalJson(request): OptionalJson<ApplyRequest>,
) -> Answer<Written<CleanupView>> {
    Ok(Json(
        app.written(app.apply_cleanup(&cleanup, request).await?).await,
    ))
}

pub(crate) async fn undo_cleanup(
    State(app): Shared,
    _: NoQuery,
    Path(cleanup): Path<String>,
    OptionalJson(request): OptionalJson<UndoRequest>,
) -> Answer<Written<UndoneCleanup>> {
    Ok(Json(
        app.written(app.undo_cleanup(&cleanup, request).await?).await,
    ))
}

pub(crate) async fn acknowledge_cleanup(
    State(app): Shared,
    _: NoQuery,
    Path(cleanup): Path<String>,
) -> Answer<CleanupView> {
    Ok(Json(app.acknowledge_cleanup(&cleanup).await?))
}

pub(crate) async fn compact_library(State(app): Shared, _: NoQuery) -> Answer<Compacted> {
    Ok(Json(app.compact_library().await?))
}

pub(crate) async fn list_schemas(State(app): Shared, _: NoQuery) -> Answer<Schemas> {
    Ok(Json(app.schemas().await?))
}
