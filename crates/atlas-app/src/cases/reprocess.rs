//! Processing again from stored bytes, because the extractor or the gate has learned something.

use std::time::Duration;

use atlas_domain::{ItemId, JobId, JobState, NewJob};
use atlas_store::{ItemFilter, Library};
use tokio::time::{Instant, timeout_at};

use super::add::MAX_WAIT;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ReprocessReport, ReprocessRequest};

const PAGE: u32 = 500;

impl App {
    /// Enqueues items, and waits until they are done if it is asked to.
    pub async fn reprocess(&self, request: ReprocessRequest) -> Result<ReprocessReport, AppError> {
        let library = self.writable()?;
        let mut jobs = Vec::new();
        for item in self.chosen(library, &request).await? {
            jobs.push(library.enqueue_job(NewJob::reprocess(item)).await?);
        }
        self.changed();
        let done = match request.wait_secs {
            Some(secs) => {
                self.wait_for_all(
                    library,
                    &jobs,
                    Instant::now() + Duration::from_secs(secs).min(MAX_WAIT),
                )
                .await?
            }
            None => 0,
        };
        Ok(ReprocessReport {
            enqueued: jobs.len() as u64,
            done,
        })
    }

    async fn chosen(&self, library: &Library, request: &ReprocessRequest) -> Result<Vec<ItemId>, AppError> {
        let mut chosen = Vec::new();
        for item in &request.items {
            let id = self.resolve(item).await?;
            chosen.push(library.item(self.user(), id).await?.id);
        }
        if !request.items.is_empty() {
            return Ok(chosen);
        }
        let mut after = None;
        loop {
            let filter = ItemFilter {
                state: request.state,
                limit: PAGE,
                after,
                ..ItemFilter::default()
            };
            let page = library.list_items(self.user(), filter).await?;
            for item in page.items {
                if library.latest_snapshot(item.id).await?.is_some() {
                    chosen.push(item.id);
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(chosen);
            }
        }
    }

    async fn wait_for_all(
        &self,
        library: &Library,
        jobs: &[JobId],
        deadline: Instant,
    ) -> Result<u64, AppError> {
        let mut finished = self.parts.signals.finished();
        let mut done = 0;
        for job in jobs {
            while matches!(library.job(*job).await?.state, JobState::Ready | JobState::Leased) {
                if timeout_at(deadline, finished.changed()).await.is_err() {
                    return Ok(done);
                }
            }
            done += 1;
        }
        Ok(done)
    }
}
