//! Reads a damaged file row by row: first which rows there are, then each by its key, so that a page that is gone costs
//! its own rows and no more. Nothing here fails: what cannot be read is put on record.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};
use serde::de::DeserializeOwned;

use super::Lost;
use crate::error::StoreError;

/// So many rows are read at most, and so many bytes of them.
const MOST_ROWS: usize = 50_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// No key of ours is longer.
const LONGEST_NAME_CHARS: usize = 500;

/// A table, by what every version of it is known to have.
pub(super) struct Table {
    /// Its name, and what one of its rows is called.
    pub(super) name: &'static str,
    pub(super) noun: &'static str,
    /// Its key.
    pub(super) key: &'static [&'static str],
    /// Where the JSON of a row is.
    pub(super) body: &'static str,
    /// What else is known of its rows: an index of those that are wanted most, and its condition in each version.
    pub(super) index: Option<(&'static str, &'static [&'static str])>,
    /// The version of the schema that brought it.
    pub(super) since: i64,
}

/// The key of a row, each part as text.
pub(super) type Key = Vec<String>;

/// A row that is known to be there.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) key: Key,
    /// Another way to it, where the table has one.
    number: Option<i64>,
}

impl Known {
    pub(super) const fn by(key: Key) -> Self {
        Self { key, number: None }
    }
}

/// Reads within bounds.
pub(super) struct Reading<'a> {
    sql: &'a Connection,
    version: Option<i64>,
    /// As far as the list of them can be read.
    tables: BTreeSet<String>,
    rows: usize,
    bytes: usize,
    /// Rows that are known, and cannot be read.
    pub(super) lost: Vec<Lost>,
    /// Tables of which nobody can say what else they held.
    pub(super) torn: BTreeSet<&'static str>,
    /// Why it ended before everything was looked at.
    pub(super) ended: Option<&'static str>,
}

impl<'a> Reading<'a> {
    pub(super) fn begin(sql: &'a Connection) -> Self {
        let version = sql.pragma_query_value(None, "user_version", |row| row.get(0));
        Self {
            sql,
            version: version.ok(),
            tables: tables(sql),
            rows: 0,
            bytes: 0,
            lost: Vec::new(),
            torn: BTreeSet::new(),
            ended: None,
        }
    }

    /// The rows of a table that meet a condition, in which `?1` is `of`. Where the table is damaged it is looked through
    /// from both ends, and by its index.
    pub(super) fn rows(&mut self, table: &Table, condition: &str, of: Option<&str>) -> Vec<Known> {
        let mut found = Found::default();
        let is_older = self.version.is_some_and(|version| version < table.since);
        if is_older && !self.tables.contains(table.name) {
            return found.rows;
        }
        let name = table.name;
        let columns = table.key.join(", ");
        let backwards = format!("{} DESC", table.key.join(" DESC, "));
        // Nothing is sorted: what comes before the damage would be lost with what comes after it.
        let numbered =
            format!("SELECT {columns}, rowid FROM {name} NOT INDEXED WHERE {condition} ORDER BY rowid");
        let by_key = format!("SELECT {columns}, NULL FROM {name} WHERE {condition} ORDER BY");
        let has_numbers = self.sql.prepare(&numbered).is_ok();
        let (first, second) = if has_numbers {
            (numbered.clone(), format!("{numbered} DESC"))
        } else {
            (format!("{by_key} {columns}"), format!("{by_key} {backwards}"))
        };
        if self.scan(&first, table, of, &mut found) {
            return found.rows;
        }
        self.torn.insert(table.noun);
        self.scan(&second, table, of, &mut found);
        if let Some((index, conditions)) = table.index {
            for condition in conditions {
                let query =
                    format!("SELECT {columns}, NULL FROM {name} INDEXED BY {index} WHERE {condition}");
                self.scan(&query, table, None, &mut found);
                self.scan(&format!("{query} ORDER BY {backwards}"), table, None, &mut found);
            }
        }
        found.rows
    }

