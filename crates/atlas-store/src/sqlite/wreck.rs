//! `Wreck`: a database file that is damaged, or not of this version, opened to read what can be read. It changes neither
//! the file nor its log: SQLite works on a second name of the one and on a copy of the other, in a folder of its own.

use std::fs::{self, DirBuilder};
use std::io::{Error, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::time::Instant;

use super::connection::{Reading, assert_safe_sqlite, at, open_reader};
use crate::error::StoreError;

/// Of a larger log nothing is read: a server in good order has one of some megabytes.
const LARGEST_LOG_BYTES: u64 = 256 * 1024 * 1024;
/// Whatever is shorter is no database, and SQLite would throw its log away.
const SMALLEST_FILE_BYTES: u64 = 512;
/// Steps of SQLite's machine between two looks at the time.
const STEPS_PER_LOOK: i32 = 1_000;

/// Gone with its folder when it is dropped.
pub(crate) struct Wreck {
    /// Each statement ends at the time limit. What it says of a row may be an error at any time.
    pub(crate) sql: Connection,
    /// Why the log was not read: what was written last may lie there.
    pub(crate) without_log: Option<String>,
    folder: PathBuf,
}

impl Wreck {
    /// Opens the file at `path`, which nobody has open. `folder` must be on the same file system, and is the wreck's
    /// alone: what lies there already is removed. At `deadline` every statement fails with `Interrupted`. Fails where
    /// not even a list of tables can be read.
    pub(crate) fn open(path: &Path, folder: &Path, deadline: Instant) -> Result<Self, StoreError> {
        assert_safe_sqlite()?;
        if fs::metadata(path)?.len() < SMALLEST_FILE_BYTES {
            return Err(StoreError::Corrupt {
                path: path.to_owned(),
                detail: "it is cut off before its first page".to_owned(),
            });
        }
        let (sql, without_log) = match lay_out(path, folder) {
            Ok(file) => (open_apart(&file), None),
            Err(error) => (open_reader(path, Reading::Still), Some(error.to_string())),
        };
        let wreck = sql.and_then(|mut sql| {
            sql.progress_handler(STEPS_PER_LOOK, Some(move || Instant::now() >= deadline))?;
            Ok(Self {
                sql,
                without_log,
                folder: folder.to_owned(),
            })
        });
        if wreck.is_err() {
            let _ = fs::remove_dir_all(folder);
        }
        wreck
    }
}

impl Drop for Wreck {
    fn drop(&mut self) {
        // What stays is removed by the next one.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Gives the file a second name in the folder, with a copy of its log beside it.
fn lay_out(path: &Path, folder: &Path) -> Result<PathBuf, Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => DirBuilder::new().mode(0o700).create(folder)?,
    }
    let (file, log) = (folder.join("wreck.db"), folder.join("wreck.db-wal"));
    copy_log(&log_of(path), &log)?;
    fs::hard_link(path, &file)?;
    Ok(file)
}

/// Where the log of the file at `path` lies.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

fn copy_log(log: &Path, copy: &Path) -> Result<(), Error> {
    match fs::metadata(log) {
        Ok(found) if found.len() > LARGEST_LOG_BYTES => {
            Err(Error::other(format!("its log is of {} bytes", found.len())))
        }
        Ok(_) => fs::copy(log, copy).map(drop),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn open_apart(file: &Path) -> Result<Connection, StoreError> {
    let named = |error| at(file, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let sql = Connection::open_with_flags(file, flags).map_err(named)?;
    leave_log(&sql, true).map_err(named)?;
    sql.pragma_update(None, "trusted_schema", false).map_err(named)?;
    sql.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))
        .map_err(named)?;
    if list_of_tables(&sql).is_err() {
        // With this, a row of the list that is damaged costs its own table, not all. Nothing can be written.
        sql.pragma_update(None, "writable_schema", true).map_err(named)?;
        let _ = list_of_tables(&sql);
        list_of_tables(&sql).map_err(named)?;
    }
    Ok(sql)
}

fn list_of_tables(sql: &Connection) -> Result<(), rusqlite::Error> {
    sql.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

/// Whether the log is left as it is when the last connection to its file is closed, or worked into the file.
pub(crate) fn leave_log(sql: &Connection, left: bool) -> Result<(), rusqlite::Error> {
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, left)
        .map(drop)
}
