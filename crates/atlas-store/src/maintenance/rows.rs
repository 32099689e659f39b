//! `RowStream`: the rows of a table in the order of their keys, in batches of bounded size. What cannot be read is named
//! among the rows, and what lies behind it is read where that can be found.

use rusqlite::{ErrorCode, Row as SqlRow};

use super::error::LookError;
use super::hash::INLINE_BYTES;
use super::long::read_long_row;
use super::looking::Progress;
use super::select::{Reading, Select};
use super::skip::behind_damage;
use super::snapshot::Snapshot;
use super::table::Table;
use super::value::{Key, Value};

/// What a value takes in memory besides its bytes, about.
const VALUE_BYTES: usize = 48;
/// No value of a row is left out for being long as long as it is shorter than this.
const SHORT_BYTES: u64 = 4096;

/// How much is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowLimits {
    /// Rows in a batch.
    pub rows: usize,
    /// Bytes in a batch; its last row may go beyond.
    pub bytes: usize,
    /// Bytes of one row. Values beyond that are given as [`Value::Long`].
    pub row_bytes: u64,
    /// Bytes of a long value that are given.
    pub prefix_bytes: usize,
}

impl Default for RowLimits {
    fn default() -> Self {
        Self {
            rows: 1_000,
            bytes: 4 * 1024 * 1024,
            row_bytes: 16 * 1024 * 1024,
            prefix_bytes: 64 * 1024,
        }
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is known by.
    pub key: Key,
    /// The values of the columns that were asked for, in that order.
    pub values: Vec<Value>,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Unread {
    /// One row that is there.
    Row {
        /// Which one.
        key: Key,
        /// Why.
        why: String,
    },
    /// All rows between two keys, both exclusive, however many there were.
    Range {
        /// `None`: from the beginning.
        after: Option<Key>,
        /// `None`: to the end.
        before: Option<Key>,
        /// Why.
        why: String,
    },
}

/// Some rows, and what could not be read among them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// In the order of their keys.
    pub rows: Vec<Row>,
    /// In the same order.
    pub unread: Vec<Unread>,
}

/// The rows of a table, batch by batch.
pub struct RowStream<'s> {
    snapshot: &'s Snapshot,
    select: Select,
    limits: RowLimits,
    after: Option<Key>,
    is_over: bool,
    progress: Progress,
}

/// Why reading did not go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// Here the file is damaged.
    Damage(String),
    /// Nothing more can be had of the file at all.
    Over(LookError),
}

impl<'s> RowStream<'s> {
    pub(super) fn begin(
        snapshot: &'s Snapshot,
        table: &Table,
        columns: &[String],
        after: Option<Key>,
        limits: RowLimits,
    ) -> Result<Self, LookError> {
        let longest_bytes = (limits.row_bytes / columns.len().max(1) as u64).max(SHORT_BYTES);
        let reading = Reading::Values { longest_bytes };
        Self::reading(snapshot, table, columns, after, limits, reading)
    }

    /// The same, with sizes in the place of values.
    pub(super) fn sizes(
        snapshot: &'s Snapshot,
        table: &Table,
        columns: &[String],
    ) -> Result<Self, LookError> {
        Self::reading(
            snapshot,
            table,
            columns,
            None,
            RowLimits::default(),
            Reading::Sizes,
        )
    }

    fn reading(
        snapshot: &'s Snapshot,
        table: &Table,
        columns: &[String],
        after: Option<Key>,
        limits: RowLimits,
        reading: Reading,
    ) -> Result<Self, LookError> {
        Ok(Self {
            select: Select::of(snapshot, table, columns, reading)?,
            snapshot,
            limits: RowLimits {
                rows: limits.rows.max(1),
                // A value that goes into the hash as it is must not come by its own hash.
                row_bytes: limits.row_bytes.max(INLINE_BYTES as u64),
                ..limits
            },
            after,
            is_over: false,
            progress: Progress {
                rows_done: 0,
                rows_total: table.rows,
            },
        })
    }

