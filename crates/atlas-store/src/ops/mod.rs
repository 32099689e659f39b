//! `Ops`: operational state in its own file, so that a damaged library does not silence the alarm.
//!
//! What lies here can be lost without losing anything a person saved; a file that this build cannot read is
//! set aside and begun anew.

mod aside;
mod breakers;
mod file_check;
mod heartbeats;
mod in_memory;
mod put_back;
pub(crate) mod restored;
mod salvage;
mod vitals;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_domain::{Clock, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::data_dir::{DataDir, DataDirLock};
use crate::error::StoreError;
use crate::reserve::Reserve;
use crate::services::DatabaseServices;
use crate::sqlite::{
    Database, FileFigures, Lane, Migration, Schema, leave_log, migrate, open_read_only, open_read_write,
    quick_check,
};

pub(crate) const SCHEMA: Schema = Schema(&[
    Migration {
        name: "foundation",
        sql: include_str!("../../migrations/ops/0001_foundation.sql"),
    },
    Migration {
        name: "library_seen",
        sql: include_str!("../../migrations/ops/0002_library_seen.sql"),
    },
    Migration {
        name: "breaker",
        sql: include_str!("../../migrations/ops/0003_breaker.sql"),
    },
    Migration {
        name: "vitals",
        sql: include_str!("../../migrations/ops/0004_vitals.sql"),
    },
    Migration {
        name: "heartbeat",
        sql: include_str!("../../migrations/ops/0005_heartbeat.sql"),
    },
    Migration {
        name: "breaker_open_since",
        sql: include_str!("../../migrations/ops/0006_breaker_open_since.sql"),
    },
    Migration {
        name: "file_check",
        sql: include_str!("../../migrations/ops/0007_file_check.sql"),
    },
    Migration {
        name: "alert_rows",
        sql: include_str!("../../migrations/ops/0008_alert_rows.sql"),
    },
    Migration {
        name: "file_life",
        sql: include_str!("../../migrations/ops/0009_file_life.sql"),
    },
    Migration {
        name: "unknown_fate",
        sql: include_str!("../../migrations/ops/0010_unknown_fate.sql"),
    },
]);

pub use breakers::StoredBreakers;
pub use file_check::FileCheck;
pub use heartbeats::StoredHeartbeat;
pub use in_memory::Origin;
pub use vitals::{InboxRecord, IncidentQuery, IncidentRecord, OpenIncidents, TimelineMark, VitalsRows};

/// Deaths in a row while the index was being opened, after which it is not trusted any more.
const DEATHS_TO_DISTRUST: i64 = 3;
/// How the name of a file begins that was set aside.
const SET_ASIDE: &str = "ops.db.set-aside-";
/// Runs that are remembered.
const RUNS_KEPT: i64 = 1_000;

/// Operational state of one data directory.
#[derive(Clone)]
pub struct Ops {
    db: Database,
    clock: Arc<dyn Clock>,
    /// Only where nothing can be written.
    in_memory: Option<Arc<in_memory::InMemory>>,
    /// The file that is told of runs; none where nothing can be written.
    witness: Option<PathBuf>,
}

/// Whether the search index may be opened as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexGuard {
    /// Open it.
    Trusted,
    /// The process has died three times in a row while it opened it: set it aside and rebuild.
    Distrusted,
}

impl Ops {
    /// Opens operational state, creating it if it does not exist. A file that this build cannot read is set aside, and
    /// what can be saved of it is in the new one. Blocks, in that case for some seconds.
    pub fn open(
        lock: &DataDirLock,
        clock: Arc<dyn Clock>,
        services: &DatabaseServices,
    ) -> Result<Self, StoreError> {
        aside::finish(&lock.dir().ops_db())?;
        let db = match open_file(lock, clock.as_ref(), services) {
            Err(error) if error.is_damage() => {
                aside::begin_anew(lock.dir(), clock.now(), &error)?;
                open_file(lock, clock.as_ref(), services)?
            }
            other => other?,
        };
        Ok(Self {
            db,
            clock,
            in_memory: None,
            witness: Some(put_back::witness_of(lock.dir())),
        })
    }

    /// Whether every page of the file is sound, beside whoever writes. One that does not exist has nothing wrong.
    /// Blocks.
    pub fn check(dir: &DataDir) -> Result<(), StoreError> {
        let path = dir.ops_db();
        if !path.exists() {
            return Ok(());
        }
        quick_check(&open_read_only(&path)?, &path)
    }

