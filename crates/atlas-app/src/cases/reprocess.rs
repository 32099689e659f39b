//! Processing again from stored bytes, because the extractor or the gate has learned something.

use atlas_domain::{Item, ItemState, NewJob, OutcomeWord};
use atlas_store::{ItemFilter, Library, StoreError, UnreadableItem};
use futures_util::future::join_all;

use super::add::WakeWorker;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ItemOutcome, ReprocessReport, ReprocessRequest};
use crate::vitals::announce_reprocess;

/// Items that are looked at together.
const AT_ONCE: usize = 100;
/// Items of the library that one request sees to: a large library is no large answer.
const PAGE: u32 = 500;

impl App {
    /// Enqueues items, each by itself, and waits until they are done if it is asked to. Of a library it sees to one
    /// page.
    pub async fn reprocess(&self, request: ReprocessRequest) -> Result<ReprocessReport, AppError> {
        if (request.state.is_some() || request.after.is_some()) && !request.items.is_empty() {
            return Err(AppError::Invalid(
                "`items` names items, `state` and `after` choose them: give one of the two".to_owned(),
            ));
        }
        let library = self.writable()?;
        let wake = WakeWorker(self);
        let is_bulk = request.items.is_empty() || request.items.len() > AT_ONCE;
        let asked = is_bulk.then(|| self.parts.signals.ask_for_reprocess());
        if is_bulk && let Some(vitals) = self.vitals() {
            announce_reprocess(vitals).await;
        }
        let (mut items, next) = if request.items.is_empty() {
            self.enqueue_page(library, request.state, request.after, PAGE)
                .await?
        } else {
            (self.enqueue_named(library, &request.items).await, None)
        };
        drop((asked, wake));
        let done = match request.wait_secs {
            Some(secs) => self.follow_all(library, &mut items, secs).await,
            None => 0,
        };
        Ok(ReprocessReport {
            enqueued: items.iter().filter(|item| item.job.is_some()).count() as u64,
            done,
            items,
            next,
        })
    }

    async fn enqueue_named(&self, library: &Library, names: &[String]) -> Vec<ItemOutcome> {
        let mut enqueued = Vec::with_capacity(names.len());
        for names in names.chunks(AT_ONCE) {
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

    /// Those that have stored bytes: the rest has nothing to look at again. What the owner dropped stays so, for as
    /// long as nobody names it. And those that cannot be read, which nobody would miss otherwise.
    async fn enqueue_page(
        &self,
        library: &Library,
        state: Option<ItemState>,
        after: Option<String>,
        limit: u32,
    ) -> Result<(Vec<ItemOutcome>, Option<String>), AppError> {
        let filter = ItemFilter {
            state,
            limit,
            after,
            uncounted: true,
            ..ItemFilter::default()
        };
        let page = library.list_items(self.user(), filter).await?;
        let mut enqueued: Vec<ItemOutcome> = page.unreadable.into_iter().map(unreadable).collect();
        for items in page.items.chunks(AT_ONCE) {
            let each = items.iter().map(async |item| match is_due(library, item).await {
                Ok(true) => Some(enqueue(library, item).await),
                Ok(false) => None,
                Err(error) => Some(failed(Some(item), &item.url, &error.into())),
            });
            enqueued.extend(join_all(each).await.into_iter().flatten());
        }
        Ok((enqueued, page.next))
    }
}

async fn is_due(library: &Library, item: &Item) -> Result<bool, StoreError> {
    if library.is_dropped(item.user_id, item.id).await? {
        return Ok(false);
    }
    Ok(library
        .snapshot_to_reprocess(item.user_id, item.id)
        .await?
        .is_some())
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

/// Its address cannot be read either, so it goes by its id, if it has one.
fn unreadable(item: UnreadableItem) -> ItemOutcome {
    let id = item.id.map(|id| id.to_string());
    ItemOutcome {
        url: id
            .clone()
            .unwrap_or_else(|| "an item without a readable id".to_owned()),
        id,
        outcome: OutcomeWord::Failed,
        reason: "unreadable".to_owned(),
        message: item.problem,
        job: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;

    #[test]
    fn an_item_whose_id_cannot_be_read_either_is_told_with_its_problem() {
        let told = unreadable(UnreadableItem {
            id: None,
            problem: "its row is torn".to_owned(),
        });
        assert_eq!(
            (told.id, told.url.as_str(), told.message.as_str()),
            (None, "an item without a readable id", "its row is torn")
        );
    }

    /// Makes every title of that name something that is no text.
    fn break_title(library: &std::path::Path, title: &str) {
        let mut bytes = std::fs::read(library).unwrap();
        let places: Vec<usize> = bytes
            .windows(title.len())
            .enumerate()
            .filter(|(_, found)| *found == title.as_bytes())
            .map(|(place, _)| place)
            .collect();
        assert!(!places.is_empty(), "there is no `{title}`");
        for place in places {
            bytes[place] = 0xff;
        }
        std::fs::write(library, bytes).unwrap();
    }

    #[tokio::test]
    async fn what_the_owner_dropped_is_processed_again_only_by_its_name() {
        let process = TestApp::open();
        process.store("https://a.example/", "otters hold hands").await;
        let junk = process.suspect("https://junk.example/").await;
        let app = process.app();
        app.discard(&junk.id.to_string()).await.unwrap();
        for state in [None, Some(ItemState::Rejected)] {
            let everything = ReprocessRequest {
                state,
                ..ReprocessRequest::default()
            };
            let report = app.reprocess(everything).await.unwrap();
            let urls: Vec<_> = report.items.iter().map(|item| item.url.as_str()).collect();
            assert!(!urls.contains(&"https://junk.example/"), "{urls:?}");
        }
        let named = ReprocessRequest {
            items: vec![junk.id.to_string()],
            ..ReprocessRequest::default()
        };
        assert_eq!(app.reprocess(named).await.unwrap().enqueued, 1);
    }

    #[tokio::test]
    async fn an_item_that_cannot_be_read_is_reported_as_failed_and_the_rest_is_enqueued() {
        let process = TestApp::open();
        let sound = process.store("https://a.example/", "otters hold hands").await;
        let damaged = process.store("https://damaged.example/", "moles dig").await;
        let process = process
            .reopen_after(|dir| break_title(&dir.library_db(), "Title of https://damaged.example/"))
            .await;
        let request = ReprocessRequest::default();
        let report = process.app().reprocess(request).await.unwrap();
        assert_eq!((report.enqueued, report.next), (1, None));
        let told = |id: atlas_domain::ItemId| {
            let id = id.to_string();
            let item = report.items.iter().find(|item| item.id.as_ref() == Some(&id));
            item.map(|item| (item.outcome, item.reason.as_str()))
        };
        assert_eq!(told(sound.id), Some((OutcomeWord::Queued, "")));
        assert_eq!(told(damaged.id), Some((OutcomeWord::Failed, "unreadable")));
    }
}
