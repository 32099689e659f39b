//! Full-text indexes over a table that loses or gets back rows. The triggers that may keep them in step do not run while
//! a file is held, so it is done here, in the same transaction.

use rusqlite::{Connection, ErrorCode, params};

use super::error::CleaningError;
use super::hold::Held;
use crate::maintenance::quote::quoted;
use crate::maintenance::{FtsContent, Table, TableKind};

/// A full-text index over a table.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) name: String,
    is_fts5: bool,
    kind: Kind,
    /// Its columns.
    columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// It reads texts in the table, whose rows it knows by this column.
    External { rowid_column: String },
    /// It keeps the texts itself, under the same rowid.
    Own,
    /// It keeps no texts.
    Contentless,
}

/// The indexes over `table`: those that declare it, and those that its triggers keep in step.
pub(super) fn words_of(table: &Table, tables: &[Table]) -> Vec<Words> {
    let mentioned = |name: &str| table.triggers.iter().any(|trigger| mentions(&trigger.sql, name));
    tables
        .iter()
        .filter_map(|index| {
            let TableKind::Virtual { module, content } = &index.kind else {
                return None;
            };
            let kind = match content.as_ref()? {
                FtsContent::External {
                    table: of,
                    rowid_column,
                } if of.eq_ignore_ascii_case(&table.name) => Kind::External {
                    rowid_column: rowid_column.clone().unwrap_or_else(|| "rowid".to_owned()),
                },
                FtsContent::Own if mentioned(&index.name) => Kind::Own,
                FtsContent::Contentless if mentioned(&index.name) => Kind::Contentless,
                _ => return None,
            };
            let columns = index.columns.iter().filter(|column| !column.hidden);
            Some(Words {
                name: index.name.clone(),
                is_fts5: module == "fts5",
                kind,
                columns: columns.map(|column| column.name.clone()).collect(),
            })
        })
        .collect()
}

/// Whether a statement names something, as a whole word.
fn mentions(sql: &str, name: &str) -> bool {
    let (sql, name) = (sql.to_lowercase(), name.to_lowercase());
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    sql.match_indices(&name)
        .any(|(at, _)| !sql[..at].ends_with(is_word) && !sql[at + name.len()..].starts_with(is_word))
}

impl Words {
    /// Whether it keeps texts that nothing else keeps for it.
    pub(super) fn keeps_texts(&self) -> bool {
        self.kind == Kind::Own
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Takes the words of a row out, before the row goes. An index that was out of step already is made anew.
    pub(super) fn forget(&self, sql: &Connection, table: &str, rowid: i64) -> rusqlite::Result<()> {
        let name = quoted(&self.name);
        let done = match &self.kind {
            Kind::Own => sql
                .prepare_cached(&format!("DELETE FROM main.{name} WHERE rowid = ?1"))?
                .execute([rowid]),
            Kind::External { .. } | Kind::Contentless if !self.is_fts5 => sql
                .prepare_cached(&format!("DELETE FROM main.{name} WHERE docid = ?1"))?
                .execute([rowid]),
            Kind::External { .. } | Kind::Contentless => {
                let (rowid_column, columns) = (self.rowid_column(), self.list());
                sql.prepare_cached(&format!(
                    "INSERT INTO main.{name} ({name}, rowid, {columns}) \
                     SELECT 'delete', {rowid_column}, {columns} FROM main.{} WHERE {rowid_column} = ?1",
                    quoted(table)
                ))?
                .execute([rowid])
            }
        };
        match done {
            Err(error) if is_out_of_step(&error) => self.make_anew(sql),
            other => other.map(drop),
        }
    }

    /// Puts the words of a row in, after the row has come back. Of an index that keeps texts itself, the row is put back
    /// from the vault.
    pub(super) fn learn(&self, sql: &Connection, table: &str, rowid: i64) -> rusqlite::Result<()> {
        if self.keeps_texts() {
            return Ok(());
        }
        let (name, columns) = (quoted(&self.name), self.list());
        let own = if self.is_fts5 { "rowid" } else { "docid" };
        let rowid_column = self.rowid_column();
        sql.prepare_cached(&format!(
            "INSERT INTO main.{name} ({own}, {columns}) SELECT {rowid_column}, {columns} FROM main.{} \
             WHERE {rowid_column} = ?1",
            quoted(table)
        ))?
        .execute(params![rowid])
        .map(drop)
    }

    fn make_anew(&self, sql: &Connection) -> rusqlite::Result<()> {
        if !matches!(self.kind, Kind::External { .. }) {
            return Ok(());
        }
        let name = quoted(&self.name);
        sql.execute(
            &format!("INSERT INTO main.{name} ({name}) VALUES ('rebuild')"),
            [],
        )
        .map(drop)
    }

    fn rowid_column(&self) -> String {
        match &self.kind {
            Kind::External { rowid_column } => quoted(rowid_column),
            Kind::Own | Kind::Contentless => "rowid".to_owned(),
        }
    }

    fn list(&self) -> String {
        super::statements::list(&self.columns)
    }
}

/// The index does not hold what the table says it should.
fn is_out_of_step(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt)
}

/// Merges what full-text indexes have written bit by bit. One that cannot be merged stays as it is.
pub(super) fn optimize(held: &Held, tables: &[Table]) -> Result<(), CleaningError> {
    for table in tables {
        let TableKind::Virtual { module, .. } = &table.kind else {
            continue;
        };
        if !["fts5", "fts4", "fts3"].contains(&module.as_str()) {
            continue;
        }
        let name = quoted(&table.name);
        let done = held.sql().execute(
            &format!("INSERT INTO main.{name} ({name}) VALUES ('optimize')"),
            [],
        );
        match done {
            Err(error) if is_out_of_step(&error) => {}
            other => drop(other.map_err(|error| held.failed(&error))?),
        }
    }
    Ok(())
}
