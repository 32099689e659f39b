//! Cleaning the library, live: what an audit reads, the plan that is made of its findings, carrying it out item by item,
//! undoing it, and proving that nothing else was touched.
//!
//! Nothing here judges, and nothing is deleted: an item is quarantined or becomes a duplicate of its better copy, and all
//! that it held stays.

mod apply;
mod audited;
mod plan;
mod read;
mod undo;
mod witness;

use atlas_domain::{CleanupId, CleanupState, CleanupStep, Criteria, Item, ItemId, Timestamp};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

pub use apply::{CleanAction, Cleaned};
pub use audited::{AuditedItem, AuditedPage};
pub use plan::{CleanupPlan, PlannedItem};
pub use read::CleanupItemPage;
pub use undo::UndoneItems;
pub use witness::Witness;

use crate::sqlite::{Column, json_column, parse_column};

/// A cleanup of the library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanupRun {
    /// Its name.
    pub id: CleanupId,
    /// Where it stands.
    pub state: CleanupState,
    /// What was asked for, in the words of whoever planned it.
    pub wanted: serde_json::Value,
    /// Items with content that there were when it was planned.
    pub items_total: u64,
    /// The version of the gate by which they were judged.
    pub gate_version: u32,
    /// What there is to say; empty if nothing.
    pub message: String,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it was begun to be carried out.
    pub began_at: Option<Timestamp>,
    /// When that ended.
    pub ended_at: Option<Timestamp>,
    /// How many of its items stand where.
    pub steps: std::collections::BTreeMap<CleanupStep, u64>,
}

impl CleanupRun {
    /// How many of its items stand there.
    pub fn count(&self, step: CleanupStep) -> u64 {
        self.steps.get(&step).copied().unwrap_or(0)
    }

    /// How many items it has.
    pub fn items(&self) -> u64 {
        self.steps.values().sum()
    }
}

/// An item of a cleanup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CleanupItem {
    /// Its number, by which pages go on.
    pub number: i64,
    /// The item.
    pub item: ItemId,
    /// Its address; none if there is no such item any more.
    pub url: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// What speaks against it.
    pub reasons: Criteria,
    /// Its better copy.
    pub survivor: Option<ItemId>,
    /// Where it stands.
    pub state: CleanupStep,
    /// Why it was skipped or cannot be undone.
    pub message: String,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

/// What was changed, before and after: what an undo needs, and how it recognises that somebody has been there since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Image {
    before: Standing,
    after: Standing,
    /// The better copy that took over tags and an earlier date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    survivor: Option<MergedImage>,
}

/// What a cleanup changes of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    state: String,
    reason: String,
    message: String,
    duplicate_of: Option<ItemId>,
}

/// What a survivor took over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct MergedImage {
    before: Merged,
    after: Merged,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Merged {
    tags: Vec<String>,
    saved_at: i64,
}

/// The columns that [`item_of`] reads.
const CLEANUP_ITEM_COLUMNS: &str = "cleanup_item.id AS number, cleanup_item.item_uuid, item.url, item.title,
    cleanup_item.criteria, cleanup_item.survivor_uuid, cleanup_item.state, cleanup_item.message, cleanup_item.done_at";

fn item_of(row: &Row<'_>) -> rusqlite::Result<CleanupItem> {
    Ok(CleanupItem {
        number: row.get("number")?,
        item: ItemId::read(row, "item_uuid")?,
        url: row.get("url")?,
        title: row.get("title")?,
        reasons: Criteria::from_bits(row.get("criteria")?),
        survivor: Option::<ItemId>::read(row, "survivor_uuid")?,
        state: parse_column(row, "state")?,
        message: row.get("message")?,
        done_at: Option::<Timestamp>::read(row, "done_at")?,
    })
}

fn run_of(row: &Row<'_>) -> rusqlite::Result<CleanupRun> {
    let steps: std::collections::BTreeMap<String, u64> = json_column(row, "steps")?;
    Ok(CleanupRun {
        id: CleanupId::read(row, "uuid")?,
        state: parse_column(row, "state")?,
        wanted: json_column(row, "wanted")?,
        items_total: row.get("items_total")?,
        gate_version: row.get("gate_version")?,
        message: row.get("message")?,
        planned_at: Timestamp::read(row, "planned_at")?,
        began_at: Option::<Timestamp>::read(row, "began_at")?,
        ended_at: Option::<Timestamp>::read(row, "ended_at")?,
        steps: steps
            .into_iter()
            .filter_map(|(step, items)| Some((step.parse().ok()?, items)))
            .collect(),
    })
}

impl Standing {
    fn of(item: &Item) -> Self {
        Self {
            state: item.state.as_str().to_owned(),
            reason: item.reason.clone(),
            message: item.message.clone(),
            duplicate_of: item.duplicate_of,
        }
    }
}

impl Merged {
    fn of(item: &Item) -> Self {
        Self {
            tags: item.tags.clone(),
            saved_at: item.saved_at.as_millis(),
        }
    }
}
