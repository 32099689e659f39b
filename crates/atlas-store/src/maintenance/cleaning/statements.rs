//! Reads and deletes single rows of a foreign table by their keys.

use rusqlite::Connection;
use rusqlite::types::Null;

use super::error::CleaningError;
use super::hold::Held;
use crate::maintenance::quote::quoted;
use crate::maintenance::rows::bind;
use crate::maintenance::select::{KeyColumns, Reading, Select};
use crate::maintenance::{Key, Table, Value, row_hash};

/// A table whose rows are found by their keys.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) name: String,
    /// Stored columns, as they are called.
    pub(super) columns: Vec<String>,
    select: Select,
    /// The rowid is one of the columns.
    has_rowid_column: bool,
}

impl Rows {
    /// Fails where rows cannot be told apart.
    pub(super) fn of(held: &Held, table: &Table) -> Result<Self, CleaningError> {
        let columns = table.stored_columns();
        let reading = Reading::Values {
            longest_bytes: u64::MAX / 2,
        };
        let select = Select::of(held.look(), table, &columns, reading)?;
        Ok(Self {
            name: table.name.clone(),
            columns,
            select,
            has_rowid_column: has_rowid_column(table),
        })
    }

    /// The hash of the row with this key, as [`row_hash`]; `None` if there is none.
    pub(super) fn hash(&self, sql: &Connection, key: &Key) -> rusqlite::Result<Option<[u8; 32]>> {
        let values = self.values(sql, key, &self.columns)?;
        Ok(values.map(|values| row_hash(&values)))
    }

    /// Some values of the row with this key.
    pub(super) fn values(
        &self,
        sql: &Connection,
        key: &Key,
        columns: &[String],
    ) -> rusqlite::Result<Option<Vec<Value>>> {
        let mut statement = sql.prepare_cached(&self.select.one(&list(columns)))?;
        bind(&mut statement, Some(key))?;
        let mut rows = statement.raw_query();
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        (0..columns.len())
            .map(|at| row.get_ref(at).map(Value::from))
            .collect::<rusqlite::Result<_>>()
            .map(Some)
    }

    /// The keys of all rows in which `columns` have these values, from a copy of them where there is one. A NULL equals
    /// nothing.
    pub(super) fn keys_where(
        &self,
        sql: &Connection,
        columns: &[String],
        values: &[Value],
        copied: Option<&str>,
    ) -> rusqlite::Result<Vec<Key>> {
        if values.contains(&Value::Null) {
            return Ok(Vec::new());
        }
        let mut statement = sql.prepare_cached(&match copied {
            Some(copied) => {
                let equal: Vec<String> = (0..columns.len())
                    .map(|at| format!("c{at} = ?{}", at + 1))
                    .collect();
                format!("SELECT * FROM {copied} WHERE {}", equal.join(" AND "))
            }
            None => self.search(columns),
        })?;
        for (at, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(at + 1, value)?;
        }
        let (mut rows, mut keys) = (statement.raw_query(), Vec::new());
        while let Some(row) = rows.next()? {
            keys.push(self.select.key.read(row)?);
        }
        Ok(keys)
    }

    /// Whether rows are found by these columns only by a look at all.
    pub(super) fn is_scanned(&self, sql: &Connection, columns: &[String]) -> rusqlite::Result<bool> {
        let mut statement = sql.prepare(&format!("EXPLAIN QUERY PLAN {}", self.search(columns)))?;
        let mut steps = statement.query(rusqlite::params_from_iter(columns.iter().map(|_| Null)))?;
        while let Some(step) = steps.next()? {
            if step.get::<_, String>("detail")?.starts_with("SCAN") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Copies keys and some columns of all rows into a new table, with an index over the columns.
    pub(super) fn copy_references(
        &self,
        sql: &Connection,
        into: &str,
        number: usize,
        columns: &[String],
    ) -> rusqlite::Result<()> {
        let named: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{} AS c{at}", quoted(column)))
            .collect();
        let indexed: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
        sql.execute_batch(&format!(
            "DROP TABLE IF EXISTS {into}; CREATE TABLE {into} AS SELECT {}, {} FROM main.{}; \
             CREATE INDEX temp.\"by reference {number}\" ON {} ({});",
            self.select.key.list(""),
            named.join(", "),
            quoted(&self.name),
            into.trim_start_matches("temp."),
            indexed.join(", ")
        ))
    }

    fn search(&self, columns: &[String]) -> String {
        let equal: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{} = ?{}", quoted(column), at + 1))
            .collect();
        format!(
            "SELECT {} FROM main.{} WHERE {}",
            self.select.key.list(""),
            quoted(&self.name),
            equal.join(" AND ")
        )
    }

    /// Deletes the row with this key. Answers whether there was one.
    pub(super) fn delete(&self, sql: &Connection, key: &Key) -> rusqlite::Result<bool> {
        let table = quoted(&self.name);
        let mut statement = sql.prepare_cached(&format!(
            "DELETE FROM main.{table} WHERE {}",
            self.select.key.equal()
        ))?;
        bind(&mut statement, Some(key))?;
        statement.raw_execute().map(|rows| rows > 0)
    }

    /// Sets columns of the row with this key.
    pub(super) fn set(
        &self,
        sql: &Connection,
        key: &Key,
        columns: &[String],
        values: Option<&[Value]>,
    ) -> rusqlite::Result<()> {
        let first = key_len(key) + 1;
        let set: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| format!("{} = ?{}", quoted(column), first + at))
            .collect();
        let mut statement = sql.prepare_cached(&format!(
            "UPDATE main.{} SET {} WHERE {}",
            quoted(&self.name),
            set.join(", "),
            self.select.key.equal()
        ))?;
        bind(&mut statement, Some(key))?;
        for at in 0..columns.len() {
            match values {
                Some(values) => statement.raw_bind_parameter(first + at, &values[at])?,
                None => statement.raw_bind_parameter(first + at, Null)?,
            }
        }
        statement.raw_execute().map(drop)
    }

    /// A statement that copies the row with the key at the first places into `into`, with what `more` selects in front.
    pub(super) fn copying<'c>(
        &self,
        sql: &'c Connection,
        into: &str,
        more: &str,
        key: &Key,
    ) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
        let what = format!("{more}, {}", list(&self.columns));
        let mut statement = sql.prepare_cached(&format!("INSERT INTO {into} {}", self.select.one(&what)))?;
        bind(&mut statement, Some(key))?;
        Ok(statement)
    }

    /// How the rowid is called, where it is no column and has to be given besides them.
    pub(super) fn rowid_name(&self) -> Option<&str> {
        match &self.select.key {
            KeyColumns::Rowid(name) if !self.has_rowid_column => Some(name),
            _ => None,
        }
    }
}

/// Only a primary key of the type INTEGER, which then has no index, is the rowid.
fn has_rowid_column(table: &Table) -> bool {
    let primary = table.primary_key();
    let [name] = primary.as_slice() else {
        return false;
    };
    let column = table.columns.iter().find(|column| column.name == *name);
    column.is_some_and(|column| column.declared_type.eq_ignore_ascii_case("INTEGER"))
        && !table.indexes.iter().any(|index| index.primary_key)
}

/// Columns as a list.
pub(super) fn list(columns: &[String]) -> String {
    columns
        .iter()
        .map(|column| quoted(column))
        .collect::<Vec<_>>()
        .join(", ")
}

fn key_len(key: &Key) -> usize {
    match key {
        Key::Rowid(_) => 1,
        Key::Primary(values) => values.len(),
    }
}
