//! `Document`: one version of an item's content, as committed.

use serde::{Deserialize, Serialize};

use crate::article::Article;
use crate::id::{BlobHash, DocumentId, ItemId, SnapshotId};
use crate::time::Timestamp;

/// One version of an item's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its name.
    pub id: DocumentId,
    /// The item it belongs to.
    pub item_id: ItemId,
    /// 1 for the first version of the item's content.
    pub version: u32,
    /// The bytes it was extracted from.
    pub snapshot_id: SnapshotId,
    /// The hash of its normalised text: equal hashes are the same content.
    pub content_hash: BlobHash,
    /// When it was committed.
    pub created_at: Timestamp,
    /// What was extracted.
    pub article: Article,
}
