//! Groups of rows of one table with the same text or the same address. Which of them stays is decided by whoever asks.

use atlas_domain::{Criterion, Standing};
use rusqlite::{Row, params};

use super::write::standing_of;
use super::{Findings, FindingsError, Quality};

/// What the rows of a group share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Their text.
    Text,
    /// Their address.
    Url,
}

/// A row of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its number in the findings: rows of a table are numbered in the order of their keys.
    pub id: i64,
    /// Its verdict so far; never junk.
    pub standing: Standing,
    /// How good a copy it is.
    pub quality: Quality,
    /// By which near texts are found.
    pub signature: Option<Box<[u8]>>,
}

/// A row that repeats another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Its number.
    pub id: i64,
    /// The number of the row that it repeats.
    pub survivor: i64,
    /// In what.
    pub criterion: Criterion,
    /// What follows for it.
    pub standing: Standing,
    /// How sure that is.
    pub confidence: f32,
}

impl Findings {
    /// Goes through all groups of the table at `place`, and keeps what `decide` says about their members. Rows that are
    /// junk are in no group: nothing is a copy of junk. Call it when the table was read to its end.
    pub fn group(
        &mut self,
        place: u32,
        by: By,
        decide: &mut dyn FnMut(&[Member]) -> Vec<Duplicate>,
    ) -> Result<(), FindingsError> {
        let column = match by {
            By::Text => "text_hash",
            By::Url => "url_hash",
        };
        let mut work = || -> rusqlite::Result<()> {
            let transaction = self.sql.unchecked_transaction()?;
            transaction.execute_batch(&format!(
                "CREATE INDEX IF NOT EXISTS by_{column} ON finding (place, {column}, id) WHERE {column} IS NOT NULL"
            ))?;
            begin_settling(&transaction)?;
            {
                let mut select = transaction.prepare(&format!(
                    "SELECT {column} AS shared, id, standing, words, filled, saved, signature FROM finding \
                     WHERE place = ?1 AND {column} IS NOT NULL AND standing < ?2 ORDER BY {column}, id"
                ))?;
                let mut rows = select.query(params![place, Standing::Junk as i64])?;
                let (mut shared, mut members): (Vec<u8>, Vec<Member>) = Default::default();
                let mut settle = |members: &mut Vec<Member>| {
                    let duplicates = if members.len() > 1 {
                        decide(members)
                    } else {
                        Vec::new()
                    };
                    members.clear();
                    duplicates
                        .iter()
                        .try_for_each(|duplicate| settle(&transaction, duplicate))
                };
                while let Some(row) = rows.next()? {
                    let next: Vec<u8> = row.get("shared")?;
                    if next != shared {
                        settle(&mut members)?;
                        shared = next;
                    }
                    members.push(member_of(row)?);
                }
                settle(&mut members)?;
            }
            end_settling(&transaction)?;
            transaction.commit()
        };
        work().map_err(|error| self.failed(&error))
    }
}

pub(super) fn member_of(row: &Row<'_>) -> rusqlite::Result<Member> {
    Ok(Member {
        id: row.get("id")?,
        standing: standing_of(row.get("standing")?),
        quality: Quality {
            words: row.get("words")?,
            filled: row.get("filled")?,
            saved: row.get("saved")?,
        },
        signature: row
            .get::<_, Option<Vec<u8>>>("signature")?
            .map(Vec::into_boxed_slice),
    })
}

/// What is decided while a query runs is kept aside until that has ended: it would change what the query reads.
pub(super) fn begin_settling(sql: &rusqlite::Connection) -> rusqlite::Result<()> {
    sql.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS settled (id INTEGER PRIMARY KEY, survivor INTEGER NOT NULL, \
         bit INTEGER NOT NULL, standing INTEGER NOT NULL, confidence REAL NOT NULL)",
    )
}

pub(super) fn settle(sql: &rusqlite::Connection, duplicate: &Duplicate) -> rusqlite::Result<()> {
    sql.prepare_cached("INSERT OR REPLACE INTO temp.settled VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            duplicate.id,
            duplicate.survivor,
            1_i64 << duplicate.criterion as u32,
            duplicate.standing as i64,
            f64::from(duplicate.confidence),
        ])
        .map(drop)
}

/// A verdict gets no milder: a suspect that is also a near copy stays what is worse.
pub(super) fn end_settling(sql: &rusqlite::Connection) -> rusqlite::Result<()> {
    sql.execute_batch(
        "UPDATE finding SET criteria = criteria | settled.bit, survivor = settled.survivor, \
             confidence = CASE WHEN settled.standing >= finding.standing THEN settled.confidence ELSE finding.confidence END, \
             standing = max(finding.standing, settled.standing) \
         FROM temp.settled AS settled WHERE finding.id = settled.id; \
         DELETE FROM temp.settled;",
    )
}
