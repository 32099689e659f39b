//! Step 1: bring the page, or say why it cannot be brought.

use atlas_domain::{ErrorClass, FetchError, FetchFault, FetchRequest, Fetched, Outcome};
use atlas_store::IngestMaterial;
use url::Url;

use super::Ingest;
use super::retry::{NAME_RECHECK, Trouble};
use super::run::{Exit, Run};

impl Ingest {
    pub(super) async fn begin(&self, run: &mut Run) -> Result<IngestMaterial, Exit> {
        run.enter("begin");
        let material = self.library.ingest_material(run.item_id).await?;
        run.keep_always = material.item.keep_always;
        Ok(material)
    }

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
        self.fetcher
            .fetch(&request)
            .await
            .map_err(|error| self.without_answer(run, &error))
    }

    /// There was no answer to look at.
    fn without_answer(&self, run: &Run, error: &FetchError) -> Exit {
        let trouble = Trouble {
            reason: error.fault.as_str().to_owned(),
            message: error.message.clone(),
        };
        match (error.fault.class(), error.fault) {
            (ErrorClass::Throttled, _) => self.throttled(run, error.retry_after, trouble),
            (ErrorClass::Transient, _) => self.try_again(run, trouble),
            // A name that is missing may only be missing today.
            (ErrorClass::Permanent, FetchFault::NameNotFound) if run.lease.job.attempts == 0 => {
                self.try_again_after(NAME_RECHECK, trouble)
            }
            (ErrorClass::Permanent, fault) => Exit::without_bytes(Outcome::LinkOnly {
                reason: link_reason(fault).to_owned(),
                message: trouble.message,
            }),
        }
    }
}

/// The reason that stays with an item of which only the link is kept.
fn link_reason(fault: FetchFault) -> &'static str {
    match fault {
        FetchFault::RefusedAddress => "refused",
        FetchFault::TooLarge | FetchFault::UnsupportedScheme => "unsupported",
        FetchFault::NameNotFound | FetchFault::RedirectLoop | FetchFault::BadRedirect => "dead",
        _ => "unreachable",
    }
}
