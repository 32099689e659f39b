//! The vault: a file of ours in which every row lies that a run took out of a foreign file, whole, with its key, its hash
//! and why. It is attached to the connection that holds the foreign file, so that values come over as they are: text
//! that is no valid text, numbers with their kind, blobs of any size.

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::error::CleaningError;
use super::hold::Held;
use super::statements::{Rows, list};
use super::words::Words;
use crate::maintenance::quote::quoted;
use crate::maintenance::{Key, Value, row_hash};

/// Marks the file as a vault.
pub(super) const APPLICATION_ID: i64 = 0x4174_5661;
pub(super) const FORMAT: i64 = 1;

const SCHEMA: &str = "
    CREATE TABLE vault.note (name TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE vault.touched (
        place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, columns TEXT NOT NULL, sql TEXT
    ) STRICT;
    CREATE TABLE vault.gone (
        id INTEGER PRIMARY KEY,
        place INTEGER NOT NULL REFERENCES touched (place),
        key TEXT NOT NULL,
        row_hash BLOB NOT NULL,
        why TEXT NOT NULL,
        owner INTEGER,
        is_back INTEGER NOT NULL DEFAULT 0,
        UNIQUE (place, key)
    ) STRICT;
    CREATE TABLE vault.nulled (
        id INTEGER PRIMARY KEY,
        place INTEGER NOT NULL REFERENCES touched (place),
        key TEXT NOT NULL,
        columns TEXT NOT NULL,
        before TEXT NOT NULL,
        hash_before BLOB NOT NULL,
        hash_after BLOB NOT NULL,
        owner INTEGER,
        is_back INTEGER NOT NULL DEFAULT 0,
        UNIQUE (place, key, columns)
    ) STRICT;
";

/// A vault beside the file that is held, for writing.
pub(super) struct OpenVault<'h> {
    held: &'h Held,
    path: PathBuf,
}

impl Held {
    /// Makes the vault of a run at `path` where there is none, or checks that it is that.
    pub fn vault(&self, path: &Path, run: &str) -> Result<(), CleaningError> {
        self.open_vault(path, run).map(drop)
    }

    /// Attaches the vault at `path`, made where there is none. `run` says whose it is; a vault of another run is refused.
    pub(super) fn open_vault<'h>(&'h self, path: &Path, run: &str) -> Result<OpenVault<'h>, CleaningError> {
        let vault = OpenVault {
            held: self,
            path: path.to_owned(),
        };
        let is_new = !path.exists();
        if is_new {
            let file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path);
            drop(file.map_err(|error| CleaningError::of_system(path, &error))?);
        }
        let text = path
            .to_str()
            .ok_or_else(|| vault.wrong("its name is no Unicode"))?;
        let attached: Option<String> = vault.ask(|sql| {
            sql.query_row(
                "SELECT file FROM pragma_database_list WHERE name = 'vault'",
                [],
                |row| row.get(0),
            )
            .optional()
        })?;
        if attached.is_none() {
            vault.ask(|sql| {
                sql.execute("ATTACH ?1 AS vault", [text])?;
                sql.pragma_update_and_check(Some("vault"), "journal_mode", "DELETE", |_| Ok(()))?;
                sql.pragma_update(Some("vault"), "synchronous", "EXTRA")
            })?;
        }
        let number = |name: &str| {
            vault.ask(|sql| sql.pragma_query_value(Some("vault"), name, |row| row.get::<_, i64>(0)))
        };
        if number("user_version")? == 0 && number("page_count")? == 0 {
            vault.ask(|sql| {
                let transaction = sql.unchecked_transaction()?;
                transaction.execute_batch(SCHEMA)?;
                transaction.execute("INSERT INTO vault.note VALUES ('run', ?1)", [run])?;
                transaction.pragma_update(Some("vault"), "application_id", APPLICATION_ID)?;
                transaction.pragma_update(Some("vault"), "user_version", FORMAT)?;
                transaction.commit()
            })?;
            super::copy::sync_folder_of(path)?;
        }
        if (number("application_id")?, number("user_version")?) != (APPLICATION_ID, FORMAT) {
            return Err(vault.wrong("it is no vault, or one of another version"));
        }
        let known: String = vault.ask(|sql| {
            sql.query_row("SELECT text FROM vault.note WHERE name = 'run'", [], |row| {
                row.get(0)
            })
        })?;
        if known != run {
            return Err(vault.wrong(format!("it belongs to the run {known}")));
        }
        Ok(vault)
    }
}

