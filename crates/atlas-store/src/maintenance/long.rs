//! Reads a row with values that are too long for the memory: their beginning, their length and their hash, piece by
//! piece. A value that cannot be read in pieces is read whole up to a limit, and refused by name beyond it.

use std::io::Read;

use rusqlite::types::ValueRef;

use super::header::Encoding;
use super::quote::quoted;
use super::rows::{RowLimits, Stop, bind};
use super::select::Select;
use super::snapshot::Snapshot;
use super::utf16::FromUtf16;
use super::value::{Key, LongKind, LongValue, Value};

/// Read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// A value that cannot be read in pieces is held in memory for a moment, up to this size.
const LONGEST_WHOLE_BYTES: u64 = 64 * 1024 * 1024;

/// The values of the row with this key.
pub(super) fn read_long_row(
    snapshot: &Snapshot,
    select: &Select,
    limits: &RowLimits,
    key: &Key,
) -> Result<Vec<Value>, Stop> {
    let row = LongRow {
        snapshot,
        select,
        limits,
        key,
    };
    let mut left_bytes = limits.row_bytes;
    let mut values = Vec::with_capacity(select.columns.len());
    for column in &select.columns {
        let (kind, stored_bytes) = row.kind(column)?;
        let value = match kind {
            Some(kind) if stored_bytes > left_bytes => row.long(column, kind, stored_bytes)?,
            _ => row.one(&quoted(column), |value| Value::from(value))?,
        };
        left_bytes = left_bytes.saturating_sub(value.held_bytes() as u64);
        values.push(value);
    }
    Ok(values)
}

struct LongRow<'a> {
    snapshot: &'a Snapshot,
    select: &'a Select,
    limits: &'a RowLimits,
    key: &'a Key,
}

impl LongRow<'_> {
    /// What a value is, unless it is a number or nothing, and the bytes it takes.
    fn kind(&self, column: &str) -> Result<(Option<LongKind>, u64), Stop> {
        let column = quoted(column);
        // Neither reads the value.
        let kind = self.one(&format!("typeof({column})"), |value| match value {
            ValueRef::Text(b"text") => Some(LongKind::Text),
            ValueRef::Text(b"blob") => Some(LongKind::Blob),
            _ => None,
        })?;
        let stored_bytes = self.one(&format!("octet_length({column})"), |value| match value {
            ValueRef::Integer(bytes) => bytes as u64,
            _ => 0,
        })?;
        Ok((kind, stored_bytes))
    }

    fn one<T>(&self, what: &str, read: impl FnOnce(ValueRef<'_>) -> T) -> Result<T, Stop> {
        let answer = self
            .snapshot
            .sql()
            .prepare_cached(&self.select.one(what))
            .and_then(|mut statement| {
                bind(&mut statement, Some(self.key))?;
                match statement.raw_query().next()? {
                    Some(row) => row.get_ref(0).map(read),
                    None => Err(rusqlite::Error::QueryReturnedNoRows),
                }
            });
        answer.map_err(|error| match error {
            // Just now it was there.
            rusqlite::Error::QueryReturnedNoRows => {
                Stop::Damage("the row is not found by its key".to_owned())
            }
            error => Stop::of(self.snapshot, &error),
        })
    }

    fn long(&self, column: &str, kind: LongKind, stored_bytes: u64) -> Result<Value, Stop> {
        match self.key {
            Key::Rowid(rowid) if self.select.can_be_read_in_pieces => self.in_pieces(column, kind, *rowid),
            _ if stored_bytes <= LONGEST_WHOLE_BYTES => self.one(&quoted(column), |value| {
                let bytes = match value {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
                    _ => &[],
                };
                let mut content = Content::of(self.limits);
                content.take(bytes);
                content.value(kind, stored_bytes)
            }),
            _ => Err(Stop::Damage(format!(
                "column `{column}` has {stored_bytes} bytes, which cannot be read in pieces in a table without rowid or \
                 with generated columns"
            ))),
        }
    }

    fn in_pieces(&self, column: &str, kind: LongKind, rowid: i64) -> Result<Value, Stop> {
        let stop = |error: rusqlite::Error| Stop::of(self.snapshot, &error);
        let sql = self.snapshot.sql();
        let mut blob = sql
            .blob_open("main", self.select.table.as_str(), column, rowid, true)
            .map_err(stop)?;
        let mut transcoding = match (kind, self.snapshot.encoding()) {
            (LongKind::Text, Encoding::Utf16Le) => Some(FromUtf16::new(true)),
            (LongKind::Text, Encoding::Utf16Be) => Some(FromUtf16::new(false)),
            _ => None,
        };
        let stored_bytes = blob.len() as u64;
        let (mut content, mut text) = (Content::of(self.limits), Vec::new());
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let read = blob.read(&mut piece).map_err(|error| match error.downcast() {
                Ok(error) => stop(error),
                Err(error) => Stop::Damage(error.to_string()),
            })?;
            match &mut transcoding {
                None => content.take(&piece[..read]),
                Some(from) if read > 0 => from.take(&piece[..read], &mut text),
                Some(from) => from.end(&mut text),
            }
            content.take(&text);
            text.clear();
            if read == 0 {
                return Ok(content.value(kind, stored_bytes));
            }
            self.snapshot.still_holds().map_err(Stop::Over)?;
        }
    }
}

/// What is kept of a long value.
struct Content {
    prefix: Vec<u8>,
    prefix_bytes: usize,
    length_bytes: u64,
    hasher: blake3::Hasher,
}

impl Content {
    fn of(limits: &RowLimits) -> Self {
        Self {
            prefix: Vec::new(),
            prefix_bytes: limits.prefix_bytes,
            length_bytes: 0,
            hasher: blake3::Hasher::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let missing = self.prefix_bytes.saturating_sub(self.prefix.len());
        self.prefix.extend(bytes.iter().take(missing));
        self.length_bytes += bytes.len() as u64;
        self.hasher.update(bytes);
    }

    fn value(&self, kind: LongKind, stored_bytes: u64) -> Value {
        Value::Long(LongValue {
            kind,
            prefix: self.prefix.clone(),
            length_bytes: self.length_bytes,
            stored_bytes,
            hash: self.hasher.finalize().into(),
        })
    }
}