    /// The names of files that were set aside, because they could not be read.
    pub fn set_aside_files(dir: &DataDir) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir.path())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(SET_ASIDE) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Figures about the file.
    pub async fn figures(&self) -> Result<FileFigures, StoreError> {
        self.db.figures().await
    }

    /// Records that a server starts, and forgets the oldest starts; returns the number of this run.
    pub async fn begin_run(&self, version: &'static str) -> Result<i64, StoreError> {
        let (pid, now) = (std::process::id(), self.clock.now().as_millis());
        let run = self
            .db
            .write(Lane::Interactive, move |sql| {
                sql.execute(
                    "INSERT INTO process_run (pid, version, started_at) VALUES (?1, ?2, ?3)",
                    (pid, version, now),
                )?;
                let run = sql.last_insert_rowid();
                sql.execute("DELETE FROM process_run WHERE id <= ?1", [run - RUNS_KEPT])?;
                Ok(run)
            })
            .await?;
        self.tell_witness(run).await;
        Ok(run)
    }

    /// Records that a server ended as it should, also where nobody may write: it would pass for one that was killed.
    pub async fn end_run(&self, run: i64) -> Result<(), StoreError> {
        let now = self.clock.now().as_millis();
        self.db
            .write_past_breaker(move |sql| {
                sql.execute("UPDATE process_run SET ended_at = ?2 WHERE id = ?1", (run, now))?;
                Ok(())
            })
            .await
    }

    /// Whether the run before this one ended as it should; `None` when there was none.
    pub async fn previous_run_ended(&self, run: i64) -> Result<Option<bool>, StoreError> {
        self.db
            .read(move |sql| {
                Ok(sql
                    .query_row(
                        "SELECT ended_at IS NOT NULL FROM process_run WHERE id < ?1 ORDER BY id DESC LIMIT 1",
                        [run],
                        |row| row.get(0),
                    )
                    .optional()?)
            })
            .await
    }

    /// How many servers were started since then, and not later than now: what a calendar that was put back calls the
    /// future may be long ago.
    pub async fn starts_since(&self, since: Timestamp) -> Result<u64, StoreError> {
        let now = self.clock.now();
        self.db
            .read(move |sql| {
                Ok(sql
                    .prepare_cached("SELECT count(*) FROM process_run WHERE started_at BETWEEN ?1 AND ?2")?
                    .query_row([since.as_millis(), now.as_millis()], |row| row.get(0))?)
            })
            .await
    }

    /// Remembers that there is a library beside this file, so that one that is missing later is known to be lost.
    pub async fn library_opened(&self) -> Result<(), StoreError> {
        if self.db.read(is_library_seen).await? {
            return Ok(());
        }
        let now = self.clock.now().as_millis();
        self.db
            .write(Lane::Interactive, move |sql| {
                sql.execute(
                    "INSERT OR IGNORE INTO library_seen (id, seen_at) VALUES (1, ?1)",
                    [now],
                )?;
                Ok(())
            })
            .await
    }

    /// The index is about to be opened. If the last opening was never followed by its end, the process died
    /// in it.
    pub async fn index_opening(&self) -> Result<IndexGuard, StoreError> {
        self.db
            .write(Lane::Interactive, |sql| {
                let deaths: i64 = sql.query_row(
                    "UPDATE index_guard SET deaths = deaths + opening, opening = 1 RETURNING deaths",
                    [],
                    |row| row.get(0),
                )?;
                if deaths < DEATHS_TO_DISTRUST {
                    return Ok(IndexGuard::Trusted);
                }
                sql.execute("UPDATE index_guard SET deaths = 0", [])?;
                Ok(IndexGuard::Distrusted)
            })
            .await
    }

    /// The index could not be opened, and the process lives: that is no death, and proves nothing either.
    pub async fn index_not_opened(&self) -> Result<(), StoreError> {
        self.end_index_opening("UPDATE index_guard SET opening = 0 WHERE opening = 1")
            .await
    }

    /// The index is open and has followed the library once: whatever ends the process now, it was not the opening.
    pub async fn index_sound(&self) -> Result<(), StoreError> {
        self.end_index_opening(
            "UPDATE index_guard SET deaths = 0, opening = 0 WHERE deaths > 0 OR opening = 1",
        )
        .await
    }

    /// Also where nobody may write: it would pass for a death.
    async fn end_index_opening(&self, sql: &'static str) -> Result<(), StoreError> {
        self.db
            .write_past_breaker(move |connection| {
                connection.execute(sql, [])?;
                Ok(())
            })
            .await
    }

    /// Returns once the writer has shown that it goes on, idle or at work: never if it stands or has died, at once if it
    /// was closed.
    pub async fn writer_shows_progress(&self) {
        self.db.writer_shows_progress().await;
    }

    /// Finishes what is queued and closes the writer.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

/// Whether the operational state at `path` knows of a library. What cannot be read knows of none.
pub(crate) fn has_seen_library(path: &Path) -> bool {
    path.is_file()
        && open_read_only(path)
            .and_then(|sql| is_library_seen(&sql))
            .unwrap_or(false)
}

fn is_library_seen(sql: &Connection) -> Result<bool, StoreError> {
    Ok(sql.query_row("SELECT EXISTS (SELECT 1 FROM library_seen)", [], |row| row.get(0))?)
}

fn open_file(
    lock: &DataDirLock,
    clock: &dyn Clock,
    services: &DatabaseServices,
) -> Result<Database, StoreError> {
    let path = lock.dir().ops_db();
    let existed = path.exists();
    let opened = open_existing_or_new(lock, clock, services, existed);
    if opened.is_err() && !existed {
        aside::remove_if_empty(&path);
    }
    opened
}

fn open_existing_or_new(
    lock: &DataDirLock,
    clock: &dyn Clock,
    services: &DatabaseServices,
    existed: bool,
) -> Result<Database, StoreError> {
    let path = lock.dir().ops_db();
    aside::check_length(&path, lock.dir().library_db().exists())?;
    let mut connection = open_read_write(&path)?;
    // What is set aside is kept as it was found, its log too.
    leave_log(&connection, true)?;
    if existed {
        check(&mut connection, &path)?;
    }
    migrate(&mut connection, &path, &SCHEMA, clock.now())?;
    put_back::look(&mut connection, &path, lock.dir(), clock.now());
    leave_log(&connection, false)?;
    Database::start(connection, &path, 2, Some(Reserve::of(lock.dir())), services)
}

/// Breakers whose rows cannot be read are dealt with one by one, when they are wanted. Whatever else is wrong makes the
/// whole file useless.
fn check(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let Err(damage) = quick_check(connection, path) else {
        return Ok(());
    };
    let is_sound_without_them = |sql: &Connection| {
        breakers::remove_unreadable(sql)?;
        quick_check(sql, path)
    };
    // A trial: it is rolled back in any case.
    let trial = connection.transaction().map_err(StoreError::from);
    match trial.and_then(|trial| is_sound_without_them(&trial)) {
        Ok(()) => Ok(()),
        Err(_) => Err(damage),
    }
}