impl OpenVault<'_> {
    /// Copies a row into the vault, unless it lies there already as it is. Answers its number, and the row's hash.
    pub(super) fn keep(
        &self,
        rows: &Rows,
        key: &Key,
        hash: &[u8; 32],
        why: &str,
        owner: Option<i64>,
    ) -> rusqlite::Result<i64> {
        let (sql, place) = (self.held.sql(), self.place(&rows.name, &rows.columns)?);
        let key_text = json(key)?;
        let known: Option<(i64, [u8; 32], bool)> = sql
            .prepare_cached("SELECT id, row_hash, is_back FROM vault.gone WHERE place = ?1 AND key = ?2")?
            .query_row(params![place, key_text], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((id, known, _)) = known {
            if known == *hash {
                return Ok(id);
            }
            // Something else has its key now: the run takes that out too, and what lay here was put back before.
            sql.execute("DELETE FROM vault.gone WHERE id = ?1", [id])?;
            sql.execute(&format!("DELETE FROM vault.held_{place} WHERE id = ?1"), [id])?;
        }
        sql.prepare_cached(
            "INSERT INTO vault.gone (place, key, row_hash, why, owner) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![place, key_text, hash, why, owner])?;
        let id = sql.last_insert_rowid();
        rows.copying(sql, &format!("vault.held_{place}"), &id.to_string(), key)?
            .raw_execute()?;
        Ok(id)
    }

    /// Keeps a row of a full-text index that keeps its texts itself.
    pub(super) fn keep_words(&self, words: &Words, key: &Key, owner: i64) -> rusqlite::Result<()> {
        let (sql, place) = (self.held.sql(), self.place(&words.name, words.columns())?);
        let (Key::Rowid(rowid), key_text) = (key, json(key)?) else {
            return Ok(());
        };
        let columns = list(words.columns());
        let name = quoted(&words.name);
        let values = sql
            .prepare_cached(&format!("SELECT {columns} FROM main.{name} WHERE rowid = ?1"))?
            .query_row([rowid], |row| {
                (0..words.columns().len())
                    .map(|at| row.get_ref(at).map(Value::from))
                    .collect::<rusqlite::Result<Vec<_>>>()
            })
            .optional()?;
        let Some(values) = values else {
            return Ok(());
        };
        let inserted = sql
            .prepare_cached("INSERT OR IGNORE INTO vault.gone (place, key, row_hash, why, owner) VALUES (?1, ?2, ?3, '', ?4)")?
            .execute(params![place, key_text, row_hash(&values), owner])?;
        if inserted > 0 {
            let id = sql.last_insert_rowid();
            sql.prepare_cached(&format!(
                "INSERT INTO vault.held_{place} SELECT {id}, {columns} FROM main.{name} WHERE rowid = ?1"
            ))?
            .execute([rowid])?;
        }
        Ok(())
    }

    /// Whether the copy of a row is what the row was.
    pub(super) fn is_kept(&self, id: i64, rows: &Rows) -> rusqlite::Result<bool> {
        let sql = self.held.sql();
        let (place, hash): (i64, [u8; 32]) = sql
            .prepare_cached("SELECT place, row_hash FROM vault.gone WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let values = values_of(sql, "vault.", place, id, rows.columns.len())?;
        Ok(values.is_some_and(|values| row_hash(&values) == hash))
    }

    /// Keeps what the columns of a row were before they point nowhere.
    pub(super) fn keep_reference(
        &self,
        rows: &Rows,
        key: &Key,
        columns: &[String],
        owner: i64,
    ) -> rusqlite::Result<()> {
        let (sql, place) = (self.held.sql(), self.place(&rows.name, &rows.columns)?);
        let Some(values) = rows.values(sql, key, &rows.columns)? else {
            return Ok(());
        };
        let mut after = values.clone();
        let mut before = Vec::new();
        for column in columns {
            if let Some(at) = rows.columns.iter().position(|known| known == column) {
                before.push(std::mem::replace(&mut after[at], Value::Null));
            }
        }
        sql.prepare_cached(
            "INSERT OR IGNORE INTO vault.nulled (place, key, columns, before, hash_before, hash_after, owner) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            place,
            json(key)?,
            json(columns)?,
            json(&before)?,
            row_hash(&values),
            row_hash(&after),
            owner
        ])
        .map(drop)
    }

    /// The place of a table in the vault, made where there is none.
    fn place(&self, table: &str, columns: &[String]) -> rusqlite::Result<i64> {
        let sql = self.held.sql();
        let known: Option<i64> = sql
            .prepare_cached("SELECT place FROM vault.touched WHERE name = ?1")?
            .query_row([table], |row| row.get(0))
            .optional()?;
        if let Some(place) = known {
            return Ok(place);
        }
        let statement: Option<String> = sql
            .query_row(
                "SELECT sql FROM main.sqlite_schema WHERE name = ?1 AND type = 'table'",
                [table],
                |row| row.get(0),
            )
            .optional()?
            .flatten();
        sql.execute(
            "INSERT INTO vault.touched (name, columns, sql) VALUES (?1, ?2, ?3)",
            params![table, json(columns)?, statement],
        )?;
        let place = sql.last_insert_rowid();
        // Columns without a type keep each value as it comes.
        let held: Vec<String> = (0..columns.len()).map(|at| format!(", c{at}")).collect();
        sql.execute_batch(&format!(
            "CREATE TABLE vault.held_{place} (id INTEGER PRIMARY KEY{})",
            held.concat()
        ))?;
        Ok(place)
    }

    pub(super) fn sql(&self) -> &Connection {
        self.held.sql()
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> CleaningError {
        CleaningError::of_sqlite(&self.path, error)
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> CleaningError {
        CleaningError::Vault {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, CleaningError> {
        ask(self.held.sql()).map_err(|error| self.failed(&error))
    }
}

pub(super) fn values_of(
    sql: &Connection,
    schema: &str,
    place: i64,
    id: i64,
    columns: usize,
) -> rusqlite::Result<Option<Vec<Value>>> {
    let names: Vec<String> = (0..columns).map(|at| format!("c{at}")).collect();
    let statement = format!("SELECT {} FROM {schema}held_{place} WHERE id = ?1", list(&names));
    sql.prepare_cached(&statement)?
        .query_row([id], |row| {
            (0..columns).map(|at| row.get_ref(at).map(Value::from)).collect()
        })
        .optional()
}

pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn of_json<T: serde::de::DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}
