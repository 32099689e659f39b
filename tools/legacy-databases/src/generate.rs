//! Makes one file: opens it, has it filled, sets its journal and says what came of it. Overwrites nothing.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use crate::error::GenerateError;
use crate::making::Making;
use crate::recipe::{Journal, Recipe, Shape};
use crate::strange;
use crate::truth::Truth;

/// Takes the truth about a row.
pub type Tell<'t> = &'t mut dyn FnMut(&Truth) -> Result<(), GenerateError>;

/// What came of a recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Rows by table, those of virtual tables not counted.
    pub rows: BTreeMap<String, u64>,
    /// Pages of the database, free ones included.
    pub pages: u64,
    /// Pages that hold nothing.
    pub free_pages: u64,
}

/// Makes the file, and hands over the truth about each row as it is written.
///
/// Nothing that exists is overwritten. After an error the file may exist, and is of no use.
pub fn generate(recipe: &Recipe, path: &Path, tell: Tell<'_>) -> Result<Summary, GenerateError> {
    if path.exists() {
        return Err(GenerateError::Exists(path.to_owned()));
    }
    let connection = open(recipe, path)?;
    let rows = match recipe.shape {
        Shape::Strange => strange::make(recipe, &connection, tell)?,
        _ => Making::new(recipe, &connection)?.run(tell)?,
    };
    let is_left_behind = recipe.journal == Journal::WalLeftBehind && recipe.shape != Shape::Strange;
    if recipe.journal != Journal::Delete && !is_left_behind {
        pragma(&connection, "PRAGMA journal_mode = WAL")?;
    }
    let summary = Summary {
        rows,
        pages: number(&connection, "PRAGMA page_count")?,
        free_pages: number(&connection, "PRAGMA freelist_count")?,
    };
    connection.close().map_err(|(_, error)| error)?;
    Ok(summary)
}

/// As [`generate`], with the truth in memory: for files of tests.
pub fn generate_with_truth(recipe: &Recipe, path: &Path) -> Result<(Summary, Vec<Truth>), GenerateError> {
    let mut truths = Vec::new();
    let summary = generate(recipe, path, &mut |truth| {
        truths.push(truth.clone());
        Ok(())
    })?;
    Ok((summary, truths))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool that makes foreign files: the store's pragmas and version check are not wanted here"
)]
fn open(recipe: &Recipe, path: &Path) -> Result<Connection, GenerateError> {
    let connection = Connection::open(path)?;
    // A file that is not finished is thrown away: it needs no journal, and no wait for the disk.
    for statement in [
        format!("PRAGMA page_size = {}", recipe.page_size),
        "PRAGMA journal_mode = OFF".to_owned(),
        "PRAGMA synchronous = OFF".to_owned(),
        // As in Python, where nobody switched them on: so there are orphans.
        "PRAGMA foreign_keys = OFF".to_owned(),
        "PRAGMA cache_size = -32000".to_owned(),
    ] {
        pragma(&connection, &statement)?;
    }
    Ok(connection)
}

/// Some answer with a row and some do not.
pub(crate) fn pragma(connection: &Connection, statement: &str) -> Result<(), GenerateError> {
    let mut statement = connection.prepare(statement)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// The number that a statement answers.
pub(crate) fn number(connection: &Connection, statement: &str) -> Result<u64, GenerateError> {
    let number: i64 = connection
        .prepare_cached(statement)?
        .query_row([], |row| row.get(0))?;
    Ok(number as u64)
}
