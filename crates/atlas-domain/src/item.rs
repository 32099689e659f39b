//! `Item`: what a person saved, or a source delivered. It outlives every version of its content.

use serde::{Deserialize, Serialize};

use crate::id::{ItemId, UserId};
use crate::time::Timestamp;
use crate::words::words;

words! {
    /// Where an item stands.
    pub enum ItemState {
        /// Saved; its content has not been looked at yet.
        Queued = "queued",
        /// Its content is in the library.
        Stored = "stored",
        /// The beginning of its content is in the library.
        Partial = "partial",
        /// Its content is kept in another item.
        Duplicate = "duplicate",
        /// Suspected junk, kept aside.
        Quarantined = "quarantined",
        /// Junk; the link stays.
        Rejected = "rejected",
        /// No content to be had; the link stays.
        LinkOnly = "link_only",
        /// Atlas could not process it, by its own fault.
        Failed = "failed",
    }
}

impl ItemState {
    /// Whether its document is in the search index.
    pub fn is_searchable(self) -> bool {
        matches!(self, Self::Stored | Self::Partial)
    }
}

/// What a person saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its name, for ever.
    pub id: ItemId,
    /// Whose it is.
    #[serde(skip, default = "owner")]
    pub user_id: UserId,
    /// The address as it was given.
    pub url: String,
    /// The address by which it is recognised.
    pub canonical_url: String,
    /// Where it stands.
    pub state: ItemState,
    /// Stable code of why it stands there; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
    /// Its title: from its content, else from who saved it.
    pub title: Option<String>,
    /// The item that holds the content, when this one is a duplicate.
    pub duplicate_of: Option<ItemId>,
    /// The owner said to keep it whatever the gate says.
    pub keep_always: bool,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it was put in the trash, if it is there.
    pub trashed_at: Option<Timestamp>,
    /// Its tags, sorted.
    pub tags: Vec<String>,
}

fn owner() -> UserId {
    UserId::OWNER
}
