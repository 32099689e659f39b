//! Opening connections: the one place with pragmas and the check of the linked SQLite version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::error::StoreError;

/// SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when a second checkpoint races a commit.
const SAFE_SQLITE: i32 = 3_051_003;

/// `ATLS` in ASCII: what `file(1)` and we recognise our databases by.
const APPLICATION_ID: i64 = 0x4154_4c53;

/// Statements that stay prepared: more than all use cases together have.
const STATEMENTS: usize = 128;

/// Fails when the linked SQLite has the WAL race. The bundled one has not; a distribution's may.
pub(crate) fn assert_safe_sqlite() -> Result<(), StoreError> {
    if rusqlite::version_number() >= SAFE_SQLITE {
        return Ok(());
    }
    Err(StoreError::Conflict(format!(
        "this Atlas is linked with SQLite {}, which can corrupt its databases; it needs 3.51.3 or newer",
        rusqlite::version()
    )))
}

/// Opens `path` for reading and writing, creating it if it does not exist.
pub(crate) fn open_read_write(path: &Path) -> Result<Connection, StoreError> {
    assert_safe_sqlite()?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| at(path, error))?;
    configure_writer(&connection).map_err(|error| at(path, error))?;
    Ok(connection)
}

fn configure_writer(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(Duration::from_secs(5))?;
    // For a new file only: to an old one this would write at every opening, even when the file is of a newer
    // version and must not be touched, or when the disk is full.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages == 0 {
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // NORMAL would lose acknowledged commits on a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 * 1024 * 1024, |_| Ok(()))?;
    harden(connection)
}

/// Opens `path` for reading only. It must exist.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| at(path, error))?;
    connection
        .busy_timeout(Duration::from_secs(5))
        .map_err(|error| at(path, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    harden(&connection).map_err(|error| at(path, error))?;
    Ok(connection)
}

/// A database file is data from outside: its schema may not run functions, and damage is noticed early. No
/// memory map, because a file that is replaced under it would end the process.
fn harden(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
}

/// Reads every page once and checks its structure: about half a second per gigabyte from a warm cache.
pub(crate) fn quick_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let findings: Vec<String> = connection
        .prepare("PRAGMA quick_check(3)")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(|error| at(path, error))?;
    if findings == ["ok"] {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        path: path.to_owned(),
        detail: findings.join("; "),
    })
}

/// Reads every page and every index entry, and follows every foreign key: minutes for a large library.
pub(crate) fn full_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let findings: Vec<String> = connection
        .prepare("PRAGMA integrity_check(3)")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(|error| at(path, error))?;
    if findings != ["ok"] {
        return Err(StoreError::Corrupt {
            path: path.to_owned(),
            detail: findings.join("; "),
        });
    }
    let dangling: Option<String> = connection
        .query_row(
            "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(|error| at(path, error))?;
    match dangling {
        None => Ok(()),
        Some(table) => {
            let detail = format!("a row of `{table}` refers to one that does not exist");
            Err(StoreError::Corrupt {
                path: path.to_owned(),
                detail,
            })
        }
    }
}

/// Names the file in errors about its damage.
pub(crate) fn at(path: &Path, error: rusqlite::Error) -> StoreError {
    match StoreError::from(error) {
        StoreError::Corrupt { detail, .. } => StoreError::Corrupt {
            path: path.to_owned(),
            detail,
        },
        StoreError::Io(detail) => StoreError::Io(format!("{}: {detail}", path.display())),
        other => other,
    }
}
