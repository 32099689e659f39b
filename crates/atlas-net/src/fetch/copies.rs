//! Other copies of a page, once somebody has looked into it and wants more: the variants that it names, and an archive.
//! Each is asked once. Whether a copy is wanted, and whose page it is, is decided elsewhere.

use atlas_domain::{CopyPlace, CopyRequest, FetchError, FetchFault, Fetched, Strategy};
use atlas_resilience::Deadline;
use url::Url;

use super::archive::Archive;
use super::cascade::{Answer, answered_step, failed_step, fetched};
use super::direct::{Asked, Direct};
use super::failure::Failure;
use super::way::Way;

/// Who is asked for other copies.
pub(super) struct Copies {
    pub(super) direct: Direct,
    pub(super) archive: Option<Archive>,
}

impl Copies {
    /// The copy, whatever the status of its answer.
    pub(super) async fn fetch(
        &self,
        request: &CopyRequest,
        deadline: Deadline,
    ) -> Result<Fetched, FetchError> {
        let strategy = request.place.strategy();
        let mut way = Way::default();
        match self.ask(request, deadline, &mut way).await {
            Ok((asked, answer)) => {
                let step = answered_step(strategy, &answer, way.into_hops());
                Ok(fetched(&asked, strategy, answer, vec![step]))
            }
            Err(failure) => Err(not_had(strategy, failure, way)),
        }
    }

    async fn ask(
        &self,
        request: &CopyRequest,
        deadline: Deadline,
        way: &mut Way,
    ) -> Result<(Url, Answer), Failure> {
        if deadline.has_passed() {
            let message = "the time for one page was over before another copy of it could be asked for";
            return Err(Failure::new(FetchFault::Timeout, message));
        }
        match &request.place {
            CopyPlace::Amp(url) | CopyPlace::Print(url) => {
                let answer = self.direct.follow(url.clone(), deadline, way, Asked::Once);
                Ok((url.clone(), answer.await?))
            }
            CopyPlace::Archive => {
                let Some(archive) = &self.archive else {
                    let message = "no archive is set; name one with the setting `fetch.archive_url`";
                    return Err(Failure::new(FetchFault::ConnectFailed, message));
                };
                let answer = archive.ask(&request.page, deadline, way).await?;
                Ok((archive.address_of(&request.page)?, answer))
            }
        }
    }
}

fn not_had(strategy: Strategy, failure: Failure, way: Way) -> FetchError {
    FetchError {
        steps: vec![failed_step(strategy, &failure, way.into_hops())],
        fault: failure.fault,
        message: failure.message,
        retry_after: failure.retry_after,
    }
}
