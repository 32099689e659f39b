//! What a file is, before anybody looks at its tables.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::LookError;
use super::header::{AutoVacuum, Encoding, Header, JournalMode};
use super::inspect::beside;
use super::looking::Way;
use super::snapshot::Snapshot;

/// A database file as of the snapshot. Sizes on the disk (`size_bytes`, `wal_bytes`) are of the moment of asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// The file itself, where links have led.
    pub path: PathBuf,
    /// The symbolic link by which it was named.
    pub link: Option<PathBuf>,
    /// Bytes of the file.
    pub size_bytes: u64,
    /// Bytes of a page.
    pub page_size_bytes: u64,
    /// Bytes at the end of each page that SQLite leaves alone; 0 in most files.
    pub reserved_bytes: u64,
    /// Pages of the database, those in the log included.
    pub pages: u64,
    /// Pages that hold nothing.
    pub free_pages: u64,
    /// Bytes of the log; 0 when there is none.
    pub wal_bytes: u64,
    /// How it keeps what a crash would tear.
    pub journal_mode: JournalMode,
    /// How its text is stored.
    pub encoding: Encoding,
    /// What becomes of its free pages.
    pub auto_vacuum: AutoVacuum,
    /// The mark of the program it belongs to; 0 in most files.
    pub application_id: i64,
    /// The version that its program has given it.
    pub user_version: i64,
    /// Counts the changes of its schema.
    pub schema_version: i64,
    /// The SQLite that wrote it last, such as `3.45.1`. `None` when it is not known.
    pub sqlite_version_written: Option<String>,
    /// Permissions, such as `0o644`.
    pub mode: u32,
    /// User and group whom it belongs to.
    pub owner: (u32, u32),
    /// Names that the file has. More than one: to put another file in its place would not reach the others.
    pub hard_links: u64,
    /// How it was opened.
    pub way: Way,
    /// Files that SQLite made beside it to open it, and that are left there.
    pub made_beside: Vec<PathBuf>,
    /// What was wrong with it at once. Such a file was opened as far as it can be.
    pub damage: Option<String>,
}

impl FileFacts {
    /// Whether it is a database of Atlas: a library, or operational state.
    pub fn is_of_atlas(&self) -> bool {
        self.application_id == crate::sqlite::APPLICATION_ID
    }
}

/// Collects them.
pub(super) fn facts(snapshot: &Snapshot) -> Result<FileFacts, LookError> {
    let (found, opened) = (snapshot.found(), snapshot.opened());
    let metadata =
        std::fs::metadata(&found.path).map_err(|error| LookError::of_system(&found.path, &error))?;
    // Where the schema cannot be read, SQLite answers nothing; the header may still do.
    let header = found.header;
    let number = |name: &str, written: fn(Header) -> i64| match (snapshot.pragma(name), header) {
        (Ok(number), _) => Ok(number),
        (Err(LookError::Damaged { .. }), Some(header)) => Ok(written(header)),
        (Err(error), _) => Err(error),
    };
    Ok(FileFacts {
        path: found.path.clone(),
        link: found.link.clone(),
        size_bytes: metadata.len(),
        page_size_bytes: number("page_size", |header| header.page_size_bytes as i64)? as u64,
        reserved_bytes: header.map_or(0, |header| header.reserved_bytes),
        pages: number("page_count", |header| header.pages as i64)? as u64,
        free_pages: number("freelist_count", |header| header.free_pages as i64)? as u64,
        wal_bytes: std::fs::metadata(beside(&found.path, "-wal")).map_or(0, |log| log.len()),
        journal_mode: header.map_or_else(|| snapshot.journal_mode(), |header| Ok(header.journal_mode))?,
        encoding: snapshot.encoding(),
        auto_vacuum: match number("auto_vacuum", |header| header.auto_vacuum as i64)? {
            1 => AutoVacuum::Full,
            2 => AutoVacuum::Incremental,
            _ => AutoVacuum::None,
        },
        application_id: number("application_id", |header| header.application_id)?,
        user_version: number("user_version", |header| header.user_version)?,
        schema_version: number("schema_version", |header| header.schema_version)?,
        sqlite_version_written: header.and_then(|header| version(header.written_by)),
        mode: metadata.permissions().mode() & 0o7777,
        owner: (metadata.uid(), metadata.gid()),
        hard_links: metadata.nlink(),
        way: found.way,
        made_beside: opened.made_beside.clone(),
        damage: opened.damage.clone(),
    })
}

/// 3045001 is 3.45.1. SQLite did not write it before 3.7.0.
fn version(written_by: u32) -> Option<String> {
    let (major, minor, patch) = (
        written_by / 1_000_000,
        written_by / 1_000 % 1_000,
        written_by % 1_000,
    );
    (written_by > 0).then(|| format!("{major}.{minor}.{patch}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_sqlite_is_told_as_people_write_it() {
        assert_eq!(version(3_045_001).as_deref(), Some("3.45.1"));
        assert_eq!(version(0), None);
    }
}
