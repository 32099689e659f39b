//! `PipelineProbe`: takes a page that is built in through fetching, extraction and the gate, and keeps nothing of it;
//! then looks whether the pages of the last days came through as they usually do.

mod past;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_domain::{CheckOutcome, Decision, FetchRequest, Fetched, Fetcher, PortFuture};
use atlas_extract::{Engine, Extracted, FetchSignals, PageInput, judge};
use tokio::time::{Instant, timeout};
use url::Url;

use super::super::{Looked, Probe};
use super::LimitsHandle;
use crate::app::App;
use crate::error::AppError;
use crate::extraction::ExtractorPool;
use past::Past;

const PAGE: &str = include_str!("page.html");
/// A sentence of it.
const SENTENCE: &str = "The lighthouse keeper wrote down the weather four times a day";
const ADDRESS: &str = "https://atlas.invalid/the-lighthouse-keepers-book";

/// How long it waits for a child that is free. That all are busy is no failure: they are at work.
const WAIT: Duration = Duration::from_secs(15);

/// What takes pages in.
pub struct Pipeline {
    /// Brings them.
    pub fetcher: Arc<dyn Fetcher>,
    /// Makes articles of them.
    pub extractor: Arc<ExtractorPool>,
}

/// Looks at the way from a page to a document.
pub struct PipelineProbe {
    app: Arc<App>,
    pipeline: Pipeline,
    limits: LimitsHandle,
    /// What the number of errors said last: many is left at another value than it is entered.
    before: Mutex<Option<CheckOutcome>>,
}

impl Probe for PipelineProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let begun_at = Instant::now();
            let looked = self.send_page().await;
            let took = begun_at.elapsed();
            if looked.outcome != CheckOutcome::Ok {
                return looked.after(took);
            }
            // That the past cannot be read is the library's trouble.
            match self.look_back().await {
                Ok(Some(worse)) => worse,
                Ok(None) | Err(_) => looked.after(took),
            }
        })
    }
}

impl PipelineProbe {
    /// One that looks at what `app` works with.
    pub fn new(app: Arc<App>, pipeline: Pipeline, limits: LimitsHandle) -> Self {
        Self {
            app,
            pipeline,
            limits,
            before: Mutex::new(None),
        }
    }

    /// The page is given along, as by whoever saves a page that they see: so nobody outside is asked.
    async fn send_page(&self) -> Looked {
        let Ok(url) = Url::parse(ADDRESS) else {
            return Looked::new(CheckOutcome::Unknown, "the built-in page has no address");
        };
        let request = FetchRequest {
            url,
            given_html: Some(PAGE.as_bytes().to_vec()),
        };
        let fetched = match self.pipeline.fetcher.fetch(&request).await {
            Ok(fetched) => fetched,
            Err(error) => return Looked::new(CheckOutcome::Crit, error.message),
        };
        let Ok(slot) = timeout(WAIT, self.pipeline.extractor.slot()).await else {
            return Looked::new(CheckOutcome::Unknown, "every extraction process has been busy");
        };
        let signals = signals_of(&fetched);
        let extracted = match slot {
            Ok(slot) => slot.extract(page_of(fetched)).await,
            Err(failure) => Err(failure),
        };
        match extracted {
            Ok(extracted) => looked_at(&signals, &extracted),
            Err(failure) => Looked::new(CheckOutcome::Crit, failure.to_string()),
        }
    }

    async fn look_back(&self) -> Result<Option<Looked>, AppError> {
        let history = self.app.ingest_history().await?;
        let library = self.app.library()?.for_looking();
        let past = Past {
            oldest_pending: library.oldest_pending(self.app.user()).await?,
            now: library.now(),
            history,
        };
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let errors = self.limits.borrow().errors_a_day;
        let many = errors.judge(past.history.failed as f64, *before);
        *before = Some(many);
        Ok(past.judge(many))
    }
}

fn page_of(fetched: Fetched) -> PageInput {
    PageInput {
        url: Some(fetched.final_url.to_string()),
        content_type: fetched.header("content-type").map(str::to_owned),
        bytes: fetched.body,
        engine: Engine::Selected,
    }
}

fn signals_of(fetched: &Fetched) -> FetchSignals {
    FetchSignals {
        status: fetched.status,
        requested_url: fetched.url.to_string(),
        final_url: fetched.final_url.to_string(),
        content_type: fetched.header("content-type").map(str::to_owned),
        given_html: true,
        ..FetchSignals::default()
    }
}

/// What the gate says, and whether the text is there.
fn looked_at(signals: &FetchSignals, extracted: &Extracted) -> Looked {
    let decision = judge(signals, extracted).decision;
    if decision != Decision::Accept {
        let message = format!("the gate does not accept a good page: {}", decision.as_str());
        return Looked::new(CheckOutcome::Crit, message);
    }
    if !extracted.article.text.contains(SENTENCE) {
        return Looked::new(
            CheckOutcome::Crit,
            "the text of a page is not found in what was extracted",
        );
    }
    Looked::new(CheckOutcome::Ok, "a page became a document")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked_at_page(bytes: &[u8]) -> Looked {
        let page = PageInput {
            bytes: bytes.to_vec(),
            url: Some(ADDRESS.to_owned()),
            content_type: None,
            engine: Engine::Selected,
        };
        let signals = FetchSignals {
            status: 200,
            requested_url: ADDRESS.to_owned(),
            final_url: ADDRESS.to_owned(),
            given_html: true,
            ..FetchSignals::default()
        };
        looked_at(&signals, &atlas_extract::extract(&page))
    }

    #[test]
    fn the_page_that_is_built_in_is_a_good_one() {
        let looked = looked_at_page(PAGE.as_bytes());

        assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    }

    #[test]
    fn a_page_without_its_text_is_told() {
        let looked = looked_at_page(b"<html><body></body></html>");

        assert_eq!(looked.outcome, CheckOutcome::Crit);
    }
}
