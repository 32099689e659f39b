//! The change log as its readers see it: pages of changes behind an opaque cursor.

use serde::{Deserialize, Serialize};

use crate::id::ItemId;
use crate::words::words;

words! {
    /// What happened to an item.
    pub enum ChangeOp {
        /// It came or changed: read it again.
        Upsert = "upsert",
        /// It is gone from view: forget it.
        Remove = "remove",
    }
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which item.
    pub item_id: ItemId,
    /// What happened.
    pub op: ChangeOp,
}

/// Which library this is, and which life of it. A reader that remembers another one starts over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LibraryIdentity {
    /// Made once, with the library.
    pub library: uuid::Uuid,
    /// Changes when a backup is restored over it.
    pub epoch: uuid::Uuid,
}

/// How far a reader has read. Opaque: only the store knows what is inside, and only equality means anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// For the store: wraps its own position.
    pub fn from_store(position: String) -> Self {
        Self(position)
    }

    /// For the store: its own position back.
    pub fn as_store(&self) -> &str {
        &self.0
    }
}

/// A page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// In order. An item may appear more than once.
    pub changes: Vec<Change>,
    /// Where to go on.
    pub next: Cursor,
}
