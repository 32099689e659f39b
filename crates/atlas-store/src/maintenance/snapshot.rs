//! `Snapshot`: a file as it is at one moment, and every question that can be asked of it. It holds its read transaction
//! until it is dropped, and never writes.

use std::path::Path;
use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::bytes::{Bytes, bytes};
use super::columns::{ColumnSums, column_bytes};
use super::error::LookError;
use super::facts::{FileFacts, facts};
use super::header::{Encoding, JournalMode};
use super::inspect::{Found, Identity, inspect};
use super::integrity::{Depth, Integrity, integrity};
use super::looking::{Looking, Progress, Way};
use super::open::{Opened, open};
use super::orphans::{Orphans, Reference, orphans};
use super::rows::{RowLimits, RowStream};
use super::schema::tables;
use super::table::Table;
use super::value::Key;

/// A file at one moment. Each method may take long on a large file: call it where blocking is allowed. Setting the flag
/// in [`Looking::cancel`] ends it.
pub struct Snapshot {
    found: Found,
    opened: Opened,
    looking: Looking,
    encoding: Encoding,
}

impl Snapshot {
    /// Opens the file at `path` for reading. A damaged one is opened as far as it can be.
    pub fn open(path: &Path, looking: Looking) -> Result<Self, LookError> {
        let found = inspect(path, &looking)?;
        let opened = open(&found, &looking)?;
        let encoding = encoding_of(&opened.sql)
            .or(found.header.map(|header| header.encoding))
            .unwrap_or(Encoding::Utf8);
        let snapshot = Self {
            found,
            opened,
            looking,
            encoding,
        };
        snapshot.still_holds()?;
        Ok(snapshot)
    }

    /// A file that is open already, for whoever holds it.
    pub(super) fn of_connection(found: Found, sql: Connection, looking: Looking) -> Self {
        let encoding = encoding_of(&sql)
            .or(found.header.map(|header| header.encoding))
            .unwrap_or(Encoding::Utf8);
        let opened = Opened {
            sql,
            damage: None,
            made_beside: Vec::new(),
        };
        Self {
            found,
            opened,
            looking,
            encoding,
        }
    }

    pub(super) fn sql_mut(&mut self) -> &mut Connection {
        &mut self.opened.sql
    }

    /// What the file is.
    pub fn file(&self) -> Result<FileFacts, LookError> {
        self.held(facts(self)?)
    }

    /// All tables, views included, by name. Counts their rows, for which it reads each table once. What cannot be read
    /// of a table is told in [`Table::trouble`]; it fails only where there is no list of tables at all.
    pub fn tables(&self) -> Result<Vec<Table>, LookError> {
        self.held(tables(self)?)
    }

    /// Where the bytes are: pages by table and index, and free ones. Reads every page once.
    pub fn bytes(&self) -> Result<Bytes, LookError> {
        self.held(bytes(self)?)
    }

    /// Where the bytes of a table are: by column. Reads the table once, and none of its long values; `watch` is called
    /// about once for a thousand rows.
    pub fn column_bytes(
        &self,
        table: &Table,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<ColumnSums, LookError> {
        self.held(column_bytes(self, table, watch)?)
    }

    /// Whether the file is whole: structure, full-text indexes, foreign keys. Keeps at most `most` findings.
    pub fn integrity(&self, depth: Depth, most: usize) -> Result<Integrity, LookError> {
        self.held(integrity(self, depth, most)?)
    }

    /// Rows that refer to none, by references that no foreign key declares.
    pub fn orphans(&self, references: &[Reference]) -> Result<Vec<Orphans>, LookError> {
        self.held(orphans(self, references)?)
    }

    /// The rows of `table` behind `after`, in the order of their keys, with the values of `columns` in that order. See
    /// [`Table::stored_columns`] for all that are stored.
    pub fn rows<'s>(
        &'s self,
        table: &Table,
        columns: &[String],
        after: Option<Key>,
        limits: RowLimits,
    ) -> Result<RowStream<'s>, LookError> {
        RowStream::begin(self, table, columns, after, limits)
    }

    /// Fails if the file was changed while it was read without locks. Every question ends with this.
    pub fn still_holds(&self) -> Result<(), LookError> {
        let path = &self.found.path;
        if self.looking.cancel.load(Ordering::Relaxed) {
            return Err(LookError::Cancelled(path.clone()));
        }
        if self.found.way == Way::Shared {
            return Ok(());
        }
        let metadata = std::fs::metadata(path).map_err(|error| LookError::of_system(path, &error))?;
        if Identity::of(&metadata) == self.found.identity {
            return Ok(());
        }
        Err(LookError::Changed(path.clone()))
    }

    fn held<T>(&self, answer: T) -> Result<T, LookError> {
        self.still_holds().map(|()| answer)
    }

    pub(super) fn sql(&self) -> &Connection {
        &self.opened.sql
    }

    pub(super) fn found(&self) -> &Found {
        &self.found
    }

    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The error with the name of the file.
    pub(super) fn failed(&self, error: &rusqlite::Error) -> LookError {
        LookError::of_sqlite(&self.found.path, error)
    }

    /// Something was asked for that the file has not.
    pub(super) fn unfit(&self, what: String) -> LookError {
        LookError::Unfit {
            path: self.found.path.clone(),
            what,
        }
    }

    pub(super) fn pragma(&self, name: &str) -> Result<i64, LookError> {
        self.sql()
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| self.failed(&error))
    }

    pub(super) fn journal_mode(&self) -> Result<JournalMode, LookError> {
        let mode: String = self
            .sql()
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        Ok(if mode == "wal" {
            JournalMode::Wal
        } else {
            JournalMode::Rollback
        })
    }
}

fn encoding_of(sql: &Connection) -> Option<Encoding> {
    let name: String = sql.pragma_query_value(None, "encoding", |row| row.get(0)).ok()?;
    match name.as_str() {
        "UTF-16le" => Some(Encoding::Utf16Le),
        "UTF-16be" => Some(Encoding::Utf16Be),
        _ => Some(Encoding::Utf8),
    }
}
