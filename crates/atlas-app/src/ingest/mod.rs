//! THE STORY: how one saved address becomes a document, or how it is known why not.
//!
//! Each step takes one value and returns the next, so that the wrong order does not compile. A step that
//! cannot go on leaves through `Exit`; every way out ends in exactly one `Outcome`, committed in one
//! transaction with everything that belongs to it. Nothing here talks to the network or to SQL itself.

mod answer;
mod begin;
mod bodies;
mod commit;
mod copies;
mod extract;
mod fetch;
mod judge;
mod keep;
mod kind;
mod retry;
mod run;
mod stages;
mod variants;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use atlas_domain::{Clock, Entropy, Fetcher, Outcome};
use atlas_store::{IngestMaterial, Library, StoreError};

use crate::extraction::ExtractorPool;
pub use bodies::Bodies;
use judge::Judged;
pub(crate) use judge::quarantined;
pub use retry::JobWaits;
use run::Exit;
pub(crate) use run::Run;
pub use stages::StageCounts;

/// What ingestion works with.
#[derive(Clone)]
pub struct Ingest {
    /// Where everything is kept.
    pub library: Library,
    /// Brings pages.
    pub fetcher: Arc<dyn Fetcher>,
    /// Parses foreign bytes in child processes.
    pub extractor: Arc<ExtractorPool>,
    /// Bounds the memory that pages under way take.
    pub bodies: Bodies,
    /// How long jobs wait that are put off.
    pub waits: JobWaits,
    /// Counts how far tries come.
    pub stages: Arc<StageCounts>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub entropy: Arc<Entropy>,
}

impl Ingest {
    /// Fetches, keeps, extracts, judges, looks for a better copy where there is need, commits.
    pub(crate) async fn ingest(&self, mut run: Run) -> Result<Outcome, StoreError> {
        let judged = self.fetch_and_judge(&mut run).await;
        self.conclude(run, judged).await
    }

    /// The same from the bytes that are kept already: nobody is asked.
    pub(crate) async fn reprocess(&self, mut run: Run) -> Result<Outcome, StoreError> {
        let judged = self.reopen_and_judge(&mut run).await;
        self.conclude(run, judged).await
    }

    async fn fetch_and_judge(&self, run: &mut Run) -> Result<Judged, Exit> {
        let material = self.begin(run).await?;
        let page = self.page_itself(run, material).await;
        self.or_a_better_copy(run, page).await
    }

    async fn page_itself(&self, run: &mut Run, material: IngestMaterial) -> Result<Judged, Exit> {
        let fetched = self.fetch(run, material).await?;
        let kept = self.keep(run, fetched).await?;
        let answered = self.answer(run, kept)?;
        let readable = self.require_readable(run, answered)?;
        let extracted = self.extract(run, readable).await?;
        run.look_into(&extracted);
        self.judge(run, extracted)
    }

    async fn reopen_and_judge(&self, run: &mut Run) -> Result<Judged, Exit> {
        let material = self.begin(run).await?;
        let kept = self.reopen(run, &material.item).await?;
        let readable = self.require_readable(run, kept)?;
        let extracted = self.extract(run, readable).await?;
        self.judge(run, extracted)
    }

    async fn conclude(&self, mut run: Run, judged: Result<Judged, Exit>) -> Result<Outcome, StoreError> {
        // A door that was busy or closed is no fault: that try does not count either.
        let is_put_off = matches!(&judged, Err(Exit::Postponed(postponement, _)) if !postponement.counts);
        let concluded = match judged {
            Ok(judged) => self.commit(&mut run, judged).await,
            Err(Exit::NoContent(conclusion)) => self.commit_without_content(&run, *conclusion).await,
            Err(Exit::Postponed(postponement, crowd)) => self.postpone(&run, postponement, crowd).await,
            Err(Exit::Store(error)) => Err(error),
        };
        let has_failed = match &concluded {
            Ok(Outcome::Failed { .. }) | Err(_) => true,
            Ok(Outcome::Deferred { .. }) => !is_put_off,
            Ok(_) => false,
        };
        self.stages.ended(run.stages(), has_failed);
        concluded
    }
}
