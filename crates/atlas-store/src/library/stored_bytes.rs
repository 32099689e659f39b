//! Whether the bytes that the library refers to are there, and what they should be. It repairs nothing.

use atlas_domain::{BlobHash, ItemId};
use rusqlite::{Connection, OptionalExtension};
use tokio::task::spawn_blocking;

use super::Library;
use crate::error::StoreError;
use crate::sqlite::Column;

/// Names that are in memory at once.
const PAGE: u32 = 1_000;
/// Longer than any hash, and greater.
const AFTER_ALL: [u8; 33] = [0xff; 33];
/// Items that are named; the rest is counted.
const NAMED: usize = 3;

/// What a check of the stored bytes has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredBytes {
    /// Files that something refers to.
    pub files: u64,
    /// Those of them that are not there.
    pub missing: u64,
    /// Stored pages, in files or not, whose bytes were compared with the hash that is their name.
    pub compared: u64,
    /// Those of them that are damaged.
    pub damaged: u64,
    /// The first few items whose bytes are missing or damaged.
    pub items: Vec<ItemId>,
}

impl Library {
    /// Looks for every file that something refers to, and reads the bytes of `sample` pages, each time others.
    pub async fn check_stored_bytes(&self, sample: u32) -> Result<StoredBytes, StoreError> {
        let mut found = StoredBytes::default();
        let mut after = 0;
        loop {
            let page = self.db.read_whole(move |sql| files_after(sql, after)).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            found.files += page.len() as u64;
            for hash in self
                .without_file(page.into_iter().map(|(_, hash)| hash).collect())
                .await?
            {
                if let Some(item) = self.item_of_blob(hash).await? {
                    found.missing += 1;
                    found.name(item);
                }
            }
        }
        for (hash, _) in self.sample_of_blobs(sample).await? {
            match self.blob(hash).await {
                Ok(_) => found.compared += 1,
                Err(StoreError::Blob { problem, .. }) if problem != StoreError::MISSING => {
                    found.compared += 1;
                    if let Some(item) = self.item_of_blob(hash).await? {
                        found.damaged += 1;
                        found.name(item);
                    }
                }
                // Counted above, or collected since.
                Err(StoreError::Blob { .. } | StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Whether a file is missing among `sample` pages, each time others: enough to notice that many are.
    pub async fn misses_bytes(&self, sample: u32) -> Result<bool, StoreError> {
        let sample = self.sample_of_blobs(sample).await?;
        let files = sample
            .into_iter()
            .filter_map(|(hash, in_file)| in_file.then_some(hash));
        for hash in self.without_file(files.collect()).await? {
            if self.item_of_blob(hash).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn without_file(&self, mut hashes: Vec<BlobHash>) -> Result<Vec<BlobHash>, StoreError> {
        let blobs = std::sync::Arc::clone(&self.blobs);
        spawn_blocking(move || {
            hashes.retain(|hash| !blobs.has_file(*hash));
            hashes
        })
        .await
        .map_err(|error| StoreError::Panicked(error.to_string()))
    }

    /// Names are spread evenly: those that follow any name are as good as drawn by lot.
    async fn sample_of_blobs(&self, limit: u32) -> Result<Vec<(BlobHash, bool)>, StoreError> {
        let start = self.entropy.ten_bytes();
        self.db
            .read(move |sql| {
                let mut sample = blobs_between(sql, &start, &AFTER_ALL, limit)?;
                sample.extend(blobs_between(sql, &[], &start, limit)?); // around the end
                sample.truncate(limit as usize);
                Ok(sample)
            })
            .await
    }

    /// An item that refers to these bytes; none any more when they were let go meanwhile.
    async fn item_of_blob(&self, hash: BlobHash) -> Result<Option<ItemId>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT item.uuid FROM snapshot JOIN item ON item.id = snapshot.item_id WHERE body_hash = ?1
                     UNION ALL
                     SELECT item.uuid FROM given_html JOIN item ON item.id = given_html.item_id WHERE body_hash = ?1
                     LIMIT 1",
                )?;
                Ok(statement
                    .query_row([hash.0], |row| ItemId::read(row, "uuid"))
                    .optional()?)
            })
            .await
    }
}

impl StoredBytes {
    fn name(&mut self, item: ItemId) {
        if self.items.len() < NAMED && !self.items.contains(&item) {
            self.items.push(item);
        }
    }
}

fn files_after(sql: &Connection, after: i64) -> Result<Vec<(i64, BlobHash)>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT id, hash FROM blob WHERE id > ?1 AND data IS NULL
             AND (EXISTS (SELECT 1 FROM snapshot WHERE snapshot.body_hash = blob.hash)
                 OR EXISTS (SELECT 1 FROM given_html WHERE given_html.body_hash = blob.hash)
                 OR EXISTS (SELECT 1 FROM vault_blob WHERE vault_blob.hash = blob.hash))
         ORDER BY id LIMIT ?2",
    )?;
    let rows = statement.query_map((after, PAGE), |row| {
        Ok((row.get("id")?, BlobHash::read(row, "hash")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// With whether they lie in a file.
fn blobs_between(
    sql: &Connection,
    start: &[u8],
    end: &[u8],
    limit: u32,
) -> Result<Vec<(BlobHash, bool)>, StoreError> {
    let mut statement = sql.prepare_cached(
        "SELECT hash, data IS NULL AS in_file FROM blob WHERE hash >= ?1 AND hash < ?2 ORDER BY hash LIMIT ?3",
    )?;
    let rows = statement.query_map((start, end, limit), |row| {
        Ok((BlobHash::read(row, "hash")?, row.get("in_file")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
