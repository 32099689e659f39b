//! What a COMMIT that reported an I/O error really did, by the mark of its batch. It makes sure that what it found
//! stays so, and where it cannot, it says that nothing is known.

use super::batch::Disk;
use super::log;
use crate::error::StoreError;

/// What became of the batch.
pub(super) enum Found {
    /// It is on the disk.
    Committed,
    /// It is not on the disk, and nothing of it can come back.
    RolledBack,
    /// It could not be found out.
    Unknown(StoreError),
}

/// Looks for the batch with `mark` on a connection of its own: that of the batch cannot be trusted any more.
pub(super) fn look(disk: &dyn Disk, mark: i64) -> Found {
    try_to_look(disk, mark).unwrap_or_else(|error| Found::Unknown(StoreError::Unknown(error.to_string())))
}

/// What it finds may be only in the kernel's cache, so a batch counts as committed only after a checkpoint has synced
/// it into the main file. What it does not find may lie in the log all the same, whole and shown to nobody, because
/// SQLite shows a commit after its synchronisation; a recovery after a crash would bring it to life. So a batch counts
/// as rolled back only after another commit has been synced in the place of its records.
fn try_to_look(disk: &dyn Disk, mark: i64) -> Result<Found, StoreError> {
    let connection = disk.reopen()?;
    let on_disk: i64 = connection.query_row("SELECT batch FROM writer_mark", [], |row| row.get(0))?;
    if on_disk < mark {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        connection.execute("UPDATE writer_mark SET batch = ?1", [mark])?;
        disk.commit(&connection)?;
        return Ok(Found::RolledBack);
    }
    log::empty(&connection)?;
    Ok(Found::Committed)
}
