//! Backups: making one, and looking at those that there are. No request says where they go: that is configured.

use atlas_app::views::backups::{BackupList, CheckedBackup, MadeBackup};
use atlas_domain::{Clock, SystemClock};
use axum::extract::State;

use super::{Answer, Shared};
use crate::extract::{Json, NoQuery, Path};

pub(crate) async fn list_backups(State(app): Shared, _: NoQuery) -> Answer<BackupList> {
    Ok(Json(app.backups().await?))
}

pub(crate) async fn create_backup(State(app): Shared, _: NoQuery) -> Answer<MadeBackup> {
    Ok(Json(app.create_backup().await?))
}

pub(crate) async fn verify_backup(
    State(app): Shared,
    _: NoQuery,
    Path(name): Path<String>,
) -> Answer<CheckedBackup> {
    Ok(Json(app.verify_backup(name, SystemClock.now()).await?))
}
