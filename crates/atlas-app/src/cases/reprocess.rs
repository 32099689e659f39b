//! Processing again from stored bytes, because the extractor or the gate has learned something.

use atlas_domain::{Item, ItemState, NewJob, OutcomeWord};
use atlas_store::{ItemFilter, Library};
use futures_util::future::join_all;

use super::add::WakeWorker;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ItemOutcome, ReprocessReport, ReprocessRequest};

/// Items that are looked at together.
const PAGE: u32 = 100;

impl App {
    /// Enqueues items, each by itself, and waits until they are done if it is asked to.
    pub async fn reprocess(&self, request: ReprocessRequest) -> Result<ReprocessReport, AppError> {
        if request.state.is_some() && !request.items.is_empty() {
            return Err(AppError::Invalid(
                "`items` names items and `state` chooses them: give one of the two".to_owned(),
            ));
        }
        let library = self.writable()?;
        let wake = WakeWorker(self);
        let mut items = if request.items.is_empty() {
            self.enqueue_all(library, request.state).await?
        } else {
            self.enqueue_named(library, &request.items).await
        };
        drop(wake);
        let done = match request.wait_secs {
            Some(secs) => self.follow_all(library, &mut items, secs).await,
            None => 0,
        };
        Ok(ReprocessReport {
            enqueued: items.iter().filter(|item| item.job.is_some()).count() as u64,
            done,
            items,
        })
    }

    async fn enqueue_named(&self, library: &Library, names: &[String]) -> Vec<ItemOutcome> {
        let mut enqueued = Vec::with_capacity(names.len());
        for names in names.chunks(PAGE as usize) {
            let each = names
                .iter()
                .map(async |name| match self.named(library, name).await {
                    Ok(item) => enqueue(library, &item).await,
                    Err(error) => failed(None, name, &error),
                });
            enqueued.extend(join_all(each).await);
        }
        enqueued
    }

    async fn named(&self, library: &Library, name: &str) -> Result<Item, AppError> {
        let id = self.resolve(name).await?;
        Ok(library.item(self.user(), id).await?)
    }

    /// Those that have stored bytes: the rest has nothing to look at again.
    async fn enqueue_all(
        &self,
        library: &Library,
        state: Option<ItemState>,
    ) -> Result<Vec<ItemOutcome>, AppError> {
        let (mut enqueued, mut after) = (Vec::new(), None);
        loop {
            let filter = ItemFilter {
                state,
                limit: PAGE,
                after,
                ..ItemFilter::default()
            };
            let page = library.list_items(self.user(), filter).await?;
            let each = page
                .items
                .iter()
                .map(async |item| match library.latest_snapshot(item.id).await {
                    Ok(Some(_)) => Some(enqueue(library, item).await),
                    Ok(None) => None,
                    Err(error) => Some(failed(Some(item), &item.url, &error.into())),
                });
            enqueued.extend(join_all(each).await.into_iter().flatten());
            after = page.next;
            if after.is_none() {
                return Ok(enqueued);
            }
        }
    }
}

async fn enqueue(library: &Library, item: &Item) -> ItemOutcome {
    match library
        .request_job(item.user_id, NewJob::reprocess(item.id))
        .await
    {
        Ok(job) => ItemOutcome {
            id: Some(item.id.to_string()),
            url: item.url.clone(),
            outcome: OutcomeWord::Queued,
            reason: String::new(),
            message: "its turn comes".to_owned(),
            job: Some(job.to_string()),
        },
        Err(error) => failed(Some(item), &item.url, &error.into()),
    }
}

fn failed(item: Option<&Item>, name: &str, error: &AppError) -> ItemOutcome {
    ItemOutcome {
        id: item.map(|item| item.id.to_string()),
        url: name.to_owned(),
        outcome: OutcomeWord::Failed,
        reason: error.code().to_owned(),
        message: error.told(),
        job: None,
    }
}
