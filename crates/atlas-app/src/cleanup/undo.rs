//! Takes a run back: all of it, or some rows.

use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_store::maintenance::cleaning::{Conflict, Held, Holding, Removal, TableHashes};
use atlas_store::maintenance::{Key, Looking, Value};
use serde::Serialize;

use super::Watch;
use super::error::CleanupError;
use super::run::{Run, Stage};

/// A row that somebody wants back.
#[derive(Debug, Clone, PartialEq)]
pub enum Selected {
    /// By its number in the vault.
    Vaulted(i64),
    /// By where it was.
    Row {
        /// Its table.
        table: String,
        /// Its key.
        key: Key,
    },
}

/// What taking a run back came to.
#[derive(Debug, Clone, Serialize)]
pub struct UndoReport {
    /// The run.
    pub run: String,
    /// The file.
    pub file: PathBuf,
    /// Rows that are back, those that went with others included.
    pub restored: u64,
    /// Rows that refer again to what they referred to.
    pub references: u64,
    /// What stands in the way; nothing was overwritten.
    pub conflicts: Vec<Conflict>,
    /// Whether every row of the file is what it was before the run.
    pub is_as_before: bool,
}

impl std::str::FromStr for Selected {
    type Err = String;

    /// A number in the vault, or `TABLE:KEY`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Vaulted(id));
        }
        let (table, key) = text
            .rsplit_once(':')
            .ok_or("say the number of a row in the vault, or TABLE:KEY")?;
        let key = match key.parse() {
            Ok(rowid) => Key::Rowid(rowid),
            Err(_) => Key::Primary(vec![Value::Text(key.as_bytes().to_vec())]),
        };
        Ok(Self::Row {
            table: table.to_owned(),
            key,
        })
    }
}

/// Puts rows back from the vault of a run; `file` if the database was moved since.
pub fn undo(
    run: &Run,
    selected: &[Selected],
    file: Option<&Path>,
    watch: &mut Watch<'_>,
) -> Result<UndoReport, CleanupError> {
    let plan = run.plan()?;
    let _lock = run.lock()?;
    let state = run.state()?;
    if !run.vault_file().exists() {
        return Err(run.wrong("nothing was taken out by it, so there is nothing to put back"));
    }
    let path = file.unwrap_or(&plan.file);
    let holding = Holding {
        // A run that did not end has left the file journalled its own way.
        remembered: state.remembered.filter(|_| state.stage == Stage::Begun),
        recovers: true,
        lock_wait: Duration::from_secs(2),
    };
    let held = Held::take(path, &holding, Looking::default())?;
    let mut work = || -> Result<UndoReport, CleanupError> {
        let tables = held.look().tables()?;
        let removal = Removal::of(&held, &tables, &plan.references)?;
        let (vault, name) = (run.vault_file(), run.name());
        let only = selected
            .iter()
            .map(|selected| match selected {
                Selected::Vaulted(id) => Ok(*id),
                Selected::Row { table, key } => held
                    .vaulted(&vault, &name, table, key)?
                    .ok_or_else(|| run.wrong(format!("no row {key:?} of `{table}` lies in its vault"))),
            })
            .collect::<Result<Vec<i64>, CleanupError>>()?;
        let only = (!only.is_empty()).then_some(only.as_slice());
        let undone = held.undo(&removal, &vault, &name, only, &mut |rows| {
            watch("putting rows back", rows, rows);
        })?;
        let now = TableHashes::of(held.look(), &tables, &mut |_| {})?;
        Ok(UndoReport {
            run: name,
            file: path.to_owned(),
            restored: undone.rows + undone.back_before,
            references: undone.references,
            conflicts: undone.conflicts,
            is_as_before: state
                .before
                .as_ref()
                .is_some_and(|before| before.difference(&now).is_none()),
        })
    };
    let done = work();
    match (done, held.let_go()) {
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        (Ok(report), Ok(())) => Ok(report),
    }
}
