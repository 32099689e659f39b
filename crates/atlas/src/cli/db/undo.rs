//! `atlas db undo`: takes a run back, from its vault.

use std::fmt::Write as _;
use std::path::PathBuf;

use atlas_app::cleanup::{Selected, UndoReport, undo};
use clap::Args;

use super::Workplace;
use super::cleanup::failed;
use crate::cli::output::Output;
use crate::cli::text::counted;
use crate::config::Environment;
use crate::error::{CliError, Exit};

/// `atlas db undo`
#[derive(Debug, Clone, Args)]
pub(super) struct UndoArgs {
    /// The run: its name, or its directory
    pub(super) run: String,
    /// Only this row, and what went with it: `TABLE:KEY`, or its number in the vault; of the library, the item
    #[arg(long, value_name = "ROW")]
    pub(super) row: Vec<String>,
    /// Where the database is, if it was moved since
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Where runs are kept [default: the state directory of the user]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

/// Takes it back.
pub(super) fn run(args: &UndoArgs, environment: &Environment, output: &Output) -> Result<Exit, CliError> {
    let rows: Vec<Selected> = args
        .row
        .iter()
        .map(|row| {
            row.parse()
                .map_err(|error| CliError::new(Exit::Usage, format!("--row {row}: {error}")))
        })
        .collect::<Result<_, _>>()?;
    let run = Workplace::of(args.work.as_deref(), environment)?.run(&args.run)?;
    let progress = output.progress_in_rows();
    let report = undo(&run, &rows, args.file.as_deref(), &mut |what, done, total| {
        progress.tell(what, done, total);
    });
    drop(progress);
    let report = report.map_err(|error| failed(&error))?;
    output.answer(&report, |_| render(&report))?;
    Ok(if report.conflicts.is_empty() {
        Exit::Ok
    } else {
        Exit::Partial
    })
}

fn render(report: &UndoReport) -> String {
    let mut shown = format!("{} put back", counted(report.restored, "row"));
    if report.references > 0 {
        let _ = write!(
            shown,
            ", {} point again to what they pointed to",
            report.references
        );
    }
    shown.push('\n');
    if report.is_as_before {
        shown.push_str("every row of the file is what it was before the run\n");
    }
    for conflict in &report.conflicts {
        let key = super::shown::key(&conflict.key);
        let _ = writeln!(shown, "{} of {}: {}", key, conflict.table, conflict.why);
    }
    shown
}
