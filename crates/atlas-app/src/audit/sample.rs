//! The first rows of a table, to see what its columns hold. Only for finding out what a table is: rows are judged all.

use atlas_store::maintenance::{LookError, Row, RowLimits, Snapshot, Table, Value};

/// So many rows.
const ROWS: usize = 300;

/// The first rows of a table.
pub(super) struct Sample {
    /// With the values of all stored columns.
    pub rows: Vec<Row>,
    /// What the columns hold, in their order.
    pub columns: Vec<Seen>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// Its name.
    pub name: String,
    /// Values that are texts or blobs with something in them.
    pub filled: usize,
    /// Their bytes on average.
    pub mean_bytes: usize,
    /// How many of them begin like JSON.
    pub json: usize,
    /// How many of them begin like an address.
    pub urls: usize,
}

impl Sample {
    /// Reads them.
    pub(super) fn of(snapshot: &Snapshot, table: &Table) -> Result<Self, LookError> {
        let names = table.stored_columns();
        let limits = RowLimits {
            rows: ROWS,
            row_bytes: 256 * 1024,
            prefix_bytes: 4 * 1024,
            ..RowLimits::default()
        };
        let batch = snapshot.rows(table, &names, None, limits)?.next_batch()?;
        let rows = batch.unwrap_or_default().rows;
        let columns = names
            .into_iter()
            .enumerate()
            .map(|(place, name)| seen(name, rows.iter().map(|row| &row.values[place])))
            .collect();
        Ok(Self { rows, columns })
    }

    /// The place of a column.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

fn seen<'v>(name: String, values: impl Iterator<Item = &'v Value>) -> Seen {
    let mut seen = Seen {
        name,
        filled: 0,
        mean_bytes: 0,
        json: 0,
        urls: 0,
    };
    let mut bytes = 0;
    for value in values {
        let held = match value {
            Value::Text(held) | Value::Blob(held) => held.trim_ascii(),
            Value::Long(long) => &long.prefix,
            _ => continue,
        };
        if held.is_empty() {
            continue;
        }
        seen.filled += 1;
        bytes += match value {
            Value::Long(long) => long.length_bytes as usize,
            _ => held.len(),
        };
        seen.json +=
            usize::from(held.starts_with(b"{") || held.starts_with(b"[{") || held.starts_with(b"[\""));
        seen.urls += usize::from(held.starts_with(b"http://") || held.starts_with(b"https://"));
    }
    seen.mean_bytes = bytes / seen.filled.max(1);
    seen
}
