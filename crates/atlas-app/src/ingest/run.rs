//! `Run`: one try at one item, and `Exit`: the ways out of it before there is content.

use std::borrow::Borrow;

use atlas_domain::{
    BlobHash, CanonicalUrl, Decision, ItemId, ItemState, Lease, Outcome, SnapshotId, Strategy, StrategyStep,
    Timestamp, Verdict,
};
use atlas_extract::Variant;
use atlas_store::{AttemptRecord, Crowd, Postponement, StoreError};
use url::Url;

use super::extract::ExtractedPage;
use super::judge::Judged;
use super::variants::Page;

/// One try at one item.
#[derive(Debug)]
pub(crate) struct Run {
    /// The claim on the job.
    pub(crate) lease: Lease,
    /// The item.
    pub(crate) item_id: ItemId,
    /// When the try began.
    started_at: Timestamp,
    /// The stages it has come to, the last of them last.
    stages: Vec<&'static str>,
    /// Stored bytes are judged again; nothing is fetched.
    pub(crate) rejudged: bool,
    /// The owner said to keep the item whatever the gate says.
    pub(crate) keep_always: bool,
    /// The HTML from a save that this run looks at.
    pub(crate) given_html: Option<BlobHash>,
    /// How the page was fetched, as far as it was.
    pub(crate) steps: Vec<StrategyStep>,
    /// What the library has of the item.
    pub(super) has: Option<ItemState>,
    /// The page's own address.
    pub(super) address: Option<Url>,
    /// Where the page is, once somebody has looked into it.
    pub(super) page: Option<Page>,
    /// Other forms of itself that it names.
    pub(super) variants: Vec<Variant>,
}

/// A way out of the story before there is content.
#[derive(Debug)]
pub(crate) enum Exit {
    /// There is no content, and that is final.
    NoContent(Box<NoContent>),
    /// Not now, and neither for those who wait for the same, if there is a crowd of them.
    Postponed(Postponement, Option<Crowd>),
    /// The store failed: nothing is decided, and the worker puts the job back.
    Store(StoreError),
}

/// A final conclusion that there is no content.
#[derive(Debug)]
pub(crate) struct NoContent {
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// The bytes it was concluded from, when there were any.
    pub(crate) snapshot_id: Option<SnapshotId>,
    /// What the gate said, when it was asked.
    pub(crate) verdict: Option<Verdict>,
    /// Addresses the page turned out to have.
    pub(crate) addresses: Vec<CanonicalUrl>,
}

impl Run {
    /// A try that begins at `started_at`.
    pub(crate) fn new(lease: Lease, item_id: ItemId, started_at: Timestamp, rejudged: bool) -> Self {
        Self {
            lease,
            item_id,
            started_at,
            stages: vec!["begin"],
            rejudged,
            keep_always: false,
            given_html: None,
            steps: Vec::new(),
            has: None,
            address: None,
            page: None,
            variants: Vec::new(),
        }
    }

    /// Records that the try has come to `stage`.
    pub(crate) fn enter(&mut self, stage: &'static str) {
        tracing::debug!(item = %self.item_id, stage, "ingestion");
        // A better copy takes the same steps once more.
        self.stages.retain(|known| *known != stage);
        self.stages.push(stage);
    }

    /// How far the try has come.
    pub(super) fn stage(&self) -> &'static str {
        self.stages.last().copied().unwrap_or("begin")
    }

    /// The stages it has come to.
    pub(super) fn stages(&self) -> &[&'static str] {
        &self.stages
    }

    /// Remembers what the page says of itself, for whoever looks for a better copy.
    pub(super) fn look_into(&mut self, page: &ExtractedPage) {
        let Ok(found) = Url::parse(&page.snapshot.final_url) else {
            return;
        };
        let declared = page.extracted.declared_url.as_deref();
        self.page = self.address.clone().map(|saved| Page {
            saved,
            declared: declared.and_then(|declared| found.join(declared).ok()),
            found,
        });
        self.variants.clone_from(&page.extracted.variants);
    }

    /// Says in the last step what was wrong with what it brought, if something was.
    pub(super) fn explain<J: Borrow<Judged>>(&mut self, end: &Result<J, Exit>) {
        match end {
            Ok(judged) if judged.borrow().verdict.decision == Decision::Partial => {
                self.note("only its beginning is there");
            }
            Ok(_) | Err(Exit::Store(_)) => {}
            Err(Exit::NoContent(end)) => self.note(&end.outcome.message()),
            Err(Exit::Postponed(postponement, _)) => self.note(&postponement.message),
        }
    }

    /// Adds to the last step.
    pub(super) fn note(&mut self, message: &str) {
        let Some(step) = self.steps.last_mut() else { return };
        if step.message.is_empty() {
            message.clone_into(&mut step.message);
        } else if !message.is_empty() && step.message != message {
            step.message = format!("{}; {message}", step.message);
        }
    }

    /// Gives the last step of that strategy another end.
    pub(super) fn name_last_step(&mut self, strategy: Strategy, result: &str) {
        let mut steps = self.steps.iter_mut().rev();
        if let Some(step) = steps.find(|step| step.strategy == strategy) {
            result.clone_into(&mut step.result);
        }
    }

    /// The record of this try.
    pub(crate) fn record(&self) -> AttemptRecord {
        AttemptRecord::at(self.started_at, self.stage()).with_steps(self.steps.clone())
    }
}

impl Exit {
    /// No content, without any bytes to show.
    pub(crate) fn without_bytes(outcome: Outcome) -> Self {
        Self::unjudged(outcome, None)
    }

    /// No content in these bytes, which nobody could judge.
    pub(crate) fn with_bytes(outcome: Outcome, snapshot: SnapshotId) -> Self {
        Self::unjudged(outcome, Some(snapshot))
    }

    fn unjudged(outcome: Outcome, snapshot_id: Option<SnapshotId>) -> Self {
        Self::NoContent(Box::new(NoContent {
            outcome,
            snapshot_id,
            verdict: None,
            addresses: Vec::new(),
        }))
    }
}

impl From<StoreError> for Exit {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
