//! `PipelineProbe`: takes a page that is built in through extraction and the gate, as one that was fetched, and keeps
//! nothing of it.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, Decision, PortFuture};
use atlas_extract::{Engine, Extracted, FetchSignals, PageInput, judge};
use tokio::time::{Instant, timeout};

use super::super::{Looked, Probe};
use crate::extraction::ExtractorPool;

const PAGE: &str = include_str!("page.html");
/// A sentence of it.
const SENTENCE: &str = "The lighthouse keeper wrote down the weather four times a day";
const ADDRESS: &str = "https://atlas.invalid/the-lighthouse-keepers-book";
const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// How long it waits for a child that is free. That all are busy is no failure: they are at work.
const WAIT: Duration = Duration::from_secs(15);

/// Looks at the way from a page to a document.
pub struct PipelineProbe(pub Arc<ExtractorPool>);

impl Probe for PipelineProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let Ok(slot) = timeout(WAIT, self.0.slot()).await else {
                return Looked::new(CheckOutcome::Unknown, "every extraction process has been busy");
            };
            let begun_at = Instant::now();
            let extracted = match slot {
                Ok(slot) => slot.extract(page()).await,
                Err(failure) => Err(failure),
            };
            match extracted {
                Ok(extracted) => looked_at(&extracted).after(begun_at.elapsed()),
                Err(failure) => Looked::new(CheckOutcome::Crit, failure.to_string()),
            }
        })
    }
}

fn page() -> PageInput {
    PageInput {
        bytes: PAGE.as_bytes().to_vec(),
        url: Some(ADDRESS.to_owned()),
        content_type: Some(CONTENT_TYPE.to_owned()),
        engine: Engine::Selected,
    }
}

/// What the gate says, and whether the text is there.
fn looked_at(extracted: &Extracted) -> Looked {
    let signals = FetchSignals {
        status: 200,
        requested_url: ADDRESS.to_owned(),
        final_url: ADDRESS.to_owned(),
        content_type: Some(CONTENT_TYPE.to_owned()),
        ..FetchSignals::default()
    };
    let decision = judge(&signals, extracted).decision;
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

    #[test]
    fn the_page_that_is_built_in_is_a_good_one() {
        let extracted = atlas_extract::extract(&page());
        let looked = looked_at(&extracted);

        assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    }

    #[test]
    fn a_page_without_its_text_is_told() {
        let empty = PageInput {
            bytes: b"<html><body></body></html>".to_vec(),
            ..page()
        };
        let looked = looked_at(&atlas_extract::extract(&empty));

        assert_eq!(looked.outcome, CheckOutcome::Crit);
    }
}
