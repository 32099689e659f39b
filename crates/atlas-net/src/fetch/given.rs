//! The first strategy: the HTML that whoever saved the page gave along. Opens no connection, and lets no other
//! strategy open one: whoever gives a page does not want the site to be asked.

use std::sync::Arc;

use atlas_domain::{Clock, FetchFault, FetchRequest, PortFuture, Strategy};
use atlas_resilience::Deadline;

use super::cascade::{Answer, FetchStrategy, Tried};
use super::failure::Failure;

/// Takes the HTML from the request.
pub(super) struct GivenHtml {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limit_bytes: usize,
}

impl FetchStrategy for GivenHtml {
    fn strategy(&self) -> Strategy {
        Strategy::GivenHtml
    }

    fn try_fetch<'a>(&'a self, request: &'a FetchRequest, _deadline: Deadline) -> PortFuture<'a, Tried> {
        Box::pin(async move {
            match &request.given_html {
                None => Tried::NotApplicable,
                Some(html) if html.is_empty() => Tried::Unusable(Failure::new(
                    FetchFault::EmptyPage,
                    "the page that came along is empty, and it was given to be taken instead of asking the site",
                )),
                Some(html) if html.len() > self.limit_bytes => Tried::Unusable(Failure::new(
                    FetchFault::TooLarge,
                    format!(
                        "the page that came along has {} bytes, and {} are the limit (`fetch.html_limit_bytes`)",
                        html.len(),
                        self.limit_bytes
                    ),
                )),
                Some(html) => {
                    let answer = Answer {
                        final_url: request.url.clone(),
                        address: None,
                        status: 200,
                        headers: Vec::new(),
                        body: html.clone(),
                        fetched_at: self.clock.now(),
                        retry_after: None,
                    };
                    Tried::Answered(answer, Vec::new())
                }
            }
        })
    }
}
