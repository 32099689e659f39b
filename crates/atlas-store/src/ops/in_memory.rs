//! Operational state in memory, for a server that starts where nothing can be written. It goes on from what the file
//! holds, and carries what it has come to know home when the server ends, if there is room again by then. Until then it
//! writes nothing to any file, so that neither a full disk nor a kill leaves anything behind.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use atlas_domain::{Clock, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{Ops, SCHEMA};
use crate::data_dir::{DataDir, DataDirLock};
use crate::error::StoreError;
use crate::reserve::LEAST_ROOM_BYTES;
use crate::services::DatabaseServices;
use crate::sqlite::{
    Database, is_on_read_only_file_system, log_is_empty, migrate, open_in_memory, open_read_write,
    place_in_memory, uri_of,
};

/// Every database has these for itself.
const OF_THE_FILE: [&str; 2] = ["schema_migration", "writer_mark"];
/// These only the file knows: runs and the search index are not begun here, and of circuit breakers nothing is written
/// here, so that nobody is told that a decision is kept.
const LEFT_AT_HOME: [&str; 6] = [
    "process_run",
    "index_guard",
    "library_seen",
    "file_life",
    "breaker",
    "breaker_set_aside",
];

/// One row for each check.
const HEALTH: &str = "health";

/// From where a server goes on that can write nothing down: the last moment that anybody could. Every start finds the
/// same, until something can be written again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Milliseconds on the steady time line. Where nothing is known of it, a number that no other data directory has.
    pub at_ms: u64,
    /// What the calendar said then.
    pub wall: Timestamp,
}

/// What such a server has to know of its own state.
#[derive(Debug)]
pub(super) struct InMemory {
    place: Arc<Path>,
    origin: Origin,
    /// It holds all that the file holds.
    goes_on: bool,
}

impl Ops {
    /// Begins in memory, with what the file holds; without it, where that cannot be read. Nothing is written anywhere.
    /// Blocks.
    pub fn open_in_memory(
        lock: &DataDirLock,
        clock: Arc<dyn Clock>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        let place = place_in_memory("ops");
        let mut connection = open_in_memory(&place)?;
        migrate(&mut connection, &place, &SCHEMA, clock.now())?;
        let taken = take_over(&connection, &lock.dir().ops_db());
        if let Err(error) = &taken {
            tracing::warn!(%error, "operational state cannot be read: health and alerts begin without a past");
        }
        let in_memory = InMemory {
            origin: origin(&connection, lock.dir())?,
            goes_on: taken.is_ok(),
            place: place.as_path().into(),
        };
        Ok(Self {
            db: Database::start_in_memory(connection, &place, 2, services)?,
            clock,
            in_memory: Some(Arc::new(in_memory)),
            witness: None,
        })
    }

    /// From where this goes on; none where it is written to its file.
    pub fn origin(&self) -> Option<Origin> {
        self.in_memory.as_ref().map(|in_memory| in_memory.origin)
    }

    /// Writes to the file what health, alerts and measurements have come to, so that the next start knows what was told,
    /// and tells its end. True if it was written: false where there is still no room, or where the file holds what
    /// nobody here could read.
    pub async fn carry_home(&self, lock: &DataDirLock) -> Result<bool, StoreError> {
        let Some(in_memory) = self.in_memory.clone().filter(|in_memory| in_memory.goes_on) else {
            return Ok(false);
        };
        if !has_room(lock.dir()) {
            return Ok(false);
        }
        let (file, now) = (lock.dir().ops_db(), self.clock.now());
        let carry = move || carry_home(&in_memory.place, &file, now);
        let carried = tokio::task::spawn_blocking(carry).await;
        carried.unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string())))?;
        Ok(true)
    }
}

fn has_room(dir: &DataDir) -> bool {
    let file = dir.ops_db();
    // What it leads to may lie elsewhere.
    let place = std::fs::canonicalize(&file).unwrap_or(file);
    let folder = place.parent().map(DataDir::new);
    !is_on_read_only_file_system(folder.as_ref().map_or(dir.path(), DataDir::path))
        && folder
            .and_then(|folder| folder.free_bytes())
            .is_some_and(|free| free >= LEAST_ROOM_BYTES)
}

/// The mark that the last process left. Without one, the directory itself must do.
fn origin(sql: &Connection, dir: &DataDir) -> Result<Origin, StoreError> {
    let mark = sql.query_row("SELECT at_ms, wall FROM timeline", [], |row| {
        Ok(Origin {
            at_ms: row.get(0)?,
            wall: Timestamp::from_millis(row.get(1)?),
        })
    });
    Ok(mark.optional()?.unwrap_or_else(|| Origin {
        at_ms: number_of(dir.path()),
        wall: Timestamp::from_millis(0),
    }))
}

