//! Opening connections: the one place with pragmas and the check of the linked SQLite version.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, MAIN_DB, OpenFlags, OptionalExtension};

use super::memory::open_reader_in_memory;
use super::wreck::leave_log;
use crate::error::StoreError;

/// SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when a second checkpoint races a commit.
const SAFE_SQLITE: i32 = 3_051_003;

/// `ATLS` in ASCII: what `file(1)` and we recognise our databases by.
pub(crate) const APPLICATION_ID: i64 = 0x4154_4c53;
/// What every SQLite file begins with, and where in its header the application id stands.
const MAGIC: &[u8] = b"SQLite format 3\0";
const APPLICATION_ID_AT: usize = 68;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Beside whoever writes, or alone. Takes part in the locks, which needs a little room beside the file.
    Shared,
    /// Without locks, log and shared memory: where nothing can be written, the log is empty, and nobody changes
    /// the file while it is open.
    Still,
    /// It is no file, but lies in the memory of this process.
    InMemory,
}

/// How long anybody waits for another connection's lock, all tries together.
pub(super) const BUSY_LIMIT: Duration = Duration::from_secs(5);

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

/// Opens `path` for reading and writing, creating it if it does not exist. A file that is not ours is not
/// touched. Only for a file that this process has not open yet: to close a file that is looked at beside SQLite
/// would release SQLite's locks on it.
pub(crate) fn open_read_write(path: &Path) -> Result<Connection, StoreError> {
    assert_safe_sqlite()?;
    refuse_foreign(path)?;
    open_writer(path, OpenFlags::SQLITE_OPEN_CREATE)
}

/// Opens `path`, which was ours a moment ago, for reading and writing again. It must exist.
pub(super) fn reopen_read_write(path: &Path) -> Result<Connection, StoreError> {
    open_writer(path, OpenFlags::empty())
}

fn open_writer(path: &Path, create: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| at(path, error))?;
    // SQLite makes do with reading where it may not write, and says so only at the first write.
    if connection.is_readonly(MAIN_DB).map_err(|error| at(path, error))? {
        return Err(why_not_writable(path));
    }
    // A damaged file is left as it is found, and so is its log.
    leave_log(&connection, true)
        .and_then(|()| configure_writer(&connection))
        .and_then(|()| leave_log(&connection, false))
        .map_err(|error| at(path, error))?;
    #[cfg(test)]
    let connection = super::trace::watched(connection, path);
    Ok(connection)
}

fn why_not_writable(path: &Path) -> StoreError {
    if is_on_read_only_file_system(path) {
        return StoreError::ReadOnlyFileSystem(path.to_owned());
    }
    StoreError::Io(format!(
        "{}: permission to write is denied; Atlas must run as the user whom its data belongs to",
        path.display()
    ))
}

/// Whether nobody can write where `path` lies.
pub(crate) fn is_on_read_only_file_system(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|stat| stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY))
}

fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let foreign = |what| StoreError::Foreign {
        path: path.to_owned(),
        what,
    };
    let mut header = [0; APPLICATION_ID_AT + 4];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Ok(()) => {}
        // A new file, or one that is too short: SQLite knows which.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::UnexpectedEof) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::IsADirectory => return Err(foreign("a directory")),
        Err(error) => {
            return Err(StoreError::Io(format!(
                "{}: {error}; Atlas must run as the user whom its data belongs to",
                path.display()
            )));
        }
    }
    let (start, id) = (&header[..MAGIC.len()], &header[APPLICATION_ID_AT..]);
    if start == MAGIC && id != (APPLICATION_ID as u32).to_be_bytes() {
        return Err(foreign("a database of another program"));
    }
    Ok(())
}

pub(super) fn configure_writer(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(BUSY_LIMIT)?;
    // For a new file only: to an old one this would write at every opening, even when the file is of a newer
    // version and must not be touched, or when the disk is full.
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
    if pages == 0 {
        found(connection)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // NORMAL would lose acknowledged commits on a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 * 1024 * 1024, |_| Ok(()))?;
    harden(connection)
}

/// Makes a new file ours. In one transaction: whoever is killed on the way leaves nothing, or a file of Atlas, but
/// never one that the next start takes for that of another program.
fn found(connection: &Connection) -> Result<(), rusqlite::Error> {
    let transaction = connection.unchecked_transaction()?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()
}

/// Opens `path` for reading only, beside whoever writes. It must exist.
pub(crate) fn open_read_only(path: &Path) -> Result<Connection, StoreError> {
    open_reader(path, Reading::Shared)
}

/// Opens `path` for reading only. It must exist.
pub(crate) fn open_reader(path: &Path, reading: Reading) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match reading {
        Reading::Shared => Connection::open_with_flags(path, flags),
        Reading::Still => {
            Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)
        }
        Reading::InMemory => open_reader_in_memory(path),
    };
    let connection = opened.map_err(|error| at(path, error))?;
    connection
        .busy_timeout(BUSY_LIMIT)
        .map_err(|error| at(path, error))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    harden(&connection).map_err(|error| at(path, error))?;
    // Opening does nothing yet: what stands in the way of reading must show itself here.
    connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
        .map_err(|error| at(path, error))?;
    #[cfg(test)]
    let connection = super::trace::watched(connection, path);
    Ok(connection)
}

/// Whether the log beside the file at `path` holds nothing that is missing in the file.
pub(crate) fn log_is_empty(path: &Path) -> bool {
    // It lies beside what `path` leads to.
    let mut log = std::fs::canonicalize(path)
        .unwrap_or_else(|_| path.to_owned())
        .into_os_string();
    log.push("-wal");
    std::fs::metadata(log).map_or_else(|error| error.kind() == ErrorKind::NotFound, |log| log.len() == 0)
}

fn immutable_uri(path: &Path) -> String {
    uri_of(path) + "?immutable=1"
}

/// The address of a file, without what SQLite is to do with it.
pub(crate) fn uri_of(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            // Writing to a String does not fail.
            other => drop(write!(uri, "%{other:02x}")),
        }
    }
    uri
}

/// Fails if the open file has another program's mark.
pub(super) fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| at(path, error))
    };
    if pragma("application_id")? == APPLICATION_ID || pragma("page_count")? == 0 {
        return Ok(());
    }
    Err(StoreError::Foreign {
        path: path.to_owned(),
        what: "a database of another program",
    })
}

/// A database file is data from outside: its schema may not run functions, and damage is noticed early. No
/// memory map, because a file that is replaced under it would end the process.
fn harden(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // One that lies in memory has nothing to map, and answers nothing.
    connection
        .pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
        .optional()?;
    Ok(())
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

/// Reads every page and every index entry: minutes for a large library.
pub(crate) fn integrity_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
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
    Ok(())
}

/// The same, and follows every foreign key.
pub(crate) fn full_check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    integrity_check(connection, path)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "what the seam itself does first is looked at from below it"
    )]
    fn the_first_thing_that_a_new_file_holds_says_whose_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let connection = Connection::open(&path).unwrap();
        found(&connection).unwrap();
        let header = std::fs::read(&path).unwrap();
        let commits = u32::from_be_bytes(header[24..28].try_into().unwrap());
        assert_eq!(commits, 1, "a kill between two would leave a file of nobody");
        refuse_foreign(&path).unwrap();
        let auto_vacuum: i64 = connection
            .pragma_query_value(None, "auto_vacuum", |row| row.get(0))
            .unwrap();
        assert_eq!(auto_vacuum, 2, "incremental");
    }
}
