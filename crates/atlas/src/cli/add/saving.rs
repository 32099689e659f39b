//! Saving many addresses: all of them before anything is waited for, in requests that show progress. A request
//! that fails costs its own addresses; only the end of the server ends it all.

use atlas_app::views::{AddReport, AddRequest, ItemOutcome};
use atlas_domain::OutcomeWord;
use tokio_util::sync::CancellationToken;

use super::inputs::Inputs;
use crate::cli::output::Progress;
use crate::cli::routes;
use crate::client::Client;
use crate::error::{CliError, Exit};

/// Addresses in a request.
const ADDRESSES_A_REQUEST: usize = 100;

/// What is known after saving.
#[derive(Default)]
pub(super) struct Saved {
    /// One entry an address, in their order; without those that were not tried when it was interrupted.
    pub(super) items: Vec<ItemOutcome>,
    /// At least one request was answered.
    answered: bool,
    /// The first request that failed.
    trouble: Option<CliError>,
}

impl Saved {
    /// The error of the whole command: when nothing was answered, or nobody answers any more.
    pub(super) fn take_error(&mut self) -> Option<CliError> {
        let answered = self.answered;
        self.trouble
            .take_if(|trouble| !answered || trouble.exit == Exit::Unreachable)
    }

    /// There is something to tell.
    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }
}

/// Saves every address, or as many as it can until `stop`.
pub(super) async fn save(
    inputs: &Inputs,
    client: &Client,
    progress: &Progress,
    stop: &CancellationToken,
) -> Saved {
    let mut saved = Saved::default();
    for urls in inputs.urls.chunks(ADDRESSES_A_REQUEST) {
        if let Some(gone) = saved
            .trouble
            .as_ref()
            .filter(|error| error.exit == Exit::Unreachable)
        {
            let message = gone.to_string();
            saved
                .items
                .extend(urls.iter().map(|url| not_saved(url, "server_gone", &message)));
            continue;
        }
        let request = AddRequest {
            items: inputs.items(urls),
            wait_secs: None,
        };
        let answer = tokio::select! {
            biased;
            () = stop.cancelled() => return saved,
            answer = client.post::<AddReport>(routes::ITEMS, &request) => answer,
        };
        match answer {
            Ok(report) => {
                saved.answered = true;
                saved.items.extend(report.items);
            }
            Err(error) => {
                let reason = match error.exit {
                    Exit::Unreachable => "server_gone",
                    _ => "request_failed",
                };
                let message = error.to_string();
                saved
                    .items
                    .extend(urls.iter().map(|url| not_saved(url, reason, &message)));
                let is_first = saved.trouble.is_none();
                if is_first || error.exit == Exit::Unreachable {
                    saved.trouble = Some(error);
                }
            }
        }
        progress.advance(urls.len() as u64);
    }
    saved
}

fn not_saved(url: &str, reason: &str, message: &str) -> ItemOutcome {
    ItemOutcome {
        id: None,
        url: url.to_owned(),
        outcome: OutcomeWord::Failed,
        reason: reason.to_owned(),
        message: message.to_owned(),
        job: None,
    }
}