/// The same for each start on this directory, and for no other directory of any machine.
fn number_of(directory: &Path) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default());
    hasher.update(directory.as_os_str().as_encoded_bytes());
    if let Ok(metadata) = std::fs::metadata(directory) {
        hasher.update(&metadata.dev().to_le_bytes());
        hasher.update(&metadata.ino().to_le_bytes());
        let made = metadata.created().ok();
        let since = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
        hasher.update(&since.unwrap_or_default().as_nanos().to_le_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(first) >> 1 // as large as a row can hold
}

/// All that `file` holds. One that does not exist holds nothing. Where there is no room to take part in its locks, it is
/// read as it is: whoever calls this keeps others from writing.
fn take_over(memory: &Connection, file: &Path) -> Result<(), StoreError> {
    if !file.try_exists()? {
        return Ok(());
    }
    let uri = uri_of(file);
    // Without the name of what reads files, the one that has the memory would be asked.
    let shared = format!("{uri}?vfs=unix&mode=ro");
    match copied(memory, &shared, "kept", "main", &OF_THE_FILE) {
        Err(error) if !error.is_damage() && log_is_empty(file) => {
            tracing::debug!(%error, "reading operational state as it is");
            copied(
                memory,
                &format!("{shared}&immutable=1"),
                "kept",
                "main",
                &OF_THE_FILE,
            )
        }
        other => other,
    }
}

/// As every start does, the file is first brought to the newest version.
fn carry_home(place: &Path, file: &Path, now: Timestamp) -> Result<(), StoreError> {
    migrate(&mut open_read_write(file)?, file, &SCHEMA, now)?;
    let memory = open_in_memory(place)?;
    let not_carried: Vec<&str> = OF_THE_FILE.into_iter().chain(LEFT_AT_HOME).collect();
    let written = format!("{}?vfs=unix&mode=rw", uri_of(file));
    copied(&memory, &written, "main", "kept", &not_carried)
}

/// Attaches the file at `uri` as `kept`, and copies between it and `main`: all or nothing.
fn copied(memory: &Connection, uri: &str, from: &str, to: &str, but: &[&str]) -> Result<(), StoreError> {
    memory.execute("ATTACH ?1 AS kept", [uri])?;
    let copied = copy_all(memory, from, to, but);
    let detached = memory.execute_batch("DETACH kept");
    copied?;
    Ok(detached?)
}

fn copy_all(memory: &Connection, from: &str, to: &str, but: &[&str]) -> Result<(), StoreError> {
    // What is acknowledged is on the disk; what is only read does not care.
    memory.execute_batch("PRAGMA kept.synchronous = FULL")?;
    let transaction = memory.unchecked_transaction()?;
    for table in tables_of_both(&transaction)? {
        if !but.contains(&table.as_str()) {
            copy(&transaction, &table, from, to)?;
        }
    }
    Ok(transaction.commit()?)
}

fn tables_of_both(sql: &Connection) -> Result<Vec<String>, StoreError> {
    let query = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
         INTERSECT SELECT name FROM kept.sqlite_schema WHERE type = 'table'";
    let mut statement = sql.prepare(query)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// In place of what is there, but for checks: a server that can write nothing has not all of them, and what is known of
/// the others is not forgotten. The columns that both have, so that a file of an older version is read, too; a row that
/// does not fit is left out.
fn copy(sql: &Connection, table: &str, from: &str, to: &str) -> Result<(), StoreError> {
    let query = "SELECT name FROM pragma_table_info(?1, 'main')
         INTERSECT SELECT name FROM pragma_table_info(?1, 'kept')";
    let mut statement = sql.prepare(query)?;
    let columns = statement.query_map([table], |row| row.get::<_, String>(0))?;
    let columns = columns.collect::<Result<Vec<_>, _>>()?.join(", ");
    let beside = if table == HEALTH {
        "REPLACE"
    } else {
        sql.execute(&format!("DELETE FROM {to}.{table}"), [])?;
        "IGNORE"
    };
    let insert =
        format!("INSERT OR {beside} INTO {to}.{table} ({columns}) SELECT {columns} FROM {from}.{table}");
    sql.execute(&insert, [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that has another name by now would be carried home with the rest.
    #[test]
    fn every_table_that_is_not_copied_is_one_of_ours() {
        let place = place_in_memory("ops");
        let mut connection = open_in_memory(&place).unwrap();
        migrate(&mut connection, &place, &SCHEMA, Timestamp::from_millis(0)).unwrap();
        for table in OF_THE_FILE.into_iter().chain(LEFT_AT_HOME) {
            let query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            let found: i64 = connection.query_row(query, [table], |row| row.get(0)).unwrap();
            assert_eq!(found, 1, "{table}");
        }
    }

    #[test]
    fn a_directory_without_a_mark_has_a_number_that_no_other_has() {
        let [one, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        assert_eq!(number_of(one.path()), number_of(one.path()));
        assert_ne!(number_of(one.path()), number_of(other.path()));
    }
}