    /// The next rows; `None` behind the last. An error is final: what was read before it stays true.
    pub fn next_batch(&mut self) -> Result<Option<Batch>, LookError> {
        if self.is_over {
            return Ok(None);
        }
        let mut batch = Batch::default();
        match self.fill(&mut batch) {
            Ok(is_over) => self.is_over = is_over,
            Err(Stop::Damage(why)) => self.skip(&mut batch, why)?,
            Err(Stop::Over(error)) => return Err(error),
        }
        self.snapshot.still_holds()?;
        self.progress.rows_done += batch.rows.len() as u64;
        Ok(Some(batch))
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// The key of the last row that was read: a stream that begins behind it goes on from here.
    pub fn position(&self) -> Option<&Key> {
        self.after.as_ref()
    }

    /// Whether the end was reached.
    fn fill(&mut self, batch: &mut Batch) -> Result<bool, Stop> {
        let Self {
            snapshot,
            select,
            limits,
            after,
            ..
        } = self;
        let stop = |error: rusqlite::Error| Stop::of(snapshot, &error);
        let mut statement = snapshot
            .sql()
            .prepare_cached(select.statement(after.as_ref()))
            .map_err(stop)?;
        bind(&mut statement, after.as_ref()).map_err(stop)?;
        let (mut rows, mut bytes) = (statement.raw_query(), 0);
        while batch.rows.len() + batch.unread.len() < limits.rows && bytes < limits.bytes {
            let Some(row) = rows.next().map_err(stop)? else {
                return Ok(true);
            };
            let key = select.key.read(row).map_err(stop)?;
            if is_out_of_order(after.as_ref(), &key) {
                return Err(Stop::Damage("its rows are out of order".to_owned()));
            }
            match values(snapshot, select, limits, row, &key) {
                Ok(values) => {
                    bytes += held_bytes(&values);
                    batch.rows.push(Row {
                        key: key.clone(),
                        values,
                    });
                }
                Err(Stop::Damage(why)) => batch.unread.push(Unread::Row {
                    key: key.clone(),
                    why,
                }),
                Err(over) => return Err(over),
            }
            *after = Some(key);
        }
        Ok(false)
    }

    /// Goes on behind damage, where that can be found.
    fn skip(&mut self, batch: &mut Batch, why: String) -> Result<(), LookError> {
        // What follows a primary key cannot be guessed, as it can with numbers.
        let next = match &self.after {
            _ if self.select.key.is_primary() => None,
            Some(Key::Rowid(rowid)) => behind_damage(self.snapshot, &self.select, Some(*rowid))?,
            _ => behind_damage(self.snapshot, &self.select, None)?,
        };
        batch.unread.push(Unread::Range {
            after: self.after.take(),
            before: next.map(Key::Rowid),
            why,
        });
        match next.and_then(|next| next.checked_sub(1)) {
            Some(before_it) => self.after = Some(Key::Rowid(before_it)),
            None => self.is_over = true,
        }
        Ok(())
    }
}

/// A tree whose pages point at each other would never end. How primary keys are ordered only SQLite knows.
fn is_out_of_order(before: Option<&Key>, key: &Key) -> bool {
    matches!((before, key), (Some(Key::Rowid(before)), Key::Rowid(rowid)) if rowid <= before)
}

fn values(
    snapshot: &Snapshot,
    select: &Select,
    limits: &RowLimits,
    row: &SqlRow<'_>,
    key: &Key,
) -> Result<Vec<Value>, Stop> {
    let at = select.key.len();
    let read = || {
        let is_whole: bool = row.get(at)?;
        let values = (0..select.columns.len()).map(|column| Ok(Value::from(row.get_ref(at + 1 + column)?)));
        is_whole.then(|| values.collect()).transpose()
    };
    match read().map_err(|error| Stop::of(snapshot, &error))? {
        Some(values) => Ok(values),
        None => read_long_row(snapshot, select, limits, key),
    }
}

fn held_bytes(values: &[Value]) -> usize {
    values
        .iter()
        .map(|value| value.held_bytes() + VALUE_BYTES)
        .sum::<usize>()
        + VALUE_BYTES
}

/// Puts the values of a key in, from the first place on.
pub(super) fn bind(statement: &mut rusqlite::Statement<'_>, key: Option<&Key>) -> rusqlite::Result<()> {
    match key {
        None => Ok(()),
        Some(Key::Rowid(rowid)) => statement.raw_bind_parameter(1, rowid),
        Some(Key::Primary(values)) => values
            .iter()
            .enumerate()
            .try_for_each(|(at, value)| statement.raw_bind_parameter(at + 1, value)),
    }
}

impl Stop {
    /// Damage is what another place of the file need not have.
    pub(super) fn of(snapshot: &Snapshot, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure | ErrorCode::TooBig) => {
                Self::Damage(error.to_string())
            }
            _ => Self::Over(snapshot.failed(error)),
        }
    }
}
