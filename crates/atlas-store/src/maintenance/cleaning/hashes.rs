//! What a whole file holds, table by table: by which it is compared with its copy, and with itself when rows are gone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::CleaningError;
use crate::maintenance::{LookError, RowLimits, Snapshot, Table, TableHash, row_hash};

/// Each table whose rows lie in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHashes {
    /// By name: of all rows with their keys.
    pub tables: BTreeMap<String, TableHash>,
    /// Tables whose rows cannot be told apart: only how many there are.
    pub counted: BTreeMap<String, u64>,
}

impl TableHashes {
    /// Reads every row of `tables`; `watch` is told how many rows were read so far. A row that cannot be read is an error.
    pub fn of(
        snapshot: &Snapshot,
        tables: &[Table],
        watch: &mut dyn FnMut(u64),
    ) -> Result<Self, CleaningError> {
        let (mut hashes, mut done) = (Self::default(), 0);
        for table in tables
            .iter()
            .filter(|table| table.has_stored_rows() && !is_of_sqlite(table))
        {
            match hash(snapshot, table, &mut |rows| watch(done + rows)) {
                Ok(hash) => {
                    done += hash.rows;
                    hashes.tables.insert(table.name.clone(), hash);
                }
                Err(CleaningError::Look(LookError::Unfit { .. })) => {
                    hashes.counted.insert(table.name.clone(), table.rows.unwrap_or(0));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(hashes)
    }

    /// The first table in which `other` differs, in words.
    pub fn difference(&self, other: &Self) -> Option<String> {
        for (name, hash) in &self.tables {
            match other.tables.get(name) {
                None => return Some(format!("the table `{name}` is missing")),
                Some(found) if found.rows != hash.rows => {
                    return Some(format!(
                        "the table `{name}` has {} rows instead of {}",
                        found.rows, hash.rows
                    ));
                }
                Some(found) if found != hash => return Some(format!("the table `{name}` has other values")),
                Some(_) => {}
            }
        }
        for (name, rows) in &self.counted {
            let found = other.counted.get(name);
            if found != Some(rows) {
                return Some(format!("the table `{name}` has {found:?} rows instead of {rows}"));
            }
        }
        let unknown = other
            .tables
            .keys()
            .find(|name| !self.tables.contains_key(*name))?;
        Some(format!("there is a table `{unknown}` that was not there"))
    }
}

/// SQLite keeps statistics and numbers there, and changes them itself. Parts of full-text indexes are compared by what
/// they answer, not by how they are stored.
fn is_of_sqlite(table: &Table) -> bool {
    use crate::maintenance::TableKind;
    matches!(table.kind, TableKind::Internal | TableKind::Shadow { .. })
}

fn hash(snapshot: &Snapshot, table: &Table, watch: &mut dyn FnMut(u64)) -> Result<TableHash, CleaningError> {
    let columns = table.stored_columns();
    let mut stream = snapshot.rows(table, &columns, None, RowLimits::default())?;
    let mut hash = TableHash::default();
    while let Some(batch) = stream.next_batch()? {
        if let Some(unread) = batch.unread.first() {
            return Err(CleaningError::Look(LookError::Damaged {
                path: snapshot.file()?.path,
                detail: format!("a row of `{}` cannot be read: {unread:?}", table.name),
            }));
        }
        for row in &batch.rows {
            hash.add(&row.key, &row_hash(&row.values));
        }
        watch(hash.rows);
    }
    Ok(hash)
}
