//! Looks into a vault: what lies in it, whether it is whole, and what is left of a file from which it was taken. Changes
//! nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Row, params};

use super::error::CleaningError;
use super::hashes::TableHashes;
use super::vault::{APPLICATION_ID, FORMAT, of_json, values_of};
use crate::maintenance::{Key, TableHash, row_hash};

/// A vault that is looked at.
pub struct Vault {
    sql: Connection,
    path: PathBuf,
}

/// A row in a vault.
#[derive(Debug, Clone, PartialEq)]
pub struct VaultedRow {
    /// Its number in the vault.
    pub id: i64,
    /// The table that it was taken out of.
    pub table: String,
    /// Its key there.
    pub key: Key,
    /// What it was made of.
    pub row_hash: [u8; 32],
    /// Why it was taken out, as whoever did it has said.
    pub why: String,
    /// The row with which it went, where it went with another.
    pub owner: Option<i64>,
    /// Whether it was put back.
    pub is_back: bool,
}

impl Vault {
    /// Opens a vault to look at it.
    pub fn open(path: &Path) -> Result<Self, CleaningError> {
        let wrong = |what: &str| CleaningError::Vault {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        if !path.exists() {
            return Err(wrong("it is not there"));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let vault = Self {
            sql: Connection::open_with_flags(path, flags)
                .map_err(|error| CleaningError::of_sqlite(path, &error))?,
            path: path.to_owned(),
        };
        let number =
            |name: &str| vault.ask(|sql| sql.pragma_query_value(None, name, |row| row.get::<_, i64>(0)));
        if (number("application_id")?, number("user_version")?) != (APPLICATION_ID, FORMAT) {
            return Err(wrong("it is no vault, or one of another version"));
        }
        Ok(vault)
    }

    /// The run that it belongs to.
    pub fn run(&self) -> Result<String, CleaningError> {
        self.ask(|sql| sql.query_row("SELECT text FROM note WHERE name = 'run'", [], |row| row.get(0)))
    }

    /// Rows behind a number, at most `most`.
    pub fn rows(&self, after: i64, most: usize) -> Result<Vec<VaultedRow>, CleaningError> {
        self.ask(|sql| {
            let mut select = sql.prepare_cached(
                "SELECT gone.id, name, key, row_hash, why, owner, is_back FROM gone JOIN touched USING (place) \
                 WHERE gone.id > ?1 ORDER BY gone.id LIMIT ?2",
            )?;
            let rows = select.query_map(params![after, most], vaulted)?;
            rows.collect()
        })
    }

    /// Rows by table: how many lie in it that were not put back; those that went with others apart.
    pub fn counts(&self) -> Result<BTreeMap<String, (u64, u64)>, CleaningError> {
        self.ask(|sql| {
            let mut select = sql.prepare(
                "SELECT name, sum(owner IS NULL), sum(owner IS NOT NULL) FROM gone JOIN touched USING (place) \
                 WHERE is_back = 0 GROUP BY name",
            )?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
            rows.collect()
        })
    }

    /// What a file holds from which the rows in this vault were taken, if it held `before`: what is not there any more is
    /// subtracted, row by row.
    pub fn subtracted_from(&self, before: &TableHashes) -> Result<TableHashes, CleaningError> {
        let mut left = before.clone();
        self.ask(|sql| {
            let mut select =
                sql.prepare("SELECT name, key, row_hash FROM gone JOIN touched USING (place) WHERE is_back = 0")?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                if let Some(hash) = left.tables.get_mut(&row.get::<_, String>(0)?) {
                    hash.remove(&of_json(&row.get::<_, String>(1)?)?, &row.get(2)?);
                }
            }
            let mut select = sql.prepare(
                "SELECT name, key, hash_before, hash_after FROM nulled JOIN touched USING (place) WHERE is_back = 0 \
                 ORDER BY nulled.id",
            )?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let key: Key = of_json(&row.get::<_, String>(1)?)?;
                let hash: Option<&mut TableHash> = left.tables.get_mut(&row.get::<_, String>(0)?);
                if let Some(hash) = hash {
                    hash.remove(&key, &row.get(2)?);
                    hash.add(&key, &row.get(3)?);
                }
            }
            Ok(())
        })?;
        Ok(left)
    }

    /// Reads every row again and compares it with its hash. Answers how many there are.
    pub fn verify(&self) -> Result<u64, CleaningError> {
        let places: Vec<(i64, String)> = self.ask(|sql| {
            let mut select = sql.prepare("SELECT place, columns FROM touched")?;
            let places = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            places.collect()
        })?;
        let mut verified = 0;
        for (place, columns) in places {
            let columns: Vec<String> = self.ask(|_| of_json(&columns))?;
            let ids: Vec<(i64, [u8; 32])> = self.ask(|sql| {
                let mut select = sql.prepare("SELECT id, row_hash FROM gone WHERE place = ?1")?;
                let ids = select.query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?;
                ids.collect()
            })?;
            for (id, hash) in ids {
                let values = self.ask(|sql| values_of(sql, "", place, id, columns.len()))?;
                if values.is_none_or(|values| row_hash(&values) != hash) {
                    return Err(CleaningError::Vault {
                        path: self.path.clone(),
                        what: format!("row {id} is damaged: it is not what was put in"),
                    });
                }
                verified += 1;
            }
        }
        Ok(verified)
    }

    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, CleaningError> {
        ask(&self.sql).map_err(|error| CleaningError::of_sqlite(&self.path, &error))
    }
}

fn vaulted(row: &Row<'_>) -> rusqlite::Result<VaultedRow> {
    Ok(VaultedRow {
        id: row.get("id")?,
        table: row.get("name")?,
        key: of_json(&row.get::<_, String>("key")?)?,
        row_hash: row.get("row_hash")?,
        why: row.get("why")?,
        owner: row.get("owner")?,
        is_back: row.get("is_back")?,
    })
}
