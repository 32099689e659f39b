//! Rows of one table with nearly the same text. Goes through them from the best copy to the worst: each is compared with
//! the copies that stay, never with a copy of a copy, so that no chain of small changes leads from one text to another.

use rusqlite::params;

use atlas_domain::Standing;

use super::groups::{Duplicate, Member, begin_settling, end_settling, member_of, settle};
use super::{Findings, FindingsError};

/// A row that stays so far, and may be the better copy of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Marked {
    /// Its number.
    pub id: i64,
    /// By which near texts are found.
    pub signature: Box<[u8]>,
}

impl Findings {
    /// Goes through the rows of the table at `place` that have a signature and are no junk, the best copy first.
    ///
    /// `bands` gives numbers for a signature: rows that share one are compared. `decide` gets a row and those that share
    /// a number with it, and says whether it is a copy of one of them; otherwise it stays, and others are compared with it.
    pub fn near(
        &mut self,
        place: u32,
        bands: fn(&[u8]) -> Vec<i64>,
        decide: &mut dyn FnMut(&Member, &[Marked]) -> Option<Duplicate>,
    ) -> Result<(), FindingsError> {
        let mut work = || -> rusqlite::Result<()> {
            let transaction = self.sql.unchecked_transaction()?;
            begin_settling(&transaction)?;
            transaction.execute_batch(
                "CREATE TEMP TABLE band (number INTEGER, id INTEGER, PRIMARY KEY (number, id)) WITHOUT ROWID",
            )?;
            {
                let mut select = transaction.prepare(
                    "SELECT id, standing, words, filled, saved, signature FROM finding \
                     WHERE place = ?1 AND signature IS NOT NULL AND standing < ?2 \
                     ORDER BY standing, words DESC, filled DESC, saved IS NULL, saved, id",
                )?;
                let mut rows = select.query(params![place, Standing::Junk as i64])?;
                while let Some(row) = rows.next()? {
                    let member = member_of(row)?;
                    let numbers = bands(member.signature.as_deref().unwrap_or_default());
                    let candidates = candidates(&transaction, &numbers)?;
                    match decide(&member, &candidates) {
                        Some(duplicate) => settle(&transaction, &duplicate)?,
                        None => stay(&transaction, member.id, &numbers)?,
                    }
                }
            }
            transaction.execute_batch("DROP TABLE temp.band")?;
            end_settling(&transaction)?;
            transaction.commit()
        };
        work().map_err(|error| self.failed(&error))
    }
}

/// Texts that share their beginning with thousands of others are compared with so many of them.
const MOST_CANDIDATES: usize = 256;

fn candidates(sql: &rusqlite::Connection, numbers: &[i64]) -> rusqlite::Result<Vec<Marked>> {
    let mut ids = std::collections::BTreeSet::new();
    let mut select = sql.prepare_cached("SELECT id FROM temp.band WHERE number = ?1 ORDER BY id LIMIT ?2")?;
    for number in numbers {
        let found = select.query_map(params![number, MOST_CANDIDATES], |row| row.get::<_, i64>(0))?;
        for id in found {
            ids.insert(id?);
        }
    }
    let mut select = sql.prepare_cached("SELECT signature FROM finding WHERE id = ?1")?;
    ids.into_iter()
        .take(MOST_CANDIDATES)
        .map(|id| {
            let signature: Vec<u8> = select.query_row([id], |row| row.get(0))?;
            Ok(Marked {
                id,
                signature: signature.into_boxed_slice(),
            })
        })
        .collect()
}

fn stay(sql: &rusqlite::Connection, id: i64, numbers: &[i64]) -> rusqlite::Result<()> {
    let mut insert = sql.prepare_cached("INSERT OR IGNORE INTO temp.band VALUES (?1, ?2)")?;
    for number in numbers {
        insert.execute(params![number, id])?;
    }
    Ok(())
}
