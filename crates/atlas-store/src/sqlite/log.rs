//! The write-ahead log where its end, or what it rests on, is in doubt. What is moved out of it is synchronised in the
//! main file, and rests on nothing any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::BUSY_LIMIT;
use crate::error::StoreError;

/// Whether something lies behind the commits in the log, where only the recovery after a crash would find it: a batch
/// of unknown end. The next commit takes its place.
#[derive(Default)]
pub(super) struct LogEnd(AtomicBool);

impl LogEnd {
    pub(super) fn is_unclear(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(super) fn set_unclear(&self, is_unclear: bool) {
        self.0.store(is_unclear, Ordering::SeqCst);
    }
}

/// Moves all of the log into the main file. Fails where readers hold it; what could be moved is moved then, too.
pub(super) fn empty(connection: &Connection) -> Result<(), StoreError> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        return Ok(());
    }
    Err(StoreError::Busy("a reader holds its log".to_owned()))
}

/// The same, but waits for no reader.
pub(super) fn empty_at_once(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(Duration::ZERO)?;
    let result = empty(connection);
    connection.busy_timeout(BUSY_LIMIT)?;
    result
}
