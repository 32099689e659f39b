//! What goes in and out of the use cases, as JSON: the words of API, CLI and scripts. Fields are only added,
//! never renamed.

pub mod alerts;
pub mod backups;
mod lasting;
pub mod upkeep;

use atlas_domain::{
    Attempt, Cursor, Document, Item, ItemState, Job, JobKind, JobState, OutcomeWord, Snapshot, Timestamp,
};
use atlas_store::{AuditEntry, Judgement, UnreadableItem};
use serde::{Deserialize, Serialize};

/// Longest HTML that may come along with an address, whatever is configured.
pub const MAX_HTML_BYTES: usize = 16_000_000;
/// Jobs whose outcomes can be asked for at once.
pub const MAX_JOBS_ASKED: usize = 100;

/// Addresses to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddRequest {
    /// The addresses.
    pub items: Vec<AddItem>,
    /// Wait at most this long for the outcomes; do not wait without it.
    #[serde(default)]
    pub wait_secs: Option<u64>,
}

/// One address to save.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddItem {
    /// The address. Without a scheme it means https.
    pub url: String,
    /// Tags to put on it.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The page's HTML as text, when the caller has it: the page is then not fetched.
    #[serde(default)]
    pub html: Option<String>,
    /// The same as the bytes of a file, in Base64: their charset is found as that of a fetched page.
    #[serde(default)]
    pub html_base64: Option<String>,
}

/// What became of the addresses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddReport {
    /// One entry an address, in the order they came.
    pub items: Vec<ItemOutcome>,
}

/// What became of one address or item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemOutcome {
    /// The item; none when there is no such item, or the address could not be saved.
    pub id: Option<String>,
    /// Its address, or what was named, as it came.
    pub url: String,
    /// The outcome as far as it is known.
    pub outcome: OutcomeWord,
    /// Stable reason code; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
    /// The job that sees to it, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

impl ItemOutcome {
    /// Whether something is kept: a rejected page, a bare link and a failure are not what was wanted.
    pub fn is_saved(&self) -> bool {
        !matches!(
            self.outcome,
            OutcomeWord::Rejected | OutcomeWord::LinkOnly | OutcomeWord::Failed
        )
    }
}

/// Whose outcomes to tell.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomesQuery {
    /// The jobs, separated by commas; 100 at most.
    pub jobs: String,
    /// Wait at most this long until all of them are known; 20 seconds at most.
    #[serde(default)]
    pub wait_ms: u64,
}

/// How jobs stand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OutcomesReport {
    /// One entry a job, in the order they were asked for.
    pub jobs: Vec<JobOutcome>,
}

/// How one job stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JobOutcome {
    /// The job.
    pub job: String,
    /// How it ended or was put off; `queued` as long as neither is the case.
    pub outcome: OutcomeWord,
    /// Stable reason code; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub message: String,
}

/// The answer to a call that wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Written<T> {
    /// What there is to say about it.
    #[serde(flatten)]
    pub answer: T,
    /// For `after_cursor` of a search that must see what was written.
    pub cursor: Option<Cursor>,
}

/// What to search for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words, "phrases", -exclusions, prefix*, field:value.
    pub q: String,
    /// At most so many hits; 20 without it, 200 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Hits to leave out at the beginning.
    #[serde(default)]
    pub offset: usize,
    /// `cursor` from the answer to a call that wrote: the search waits until it sees what was written, or says
    /// that it does not.
    #[serde(default)]
    pub after_cursor: Option<Cursor>,
    /// The same for everything that was written before this search.
    #[serde(default)]
    pub fresh: bool,
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
    /// What may explain that nothing was found; empty otherwise.
    #[serde(default)]
    pub hint: String,
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
#[serde(deny_unknown_fields)]
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
    /// Where it waits: nothing is done about it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// A page of whole items, for export.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportPage {
    /// The items.
    pub items: Vec<ItemView>,
    /// Items of the page that cannot be read. One may be named by two pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableItem>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<String>,
}

/// Tags to add and to remove.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagRequest {
    /// To add.
    #[serde(default)]
    pub add: Vec<String>,
    /// To remove.
    #[serde(default)]
    pub remove: Vec<String>,
}

/// Which page of the quarantine to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuarantineQuery {
    /// At most so many; 50 without it, 500 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<String>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// Only in this state.
    #[serde(default)]
    pub state: Option<JobState>,
    /// Only of this kind.
    #[serde(default)]
    pub kind: Option<JobKind>,
    /// At most so many; 50 without it, 1,000 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<String>,
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
#[serde(deny_unknown_fields)]
pub struct ReprocessRequest {
    /// These items, by id or address; without them, all in the state that have stored bytes, a page at a time.
    #[serde(default)]
    pub items: Vec<String>,
    /// Only in this state; not together with items.
    #[serde(default)]
    pub state: Option<ItemState>,
    /// `next` of the answer before; not together with items.
    #[serde(default)]
    pub after: Option<String>,
    /// Wait at most this long until they are done.
    #[serde(default)]
    pub wait_secs: Option<u64>,
}

/// What became of each item that was to be processed again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReprocessReport {
    /// Items enqueued.
    pub enqueued: u64,
    /// Of those waited for: ended, however they did.
    pub done: u64,
    /// One entry an item; those that were named in the order they were.
    #[serde(default)]
    pub items: Vec<ItemOutcome>,
    /// `after` of the request for the next page; none when everything has been seen to.
    #[serde(default)]
    pub next: Option<String>,
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
