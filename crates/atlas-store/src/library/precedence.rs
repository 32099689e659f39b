//! What takes precedence when an ingestion brings something else than the library has: the better of the two, or
//! the new judgement of the same bytes. It compares how they ended, never the content.

use atlas_domain::{Item, ItemState, Outcome};

use super::audit::Actor;
use super::commit::IngestCommit;
use crate::error::StoreError;
use crate::tx::Tx;

impl Tx<'_> {
    /// Leaves the item as it is, and says so.
    pub(super) fn keep_better(&self, item: &Item, worse: &Outcome) -> Result<Outcome, StoreError> {
        let detail = format!(
            "kept as {}: the new result was {} ({})",
            item.state,
            worse.word(),
            worse.message()
        );
        self.audit(
            item.user_id,
            Actor::Ingest,
            "kept_better",
            item.id,
            worse.reason(),
            &detail,
        )?;
        // Our own fault leaves the item as it was, but stays visible as a dead letter.
        Ok(match worse {
            Outcome::Failed { .. } => worse.clone(),
            _ => Outcome::Unchanged,
        })
    }
}

/// Whether the library keeps what it has.
pub(super) fn is_kept_better(item: &Item, commit: &IngestCommit) -> bool {
    would_get_worse(item, commit, &commit.conclusion.outcome())
}

/// A new fetch that brought less than the library has. A new judgement of the same bytes is not that, but our own
/// failure to come to one is.
pub(super) fn would_get_worse(item: &Item, commit: &IngestCommit, outcome: &Outcome) -> bool {
    let judged_again = commit.rejudged && commit.verdict.is_some();
    let new = outcome.item_state().map_or(0, rank);
    !judged_again && new < rank(item.state)
}

/// How much of the content a state stands for.
fn rank(state: ItemState) -> u8 {
    match state {
        ItemState::Stored => 4,
        ItemState::Duplicate | ItemState::Partial => 3,
        ItemState::Quarantined => 2,
        ItemState::Rejected | ItemState::LinkOnly | ItemState::Failed => 1,
        ItemState::Queued => 0,
    }
}
