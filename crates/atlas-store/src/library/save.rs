//! Saving an address: the item, its first job and the audit row, in one transaction. After it the save is
//! acknowledged and can no longer be lost.

use atlas_domain::{CanonicalUrl, ChangeOp, Item, ItemId, ItemState, JobId, NewJob, OutcomeWord, UserId};
use rusqlite::OptionalExtension;
use url::Url;

use super::Library;
use super::audit::Actor;
use super::items::read_item;
use crate::blobs::PreparedBlob;
use crate::error::StoreError;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

/// What a person wants to keep.
#[derive(Debug, Clone)]
pub struct NewItem {
    /// Its address, as given.
    pub url: Url,
    /// Tags to put on it.
    pub tags: Vec<String>,
    /// The page's HTML, when it came along.
    pub given_html: Option<PreparedBlob>,
}

/// What a save did.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// The item, new or known.
    pub item: Item,
    /// What happened to it.
    pub saved_as: SavedAs,
    /// The job that will ingest it, when one is on its way.
    pub job: Option<JobId>,
}

/// What a save did to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedAs {
    /// It is new.
    New,
    /// The address was known; its ingestion is tried again, because this save may bring more than the last.
    Again,
    /// The address was known, and there is nothing to do.
    Known,
    /// It was in the trash and is back.
    Restored,
}

impl Saved {
    /// The word for people and scripts.
    pub fn word(&self) -> OutcomeWord {
        match (self.saved_as, self.job) {
            (SavedAs::New | SavedAs::Again, _) | (SavedAs::Restored, Some(_)) => OutcomeWord::Queued,
            (SavedAs::Known | SavedAs::Restored, _) => OutcomeWord::Duplicate,
        }
    }
}

impl Library {
    /// Saves an address.
    pub async fn save_item(&self, user: UserId, new: NewItem) -> Result<Saved, StoreError> {
        let canonical = CanonicalUrl::of(&new.url);
        self.write(Lane::Interactive, move |tx| {
            match tx.item_at(user, &canonical)? {
                None => tx.insert_item(user, &new, &canonical),
                Some(item) => tx.save_again(user, &new, item),
            }
        })
        .await
    }
}

impl Tx<'_> {
    fn item_at(&self, user: UserId, address: &CanonicalUrl) -> Result<Option<ItemId>, StoreError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT item.uuid FROM item_address JOIN item ON item.id = item_address.item_id
             WHERE item_address.user_id = ?1 AND item_address.canonical_url = ?2",
        )?;
        Ok(statement
            .query_row((user.0, address.as_str()), |row| ItemId::read(row, "uuid"))
            .optional()?)
    }

    fn insert_item(
        &self,
        user: UserId,
        new: &NewItem,
        canonical: &CanonicalUrl,
    ) -> Result<Saved, StoreError> {
        let id = ItemId::generate(self.now, self.entropy);
        self.sql
            .prepare_cached(
                "INSERT INTO item (uuid, user_id, url, canonical_url, state, saved_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, 'queued', ?5, ?5)",
            )?
            .execute((
                id.as_bytes(),
                user.0,
                new.url.as_str(),
                canonical.as_str(),
                self.now.as_millis(),
            ))?;
        self.add_address(user, id, canonical)?;
        self.add_tags(user, id, &new.tags)?;
        self.attach_given_html(id, new.given_html.as_ref())?;
        let job = self.enqueue(&NewJob::ingest(id, new.url.as_str()))?;
        self.audit(user, Actor::Owner, "saved", id, "", new.url.as_str())?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("save::in_transaction", |_| std::process::abort());
        Ok(Saved {
            item: read_item(self.sql, user, id)?,
            saved_as: SavedAs::New,
            job: Some(job),
        })
    }

    fn save_again(&self, user: UserId, new: &NewItem, id: ItemId) -> Result<Saved, StoreError> {
        let known = read_item(self.sql, user, id)?;
        let restored = known.trashed_at.is_some();
        self.restore(user, id)?;
        let tagged = self.add_tags(user, id, &new.tags)?;
        if !tagged.is_empty() {
            self.log_change(id, ChangeOp::Upsert)?; // search knows tags
            self.audit(user, Actor::Owner, "tagged", id, "", &tagged.join(", "))?;
        }
        self.attach_given_html(id, new.given_html.as_ref())?;
        let lacks_content = !matches!(
            known.state,
            ItemState::Stored | ItemState::Partial | ItemState::Duplicate
        );
        let job = if new.given_html.is_some() || lacks_content {
            Some(self.request(&NewJob::ingest(id, &known.url))?)
        } else {
            None
        };
        let saved_as = match (restored, job) {
            (true, _) => SavedAs::Restored,
            (false, Some(_)) => SavedAs::Again,
            (false, None) => SavedAs::Known,
        };
        self.audit(user, Actor::Owner, "saved_again", id, "", new.url.as_str())?;
        Ok(Saved {
            item: read_item(self.sql, user, id)?,
            saved_as,
            job,
        })
    }

    /// Makes an item known by one more address, unless another item has it.
    pub(crate) fn add_address(
        &self,
        user: UserId,
        item: ItemId,
        address: &CanonicalUrl,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO item_address (user_id, canonical_url, item_id) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute((user.0, address.as_str(), self.item_row(item)?))?;
        Ok(())
    }

    fn attach_given_html(&self, item: ItemId, given: Option<&PreparedBlob>) -> Result<(), StoreError> {
        let Some(blob) = given else { return Ok(()) };
        self.insert_blob(blob)?;
        self.sql.execute(
            "INSERT INTO given_html (item_id, body_hash, given_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (item_id) DO UPDATE SET body_hash = excluded.body_hash, given_at = excluded.given_at",
            (self.item_row(item)?, blob.hash.0, self.now.as_millis()),
        )?;
        Ok(())
    }

    /// Writes the row that makes a prepared blob count. Bytes that were damaged since they came first are mended.
    pub(crate) fn insert_blob(&self, blob: &PreparedBlob) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO blob (hash, size_bytes, data, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (hash) DO UPDATE SET size_bytes = excluded.size_bytes, data = excluded.data
                 WHERE size_bytes IS NOT excluded.size_bytes OR data IS NOT excluded.data",
            )?
            .execute((
                blob.hash.0,
                blob.size_bytes as i64,
                blob.inline.as_deref(),
                self.now.as_millis(),
            ))?;
        Ok(())
    }
}
