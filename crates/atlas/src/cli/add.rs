//! `atlas add`: saves addresses, one by one, from a file or from standard input, and waits for what becomes of
//! them if it is asked to.

use std::path::PathBuf;

use atlas_app::views::{AddReport, ItemOutcome};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::output::Output;
use super::wait::{WaitArgs, follow, say_what_is_left};
use super::{outcomes, until_stopped};
use crate::client::Client;
use crate::error::{CliError, Exit};

mod inputs;
mod saving;

#[cfg(test)]
mod tests;

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas add https://example.com/article --tag bread\n  \
    atlas add --wait https://example.com/article\n  \
    atlas add bookmarks.txt --wait=300\n  \
    xclip -o | atlas add -\n  \
    atlas add https://example.com/paid --html saved-page.html\n\n\
    All addresses are saved before anything is waited for: what is saved stays saved, whatever happens then.\n\n\
    Exit code: 0 when all of them are saved, 3 when some, 1 when none; 130 when interrupted, 8 when the server \
    goes away in the middle.";

/// `atlas add`
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AddArgs {
    /// Addresses, files with an address a line (`#`, alone or after a space, begins a comment), or `-` for standard
    /// input
    #[arg(value_name = "URL|FILE|-", required = true)]
    inputs: Vec<String>,
    /// The page's HTML, in any charset (`-` for standard input): it is not fetched. With exactly one address
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// A tag to put on all of them; may be repeated
    #[arg(long = "tag", short, value_name = "TAG")]
    tags: Vec<String>,
    #[command(flatten)]
    pub(super) wait: WaitArgs,
}

pub(super) async fn run(
    args: &AddArgs,
    client: &Client,
    output: &Output,
    stop: &CancellationToken,
) -> Result<Exit, CliError> {
    let deadline = args.wait.deadline(client);
    let Some(inputs) = until_stopped(stop, inputs::read(args)).await else {
        return Ok(Exit::Interrupted);
    };
    let inputs = inputs?;
    let progress = output.progress(Some(inputs.urls.len() as u64));
    let mut saved = saving::save(&inputs, client, &progress, stop).await;
    drop(progress);
    let mut error = saved.take_error();
    if let (Some(deadline), None, false) = (deadline, &error, stop.is_cancelled()) {
        let progress = output.progress(Some(saved.items.len() as u64));
        error = follow(&mut saved.items, deadline, client, &progress, stop)
            .await
            .err();
    }
    if !saved.is_answered() {
        return error.map_or(Ok(Exit::Interrupted), Err);
    }
    let report = AddReport { items: saved.items };
    output.answer(&report, |_| outcomes::render(&report.items))?;
    if let Some(error) = error {
        return Err(error);
    }
    if stop.is_cancelled() {
        output.say(&stopped_early(&report.items, inputs.urls.len()));
        return Ok(Exit::Interrupted);
    }
    if deadline.is_some() {
        say_what_is_left(&report.items, client, output);
    }
    Ok(exit_of(&report.items))
}

/// The user may have wanted it, or the work that it waited for cannot be done: that is told beside this.
fn stopped_early(items: &[ItemOutcome], all: usize) -> String {
    let saved = items.iter().filter(|item| item.id.is_some()).count();
    let rest = match all - items.len() {
        0 => "",
        _ => "; add the list again for the rest: what is saved already is recognised",
    };
    format!("stopped early: {saved} of {all} are saved, and stay so{rest}")
}

fn exit_of(items: &[ItemOutcome]) -> Exit {
    match items.iter().filter(|item| item.is_saved()).count() {
        0 => Exit::Failure,
        saved if saved == items.len() => Exit::Ok,
        _ => Exit::Partial,
    }
}
