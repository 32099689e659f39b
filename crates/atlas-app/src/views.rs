//! What goes in and out of the use cases, as JSON: the words of API, CLI and scripts. Fields are only added,
//! never renamed.

use atlas_domain::{Attempt, Document, Item, ItemState, Job, JobKind, JobState, OutcomeWord, Snapshot};
use atlas_store::{AuditEntry, Judgement};
use serde::{Deserialize, Serialize};

/// Addresses to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AddRequest {
    /// The addresses.
    pub items: Vec<AddItem>,
    /// Wait at most this long for the outcomes; do not wait without it.
    #[serde(default)]
    pub wait_secs: Option<u64>,
}

/// One address to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AddItem {
    /// The address. Without a scheme it means https.
    pub url: String,
    /// Tags to put on it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The page's HTML, when the caller has it: the page is then not fetched.
    #[serde(default)]
    pub html: Option<String>,
}

/// What became of the addresses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddReport {
    /// One entry an address, in the order they came.
    pub items: Vec<AddedItem>,
}

/// What became of one address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddedItem {
    /// The item; none when the address could not be saved.
    pub id: Option<String>,
    /// The address as it came.
    pub url: String,
    /// The outcome as far as it is known.
    pub outcome: OutcomeWord,
    /// Stable reason code; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
}

impl AddedItem {
    /// Whether something is kept: a rejected page, a bare link and a failure are not what was wanted.
    pub fn is_saved(&self) -> bool {
        !matches!(
            self.outcome,
            OutcomeWord::Rejected | OutcomeWord::LinkOnly | OutcomeWord::Failed
        )
    }
}

/// What to search for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SearchQuery {
    /// Words, "phrases", -exclusions, prefix*, field:value.
    pub q: String,
    /// At most so many hits; 20 without it.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Hits to leave out at the beginning.
    #[serde(default)]
    pub offset: usize,
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchReply {
    /// The best first.
    pub hits: Vec<SearchHit>,
    /// How many there are in all.
    pub total: u64,
    /// Milliseconds spent searching.
    pub took_ms: u64,
    /// The answer is not all it could be.
    pub degraded: bool,
    /// Stable code of why; empty otherwise.
    pub degraded_reason: String,
}

/// One hit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchHit {
    /// The item.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// BM25, comparable within one answer.
    pub score: f32,
    /// A passage around what matched, which stands between `**`.
    pub snippet: String,
}

/// Which items to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ListQuery {
    /// Only in this state.
    #[serde(default)]
    pub state: Option<ItemState>,
    /// Only with this tag.
    #[serde(default)]
    pub tag: Option<String>,
    /// The trash instead of the library.
    #[serde(default)]
    pub trashed: bool,
    /// At most so many; 50 without it, 500 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<String>,
}

/// Everything about one item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemView {
    /// The item.
    #[serde(flatten)]
    pub item: Item,
    /// Its content, when it has any.
    pub document: Option<Document>,
    /// Why it is what it is.
    pub why: Why,
}

/// Why an item is what it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Why {
    /// The last decision of the junk gate.
    pub judgement: Option<Judgement>,
    /// The page as it arrived the last time.
    pub snapshot: Option<Snapshot>,
    /// Every try.
    pub attempts: Vec<Attempt>,
    /// Every decision.
    pub audit: Vec<AuditEntry>,
}

/// A page of whole items, for export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportPage {
    /// The items.
    pub items: Vec<ItemView>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// Tags to add and to remove.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TagRequest {
    /// To add.
    #[serde(default)]
    pub add: Vec<String>,
    /// To remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// What is in quarantine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuarantineList {
    /// The newest first.
    pub items: Vec<atlas_store::Quarantined>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct JobQuery {
    /// Only in this state.
    #[serde(default)]
    pub state: Option<JobState>,
    /// Only of this kind.
    #[serde(default)]
    pub kind: Option<JobKind>,
    /// At most so many; 50 without it.
    #[serde(default)]
    pub limit: Option<u32>,
}

/// Jobs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobList {
    /// The most recently changed first.
    pub jobs: Vec<Job>,
}

/// A job with its tries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobView {
    /// The job.
    #[serde(flatten)]
    pub job: Job,
    /// Every try, the oldest first.
    pub attempt_log: Vec<Attempt>,
}

/// What to process again from stored bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ReprocessRequest {
    /// These items, by id or address; all that match the rest without them.
    #[serde(default)]
    pub items: Vec<String>,
    /// Only in this state.
    #[serde(default)]
    pub state: Option<ItemState>,
    /// Wait at most this long until they are done.
    #[serde(default)]
    pub wait_secs: Option<u64>,
}

/// What is on its way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReprocessReport {
    /// Items enqueued.
    pub enqueued: u64,
    /// Of those waited for: done.
    pub done: u64,
}

/// The result of a check-up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DoctorReport {
    /// Each check.
    pub checks: Vec<DoctorCheck>,
}

/// One check.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DoctorCheck {
    /// What was checked.
    pub name: String,
    /// Whether it is in order.
    pub ok: bool,
    /// What was found, and what to do about it.
    pub message: String,
}
