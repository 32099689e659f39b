//! Reads findings: sums by what was found, and the rows themselves, page by page.

use atlas_domain::{Criteria, Standing};
use rusqlite::params;

use super::write::{key_of, standing_of};
use super::{Findings, FindingsError};
use crate::maintenance::{Key, TableHash};

/// Rows of one table that were found to be alike: the same set of criteria, the same verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// What speaks against them.
    pub criteria: Criteria,
    /// Their verdict.
    pub standing: Standing,
    /// How many.
    pub rows: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

/// A row as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its number.
    pub id: i64,
    /// What it is known by in its table.
    pub key: Key,
    /// What it was made of; see [`crate::maintenance::row_hash`].
    pub row_hash: [u8; 32],
    /// What speaks against it.
    pub criteria: Criteria,
    /// The verdict.
    pub standing: Standing,
    /// How sure it is.
    pub confidence: f32,
    /// Bytes of its values.
    pub bytes: u64,
    /// The better copy, where it repeats one.
    pub survivor: Option<Survivor>,
}

/// A better copy.
#[derive(Debug, Clone, PartialEq)]
pub struct Survivor {
    /// Its number.
    pub id: i64,
    /// What it is known by in its table.
    pub key: Key,
    /// What it was made of.
    pub row_hash: [u8; 32],
}

/// Some of them, by number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundPage {
    /// The rows.
    pub rows: Vec<Found>,
    /// Behind which number the next page begins; `None` after the last.
    pub after: Option<i64>,
}

impl Findings {
    /// How many rows of the table at `place` were found how. The parts are distinct: their sum is all rows.
    pub fn sums(&self, place: u32) -> Result<Vec<Sum>, FindingsError> {
        let read = || -> rusqlite::Result<Vec<Sum>> {
            let mut select = self.sql.prepare_cached(
                "SELECT criteria, standing, count(*), sum(bytes) FROM finding WHERE place = ?1 \
                 GROUP BY criteria, standing ORDER BY count(*) DESC, criteria, standing",
            )?;
            let sums = select.query_map([place], |row| {
                Ok(Sum {
                    criteria: Criteria::from_bits(row.get(0)?),
                    standing: standing_of(row.get(1)?),
                    rows: row.get(2)?,
                    bytes: row.get(3)?,
                })
            })?;
            sums.collect()
        };
        read().map_err(|error| self.failed(&error))
    }

    /// The hash of the table at `place`, as it was when its rows were judged. Rows that could not be judged are not in it.
    pub fn table_hash(&self, place: u32) -> Result<TableHash, FindingsError> {
        let read = || -> rusqlite::Result<TableHash> {
            let mut select = self
                .sql
                .prepare_cached("SELECT key_rowid, key_primary, row_hash FROM finding WHERE place = ?1")?;
            let (mut rows, mut hash) = (select.query([place])?, TableHash::default());
            while let Some(row) = rows.next()? {
                hash.add(&key_of(row)?, &row.get("row_hash")?);
            }
            Ok(hash)
        };
        read().map_err(|error| self.failed(&error))
    }

    /// Rows of the table at `place` whose verdict is at least as bad as `least`, behind a number, at most `most`.
    pub fn page(
        &self,
        place: u32,
        least: Standing,
        after: Option<i64>,
        most: usize,
    ) -> Result<FoundPage, FindingsError> {
        let read = || -> rusqlite::Result<FoundPage> {
            let mut select = self.sql.prepare_cached(
                "SELECT f.key_rowid, f.key_primary, f.id, f.row_hash, f.criteria, f.standing, f.confidence, f.bytes, \
                     f.survivor, s.key_rowid AS survivor_rowid, s.key_primary AS survivor_primary, \
                     s.row_hash AS survivor_hash \
                 FROM finding AS f LEFT JOIN finding AS s ON s.id = f.survivor \
                 WHERE f.place = ?1 AND f.id > ?2 AND f.standing >= ?3 ORDER BY f.id LIMIT ?4",
            )?;
            let parameters = params![place, after.unwrap_or(0), least as i64, most];
            let rows = select.query_map(parameters, found_of)?;
            let rows: Vec<Found> = rows.collect::<Result<_, _>>()?;
            let after = rows.last().filter(|_| rows.len() >= most).map(|last| last.id);
            Ok(FoundPage { rows, after })
        };
        read().map_err(|error| self.failed(&error))
    }

    /// Some rows of the table at `place` whose verdict is at least as bad as `least`: the first of each combination of
    /// criteria, the combination of most rows first.
    pub fn examples(&self, place: u32, least: Standing, most: usize) -> Result<Vec<Found>, FindingsError> {
        let read = || -> rusqlite::Result<Vec<Found>> {
            let mut select = self.sql.prepare_cached(
                "SELECT f.key_rowid, f.key_primary, f.id, f.row_hash, f.criteria, f.standing, f.confidence, f.bytes, \
                     f.survivor, s.key_rowid AS survivor_rowid, s.key_primary AS survivor_primary, \
                     s.row_hash AS survivor_hash \
                 FROM (SELECT min(id) AS first, count(*) AS rows FROM finding WHERE place = ?1 AND standing >= ?2 \
                       GROUP BY criteria, standing) AS g \
                 JOIN finding AS f ON f.id = g.first LEFT JOIN finding AS s ON s.id = f.survivor \
                 ORDER BY g.rows DESC, f.id LIMIT ?3",
            )?;
            let rows = select.query_map(params![place, least as i64, most], found_of)?;
            rows.collect()
        };
        read().map_err(|error| self.failed(&error))
    }
}

fn found_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Found> {
    let survivor = match row.get::<_, Option<i64>>("survivor")? {
        None => None,
        Some(id) => Some(Survivor {
            id,
            key: survivor_key(row)?,
            row_hash: row.get("survivor_hash")?,
        }),
    };
    Ok(Found {
        id: row.get("id")?,
        key: key_of(row)?,
        row_hash: row.get("row_hash")?,
        criteria: Criteria::from_bits(row.get("criteria")?),
        standing: standing_of(row.get("standing")?),
        confidence: row.get::<_, f64>("confidence")? as f32,
        bytes: row.get("bytes")?,
        survivor,
    })
}

fn survivor_key(row: &rusqlite::Row<'_>) -> rusqlite::Result<Key> {
    match row.get::<_, Option<i64>>("survivor_rowid")? {
        Some(rowid) => Ok(Key::Rowid(rowid)),
        None => super::write::of_json(&row.get::<_, String>("survivor_primary")?),
    }
}
