//! `atlas reprocess`: extracts and judges items again from their stored bytes, without asking any site.

use atlas_app::views::{ReprocessReport, ReprocessRequest};
use atlas_domain::ItemState;
use clap::Args;

use super::output::Output;
use super::routes;
use super::text::counted;
use super::words::{DEFAULT_WAIT_SECS, MAX_WAIT_SECS, words};
use crate::client::Client;
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas reprocess https://example.com/article --wait\n  \
    atlas reprocess --state quarantined\n  \
    atlas reprocess --wait=3600\n\n\
    Without an item and without a state, everything is processed again.";

/// `atlas reprocess`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReprocessArgs {
    /// Items, by id or address; all of them without any
    #[arg(value_name = "ID|URL")]
    items: Vec<String>,
    /// All that are in this state
    #[arg(
        long,
        value_name = "STATE",
        conflicts_with = "items",
        value_parser = words(ItemState::ALL, ItemState::as_str)
    )]
    state: Option<ItemState>,
    /// Wait until they are done, 60 seconds unless it says how long
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = DEFAULT_WAIT_SECS,
        value_parser = clap::value_parser!(u64).range(..=MAX_WAIT_SECS)
    )]
    wait: Option<u64>,
}

pub(super) async fn run(args: &ReprocessArgs, client: &Client, output: &Output) -> Result<Exit, CliError> {
    // Without a server nobody else does the work.
    let wait_secs = match client {
        Client::InProcess(_) => args.wait.or(Some(MAX_WAIT_SECS)),
        Client::Socket(_) => args.wait,
    };
    let request = ReprocessRequest {
        items: args.items.clone(),
        state: args.state,
        wait_secs,
    };
    let progress = wait_secs.map(|_| output.progress(None));
    let report: ReprocessReport = client.post(routes::REPROCESS, &request).await?;
    drop(progress);
    output.answer(&report, |_| render(&report, wait_secs.is_some()))?;
    Ok(Exit::Ok)
}

fn render(report: &ReprocessReport, waited: bool) -> String {
    let enqueued = counted(report.enqueued, "item");
    match report.enqueued.saturating_sub(report.done) {
        _ if report.enqueued == 0 => "no item matches\n".to_owned(),
        0 => format!("{enqueued} processed again\n"),
        left if waited => format!(
            "{} of {enqueued} processed again; {left} still to do\n",
            report.done
        ),
        _ => format!("{enqueued} on the way; atlas status shows how far they are\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_done_and_what_is_left() {
        let told = |enqueued, done, waited| render(&ReprocessReport { enqueued, done }, waited);
        assert_eq!(told(0, 0, true), "no item matches\n");
        assert_eq!(told(1, 1, true), "1 item processed again\n");
        assert_eq!(told(5, 2, true), "2 of 5 items processed again; 3 still to do\n");
        assert_eq!(
            told(5, 0, false),
            "5 items on the way; atlas status shows how far they are\n"
        );
    }
}
