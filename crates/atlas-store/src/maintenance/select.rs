//! The statements that read the rows of a table in the order of their keys, and find one again. They never sort: each
//! follows the tree in which the table lies.

use rusqlite::Row;

use super::error::LookError;
use super::quote::{itself, quoted};
use super::snapshot::Snapshot;
use super::table::Table;
use super::value::{Key, Value};

/// So many conditions stand in one bracket: SQLite allows no deeper nesting than a thousand.
const CONDITIONS_PER_BRACKET: usize = 100;

/// What is read of each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The value, unless it is longer than so many bytes.
    Values { longest_bytes: u64 },
    /// What it takes: nothing for NULL, bytes for text and blob, the negative of it for a number (-9 for none at all).
    Sizes,
}

/// How rows of a table are read.
#[derive(Debug, Clone)]
pub(super) struct Select {
    /// The table and its columns as they are called.
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// Whether a long value can be read in pieces.
    pub(super) can_be_read_in_pieces: bool,
    pub(super) key: KeyColumns,
    /// From the beginning, and behind a key.
    first: String,
    next: String,
}

/// What orders the rows.
#[derive(Debug, Clone)]
pub(super) enum KeyColumns {
    /// By this name the rowid can be had.
    Rowid(String),
    Primary(Vec<KeyColumn>),
}

#[derive(Debug, Clone)]
pub(super) struct KeyColumn {
    name: String,
    collation: String,
    is_descending: bool,
}

impl Select {
    /// Fails where there are no such rows.
    pub(super) fn of(
        snapshot: &Snapshot,
        table: &Table,
        columns: &[String],
        reading: Reading,
    ) -> Result<Self, LookError> {
        if !table.has_stored_rows() {
            let what = format!(
                "`{}` has no rows of its own: it is a view or a virtual table",
                table.name
            );
            return Err(snapshot.unfit(what));
        }
        let unknown = columns
            .iter()
            .find(|name| !table.columns.iter().any(|column| column.name == **name));
        if let Some(name) = unknown {
            return Err(snapshot.unfit(format!("the table `{}` has no column `{name}`", table.name)));
        }
        let key = key_columns(table).ok_or_else(|| {
            let what = "has columns that hide its rowid, and no other key: its rows cannot be told apart";
            snapshot.unfit(format!("the table `{}` {what}", table.name))
        })?;
        let (first, mut next) = statements(table, columns, reading, &key, &key.behind());
        if let Some(behind) = key.behind_at_once() {
            let (_, at_once) = statements(table, columns, reading, &key, &behind);
            if finds_its_place(snapshot, &at_once, key.len())? {
                next = at_once;
            }
        }
        Ok(Self {
            table: table.name.clone(),
            columns: columns.to_vec(),
            can_be_read_in_pieces: !table.without_rowid && !table.has_generated_columns(),
            key,
            first,
            next,
        })
    }

    /// The statement that reads behind `after`. Its answer has the key, whether all values are whole, and the values.
    pub(super) fn statement(&self, after: Option<&Key>) -> &str {
        if after.is_some() { &self.next } else { &self.first }
    }

    /// The statement that reads `what` of the row with one key.
    pub(super) fn one(&self, what: &str) -> String {
        let (table, condition) = (quoted(&self.table), self.key.equal());
        format!("SELECT {what} FROM main.{table} WHERE {condition}")
    }
}

