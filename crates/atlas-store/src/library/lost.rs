//! A library that is missing where one has been. Taken for a first start, it would cost the pages that lie beside it,
//! because nothing refers to them any more. This looks, and changes nothing.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::blobs::BlobFiles;
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::ops::has_seen_library;
use crate::sqlite::backups_of;

/// Fails if there is no library, and something else says that there was one.
pub(super) fn refuse_lost(dir: &DataDir) -> Result<(), StoreError> {
    let path = dir.library_db();
    let Some(problem) = why_there_is_none(&path) else {
        return Ok(());
    };
    let backup = newest(backups_of(&path));
    let traces = traces_of_one(dir, backup.as_deref())?;
    if traces.is_empty() {
        return Ok(());
    }
    Err(StoreError::Lost {
        path,
        problem,
        traces: traces.join(", "),
        advice: if dir.restoring().exists() {
            "begin it again with `atlas backup restore`".to_owned()
        } else {
            advice(backup)
        },
    })
}

/// Whether nothing is there that a library could be read from.
pub(super) fn is_absent(path: &Path) -> bool {
    why_there_is_none(path).is_some()
}

/// A file that cannot be looked at is there: opening it tells what is wrong with it.
fn why_there_is_none(path: &Path) -> Option<&'static str> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() && file.len() == 0 => Some("empty"),
        Err(error) if error.kind() == ErrorKind::NotFound => Some("missing"),
        _ => None,
    }
}

/// What only a library can have left: all of it is made after `library.db` has its first page.
fn traces_of_one(dir: &DataDir, backup: Option<&Path>) -> Result<Vec<&'static str>, StoreError> {
    let log = dir.library_db().with_file_name("library.db-wal");
    let mut traces = Vec::new();
    if BlobFiles::at(dir.blobs()).holds_any()? {
        traces.push("the stored pages in blobs/");
    }
    if dir.search().join("current/meta.json").exists() {
        traces.push("the search index in search/");
    }
    if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        traces.push("the latest changes in library.db-wal");
    }
    if backup.is_some() {
        traces.push("a copy in backups/");
    }
    if dir.restoring().exists() {
        traces.push("a restore that was cut short");
    }
    if has_seen_library(&dir.ops_db()) {
        traces.push("the records in ops.db");
    }
    Ok(traces)
}

fn newest(files: Vec<PathBuf>) -> Option<PathBuf> {
    let written_at = |file: &PathBuf| std::fs::metadata(file).and_then(|file| file.modified()).ok();
    files.into_iter().max_by_key(written_at)
}

fn advice(backup: Option<PathBuf>) -> String {
    match backup {
        Some(backup) => format!(
            "put library.db back where it was, or a copy of it (the newest here is {}, from before a migration)",
            backup.display()
        ),
        None => "put library.db back where it was, or a backup of it".to_owned(),
    }
}
