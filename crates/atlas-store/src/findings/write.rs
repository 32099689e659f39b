//! Puts findings in: a batch with how far the table was read, in one transaction, so that an interrupted audit goes on
//! behind the last batch and counts no row twice.

use atlas_domain::Standing;
use rusqlite::{OptionalExtension, Row, params};

use super::{Finding, Findings, FindingsError};
use crate::maintenance::Key;

/// How far a table was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reached {
    /// The last row; `None` at the beginning.
    pub after: Option<Key>,
    /// Rows that were read.
    pub rows_done: u64,
    /// Whether that was all.
    pub is_over: bool,
    /// What whoever reads wants to find again, such as sums.
    pub more: String,
}

impl Findings {
    /// Keeps a batch of the table at `place`, and how far it was read.
    pub fn put(&mut self, place: u32, findings: &[Finding], reached: &Reached) -> Result<(), FindingsError> {
        let put = || -> rusqlite::Result<()> {
            let transaction = self.sql.unchecked_transaction()?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO finding (place, key_rowid, key_primary, row_hash, criteria, standing, confidence, \
                     bytes, words, filled, saved, text_hash, url_hash, signature) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                )?;
                for finding in findings {
                    let (rowid, primary) = key_columns(&finding.key)?;
                    insert.execute(params![
                        place,
                        rowid,
                        primary,
                        finding.row_hash,
                        finding.criteria.bits(),
                        finding.standing as i64,
                        f64::from(finding.confidence),
                        finding.bytes,
                        finding.quality.words,
                        finding.quality.filled,
                        finding.quality.saved,
                        finding.text_hash,
                        finding.url_hash,
                        finding.signature.as_deref(),
                    ])?;
                }
                let after = reached.after.as_ref().map(json).transpose()?;
                transaction.execute(
                    "INSERT INTO reached (place, after, rows_done, is_over, more) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (place) DO UPDATE SET after = excluded.after, rows_done = excluded.rows_done, \
                     is_over = excluded.is_over, more = excluded.more",
                    params![place, after, reached.rows_done, reached.is_over, reached.more],
                )?;
            }
            transaction.commit()
        };
        put().map_err(|error| self.failed(&error))
    }

    /// How far the table at `place` was read; `None` if it was not begun.
    pub fn reached(&self, place: u32) -> Result<Option<Reached>, FindingsError> {
        let sql = "SELECT after, rows_done, is_over, more FROM reached WHERE place = ?1";
        let reached = self.sql.query_row(sql, [place], |row| {
            let after: Option<String> = row.get(0)?;
            Ok(Reached {
                after: after.map(|after| of_json(&after)).transpose()?,
                rows_done: row.get(1)?,
                is_over: row.get(2)?,
                more: row.get(3)?,
            })
        });
        reached.optional().map_err(|error| self.failed(&error))
    }
}

/// A rowid as a number, any other key as JSON.
fn key_columns(key: &Key) -> rusqlite::Result<(Option<i64>, Option<String>)> {
    Ok(match key {
        Key::Rowid(rowid) => (Some(*rowid), None),
        Key::Primary(_) => (None, Some(json(key)?)),
    })
}

/// The key of a row that selects `key_rowid, key_primary` first.
pub(super) fn key_of(row: &Row<'_>) -> rusqlite::Result<Key> {
    match row.get::<_, Option<i64>>("key_rowid")? {
        Some(rowid) => Ok(Key::Rowid(rowid)),
        None => of_json(&row.get::<_, String>("key_primary")?),
    }
}

/// A verdict as it was kept.
pub(super) fn standing_of(number: i64) -> Standing {
    Standing::ALL
        .get(usize::try_from(number).unwrap_or_default())
        .copied()
        .unwrap_or(Standing::Keep)
}

fn json(key: &Key) -> rusqlite::Result<String> {
    serde_json::to_string(key).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn of_json(text: &str) -> rusqlite::Result<Key> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}
