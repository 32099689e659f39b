//! Making a backup of the library, and looking at those that there are.

use atlas_domain::Timestamp;
use atlas_store::{Manifest, StoreError};
use tokio::task::spawn_blocking;

use crate::app::App;
use crate::backups::{BackupPlan, list_backups, verify_backup, with_manifest};
use crate::error::AppError;
use crate::views::backups::{BackupList, BackupView, CheckedBackup, MadeBackup};

impl App {
    /// Makes a backup, also of a library that can only be read, and removes those that are not to be kept any more. That a
    /// backup was made does not depend on whether old ones could be removed.
    pub async fn create_backup(&self) -> Result<MadeBackup, AppError> {
        let plan = self.backup_plan();
        let on_device_of_data = plan.destination.shares_device_with(self.parts.dir.path());
        let manifest = plan.make(self.library()?, self.operations.get()).await?;
        let destination = plan.destination.path().display().to_string();
        let (backup, removed, not_removed) = prune(plan, manifest).await?;
        Ok(MadeBackup {
            backup,
            destination,
            on_device_of_data,
            removed,
            not_removed,
        })
    }

    /// Every backup, the newest first.
    pub async fn backups(&self) -> Result<BackupList, AppError> {
        let (plan, data) = (self.backup_plan(), self.parts.dir.path().to_owned());
        in_background(move || list_backups(&plan.destination, &data)).await
    }

    /// Looks all of a backup through.
    pub async fn verify_backup(&self, name: String, now: Timestamp) -> Result<CheckedBackup, AppError> {
        let plan = self.backup_plan();
        in_background(move || verify_backup(&plan.destination, &name, plan.destination.path(), now)).await
    }
}

/// The backup that was made, with what became of old ones.
async fn prune(
    plan: BackupPlan,
    manifest: Manifest,
) -> Result<(BackupView, Vec<String>, Option<String>), AppError> {
    in_background(move || {
        let (library, now) = (manifest.library.library, manifest.created_at);
        let pruned = plan.destination.prune(library, plan.retention, now);
        let (removed, not_removed) = match pruned {
            Ok(pruned) if pruned.over_budget => {
                let why = "the last sound backup alone takes up more than the budget for all of them";
                (pruned.backups, Some(why.to_owned()))
            }
            Ok(pruned) => (pruned.backups, None),
            Err(error) => {
                tracing::warn!(%error, "old backups could not be removed");
                (Vec::new(), Some(error.to_string()))
            }
        };
        let name = manifest.name.clone();
        let listed = list_backups(&plan.destination, plan.destination.path())?;
        let view = listed.backups.into_iter().find(|backup| backup.name == name);
        let view = view.unwrap_or_else(|| {
            with_manifest(
                BackupView {
                    name,
                    ..BackupView::default()
                },
                manifest,
            )
        });
        Ok((view, removed, not_removed))
    })
    .await
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string()).into()))
}
