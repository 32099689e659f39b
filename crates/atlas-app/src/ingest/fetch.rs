//! Step 1: bring the page, or say why it cannot be brought.

use atlas_domain::{ErrorClass, FetchError, FetchFault, FetchRequest, Fetched, LinkReason, Outcome};
use atlas_store::IngestMaterial;
use url::Url;

use super::Ingest;
use super::retry::{NAME_RECHECK, Trouble};
use super::run::{Exit, Run};

impl Ingest {
    pub(super) async fn fetch(&self, run: &mut Run, material: IngestMaterial) -> Result<Fetched, Exit> {
        run.enter("fetch");
        run.given_html = material.given_html.as_ref().map(|given| given.hash);
        let url = Url::parse(&material.item.url).map_err(|error| {
            Exit::without_bytes(Outcome::Failed {
                reason: "invalid_url".to_owned(),
                message: format!("the stored address cannot be read: {error}"),
            })
        })?;
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
                Err(self.without_answer(run, error))
            }
        }
    }

    /// There was no answer to look at.
    fn without_answer(&self, run: &Run, error: FetchError) -> Exit {
        let FetchError { fault, message, .. } = error;
        let trouble = Trouble {
            reason: fault.to_string(),
            message,
            retry_after: error.retry_after,
        };
        match (fault.class(), fault) {
            (ErrorClass::Throttled, _) => self.put_off(run, trouble),
            (ErrorClass::Transient, _) => self.try_again(run, trouble),
            // A name that is missing may only be missing today.
            (ErrorClass::Permanent, FetchFault::NameNotFound) if run.lease.job.attempts == 0 => {
                self.try_again_after(NAME_RECHECK, trouble)
            }
            (ErrorClass::Permanent, fault) => Exit::without_bytes(Outcome::LinkOnly {
                reason: link_reason(fault),
                message: trouble.message,
            }),
        }
    }
}

/// The reason that stays with an item of which only the link is kept.
fn link_reason(fault: FetchFault) -> LinkReason {
    match fault {
        FetchFault::RefusedAddress | FetchFault::Credentials => LinkReason::Refused,
        FetchFault::TooLarge | FetchFault::UnsupportedScheme | FetchFault::AddressTooLong => {
            LinkReason::Unsupported
        }
        FetchFault::NameNotFound | FetchFault::RedirectLoop | FetchFault::BadRedirect => LinkReason::Dead,
        FetchFault::TlsFailed => LinkReason::Tls,
        FetchFault::DnsFailed
        | FetchFault::ConnectRefused
        | FetchFault::ConnectFailed
        | FetchFault::Timeout
        | FetchFault::Truncated
        | FetchFault::BadResponse
        | FetchFault::HostBusy => LinkReason::Unreachable,
    }
}
