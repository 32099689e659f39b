//! Puts a file of operational state aside that cannot be used, and a new one in its place, which holds what could be
//! saved. A death at any step leaves either the old file, to begin again, or the new one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use atlas_domain::Timestamp;

use super::{SCHEMA, SET_ASIDE, salvage};
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::reserve::Reserve;
use crate::sqlite::{log_of, migrate, open_read_write};

/// The new file, as long as the old one is still in its place.
const FRESH: &str = "ops.db.new";
/// Where the old file is read.
const WORKSHOP: &str = "ops.db.salvage";
/// What SQLite keeps beside a file.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];

/// Sets the file aside, which nobody has open and which cannot be used for this reason, after it has saved
/// what can be read of it into a new file. Where no new file can be made, there is none afterwards.
pub(super) fn begin_anew(dir: &DataDir, now: Timestamp, reason: &StoreError) -> Result<(), StoreError> {
    let path = &dir.ops_db();
    let name = free_name(path, now);
    let salvaged = salvage::salvage(dir, &path.with_file_name(WORKSHOP), now);
    let fresh = path.with_file_name(FRESH);
    let try_it = || make(&fresh, &salvaged, &name, reason, now);
    let made = match try_it() {
        Err(StoreError::Full(_)) if Reserve::of(dir).give_back() => try_it(),
        first => first,
    };
    // From here on the old one is not in its place any more: whoever finds none takes the new one.
    move_aside(path, &name)?;
    match made {
        Ok(()) => {
            fs::rename(&fresh, path)?;
            sync_folder(path)?;
        }
        Err(error) => {
            remove(&fresh);
            tracing::error!(%error, "what could be read of the old ops.db could not be written: it is lost with it");
        }
    }
    salvage::tell(&salvaged, &name, reason);
    Ok(())
}

/// Ends what a death has interrupted.
pub(super) fn finish(path: &Path) -> Result<(), StoreError> {
    let fresh = path.with_file_name(FRESH);
    if path.exists() {
        remove(&fresh);
        let _ = fs::remove_dir_all(path.with_file_name(WORKSHOP));
        return Ok(());
    }
    if fresh.exists() {
        if let Some(name) = newest_aside(path) {
            move_companions(path, &name)?;
        }
        fs::rename(&fresh, path)?;
        sync_folder(path)?;
        tracing::warn!("the new ops.db was made by a process that ended before it was in its place");
    }
    Ok(())
}

/// Whether there is a file of which nothing is left: where there has been more, it was cut off.
pub(super) fn check_length(path: &Path, has_library: bool) -> Result<(), StoreError> {
    let is_empty = fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let has_log = fs::metadata(log_of(path)).is_ok_and(|log| log.len() > 0);
    if !is_empty || !(has_log || has_library) {
        return Ok(());
    }
    Err(StoreError::Corrupt {
        path: path.to_owned(),
        detail: "it is empty, although it has been in use".to_owned(),
    })
}

/// Takes away what a start has left that could not write: it would pass for a file that was cut off.
pub(super) fn remove_if_empty(path: &Path) {
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        remove(path);
    }
}

/// Makes the new file, whole and without a log, before anybody can take it for the one in use.
fn make(
    fresh: &Path,
    salvaged: &salvage::Salvaged,
    name: &str,
    reason: &StoreError,
    now: Timestamp,
) -> Result<(), StoreError> {
    remove(fresh);
    let mut sql = open_read_write(fresh)?;
    migrate(&mut sql, fresh, &SCHEMA, now)?;
    let transaction = sql.transaction()?;
    salvaged.write(&transaction, salvaged.word(name, reason, now), now)?;
    transaction.commit()?;
    let busy: i64 = sql.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    sql.close().map_err(|(_, error)| error)?;
    if busy != 0 {
        return Err(StoreError::Busy(format!("{} is in use", fresh.display())));
    }
    Ok(())
}

fn free_name(path: &Path, now: Timestamp) -> String {
    let names = (now.as_millis()..).map(|stamp| format!("{SET_ASIDE}{stamp}"));
    let mut free = names.filter(|name| !path.with_file_name(name).exists());
    free.next().unwrap_or_else(|| SET_ASIDE.to_owned())
}

/// Step by step, each of them durable: a file without its log is an older one.
fn move_aside(path: &Path, name: &str) -> Result<(), StoreError> {
    fs::rename(path, path.with_file_name(name))?;
    sync_folder(path)?;
    move_companions(path, name)?;
    sync_folder(path)
}

fn move_companions(path: &Path, name: &str) -> Result<(), StoreError> {
    for suffix in COMPANIONS {
        let companion = with_suffix(path, suffix);
        let target = path.with_file_name(format!("{name}{suffix}"));
        if companion.exists() && !target.exists() {
            fs::rename(&companion, &target)?;
        }
    }
    Ok(())
}

/// The file itself, without what lies beside it.
fn newest_aside(path: &Path) -> Option<String> {
    let entries = fs::read_dir(path.parent()?).ok()?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter_map(|name| {
            let stamp: i64 = name.strip_prefix(SET_ASIDE)?.parse().ok()?;
            Some((stamp, name))
        })
        .max()
        .map(|(_, name)| name)
}

/// What stays there is overwritten by nobody and taken by nobody: the next try fails, and says so.
fn remove(file: &Path) {
    let _ = fs::remove_file(file);
    for suffix in COMPANIONS {
        let _ = fs::remove_file(with_suffix(file, suffix));
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
