//! `Held`: a file that belongs to somebody else, opened for writing and locked against everybody, from the proof that nobody
//! else uses it to the moment when it is let go.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use super::error::CleaningError;
use super::peers::peers;
use crate::maintenance::inspect::{Found, inspect};
use crate::maintenance::{JournalMode, Looking, Snapshot, Symlinks, Way};

/// Pages are kept in memory up to this size, whatever the size of the file.
const CACHE_KIB: i64 = 16 * 1024;
const STATEMENTS: usize = 64;

/// How a file is held.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    /// Its journal mode from before an earlier hold that was not let go in good order.
    pub remembered: Option<Remembered>,
    /// Whether a journal that a crash has left is played back, because the crash was one of ours.
    pub recovers: bool,
    /// How long somebody else's lock is waited for.
    pub lock_wait: Duration,
}

/// What is put back when a file is let go. To be kept by whoever may have to go on after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remembered {
    /// A rollback journal.
    Rollback,
    /// A log of new pages.
    Wal,
}

/// A file that nobody else can use.
pub struct Held {
    snapshot: Snapshot,
    path: PathBuf,
    remembered: Remembered,
}

impl Held {
    /// Proves that nobody else has the file at `path` open, and locks it. Nothing in it is changed but how it is journalled.
    pub fn take(path: &Path, holding: &Holding, looking: Looking) -> Result<Self, CleaningError> {
        let looking = Looking {
            symlinks: Symlinks::Refuse,
            ..looking
        };
        if holding.recovers {
            recover(path)?;
        }
        // Looked at first as anybody would: what is no sound database is refused by name, before anything is locked.
        let facts = Snapshot::open(path, looking.clone())?.file()?;
        if facts.is_of_atlas() {
            return Err(CleaningError::OfAtlas(path.to_owned()));
        }
        let mut found = inspect(path, &looking)?;
        found.way = Way::Shared;
        let metadata =
            std::fs::metadata(&found.path).map_err(|error| CleaningError::of_system(path, &error))?;
        if metadata.permissions().readonly() {
            return Err(CleaningError::Refused {
                path: path.to_owned(),
                what: "it is read-only: make it writable, or clean up a copy".to_owned(),
            });
        }
        let others = peers(&metadata);
        if !others.is_empty() {
            return Err(CleaningError::InUse {
                path: path.to_owned(),
                by: others.join(", "),
            });
        }
        let was = match found.header.map(|header| header.journal_mode) {
            Some(JournalMode::Wal) => Remembered::Wal,
            _ => Remembered::Rollback,
        };
        let sql = lock(&found, holding)?;
        let path = found.path.clone();
        Ok(Self {
            snapshot: Snapshot::of_connection(found, sql, looking),
            path,
            remembered: holding.remembered.unwrap_or(was),
        })
    }

    /// How the file was journalled before.
    pub fn remembered(&self) -> Remembered {
        self.remembered
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks into the file while it is held.
    pub fn look(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Lets it go as it was found: journalled as before, and open to others.
    pub fn let_go(self) -> Result<(), CleaningError> {
        let sql = self.sql();
        let put_back = || -> rusqlite::Result<()> {
            sql.pragma_update_and_check(Some("main"), "locking_mode", "NORMAL", |_| Ok(()))?;
            // The lock is really given up with the next look.
            sql.query_row("SELECT count(*) FROM main.sqlite_schema", [], |_| Ok(()))?;
            if self.remembered == Remembered::Wal {
                sql.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            }
            Ok(())
        };
        put_back().map_err(|error| self.failed(&error))
    }

    pub(super) fn sql(&self) -> &Connection {
        self.snapshot.sql()
    }

    pub(super) fn sql_mut(&mut self) -> &mut Connection {
        self.snapshot.sql_mut()
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> CleaningError {
        CleaningError::of_sqlite(&self.path, error)
    }

    pub(super) fn refused(&self, what: impl Into<String>) -> CleaningError {
        CleaningError::Refused {
            path: self.path.clone(),
            what: what.into(),
        }
    }
}

/// Plays back a journal that is left, as SQLite does for whoever opens a file to write. Nothing happens where there is none.
fn recover(path: &Path) -> Result<(), CleaningError> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link || !Path::new(&journal).exists() {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let recovered = Connection::open_with_flags(path, flags)
        .and_then(|sql| sql.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())));
    recovered.map_err(|error| CleaningError::of_sqlite(path, &error))
}

/// Opens it for writing and takes the one lock that keeps everybody out.
fn lock(found: &Found, holding: &Holding) -> Result<Connection, CleaningError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let work = || -> rusqlite::Result<(Connection, String)> {
        let mut sql = Connection::open_with_flags(&found.path, flags)?;
        sql.busy_timeout(holding.lock_wait)?;
        sql.set_prepared_statement_cache_capacity(STATEMENTS);
        confine(&mut sql)?;
        // Somebody who has a file with a log open, even without doing anything, makes this fail.
        let mode = sql.query_row("PRAGMA main.journal_mode = DELETE", [], |row| {
            row.get::<_, String>(0)
        })?;
        if mode == "delete" {
            sql.pragma_update_and_check(Some("main"), "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
            sql.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        }
        Ok((sql, mode))
    };
    let (sql, mode) = work().map_err(|error| CleaningError::of_sqlite(&found.path, &error))?;
    if mode == "delete" {
        return Ok(sql);
    }
    Err(CleaningError::InUse {
        path: found.path.clone(),
        by: "another process".to_owned(),
    })
}

/// The file is data from outside: no function or trigger of its own runs, and nothing happens that was not asked for.
fn confine(sql: &mut Connection) -> rusqlite::Result<()> {
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    sql.pragma_update(None, "trusted_schema", false)?;
    sql.pragma_update(None, "cell_size_check", true)?;
    sql.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    sql.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // Rows that depend on others are found and kept by us.
    sql.pragma_update(None, "foreign_keys", false)?;
    sql.pragma_update(None, "recursive_triggers", false)?;
    // The directory is synced too: a journal that is gone stays gone.
    sql.pragma_update(None, "synchronous", "EXTRA")?;
    sql.pragma_update(None, "temp_store", "FILE")
}