impl KeyColumns {
    /// How many columns it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Rowid(_) => 1,
            Self::Primary(columns) => columns.len(),
        }
    }

    /// Whether rows are kept by their primary key.
    pub(super) fn is_primary(&self) -> bool {
        matches!(self, Self::Primary(_))
    }

    /// Its columns as a list; `prefix` names the table, with its point.
    pub(super) fn list(&self, prefix: &str) -> String {
        match self {
            Self::Rowid(name) => format!("{prefix}{name}"),
            Self::Primary(columns) => {
                let names = columns.iter().map(|column| format!("{prefix}{}", column.name));
                names.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The key of a row that begins with it.
    pub(super) fn read(&self, row: &Row<'_>) -> rusqlite::Result<Key> {
        Ok(match self {
            Self::Rowid(_) => Key::Rowid(row.get(0)?),
            Self::Primary(columns) => {
                let values = (0..columns.len()).map(|at| Ok(Value::from(row.get_ref(at)?)));
                Key::Primary(values.collect::<rusqlite::Result<_>>()?)
            }
        })
    }

    pub(super) fn equal(&self) -> String {
        match self {
            Self::Rowid(name) => format!("{name} = ?1"),
            Self::Primary(columns) => {
                let equal = columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| format!("{} = ?{}", column.compared(), at + 1));
                equal.collect::<Vec<_>>().join(" AND ")
            }
        }
    }

    /// Rows that come later than the bound key.
    fn behind(&self) -> String {
        match self {
            Self::Rowid(name) => format!("{name} > ?1"),
            Self::Primary(columns) => behind_one_by_one(columns),
        }
    }

    /// The same as one comparison, where no column runs backwards. It is quicker where many rows share their first
    /// column, but right only if the columns compare as the key does.
    fn behind_at_once(&self) -> Option<String> {
        let Self::Primary(columns) = self else {
            return None;
        };
        if columns.len() < 2 || columns.iter().any(|column| column.is_descending) {
            return None;
        }
        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        let bound: Vec<_> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
        Some(format!("({}) > ({})", names.join(", "), bound.join(", ")))
    }

    fn order(&self) -> String {
        match self {
            Self::Rowid(name) => name.clone(),
            Self::Primary(columns) => {
                let ordered = columns.iter().map(|column| {
                    let direction = if column.is_descending { " DESC" } else { "" };
                    format!("{}{direction}", column.compared())
                });
                ordered.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

impl KeyColumn {
    fn compared(&self) -> String {
        format!("{} COLLATE {}", self.name, quoted(&self.collation))
    }
}

/// Column by column. The condition in front lets SQLite begin near the right place.
fn behind_one_by_one(columns: &[KeyColumn]) -> String {
    let mut condition = String::new();
    for (at, column) in columns.iter().enumerate().rev() {
        let (name, sign, bound) = (
            column.compared(),
            if column.is_descending { '<' } else { '>' },
            at + 1,
        );
        condition = if condition.is_empty() {
            format!("{name} {sign} ?{bound}")
        } else {
            format!("{name} {sign}= ?{bound} AND ({name} {sign} ?{bound} OR ({condition}))")
        };
    }
    condition
}

fn key_columns(table: &Table) -> Option<KeyColumns> {
    if table.without_rowid {
        let index = table.indexes.iter().find(|index| index.primary_key)?;
        let columns = index.columns.iter().map(|column| {
            Some(KeyColumn {
                name: quoted(column.name.as_deref()?),
                collation: column.collation.clone(),
                is_descending: column.descending,
            })
        });
        return columns.collect::<Option<_>>().map(KeyColumns::Primary);
    }
    let is_hidden = |name: &&str| {
        table
            .columns
            .iter()
            .any(|column| column.name.eq_ignore_ascii_case(name))
    };
    if let Some(free) = ["rowid", "_rowid_", "oid"].iter().find(|name| !is_hidden(name)) {
        return Some(KeyColumns::Rowid((*free).to_owned()));
    }
    let primary = table.primary_key();
    let column = table
        .columns
        .iter()
        .find(|column| primary == [column.name.as_str()])?;
    let is_rowid = column.declared_type.eq_ignore_ascii_case("integer")
        && !table.indexes.iter().any(|index| index.primary_key);
    is_rowid.then(|| KeyColumns::Rowid(quoted(&column.name)))
}

/// Whether SQLite begins at the whole key. It does so only with columns that compare as the key does.
fn finds_its_place(snapshot: &Snapshot, statement: &str, columns: usize) -> Result<bool, LookError> {
    let explained = snapshot
        .sql()
        .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
        .and_then(|mut explain| {
            // Nothing is bound: it is not carried out.
            let steps = explain.raw_query().mapped(|row| row.get("detail"));
            steps.collect::<rusqlite::Result<Vec<String>>>()
        });
    let steps = explained.map_err(|error| snapshot.failed(&error))?;
    let whole_key = format!(">({})", vec!["?"; columns].join(","));
    Ok(steps
        .iter()
        .any(|step| step.contains("USING PRIMARY KEY") && step.contains(&whole_key)))
}

fn statements(
    table: &Table,
    columns: &[String],
    reading: Reading,
    key: &KeyColumns,
    behind: &str,
) -> (String, String) {
    let quoted_columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let mut read = vec![key.list(""), is_whole(&quoted_columns, reading)];
    read.extend(quoted_columns.iter().map(|column| match reading {
        Reading::Values { longest_bytes } => {
            format!("CASE WHEN coalesce(octet_length({column}), 0) <= {longest_bytes} THEN {column} END")
        }
        Reading::Sizes => size(column),
    }));
    let from = format!("SELECT {} FROM {}", read.join(", "), itself(table));
    let order = key.order();
    (
        format!("{from} ORDER BY {order}"),
        format!("{from} WHERE {behind} ORDER BY {order}"),
    )
}

/// `octet_length` of a column does not read the value, so a long one costs nothing here.
fn is_whole(columns: &[String], reading: Reading) -> String {
    let Reading::Values { longest_bytes } = reading else {
        return "1".to_owned();
    };
    let brackets: Vec<String> = columns
        .chunks(CONDITIONS_PER_BRACKET)
        .map(|columns| {
            let conditions = columns
                .iter()
                .map(|column| format!("coalesce(octet_length({column}), 0) <= {longest_bytes}"));
            format!("({})", conditions.collect::<Vec<_>>().join(" AND "))
        })
        .collect();
    if brackets.is_empty() {
        "1".to_owned()
    } else {
        brackets.join(" AND ")
    }
}

fn size(column: &str) -> String {
    format!(
        "CASE typeof({column}) WHEN 'null' THEN NULL WHEN 'real' THEN -8 WHEN 'integer' THEN CASE \
         WHEN {column} IN (0, 1) THEN -9 WHEN {column} BETWEEN -128 AND 127 THEN -1 \
         WHEN {column} BETWEEN -32768 AND 32767 THEN -2 WHEN {column} BETWEEN -8388608 AND 8388607 THEN -3 \
         WHEN {column} BETWEEN -2147483648 AND 2147483647 THEN -4 \
         WHEN {column} BETWEEN -140737488355328 AND 140737488355327 THEN -6 ELSE -8 END \
         ELSE octet_length({column}) END"
    )
}

#[cfg(test)]
mod tests;
