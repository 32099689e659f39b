//! Step 5: find the content, in a child process that may hang or die without harm.

use atlas_domain::{LinkReason, Outcome, Snapshot, Strategy, StrategyStep};
use atlas_extract::{Engine, Extracted, PageInput};

use super::Ingest;
use super::keep::Kept;
use super::retry::{Trouble, is_last_try};
use super::run::{Exit, Run};
use crate::extraction::{ExtractFailure, ExtractFault};

/// The stage in which foreign bytes are parsed, and in which a crash makes the job a suspect.
const RISKY_STAGE: &str = "extract";

/// A page with what was found in it.
#[derive(Debug)]
pub(super) struct ExtractedPage {
    pub(super) snapshot: Snapshot,
    pub(super) extracted: Extracted,
}

impl Ingest {
    pub(super) async fn extract(&self, run: &mut Run, kept: Kept) -> Result<ExtractedPage, Exit> {
        run.enter(RISKY_STAGE);
        let Kept {
            snapshot,
            body,
            under_way: _under_way,
            ..
        } = kept;
        let input = PageInput {
            bytes: body,
            url: Some(snapshot.final_url.clone()),
            content_type: snapshot.content_type.clone(),
            engine: Engine::Selected,
        };
        let slot = match self.extractor.slot().await {
            Ok(slot) => slot,
            Err(failure) => return Err(self.not_extracted(run, &snapshot, &failure)),
        };
        // Not before a child is free: if the process dies, jobs that only wait for one are innocent.
        self.library.enter_risky_stage(&run.lease, RISKY_STAGE).await?;
        match slot.extract(input).await {
            Ok(extracted) => {
                if let Some(source) = extracted.from_data {
                    run.steps.push(StrategyStep {
                        message: format!("taken from {}", source.words()),
                        ..StrategyStep::without_hops(Strategy::Embedded, "ok")
                    });
                }
                Ok(ExtractedPage { snapshot, extracted })
            }
            Err(failure) => Err(self.not_extracted(run, &snapshot, &failure)),
        }
    }

    fn not_extracted(&self, run: &Run, snapshot: &Snapshot, failure: &ExtractFailure) -> Exit {
        if failure.fault == ExtractFault::TooLarge {
            let outcome = Outcome::LinkOnly {
                reason: LinkReason::Unsupported,
                message: format!("{failure}; the bytes are kept"),
            };
            return Exit::with_bytes(outcome, snapshot.id);
        }
        let (reason, message) = (failure.code().to_owned(), failure.to_string());
        // A child that cannot be started is our own fault, for as long as there are tries.
        let can_try_again = failure.fault == ExtractFault::Unavailable && !is_last_try(run);
        if !can_try_again {
            return Exit::with_bytes(Outcome::Failed { reason, message }, snapshot.id);
        }
        let trouble = Trouble {
            reason,
            message,
            retry_after: None,
        };
        self.try_again(run, trouble)
    }
}

#[cfg(test)]
mod tests;
