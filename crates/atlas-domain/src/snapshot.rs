//! `Snapshot`: the raw bytes of a page as they arrived, kept before anything judges them.

use serde::{Deserialize, Serialize};

use crate::fetch::{Strategy, StrategyStep};
use crate::id::{BlobHash, ItemId, SnapshotId};
use crate::time::Timestamp;

/// A page as it arrived. Its bytes are a blob under `body_hash`, for as long as they are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its name.
    pub id: SnapshotId,
    /// The item it was fetched for.
    pub item_id: ItemId,
    /// The hash of its bytes. `None`: they are not kept any more.
    pub body_hash: Option<BlobHash>,
    /// How many bytes the body has, or had, decompressed as it is stored under its name.
    pub size_bytes: u64,
    /// Where it was asked for.
    pub url: String,
    /// Where the answer came from, after redirects.
    pub final_url: String,
    /// The HTTP status; 200 for HTML that was given.
    pub status: u16,
    /// `Content-Type` as it was sent.
    pub content_type: Option<String>,
    /// The response headers, except those that carry secrets (`Set-Cookie`).
    pub headers: Vec<(String, String)>,
    /// Which strategy brought it.
    pub strategy: Strategy,
    /// What each strategy did before one brought it.
    pub steps: Vec<StrategyStep>,
    /// When it arrived.
    pub fetched_at: Timestamp,
}
