//! Where backups go, which are kept, and looking at those that there are. It needs no library: backups are looked at when
//! there is none any more. Making one is a use case, `cases/backups.rs`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_domain::{Entropy, LibraryIdentity, Timestamp};
use atlas_store::{
    Backup, BackupDestination, BackupOrder, BackupRetention, Checked, DataDir, Holder, Library, Manifest,
    Ops, Restored, VerifyDepth,
};

use crate::error::AppError;
use crate::views::backups::{BackupList, BackupView, CheckedBackup, RestoredBackup};

/// Where backups go, how often they are made, and which are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupPlan {
    /// Where they go.
    pub destination: BackupDestination,
    /// Which are kept.
    pub retention: BackupRetention,
    /// How old the newest may become until a server makes another; none makes none by itself.
    pub every: Option<Duration>,
    /// Where the library lies.
    pub data: PathBuf,
    /// What has to stay free on the disk of the data.
    pub floor_bytes: u64,
    /// Which Atlas makes them.
    pub program: String,
}

impl BackupPlan {
    /// Where nothing is configured: beside the data, which saves from mistakes and not from a disk that fails, and only
    /// when somebody asks for one.
    pub fn beside(dir: &DataDir, floor_bytes: u64, program: &str) -> Self {
        Self {
            destination: BackupDestination::at(dir.path().join("backups")),
            retention: BackupRetention::default(),
            every: None,
            data: dir.path().to_owned(),
            floor_bytes,
            program: program.to_owned(),
        }
    }

    /// Makes a backup. Old ones are left.
    pub(crate) async fn make(&self, library: &Library, ops: Option<&Ops>) -> Result<Manifest, AppError> {
        let order = BackupOrder {
            program: self.program.clone(),
            // The room of another disk is the owner's to fill.
            floor_bytes: match self.destination.shares_device_with(&self.data) {
                Some(false) => 0,
                _ => self.floor_bytes,
            },
        };
        let manifest = self.destination.create(library, ops, order).await?;
        tracing::info!(name = manifest.name, left_out = ?manifest.left_out, "a backup was made");
        Ok(manifest)
    }

    /// Whether the newest backup of the library is so old that another is due. A library that has none yet is given as
    /// long from its beginning. Blocks.
    pub(crate) fn is_due(
        &self,
        library: &LibraryIdentity,
        born: Timestamp,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let Some(every) = self.every else {
            return Ok(false);
        };
        let of_library = |backup: &Backup| {
            let manifest = backup.manifest.as_ref().filter(|_| backup.problem.is_none())?;
            (manifest.library.library == library.library).then_some(manifest.created_at)
        };
        let newest = self.destination.list()?.iter().filter_map(of_library).max();
        let last = newest.unwrap_or(born);
        // One from the future is of a clock that was wrong.
        Ok(last > now || now.since(last) >= every)
    }
}

/// Every backup of a destination, the newest first. `data` is where the library lies that they are of. Blocks.
pub fn list_backups(destination: &BackupDestination, data: &Path) -> Result<BackupList, AppError> {
    let backups = destination.list()?;
    Ok(BackupList {
        destination: destination.path().display().to_string(),
        on_device_of_data: destination.shares_device_with(data),
        size_bytes: destination.size_bytes(),
        backups: backups.into_iter().map(view_of).collect(),
    })
}

/// Looks all of a backup through; its databases are unpacked in `scratch` for that. Blocks.
pub fn verify_backup(
    destination: &BackupDestination,
    name: &str,
    scratch: &Path,
    now: Timestamp,
) -> Result<CheckedBackup, AppError> {
    let Checked {
        manifest,
        rows,
        blobs,
    } = destination.verify(name, VerifyDepth::Everything, scratch, now)?;
    Ok(CheckedBackup {
        name: manifest.name,
        created_at: manifest.created_at,
        rows,
        blobs,
        left_out: manifest.left_out,
    })
}

/// Restores a backup into `to`, which is empty or does not exist. Blocks.
pub fn restore_backup(
    destination: &BackupDestination,
    name: &str,
    to: &DataDir,
    holder: &Holder,
    now: Timestamp,
    entropy: &Entropy,
) -> Result<RestoredBackup, AppError> {
    let Restored {
        manifest,
        path,
        rows,
        blobs,
    } = destination.restore(name, to, holder, now, entropy)?;
    Ok(RestoredBackup {
        name: manifest.name,
        created_at: manifest.created_at,
        data_dir: path.display().to_string(),
        rows,
        blobs,
        left_out: manifest.left_out,
    })
}

fn view_of(backup: Backup) -> BackupView {
    let named = BackupView {
        name: backup.name,
        size_bytes: backup.size_bytes,
        checked_at: backup.checked_at,
        problem: backup.problem,
        ..BackupView::default()
    };
    match backup.manifest {
        Some(manifest) => with_manifest(named, manifest),
        None => named,
    }
}

/// What a backup says of itself.
pub(crate) fn with_manifest(named: BackupView, manifest: Manifest) -> BackupView {
    let tables = manifest
        .databases
        .values()
        .flat_map(|database| database.tables.values());
    let rows = tables.map(|table| table.rows).sum();
    BackupView {
        created_at: Some(manifest.created_at),
        program: Some(manifest.program),
        library: Some(manifest.library.library.to_string()),
        rows: Some(rows),
        blobs: Some(manifest.blobs.count),
        blobs_bytes: Some(manifest.blobs.size_bytes),
        left_out: manifest.left_out,
        ..named
    }
}