    /// What a row holds as JSON; put on record if it cannot be read. `key_of` is what it says of itself.
    pub(super) fn body<T: DeserializeOwned>(
        &mut self,
        table: &Table,
        row: &Known,
        key_of: impl FnOnce(&T) -> Key,
    ) -> Option<T> {
        let text: String = self.row(table, row, table.body, |row| row.get(0))?;
        self.bytes += text.len();
        let read = match serde_json::from_str::<T>(&text) {
            Ok(read) if key_of(&read) == row.key => return Some(read),
            Ok(_) => "it is another's".to_owned(),
            Err(error) => error.to_string(),
        };
        self.lose(table, &row.key, read);
        None
    }

    /// Columns of a row; put on record if they cannot be read.
    pub(super) fn row<T>(
        &mut self,
        table: &Table,
        row: &Known,
        columns: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Option<T> {
        if !self.may_go_on() {
            self.lose(table, &row.key, "not looked at any more".to_owned());
            return None;
        }
        self.rows += 1;
        let query = format!("SELECT {columns} FROM {} WHERE", table.name);
        let places: Vec<String> = (1..)
            .zip(table.key)
            .map(|(n, name)| format!("{name} = ?{n}"))
            .collect();
        let by_key = self
            .sql
            .prepare_cached(&format!("{query} {}", places.join(" AND ")))
            .and_then(|mut statement| statement.query_row(params_from_iter(&row.key), &read));
        let found = by_key.or_else(|error| {
            let number = row.number.ok_or(error)?;
            let mut statement = self.sql.prepare_cached(&format!("{query} rowid = ?1"))?;
            statement.query_row([number], &read)
        });
        found
            .inspect_err(|error| {
                self.note_interruption(error);
                self.lose(table, &row.key, error.to_string());
            })
            .ok()
    }

    fn may_go_on(&mut self) -> bool {
        if self.ended.is_none() && (self.rows >= MOST_ROWS || self.bytes >= MOST_BYTES) {
            self.ended = Some("there is too much of it");
        }
        self.ended.is_none()
    }

    fn lose(&mut self, table: &Table, key: &Key, why: String) {
        self.lost.push(Lost {
            noun: table.noun,
            name: key.join(" "),
            why,
        });
    }

    /// Whether it came to the end of what it was asked for.
    fn scan(&mut self, query: &str, table: &Table, of: Option<&str>, found: &mut Found) -> bool {
        let scanned = self.sql.prepare(query).and_then(|mut statement| {
            let mut rows = statement.query(params_from_iter(of))?;
            while found.rows.len() < MOST_ROWS {
                let Some(row) = rows.next()? else {
                    return Ok(true);
                };
                let parts = (0..table.key.len()).map(|place| row.get_ref(place).map(shown));
                found.add(Known {
                    key: parts.collect::<Result<_, _>>()?,
                    number: row.get(table.key.len())?,
                });
            }
            Ok(false)
        });
        scanned.unwrap_or_else(|error| {
            self.note_interruption(&error);
            false
        })
    }

    fn note_interruption(&mut self, error: &rusqlite::Error) {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
            self.ended.get_or_insert("it took too long");
        }
    }
}

/// Rows in the order in which they were found, each once.
#[derive(Default)]
struct Found {
    rows: Vec<Known>,
    seen: BTreeSet<Key>,
}

impl Found {
    fn add(&mut self, row: Known) {
        if self.seen.insert(row.key.clone()) {
            self.rows.push(row);
        }
    }
}

fn tables(sql: &Connection) -> BTreeSet<String> {
    let names = sql
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect());
    names.unwrap_or_default()
}

/// As it is, if it is text or a number. Whatever else it is names no row.
fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let mut name: String = text.chars().take(LONGEST_NAME_CHARS).collect();
            if name.len() < text.len() {
                name.push('…');
            }
            name
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => String::from("?"),
    }
}

/// Why a wreck could not be opened at all, for people.
pub(super) fn why_closed(error: &StoreError) -> String {
    format!("nothing of it could be read: {error}")
}
