//! Notices that `ops.db` is a copy that somebody has put back: what it wants to have sent is old, and what it calls open
//! may long be over. It decides nothing but that, and never keeps a server from its start.
//!
//! Two witnesses: a file beside it knows of a later run, or it was itself made after the last moment that it knows of. A
//! directory that was only moved to another disk is a copy too, so the second counts from an hour on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use atlas_domain::Timestamp;
use rusqlite::Connection;

use super::{Ops, vitals};
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::sqlite::Lane;

/// The file beside it, with a life and the number of its last run.
const WITNESS: &str = "ops.run";
/// A copy that is taken up within this time was moved.
const MOVED_WITHIN: Duration = Duration::from_hours(1);

impl Ops {
    /// Whether the file is a copy that was put back, and nobody has dealt with that yet.
    pub async fn is_put_back(&self) -> Result<bool, StoreError> {
        if self.in_memory.is_some() {
            return Ok(false); // nothing of what would follow could be kept
        }
        self.db
            .read(|sql| Ok(sql.query_row("SELECT put_back FROM file_life", [], |row| row.get(0))?))
            .await
    }

    /// What is old was taken back: from now on the file is like any other.
    pub async fn put_back_is_dealt_with(&self) -> Result<(), StoreError> {
        self.db
            .write(Lane::Interactive, |sql| {
                sql.execute("UPDATE file_life SET put_back = 0", [])?;
                Ok(())
            })
            .await
    }

    /// Tells the witness that this run has begun. It may never know of a run that the file does not, so this comes after
    /// the run is on the disk; where it cannot be told, it knows of an earlier one, which proves nothing.
    pub(super) async fn tell_witness(&self, run: i64) {
        let Some(witness) = self.witness.clone() else {
            return;
        };
        let life = self.db.read(|sql| Ok(FileLife::read(sql)?.life)).await;
        let told = tokio::task::spawn_blocking(move || {
            let text = format!("{} {run}\n", life.map_err(|error| error.to_string())?);
            write_whole(&witness, &text).map_err(|error| error.to_string())
        });
        if let Ok(Err(error)) = told.await {
            tracing::debug!(error, "the run is not noted beside ops.db");
        }
    }
}

/// Where the witness of this directory lies.
pub(super) fn witness_of(dir: &DataDir) -> PathBuf {
    dir.path().join(WITNESS)
}

/// Looks whether the file was put back, and marks it if so. What is open of circuit breakers is due then: nobody knows how
/// the others have been since. Where that cannot be written, all stays as it is.
pub(super) fn look(connection: &mut Connection, path: &Path, dir: &DataDir, now: Timestamp) {
    if let Err(error) = mark(connection, path, &witness_of(dir), now) {
        tracing::debug!(%error, "whether ops.db was put back is not known");
    }
}

/// Whether a file that cannot be used was put back, as far as can be read of it: `sql` reads the one at `path`.
pub(super) fn was_put_back(sql: &Connection, path: &Path, dir: &DataDir, now: Timestamp) -> bool {
    let was = FileLife::read(sql).and_then(|known| {
        Ok(is_behind(sql, &known, &witness_of(dir))?
            || is_made_later(sql, known.born_ns, born_ns(path), now)?)
    });
    was.unwrap_or(false)
}

/// Says of a file that is being made that it holds what an older copy held.
pub(super) fn mark_as_put_back(sql: &Connection) -> Result<(), StoreError> {
    sql.execute("UPDATE file_life SET put_back = 1", [])?;
    Ok(())
}

fn mark(connection: &mut Connection, path: &Path, witness: &Path, now: Timestamp) -> Result<(), StoreError> {
    let known = FileLife::read(connection)?;
    let born_ns = born_ns(path);
    let is_old =
        is_behind(connection, &known, witness)? || is_made_later(connection, known.born_ns, born_ns, now)?;
    if !is_old && known.born_ns == born_ns {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute("UPDATE file_life SET born_ns = ?1", [born_ns])?;
    if is_old {
        transaction.execute_batch(
            "UPDATE file_life SET put_back = 1;
             UPDATE breaker SET open_for_ms = 0, not_before = NULL WHERE state <> 'closed';",
        )?;
    }
    transaction.commit()?;
    if is_old {
        tracing::warn!(
            "ops.db is an older copy that was put back: what it wanted to have sent is not sent any more, and what was \
             open then is closed; what is wrong now will be found and told anew"
        );
    }
    Ok(())
}

/// How a file is known again.
struct FileLife {
    life: String,
    born_ns: Option<i64>,
}

impl FileLife {
    fn read(sql: &Connection) -> Result<Self, StoreError> {
        Ok(sql.query_row("SELECT life, born_ns FROM file_life", [], |row| {
            Ok(Self {
                life: row.get(0)?,
                born_ns: row.get(1)?,
            })
        })?)
    }
}

/// The witness knows of a later run of the same file.
fn is_behind(sql: &Connection, known: &FileLife, witness: &Path) -> Result<bool, StoreError> {
    let Ok(text) = std::fs::read_to_string(witness) else {
        return Ok(false);
    };
    let Some((life, run)) = text.trim_end().split_once(' ') else {
        return Ok(false);
    };
    let last: Option<i64> = sql.query_row("SELECT max(id) FROM process_run", [], |row| row.get(0))?;
    let run = run.parse::<i64>().ok();
    Ok(life == known.life && run > Some(last.unwrap_or_default()))
}

/// The file was made anew since, and what it knows has been old then.
fn is_made_later(
    sql: &Connection,
    before: Option<i64>,
    born_ns: Option<i64>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (Some(before), Some(born_ns)) = (before, born_ns) else {
        return Ok(false);
    };
    if before == born_ns {
        return Ok(false);
    }
    let mark = vitals::read_mark(sql)?;
    Ok(mark.is_some_and(|mark| now.since(mark.wall) > MOVED_WITHIN))
}

/// When the file was made; nothing where its file system does not say so.
fn born_ns(path: &Path) -> Option<i64> {
    let made = std::fs::metadata(path).ok()?.created().ok()?;
    i64::try_from(made.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

/// Whole, or as it was, after a power failure too: half a number would be another one.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let new = path.with_extension("run.new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
