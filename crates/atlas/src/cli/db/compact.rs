//! `atlas db compact`: gives free bytes of a database back to the disk.

use std::path::{Path, PathBuf};

use atlas_app::cleanup::compact;
use atlas_app::size;
use atlas_app::views::upkeep::Compacted;
use clap::Args;

use super::Workplace;
use super::cleanup::failed;
use crate::cli::output::Output;
use crate::cli::routes;
use crate::client::Client;
use crate::config::Environment;
use crate::error::{CliError, Exit};

/// `atlas db compact`
#[derive(Debug, Clone, Args)]
pub(super) struct CompactArgs {
    /// The database; without one, the library
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Where a small copy lies meanwhile [default: the state directory of the user]
    #[arg(long, value_name = "DIR", requires = "file")]
    work: Option<PathBuf>,
}

/// Compacts a file that is not the library's.
pub(super) fn run(
    args: &CompactArgs,
    file: &Path,
    environment: &Environment,
    output: &Output,
) -> Result<Exit, CliError> {
    let scratch = Workplace::of(args.work.as_deref(), environment)?
        .0
        .join("compact");
    let progress = output.progress_in_rows();
    let compacted = compact(file, &scratch, &mut |what, done, total| {
        progress.tell(what, done, total);
    });
    drop(progress);
    let compacted = compacted.map_err(|error| failed(&error))?;
    tell(
        Compacted {
            before_bytes: compacted.before_bytes,
            after_bytes: compacted.after_bytes,
        },
        output,
    )
}

/// Compacts the library, through whoever has it.
pub(super) async fn library(client: &Client, output: &Output) -> Result<Exit, CliError> {
    tell(client.post_patiently(routes::COMPACT, &()).await?, output)
}

fn tell(compacted: Compacted, output: &Output) -> Result<Exit, CliError> {
    output.answer(&compacted, |_| {
        format!(
            "{} before, {} now\n",
            size(compacted.before_bytes),
            size(compacted.after_bytes)
        )
    })?;
    Ok(Exit::Ok)
}
