//! Puts rows back from a vault, as they were, with the same keys. Nothing is ever overwritten: what stands in the way is
//! told.

use std::path::Path;

use rusqlite::{ErrorCode, OptionalExtension, params};

use super::error::CleaningError;
use super::follow::Removal;
use super::hold::Held;
use super::statements::list;
use super::vault::{OpenVault, json, of_json};
use crate::maintenance::quote::quoted;
use crate::maintenance::{Key, Value};

/// What putting back came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Undone {
    /// Rows that are back.
    pub rows: u64,
    /// Rows that were back before.
    pub back_before: u64,
    /// Rows that refer again to what they referred to.
    pub references: u64,
    /// What stands in the way.
    pub conflicts: Vec<Conflict>,
}

/// A row that could not be put back.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Conflict {
    /// Its number in the vault.
    pub id: i64,
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Key,
    /// Why, and what can be done.
    pub why: String,
}

/// A row on its way back.
struct Returning {
    id: i64,
    place: i64,
    table: String,
    key: Key,
    row_hash: [u8; 32],
}

/// Rows that come back in one transaction.
const BATCH: usize = 500;

impl Held {
    /// Puts rows back, all or those with these numbers and what went with them. It is safe to repeat it.
    pub fn undo(
        &self,
        removal: &Removal,
        vault: &Path,
        run: &str,
        only: Option<&[i64]>,
        watch: &mut dyn FnMut(u64),
    ) -> Result<Undone, CleaningError> {
        let vault = self.open_vault(vault, run)?;
        let mut undone = Undone::default();
        let mut after = 0;
        loop {
            let batch = returning(&vault, after, only).map_err(|error| vault.failed(&error))?;
            let Some(last) = batch.last() else {
                break;
            };
            after = last.id;
            let (back, back_before) = self.put_back(removal, &vault, &batch, &mut undone)?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("cleaning::undo_committed", |_| std::process::abort());
            mark_back(&vault, &back).map_err(|error| vault.failed(&error))?;
            undone.rows += back.len() as u64 - back_before;
            undone.back_before += back_before;
            watch(undone.rows);
        }
        point_again(removal, &vault, &mut undone)?;
        Ok(undone)
    }

    /// Answers the numbers of those that are back, and how many of them were before.
    fn put_back(
        &self,
        removal: &Removal,
        vault: &OpenVault<'_>,
        batch: &[Returning],
        undone: &mut Undone,
    ) -> Result<(Vec<i64>, u64), CleaningError> {
        let (mut back, mut back_before) = (Vec::new(), 0);
        let transaction = self
            .sql()
            .unchecked_transaction()
            .map_err(|error| self.failed(&error))?;
        for row in batch {
            let put = put_row(removal, vault, row).map_err(|error| self.failed(&error))?;
            match put {
                Put::Back => back.push(row.id),
                Put::WasThere => {
                    back.push(row.id);
                    back_before += 1;
                }
                Put::InTheWay(why) => undone.conflicts.push(Conflict {
                    id: row.id,
                    table: row.table.clone(),
                    key: row.key.clone(),
                    why,
                }),
            }
        }
        transaction.commit().map_err(|error| self.failed(&error))?;
        Ok((back, back_before))
    }
}

fn put_row(removal: &Removal, vault: &OpenVault<'_>, row: &Returning) -> rusqlite::Result<Put> {
    let sql = vault.sql();
    let Some(rows) = removal.rows.get(&row.table) else {
        return put_words(vault, row);
    };
    match rows.hash(sql, &row.key)? {
        Some(found) if found == row.row_hash => return Ok(Put::WasThere),
        Some(_) => {
            return Ok(Put::InTheWay(
                "another row has its key now: remove or renumber that one, or leave this one in the vault"
                    .to_owned(),
            ));
        }
        None => {}
    }
    let known: String = sql
        .prepare_cached("SELECT columns FROM vault.touched WHERE place = ?1")?
        .query_row([row.place], |found| found.get(0))?;
    let columns: Vec<String> = of_json(&known)?;
    if let Some(gone) = columns.iter().find(|column| !rows.columns.contains(column)) {
        return Ok(Put::InTheWay(format!(
            "the table has no column `{gone}` any more"
        )));
    }
    let held: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
    // A rowid that is no column has to be given besides.
    let rowid = match (&row.key, rows.rowid_name()) {
        (Key::Rowid(rowid), Some(name)) => Some((name, *rowid)),
        _ => None,
    };
    let (names, values) = match &rowid {
        Some((name, rowid)) => (
            format!("{name}, {}", list(&columns)),
            format!("{rowid}, {}", held.join(", ")),
        ),
        None => (list(&columns), held.join(", ")),
    };
    let inserted = sql.execute(
        &format!(
            "INSERT INTO main.{} ({names}) SELECT {values} FROM vault.held_{} WHERE id = ?1",
            quoted(&row.table),
            row.place
        ),
        [row.id],
    );
    match inserted {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Ok(Put::InTheWay(format!(
                "{error}: another row has what has to be unique; change that one, or leave this one in the vault"
            )));
        }
        other => other?,
    };
    if let Key::Rowid(rowid) = row.key {
        for words in removal.words.get(&row.table).into_iter().flatten() {
            words.learn(sql, &row.table, rowid)?;
        }
    }
    Ok(Put::Back)
}

