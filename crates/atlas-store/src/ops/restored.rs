//! Operational state in a backup: which file is taken, and what a copy must not take up again when it is restored.

use std::path::Path;

use rusqlite::Connection;

use super::{Ops, SCHEMA, put_back};
use crate::error::StoreError;
use crate::sqlite::Database;

impl Ops {
    /// The file, if there is one: where nothing can be written it lies in memory.
    pub(crate) fn file_to_back_up(&self) -> Option<&Database> {
        self.in_memory.is_none().then_some(&self.db)
    }
}

/// Says of the copy behind `sql`, which nobody has open, that it is one: the next server sends nothing of what it wanted to
/// have sent, and closes what it calls open. What circuit breakers are open is due. The run that was going on when it was
/// made is over; that it was killed is nowhere said.
pub(crate) fn mark_as_restored(sql: &Connection) -> Result<(), StoreError> {
    let transaction = sql.unchecked_transaction()?;
    put_back::mark_as_put_back(&transaction)?;
    transaction.execute_batch(
        "UPDATE breaker SET open_for_ms = 0, not_before = NULL WHERE state <> 'closed';
         UPDATE process_run SET ended_at = started_at
             WHERE ended_at IS NULL AND id = (SELECT max(id) FROM process_run);
         UPDATE index_guard SET opening = 0, deaths = 0;",
    )?;
    Ok(transaction.commit()?)
}

/// Fails if this build cannot read the copy. An older one is migrated when it is opened.
pub(crate) fn refuse_unknown_schema(sql: &Connection, path: &Path) -> Result<(), StoreError> {
    match SCHEMA.check(sql, path) {
        Err(StoreError::OlderSchema { .. }) => Ok(()),
        other => other,
    }
}
