//! A backup that is one file, synced, reopened and checked before anyone relies on it.

use std::fs::File;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::connection::{at, open_read_only, quick_check};
use crate::error::StoreError;

/// In one step the copy is of one moment. In several, each commit between two of them makes it begin again.
const ALL_PAGES: i32 = -1;

/// Copies the database behind `source` to the new file `target` and proves that the copy can be read. A copy
/// that fails the proof is removed.
pub(crate) fn verified_backup(source: &Connection, target: &Path) -> Result<(), StoreError> {
    let result = copy(source, target).and_then(|()| verify(target));
    if result.is_err() {
        // The error matters more than whether its debris could be removed.
        let _ = std::fs::remove_file(target);
    }
    result
}

/// Copies the database behind `source` to the new file `target`, as it is in the transaction that `source` has open, or
/// else now. Nothing is proved of the copy.
pub(crate) fn copy(source: &Connection, target: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut copy = Connection::open_with_flags(target, flags).map_err(|error| at(target, error))?;
    // The busy timeout of the source has passed before it answers that it is busy.
    if Backup::new(source, &mut copy)?.step(ALL_PAGES)? != StepResult::Done {
        return Err(StoreError::Busy("it could not be copied now".to_owned()));
    }
    // One file, without a log beside it that could be forgotten.
    copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    drop(copy);
    File::open(target)?.sync_all()?;
    if let Some(folder) = target.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn verify(target: &Path) -> Result<(), StoreError> {
    quick_check(&open_read_only(target)?, target)
}