/// A row of a full-text index that keeps its texts itself.
fn put_words(vault: &OpenVault<'_>, row: &Returning) -> rusqlite::Result<Put> {
    let sql = vault.sql();
    let exists: bool = sql.query_row(
        "SELECT count(*) > 0 FROM main.sqlite_schema WHERE name = ?1",
        [&row.table],
        |found| found.get(0),
    )?;
    let Key::Rowid(rowid) = row.key else {
        return Ok(Put::InTheWay("it has no rowid".to_owned()));
    };
    if !exists {
        return Ok(Put::InTheWay(format!(
            "there is no table `{}` any more",
            row.table
        )));
    }
    let table = quoted(&row.table);
    let is_there: bool = sql.query_row(
        &format!("SELECT count(*) > 0 FROM main.{table} WHERE rowid = ?1"),
        [rowid],
        |found| found.get(0),
    )?;
    if is_there {
        return Ok(Put::WasThere);
    }
    let known: String = sql.query_row(
        "SELECT columns FROM vault.touched WHERE place = ?1",
        [row.place],
        |found| found.get(0),
    )?;
    let columns: Vec<String> = of_json(&known)?;
    let held: Vec<String> = (0..columns.len()).map(|at| format!("c{at}")).collect();
    sql.execute(
        &format!(
            "INSERT INTO main.{table} (rowid, {}) SELECT {rowid}, {} FROM vault.held_{} WHERE id = ?1",
            list(&columns),
            held.join(", "),
            row.place
        ),
        [row.id],
    )?;
    Ok(Put::Back)
}

/// Rows that point nowhere since the run, and were not changed meanwhile, refer again to rows that are back.
fn point_again(removal: &Removal, vault: &OpenVault<'_>, undone: &mut Undone) -> Result<(), CleaningError> {
    let mut work = || -> rusqlite::Result<()> {
        let sql = vault.sql();
        let transaction = sql.unchecked_transaction()?;
        let found: Vec<Reference> = {
            let mut select = sql.prepare(
                "SELECT nulled.id, name, key, nulled.columns, before, hash_after FROM vault.nulled AS nulled \
                 JOIN vault.touched USING (place) WHERE nulled.is_back = 0 \
                 AND (owner IS NULL OR EXISTS (SELECT 1 FROM vault.gone WHERE gone.id = nulled.owner AND gone.is_back)) \
                 ORDER BY nulled.id DESC",
            )?;
            let rows = select.query_map([], |row| {
                Ok(Reference {
                    id: row.get(0)?,
                    table: row.get(1)?,
                    key: of_json(&row.get::<_, String>(2)?)?,
                    columns: of_json(&row.get::<_, String>(3)?)?,
                    before: of_json(&row.get::<_, String>(4)?)?,
                    hash_after: row.get(5)?,
                })
            })?;
            rows.collect::<rusqlite::Result<_>>()?
        };
        for reference in found {
            let Some(rows) = removal.rows.get(&reference.table) else {
                continue;
            };
            if rows.hash(sql, &reference.key)? == Some(reference.hash_after) {
                rows.set(sql, &reference.key, &reference.columns, Some(&reference.before))?;
                sql.execute(
                    "UPDATE vault.nulled SET is_back = 1 WHERE id = ?1",
                    [reference.id],
                )?;
                undone.references += 1;
            } else {
                undone.conflicts.push(Conflict {
                    id: reference.id,
                    table: reference.table,
                    key: reference.key,
                    why: "it was changed since it points nowhere: set its reference by hand".to_owned(),
                });
            }
        }
        transaction.commit()
    };
    work().map_err(|error| vault.failed(&error))
}

struct Reference {
    id: i64,
    table: String,
    key: Key,
    columns: Vec<String>,
    before: Vec<Value>,
    hash_after: [u8; 32],
}

enum Put {
    Back,
    WasThere,
    InTheWay(String),
}

/// Rows behind a number that are not back. Owners have smaller numbers than what went with them.
fn returning(vault: &OpenVault<'_>, after: i64, only: Option<&[i64]>) -> rusqlite::Result<Vec<Returning>> {
    let wanted: Option<String> = only.map(json).transpose()?;
    let mut select = vault.sql().prepare_cached(
        "SELECT gone.id, place, name, key, row_hash FROM vault.gone AS gone JOIN vault.touched USING (place) \
         WHERE gone.id > ?1 AND is_back = 0 \
         AND (?2 IS NULL OR coalesce(owner, gone.id) IN (SELECT value FROM json_each(?2)) \
              OR gone.id IN (SELECT value FROM json_each(?2))) \
         ORDER BY gone.id LIMIT ?3",
    )?;
    let rows = select.query_map(params![after, wanted, BATCH], |row| {
        Ok(Returning {
            id: row.get(0)?,
            place: row.get(1)?,
            table: row.get(2)?,
            key: of_json(&row.get::<_, String>(3)?)?,
            row_hash: row.get(4)?,
        })
    })?;
    rows.collect()
}

fn mark_back(vault: &OpenVault<'_>, ids: &[i64]) -> rusqlite::Result<()> {
    let transaction = vault.sql().unchecked_transaction()?;
    for id in ids {
        transaction.execute("UPDATE vault.gone SET is_back = 1 WHERE id = ?1", [id])?;
    }
    transaction.commit()
}

impl Held {
    /// The number in the vault of the row with this key.
    pub fn vaulted(
        &self,
        vault: &Path,
        run: &str,
        table: &str,
        key: &Key,
    ) -> Result<Option<i64>, CleaningError> {
        let vault = self.open_vault(vault, run)?;
        let find = || -> rusqlite::Result<Option<i64>> {
            vault
                .sql()
                .query_row(
                    "SELECT gone.id FROM vault.gone AS gone JOIN vault.touched USING (place) WHERE name = ?1 AND key = ?2",
                    params![table, json(key)?],
                    |row| row.get(0),
                )
                .optional()
        };
        find().map_err(|error| vault.failed(&error))
    }
}
