//! What a database holds, table by table: how many rows, and one hash over all their values. Two databases with equal
//! figures hold the same. It reads, and changes nothing.

use std::collections::BTreeMap;

use atlas_domain::BlobHash;
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// What one table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFigures {
    /// How many rows.
    pub rows: u64,
    /// BLAKE3 of all values of all rows, in the order of their keys.
    pub hash: BlobHash,
}

/// The figures of each table. The caller holds a transaction where all of them have to be of one moment.
pub(super) fn read(sql: &Connection) -> Result<BTreeMap<String, TableFigures>, StoreError> {
    let mut tables = BTreeMap::new();
    for name in names(sql)? {
        let figures = figures_of(sql, &name)?;
        tables.insert(name, figures);
    }
    Ok(tables)
}

/// The first table in which two databases differ.
pub(super) fn first_difference(
    expected: &BTreeMap<String, TableFigures>,
    found: &BTreeMap<String, TableFigures>,
) -> Option<String> {
    for (name, figures) in expected {
        let problem = match found.get(name) {
            None => "is missing".to_owned(),
            Some(other) if other.rows != figures.rows => {
                format!("has {} rows instead of {}", other.rows, figures.rows)
            }
            Some(other) if other.hash != figures.hash => "has other values".to_owned(),
            Some(_) => continue,
        };
        return Some(format!("its table `{name}` {problem}"));
    }
    let unknown = found.keys().find(|name| !expected.contains_key(*name))?;
    Some(format!("it has a table `{unknown}` that was not there"))
}

/// Those of ours, and the one in which SQLite remembers which numbers it gave out.
fn names(sql: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = sql.prepare(
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND (name = 'sqlite_sequence' OR substr(name, 1, 7) <> 'sqlite_') ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn figures_of(sql: &Connection, table: &str) -> Result<TableFigures, StoreError> {
    let quoted = table.replace('"', "\"\"");
    // Without an index the rows come in the order of the table itself, which a copy keeps.
    let mut statement = sql.prepare(&format!("SELECT * FROM \"{quoted}\" NOT INDEXED"))?;
    let columns = statement.column_count();
    let (mut hasher, mut count) = (blake3::Hasher::new(), 0);
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            add(&mut hasher, row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(TableFigures {
        rows: count,
        hash: BlobHash(*hasher.finalize().as_bytes()),
    })
}

/// Kind and length go in too, so that no two different rows are the same bytes.
fn add(hasher: &mut blake3::Hasher, value: ValueRef<'_>) {
    let (kind, bytes): (u8, &[u8]) = match value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(number) => {
            hasher.update(&[1]).update(&number.to_le_bytes());
            return;
        }
        ValueRef::Real(number) => {
            hasher.update(&[2]).update(&number.to_bits().to_le_bytes());
            return;
        }
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    hasher
        .update(&[kind])
        .update(&(bytes.len() as u64).to_le_bytes())
        .update(bytes);
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn database(statements: &str) -> Connection {
        let sql = Connection::open_in_memory().unwrap();
        sql.execute_batch(statements).unwrap();
        sql
    }

    const TWO_ROWS: &str = "CREATE TABLE page (id INTEGER PRIMARY KEY, title, body);
         INSERT INTO page VALUES (1, 'ab', 'c'), (2, NULL, x'01');";

    #[test]
    fn equal_databases_have_equal_figures_whatever_their_indexes() {
        let indexed = format!("{TWO_ROWS} CREATE INDEX every_column ON page (title DESC, body, id);");
        let (one, other) = (database(TWO_ROWS), database(&indexed));
        let (one, other) = (read(&one).unwrap(), read(&other).unwrap());
        assert_eq!(one["page"].rows, 2);
        assert_eq!(first_difference(&one, &other), None);
    }

    #[rstest]
    #[case::a_row_less("DELETE FROM page WHERE id = 2", "its table `page` has 1 rows instead of 2")]
    #[case::moved_between_columns(
        "UPDATE page SET title = 'a', body = 'bc' WHERE id = 1",
        "its table `page` has other values"
    )]
    #[case::another_kind(
        "UPDATE page SET body = CAST(body AS TEXT)",
        "its table `page` has other values"
    )]
    #[case::null_is_not_empty(
        "UPDATE page SET title = '' WHERE id = 2",
        "its table `page` has other values"
    )]
    #[case::gone("DROP TABLE page", "its table `page` is missing")]
    #[case::more("CREATE TABLE more (id)", "it has a table `more` that was not there")]
    fn a_difference_is_named(#[case] change: &str, #[case] said: &str) {
        let sql = database(TWO_ROWS);
        let before = read(&sql).unwrap();
        sql.execute_batch(change).unwrap();
        assert_eq!(first_difference(&before, &read(&sql).unwrap()).unwrap(), said);
    }

    #[test]
    fn which_numbers_were_given_out_belongs_to_it() {
        let sql = database(
            "CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO item VALUES (7);",
        );
        let before = read(&sql).unwrap();
        sql.execute_batch("UPDATE sqlite_sequence SET seq = 9").unwrap();
        let said = first_difference(&before, &read(&sql).unwrap()).unwrap();
        assert_eq!(said, "its table `sqlite_sequence` has other values");
    }
}
