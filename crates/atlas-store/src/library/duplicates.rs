//! Duplicates: finding the item that holds some content already, and what becomes of an item when the one that
//! held its content does so no longer. It compares addresses and hashes; it does not judge content.

use atlas_domain::{BlobHash, CanonicalUrl, DuplicateReason, Item, ItemId, NewJob, Outcome};
use rusqlite::OptionalExtension;

use crate::error::StoreError;
use crate::sqlite::Column;
use crate::tx::Tx;

/// Two texts that differ only in white space are the same content.
pub(super) fn content_hash(text: &str) -> BlobHash {
    let mut hasher = blake3::Hasher::new();
    for word in text.split_whitespace() {
        hasher.update(word.as_bytes());
        hasher.update(b" ");
    }
    BlobHash(*hasher.finalize().as_bytes())
}

impl Tx<'_> {
    /// Another item of the same person that holds this content already.
    pub(super) fn duplicate(
        &self,
        item: &Item,
        addresses: &[CanonicalUrl],
        content_hash: BlobHash,
    ) -> Result<Option<Outcome>, StoreError> {
        let mut by_address = self.sql.prepare_cached(
            "SELECT item.uuid FROM item_address JOIN item ON item.id = item_address.item_id
             WHERE item_address.user_id = ?1 AND item_address.canonical_url = ?2 AND item.uuid <> ?3
             AND item.trashed_at IS NULL AND item.state IN ('stored', 'partial')",
        )?;
        for address in addresses {
            let of = by_address
                .query_row((item.user_id.0, address.as_str(), item.id.as_bytes()), |row| {
                    ItemId::read(row, "uuid")
                })
                .optional()?;
            if let Some(of) = of {
                return Ok(Some(Outcome::Duplicate {
                    of,
                    reason: DuplicateReason::SameUrl,
                }));
            }
        }
        let of = self
            .sql
            .prepare_cached(
                // In this order: without statistics SQLite would go through all items of the user instead.
                "SELECT item.uuid FROM document
                 CROSS JOIN item ON item.id = document.item_id AND item.document_id = document.id
                 WHERE document.content_hash = ?1 AND item.user_id = ?2 AND item.uuid <> ?3
                 AND item.trashed_at IS NULL AND item.state IN ('stored', 'partial') ORDER BY item.id LIMIT 1",
            )?
            .query_row((content_hash.0, item.user_id.0, item.id.as_bytes()), |row| ItemId::read(row, "uuid"))
            .optional()?;
        Ok(of.map(|of| Outcome::Duplicate {
            of,
            reason: DuplicateReason::SameContent,
        }))
    }

    /// A duplicate whose original was put in the trash, or deleted, while it lay in the trash itself: nobody
    /// holds the content any more.
    pub(super) fn reprocess_if_orphaned(&self, item: ItemId) -> Result<(), StoreError> {
        let orphaned: bool = self.sql.query_row(
            "SELECT state = 'duplicate' AND NOT EXISTS (SELECT 1 FROM item AS other
                 WHERE other.id = item.duplicate_of AND other.trashed_at IS NULL
                 AND other.state IN ('stored', 'partial')) FROM item WHERE uuid = ?1",
            [item.as_bytes()],
            |row| row.get(0),
        )?;
        if orphaned {
            self.request(&NewJob::reprocess(item))?;
        }
        Ok(())
    }

    /// Other content took the place of what others are duplicates of, so they are looked at again: at once, or when
    /// they come back from the trash.
    pub(super) fn part_from_duplicates(&self, item: ItemId) -> Result<(), StoreError> {
        self.reprocess_duplicates_of(item)?;
        self.sql
            .prepare_cached(
                "UPDATE item SET duplicate_of = NULL
                 WHERE duplicate_of = (SELECT id FROM item WHERE uuid = ?1) AND trashed_at IS NOT NULL",
            )?
            .execute([item.as_bytes()])?;
        Ok(())
    }

    pub(super) fn reprocess_duplicates_of(&self, item: ItemId) -> Result<(), StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT uuid FROM item WHERE duplicate_of = (SELECT id FROM item WHERE uuid = ?1) AND trashed_at IS NULL",
        )?;
        let duplicates: Vec<ItemId> = statement
            .query_map([item.as_bytes()], |row| ItemId::read(row, "uuid"))?
            .collect::<Result<_, _>>()?;
        for duplicate in duplicates {
            self.enqueue(&NewJob::reprocess(duplicate))?;
        }
        Ok(())
    }
}
