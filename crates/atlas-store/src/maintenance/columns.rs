//! Where the bytes of a table are: by column. Counted from rows that somebody reads anyhow, or by a look at the sizes
//! alone.

use serde::{Deserialize, Serialize};

use super::error::LookError;
use super::header::Encoding;
use super::looking::Progress;
use super::rows::{RowStream, Unread};
use super::snapshot::Snapshot;
use super::table::Table;
use super::value::Value;

/// How the look at the sizes tells a number that takes no byte.
const NO_BYTES: i64 = -9;

/// The bytes of a table, by column. What the tree needs besides its contents is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSums {
    /// Rows that were counted.
    pub rows: u64,
    /// By column, in the order that was given.
    pub columns: Vec<ColumnBytes>,
    /// What could not be read, and is missing in the sums.
    pub unread: Vec<Unread>,
    encoding: Encoding,
}

/// The bytes of a column, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnBytes {
    /// Its name.
    pub name: String,
    /// Bytes of all its values.
    pub bytes: u64,
    /// Values that are nothing.
    pub nulls: u64,
    /// Texts and blobs without a byte.
    pub empties: u64,
    /// Bytes of its longest value.
    pub longest_bytes: u64,
}

impl ColumnSums {
    /// Sums for these columns of a file with this encoding, all 0.
    pub fn new(columns: &[String], encoding: Encoding) -> Self {
        Self {
            rows: 0,
            columns: columns
                .iter()
                .map(|name| ColumnBytes {
                    name: name.clone(),
                    ..ColumnBytes::default()
                })
                .collect(),
            unread: Vec::new(),
            encoding,
        }
    }

    /// Goes on with what was counted before, of the same columns. Anything else is left out.
    pub fn go_on(&mut self, counted: &[ColumnBytes]) {
        for (column, counted) in self.columns.iter_mut().zip(counted) {
            if column.name == counted.name {
                column.clone_from(counted);
            }
        }
    }

    /// Adds a row: the values of the columns in their order.
    pub fn add(&mut self, values: &[Value]) {
        self.rows += 1;
        let encoding = self.encoding;
        for (column, value) in self.columns.iter_mut().zip(values) {
            match value {
                Value::Null => column.nulls += 1,
                Value::Integer(number) => column.number(integer_bytes(*number)),
                Value::Real(_) => column.number(8),
                Value::Text(bytes) => column.content(text_bytes(bytes, encoding)),
                Value::Blob(bytes) => column.content(bytes.len() as u64),
                Value::Long(long) => column.content(long.stored_bytes),
            }
        }
    }

    /// Adds a row of sizes.
    fn add_sizes(&mut self, sizes: &[Value]) {
        self.rows += 1;
        for (column, size) in self.columns.iter_mut().zip(sizes) {
            match size {
                Value::Integer(NO_BYTES) => column.number(0),
                Value::Integer(bytes) if *bytes < 0 => column.number(bytes.unsigned_abs()),
                Value::Integer(bytes) => column.content(bytes.unsigned_abs()),
                _ => column.nulls += 1,
            }
        }
    }
}

impl ColumnBytes {
    fn number(&mut self, bytes: u64) {
        self.bytes += bytes;
        self.longest_bytes = self.longest_bytes.max(bytes);
    }

    fn content(&mut self, bytes: u64) {
        self.empties += u64::from(bytes == 0);
        self.number(bytes);
    }
}

/// What SQLite's record format takes for it.
fn integer_bytes(number: i64) -> u64 {
    let bits = 65 - u64::from(if number < 0 { !number } else { number }.leading_zeros());
    match bits {
        _ if number == 0 || number == 1 => 0,
        0..=8 => 1,
        9..=16 => 2,
        17..=24 => 3,
        25..=32 => 4,
        33..=48 => 6,
        _ => 8,
    }
}

/// A text was given in UTF-8, whatever it is stored in.
fn text_bytes(text: &[u8], encoding: Encoding) -> u64 {
    match encoding {
        Encoding::Utf8 => text.len() as u64,
        _ => 2 * String::from_utf8_lossy(text).encode_utf16().count() as u64,
    }
}

/// Looks at the sizes of all stored columns of a table.
pub(super) fn column_bytes(
    snapshot: &Snapshot,
    table: &Table,
    watch: &mut dyn FnMut(Progress),
) -> Result<ColumnSums, LookError> {
    let columns = stored(table);
    let mut sums = ColumnSums::new(&columns, snapshot.encoding());
    let mut rows = RowStream::sizes(snapshot, table, &columns)?;
    while let Some(batch) = rows.next_batch()? {
        for row in &batch.rows {
            sums.add_sizes(&row.values);
        }
        sums.unread.extend(batch.unread);
        watch(rows.progress());
    }
    Ok(sums)
}

/// Those that take room: the computed ones that are kept, too.
fn stored(table: &Table) -> Vec<String> {
    use super::table::Generated;
    let stored = table
        .columns
        .iter()
        .filter(|column| column.generated != Generated::Virtual);
    stored.map(|column| column.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, 0)]
    #[case(1, 0)]
    #[case(-1, 1)]
    #[case(127, 1)]
    #[case(128, 2)]
    #[case(-128, 1)]
    #[case(-129, 2)]
    #[case(8_388_607, 3)]
    #[case(8_388_608, 4)]
    #[case(i64::from(i32::MIN), 4)]
    #[case(140_737_488_355_327, 6)]
    #[case(140_737_488_355_328, 8)]
    #[case(i64::MIN, 8)]
    fn an_integer_takes_what_the_record_format_needs(#[case] number: i64, #[case] bytes: u64) {
        assert_eq!(integer_bytes(number), bytes);
    }
}
