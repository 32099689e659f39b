//! `atlas db runs`: lists cleanups of files that were planned or carried out.

use std::path::PathBuf;

use atlas_app::cleanup::{RunView, runs};
use atlas_app::size;
use clap::Args;

use super::Workplace;
use crate::cli::output::Output;
use crate::cli::table::{spare, table, text, whole};
use crate::cli::text::Look;
use crate::config::Environment;
use crate::error::{CliError, Exit};

/// `atlas db runs`
#[derive(Debug, Clone, Args)]
pub(super) struct RunsArgs {
    /// Those of the library, and not those of files
    #[arg(long, conflicts_with = "work")]
    pub(super) library: bool,
    /// Where runs are kept [default: the state directory of the user]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

/// Lists runs.
pub(super) fn list(args: &RunsArgs, environment: &Environment, output: &Output) -> Result<Exit, CliError> {
    let place = Workplace::of(args.work.as_deref(), environment)?;
    let runs = runs(&place.runs());
    output.answer(&runs, |look| render_runs(&runs, look))?;
    if runs.is_empty() && !output.is_json() {
        output.say(&format!("there are no runs in {}", place.runs().display()));
    }
    Ok(Exit::Ok)
}

fn render_runs(runs: &[RunView], look: Look) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let rows: Vec<_> = runs
        .iter()
        .map(|run| {
            let stage = serde_json::to_value(run.stage).ok();
            [
                run.run.clone(),
                stage
                    .and_then(|stage| stage.as_str().map(str::to_owned))
                    .unwrap_or_default(),
                run.planned.to_string(),
                size(run.backup_bytes),
                size(run.vault_bytes),
                run.file.display().to_string(),
            ]
        })
        .collect();
    let columns = [
        whole("RUN"),
        whole("STAGE"),
        spare("ROWS"),
        spare("BACKUP"),
        spare("VAULT"),
        text("FILE"),
    ];
    table(columns, &rows, look)
}
