//! Collecting what takes up room for nothing: blobs that nothing refers to, and free pages of the file.
//!
//! It decides nothing about what is kept; that is the business of `retention`.

use std::sync::Arc;

use atlas_domain::{BlobHash, Timestamp};
use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;

use super::Library;
use super::retention::RetentionPolicy;
use crate::error::StoreError;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

/// Free pages that are left in the file, because the next writes need them: 1 MiB.
const SPARE_PAGES: i64 = 256;
/// Pages that one transaction gives back: about as many are moved, and the other lane waits meanwhile.
const PAGES_AT_ONCE: i64 = 256;

impl Library {
    /// Removes blobs that nothing refers to and that are older than the grace: marks without the writer, then
    /// asks again under it before it unlinks. Refused while anything is wrong with the file: what it does not name
    /// may be named all the same. What is older than the library belongs to another one, which somebody may still
    /// find again. While a backup copies what the library refers to, nothing is removed.
    pub async fn collect_blobs(&self, policy: RetentionPolicy) -> Result<u64, StoreError> {
        if let Some(trouble) = self.trouble() {
            return Err(trouble);
        }
        if self.collecting.is_paused() {
            return Ok(0); // the next run finds the same
        }
        let grace_start = self.clock.now().before(policy.blob_grace);
        let blobs = Arc::clone(&self.blobs);
        let files = spawn_blocking(move || {
            blobs.remove_temporary_files(grace_start)?;
            blobs.all()
        })
        .await
        .map_err(|error| StoreError::Panicked(error.to_string()))??;
        let suspects = self
            .db
            .read_whole(move |sql| unreferenced(sql, files, grace_start))
            .await?;
        let born = self.db.read_whole(created_at).await?;
        let mut removed = 0;
        for hash in suspects {
            let (blobs, collecting) = (Arc::clone(&self.blobs), Arc::clone(&self.collecting));
            removed += self
                .write(Lane::Bulk, move |tx| {
                    if collecting.is_paused() {
                        return Ok(0); // a backup has begun since
                    }
                    let _alone = blobs.lock(hash);
                    if tx.is_blob_referenced(hash)? || !blobs.remove_if_of(hash, &(born..grace_start))? {
                        return Ok(0);
                    }
                    tx.sql.execute("DELETE FROM blob WHERE hash = ?1", [hash.0])?;
                    Ok(1)
                })
                .await?;
        }
        self.shrink_file().await?;
        Ok(removed)
    }

    /// Gives the file's free pages back to the disk, a few at a time, except for a reserve: others have their turn between.
    /// Answers how large the file was and is, in bytes.
    pub async fn compact(&self) -> Result<(u64, u64), StoreError> {
        let before = self.db.read_whole(size_bytes).await?;
        self.shrink_file().await?;
        Ok((before, self.db.read_whole(size_bytes).await?))
    }

    /// Gives the file's free pages back to the disk, a few at a time, except for a reserve.
    pub(super) async fn shrink_file(&self) -> Result<(), StoreError> {
        let mut free = self.db.read_whole(free_pages).await?;
        while free > SPARE_PAGES {
            let left = self.write(Lane::Bulk, give_pages_back).await?;
            if left >= free {
                return Ok(()); // the file was made without the means for it, or others free more than goes
            }
            free = left;
        }
        Ok(())
    }
}

impl Tx<'_> {
    fn is_blob_referenced(&self, hash: BlobHash) -> Result<bool, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM snapshot WHERE body_hash = ?1)
                 OR EXISTS (SELECT 1 FROM given_html WHERE body_hash = ?1)
                 OR EXISTS (SELECT 1 FROM vault_blob WHERE hash = ?1)",
        )?;
        Ok(statement.query_row([hash.0], |row| row.get(0))?)
    }
}

/// How many free pages are left after it.
fn give_pages_back(tx: &Tx<'_>) -> Result<i64, StoreError> {
    let mut statement = tx
        .sql
        .prepare_cached(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?;
    let mut pages = statement.query([])?;
    while pages.next()?.is_some() {} // each step moves one
    // A batch that changed no row is not committed, and moved pages are no change of a row.
    tx.sql.execute("UPDATE writer_mark SET batch = batch", [])?;
    free_pages(tx.sql)
}

fn created_at(sql: &Connection) -> Result<Timestamp, StoreError> {
    let read = |row: &rusqlite::Row<'_>| Timestamp::read(row, "created_at");
    Ok(sql.query_row("SELECT created_at FROM library", [], read)?)
}

fn free_pages(sql: &Connection) -> Result<i64, StoreError> {
    Ok(sql.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
}

fn size_bytes(sql: &Connection) -> Result<u64, StoreError> {
    let pages: u64 = sql.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page_bytes: u64 = sql.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(pages * page_bytes)
}

/// Rows past their grace that nothing refers to, and files without a row.
fn unreferenced(
    sql: &Connection,
    files: Vec<BlobHash>,
    grace_start: Timestamp,
) -> Result<Vec<BlobHash>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT hash FROM blob WHERE created_at < ?1
             AND NOT EXISTS (SELECT 1 FROM snapshot WHERE snapshot.body_hash = blob.hash)
             AND NOT EXISTS (SELECT 1 FROM given_html WHERE given_html.body_hash = blob.hash)
             AND NOT EXISTS (SELECT 1 FROM vault_blob WHERE vault_blob.hash = blob.hash)",
    )?;
    let mut found: Vec<BlobHash> = statement
        .query_map([grace_start.as_millis()], |row| BlobHash::read(row, "hash"))?
        .collect::<Result<_, _>>()?;
    let mut row_of = sql.prepare_cached("SELECT 1 FROM blob WHERE hash = ?1")?;
    for hash in files {
        if row_of.query_row([hash.0], |_| Ok(())).optional()?.is_none() {
            found.push(hash);
        }
    }
    Ok(found)
}
