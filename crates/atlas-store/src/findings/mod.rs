//! What an audit found, row by row, in a file of its own: so that memory does not grow with what is looked at, an audit
//! that was interrupted goes on, and a cleanup can be planned from it. Decides nothing: whoever judges brings verdicts,
//! and says which rows of a group are copies.
//!
//! The file is for the machine it was made on. It outlives a crash of the process, not always one of the machine: then
//! SQLite refuses it, and the audit begins anew.

mod error;
mod groups;
mod near;
mod read;
mod write;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use atlas_domain::{Criteria, Standing};
use rusqlite::{Connection, OpenFlags};

pub use error::FindingsError;
pub use groups::{By, Duplicate, Member};
pub use near::Marked;
pub use read::{Found, FoundPage, Sum, Survivor};
pub use write::Reached;

use crate::maintenance::Key;

/// Marks the file as ours.
const APPLICATION_ID: i64 = 0x4174_4669;
const FORMAT: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE reached (
        place INTEGER PRIMARY KEY,
        after TEXT,
        rows_done INTEGER NOT NULL,
        is_over INTEGER NOT NULL,
        more TEXT NOT NULL
    ) STRICT;
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY,
        place INTEGER NOT NULL,
        key_rowid INTEGER,
        key_primary TEXT,
        row_hash BLOB NOT NULL,
        criteria INTEGER NOT NULL,
        standing INTEGER NOT NULL,
        confidence REAL NOT NULL,
        bytes INTEGER NOT NULL,
        words INTEGER NOT NULL,
        filled INTEGER NOT NULL,
        saved TEXT,
        text_hash BLOB,
        url_hash BLOB,
        signature BLOB,
        survivor INTEGER
    ) STRICT;
    CREATE INDEX by_place ON finding (place, id);
";

/// The findings of an audit.
pub struct Findings {
    sql: Connection,
    path: PathBuf,
}

/// A row that was judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is known by in its table.
    pub key: Key,
    /// See [`crate::maintenance::row_hash`].
    pub row_hash: [u8; 32],
    /// What speaks against it.
    pub criteria: Criteria,
    /// The verdict.
    pub standing: Standing,
    /// How sure it is, `0.0..=1.0`.
    pub confidence: f32,
    /// Bytes of its values.
    pub bytes: u64,
    /// What makes one copy better than another.
    pub quality: Quality,
    /// By which equal texts are found. `None`: it is never a copy.
    pub text_hash: Option<[u8; 16]>,
    /// By which equal addresses are found. `None`: it has none.
    pub url_hash: Option<[u8; 16]>,
    /// By which near texts are found, for whoever made it. `None`: it is never a near copy.
    pub signature: Option<Box<[u8]>>,
}

/// What makes one copy better than another, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Words of clean text: more are better.
    pub words: u32,
    /// Other fields that hold something: more are better.
    pub filled: u32,
    /// When it was saved, as text that orders by time: earlier is better, and not to know is worst.
    pub saved: Option<String>,
}

impl Findings {
    /// Begins a file at `path`, where there is none; `about` says what they are about, to be compared by whoever goes on.
    pub fn create(path: &Path, about: &str) -> Result<Self, FindingsError> {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .and_then(|file| {
                use std::os::unix::fs::PermissionsExt;
                file.set_permissions(std::fs::Permissions::from_mode(0o600))
            })
            .map_err(|error| FindingsError::of_system(path, &error))?;
        let findings = Self::connect(path)?;
        let begin = || {
            findings
                .sql
                .pragma_update(None, "application_id", APPLICATION_ID)?;
            findings.sql.pragma_update(None, "user_version", FORMAT)?;
            findings.sql.execute_batch(SCHEMA)
        };
        begin().map_err(|error| findings.failed(&error))?;
        findings.note("about", about)?;
        Ok(findings)
    }

    /// Opens the file at `path` to go on with it. Answers it with what it is about.
    pub fn open(path: &Path) -> Result<(Self, String), FindingsError> {
        if !path.exists() {
            return Err(FindingsError::Missing(path.to_owned()));
        }
        let findings = Self::connect(path)?;
        let number = |name: &str| {
            findings
                .sql
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map_err(|error| findings.failed(&error))
        };
        if (number("application_id")?, number("user_version")?) != (APPLICATION_ID, FORMAT) {
            return Err(FindingsError::Other(path.to_owned()));
        }
        let about = findings.noted("about")?.unwrap_or_default();
        Ok((findings, about))
    }

    /// Takes the file away, when nobody needs it any more. One that cannot be removed is overwritten by the next audit.
    pub fn remove(self) {
        let Self { sql, path } = self;
        drop(sql);
        for end in ["", "-wal", "-shm"] {
            let mut file = path.as_os_str().to_owned();
            file.push(end);
            let _ = std::fs::remove_file(file);
        }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a text by name, in the place of an older one.
    pub fn note(&self, name: &str, text: &str) -> Result<(), FindingsError> {
        let sql = "INSERT INTO note (name, text) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET text = excluded.text";
        let done = self.sql.execute(sql, [name, text]);
        done.map(drop).map_err(|error| self.failed(&error))
    }

    /// A text that was kept.
    pub fn noted(&self, name: &str) -> Result<Option<String>, FindingsError> {
        use rusqlite::OptionalExtension;
        let sql = "SELECT text FROM note WHERE name = ?1";
        let text = self.sql.query_row(sql, [name], |row| row.get(0)).optional();
        text.map_err(|error| self.failed(&error))
    }

    fn connect(path: &Path) -> Result<Self, FindingsError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags);
        let findings = Self {
            sql: opened.map_err(|error| FindingsError::of_sqlite(path, &error))?,
            path: path.to_owned(),
        };
        let settle = || {
            findings.sql.pragma_update(None, "journal_mode", "WAL")?;
            findings.sql.pragma_update(None, "synchronous", "NORMAL")?;
            findings.sql.pragma_update(None, "cache_size", -8_000)?;
            findings.sql.pragma_update(None, "temp_store", "FILE")
        };
        settle().map_err(|error| findings.failed(&error))?;
        Ok(findings)
    }

    fn failed(&self, error: &rusqlite::Error) -> FindingsError {
        FindingsError::of_sqlite(&self.path, error)
    }
}
