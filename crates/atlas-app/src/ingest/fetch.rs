//! Step 1: bring the page, or say why it cannot be brought.

use atlas_domain::{ErrorClass, FetchError, FetchFault, FetchRequest, Fetched, LinkReason, Outcome, UserId};
use atlas_store::{Companions, IngestMaterial, StoreError};
use url::Url;

use super::Ingest;
use super::retry::{NAME_RECHECK, Trouble, is_last_try};
use super::run::{Exit, Run};

impl Ingest {
    pub(super) async fn fetch(&self, run: &mut Run, material: IngestMaterial) -> Result<Fetched, Exit> {
        run.enter("fetch");
        run.given_html = material.given_html.as_ref().map(|given| given.hash);
        let user = material.item.user_id;
        let url = Url::parse(&material.item.url).map_err(|error| {
            Exit::without_bytes(Outcome::Failed {
                reason: "invalid_url".to_owned(),
                message: format!("the stored address cannot be read: {error}"),
            })
        })?;
        run.address = Some(url.clone());
        let request = FetchRequest {
            url,
            given_html: material.given_html.map(|given| given.bytes),
        };
        match self.fetcher.fetch(&request).await {
            Ok(fetched) => {
                run.steps.clone_from(&fetched.steps);
                Ok(fetched)
            }
            Err(error) => {
                run.steps.clone_from(&error.steps);
                Err(self.without_answer(run, user, error).await?)
            }
        }
    }

    /// There was no answer to look at.
    async fn without_answer(&self, run: &Run, user: UserId, error: FetchError) -> Result<Exit, StoreError> {
        let FetchError { fault, message, .. } = error;
        let trouble = Trouble {
            reason: fault.to_string(),
            message,
            retry_after: error.retry_after,
        };
        Ok(match fault.class() {
            ErrorClass::Throttled if fault == FetchFault::CircuitOpen && was_sent_nowhere(run) => {
                self.put_off_with_crowd(run, trouble, Companions::SameHost)
            }
            ErrorClass::Throttled if fault == FetchFault::NetworkDown => {
                self.put_off_with_crowd(run, trouble, Companions::Everybody)
            }
            ErrorClass::Throttled => self.put_off(run, trouble),
            ErrorClass::Transient => self.try_again(run, trouble),
            ErrorClass::Permanent if self.is_worth_a_recheck(run, user, fault).await? => {
                self.try_again_after(NAME_RECHECK, trouble)
            }
            ErrorClass::Permanent => Exit::without_bytes(Outcome::LinkOnly {
                reason: link_reason(fault),
                message: trouble.message,
            }),
        })
    }

    /// A name that is missing may only be missing today; one that was missing before stays so.
    async fn is_worth_a_recheck(
        &self,
        run: &Run,
        user: UserId,
        fault: FetchFault,
    ) -> Result<bool, StoreError> {
        if fault != FetchFault::NameNotFound || is_last_try(run) {
            return Ok(false);
        }
        let tries = self.library.attempts_of_job(user, run.lease.job.id).await?;
        Ok(!tries.iter().any(|earlier| earlier.reason == fault.as_str()))
    }
}

/// Whether the page's own host was the one that could not be asked, and none that it sends us to.
fn was_sent_nowhere(run: &Run) -> bool {
    run.steps.iter().all(|step| step.hops.len() <= 1)
}

/// The reason that stays with an item of which only the link is kept.
fn link_reason(fault: FetchFault) -> LinkReason {
    match fault {
        FetchFault::RefusedAddress | FetchFault::Credentials => LinkReason::Refused,
        FetchFault::TooLarge
        | FetchFault::EmptyPage
        | FetchFault::UnsupportedScheme
        | FetchFault::AddressTooLong => LinkReason::Unsupported,
        FetchFault::NameNotFound | FetchFault::RedirectLoop | FetchFault::BadRedirect => LinkReason::Dead,
        FetchFault::TlsFailed => LinkReason::Tls,
        FetchFault::DnsFailed
        | FetchFault::ConnectRefused
        | FetchFault::ConnectFailed
        | FetchFault::Timeout
        | FetchFault::Truncated
        | FetchFault::BadResponse
        | FetchFault::NoRoute
        | FetchFault::HostBusy
        | FetchFault::CircuitOpen
        | FetchFault::NetworkDown => LinkReason::Unreachable,
    }
}
