//! `atlas db cleanup`: makes a plan, and carries it out when somebody says so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_app::audit::{AuditOrder, Choice, Step};
use atlas_app::cleanup::{
    Allowance, ApplyOrder, CleanupError, CleanupReport, Plan, PlanOrder, Wanted, apply, plan,
};
use atlas_app::size;
use atlas_app::views::upkeep::WantedCleanup;
use atlas_domain::{Criterion, SystemClock};
use atlas_store::maintenance::cleaning::CleaningError;
use atlas_store::maintenance::{Depth, Whose};
use clap::Args;
use serde::Serialize;

use super::Workplace;
use crate::cli::output::Output;
use crate::cli::table::{table, text, whole};
use crate::cli::text::{Look, counted, one_line};
use crate::config::Environment;
use crate::error::{CliError, Exit};

/// `atlas db cleanup`
#[derive(Debug, Clone, Args)]
#[command(group(clap::ArgGroup::new("what").args(["file", "apply", "resume"])))]
pub(super) struct CleanupArgs {
    /// The database to make a plan for; without one, the library. It is not changed
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Carry out the plan of this run: its name, or the path of its plan
    #[arg(long, value_name = "PLAN")]
    apply: Option<String>,
    /// Go on with a run that was interrupted
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    /// Plan rows that may be junk as well
    #[arg(long, conflicts_with_all = ["apply", "resume"])]
    suspects: bool,
    /// Plan only rows that meet this reason
    #[arg(long, value_name = "REASON", conflicts_with_all = ["apply", "resume"])]
    only: Vec<Criterion>,
    /// Plan nothing of this table
    #[arg(long, value_name = "TABLE", requires = "file")]
    keep_table: Vec<String>,
    /// Plan no copies
    #[arg(long, conflicts_with_all = ["apply", "resume"])]
    keep_duplicates: bool,
    /// Where the files lie that rows name: one whose text is empty and whose file is gone is junk
    #[arg(long, value_name = "ROOT", requires = "file")]
    files: Option<PathBuf>,
    /// What a table is, as for `db audit`
    #[arg(long = "table", value_name = "TABLE=WHAT", value_parser = super::audit::chosen, requires = "file")]
    tables: Vec<(String, Choice)>,
    /// Let so much of a table go, as in `content=100%`; otherwise a fifth is the most
    #[arg(long, value_name = "TABLE=PERCENT", value_parser = allowed, conflicts_with = "file")]
    allow_table: Vec<(String, u64)>,
    /// Let so much of the library leave; otherwise a fifth is the most
    #[arg(long, value_name = "PERCENT", value_parser = percent, conflicts_with = "file")]
    pub(super) allow: Option<u64>,
    /// Where the verified copy of the file goes [default: the run's directory]
    #[arg(long, value_name = "DIR", conflicts_with = "file")]
    backup_dir: Option<PathBuf>,
    /// Rows that go at once
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "file")]
    batch_rows: usize,
    /// Leave free bytes in the file
    #[arg(long, conflicts_with = "file")]
    no_compact: bool,
    /// Where runs are kept [default: the state directory of the user]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

impl CleanupArgs {
    /// Whether it is about a file, and not about the library.
    pub(super) fn is_of_file(&self) -> bool {
        match self.run() {
            Some(run) => !super::is_of_library(run),
            None => self.file.is_some(),
        }
    }

    /// The cleanup of the library that is to be carried out.
    pub(super) fn run_of_library(&self) -> Option<&str> {
        self.run().filter(|run| super::is_of_library(run))
    }

    /// What is to be planned of the library.
    pub(super) fn wanted_of_library(&self) -> WantedCleanup {
        WantedCleanup {
            suspects: self.suspects,
            only: self.only.clone(),
            keep_duplicates: self.keep_duplicates,
        }
    }

    fn run(&self) -> Option<&str> {
        self.apply.as_deref().or(self.resume.as_deref())
    }
}

/// What planning answers: names that scripts rely on.
#[derive(Serialize)]
struct Planned<'p> {
    plan: PathBuf,
    backup: PathBuf,
    vault: PathBuf,
    apply: String,
    #[serde(flatten)]
    what: &'p Plan,
}

/// Plans, or carries out.
pub(super) fn run(
    args: &CleanupArgs,
    environment: &Environment,
    output: &Output,
    cancel: Arc<AtomicBool>,
) -> Result<Exit, CliError> {
    let place = Workplace::of(args.work.as_deref(), environment)?;
    match (&args.file, &args.apply, &args.resume) {
        (Some(file), _, _) => make_plan(args, file, &place, output, cancel),
        (None, Some(named), _) | (None, None, Some(named)) => carry_out(args, named, &place, output, cancel),
        (None, None, None) => Err(CliError::unexpected()), // one of them is required
    }
}

fn make_plan(
    args: &CleanupArgs,
    file: &Path,
    place: &Workplace,
    output: &Output,
    cancel: Arc<AtomicBool>,
) -> Result<Exit, CliError> {
    let order = PlanOrder {
        audit: AuditOrder {
            paths: vec![file.to_owned()],
            tree: args.files.clone(),
            workplace: place.0.join("audit"),
            whose: Whose::Foreign,
            depth: Depth::Quick,
            choices: args.tables.iter().cloned().collect::<BTreeMap<_, _>>(),
            resume: false,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            cancel,
        },
        place: place.runs(),
        wanted: Wanted {
            suspects: args.suspects,
            only: args.only.clone(),
            keep_tables: args.keep_table.iter().cloned().collect(),
            keep_duplicates: args.keep_duplicates,
        },
    };
    let progress = output.progress_in_rows();
    let watch = |step: Step<'_>| progress.tell(step.what, step.rows_done, step.rows_total);
    let planned = plan(&order, &SystemClock, &watch);
    drop(progress);
    let (run, plan, audited) = planned.map_err(|error| failed(&error))?;
    let name = run.name();
    let answer = Planned {
        plan: run.plan_file(),
        backup: run.backup_file(None),
        vault: run.vault_file(),
        apply: command(&plan, &name),
        what: &plan,
    };
    output.answer(&answer, |look| render_plan(&plan, look))?;
    if !output.is_json() {
        for note in &audited.notes {
            output.warn(note);
        }
        output.say(&match plan.rows {
            0 => "nothing is to go".to_owned(),
            _ => format!("nothing was changed. To carry it out: {}", answer.apply),
        });
    }
    Ok(Exit::Ok)
}

/// The command that carries a plan out.
fn command(plan: &Plan, name: &str) -> String {
    let mut parts = vec![format!("atlas db cleanup --apply {name}")];
    parts.extend(plan.ceiling.allow.iter().cloned());
    parts.join(" ")
}

fn render_plan(plan: &Plan, look: Look) -> String {
    let rows: Vec<_> =
        plan.tables
            .iter()
            .flat_map(|table| {
                let stays = [
                    table.name.clone(),
                    table.rows.to_string(),
                    table.planned.to_string(),
                    String::new(),
                ];
                std::iter::once(stays).chain(
                    table.reasons.iter().map(|(reasons, rows)| {
                        [String::new(), String::new(), rows.to_string(), reasons.clone()]
                    }),
                )
            })
            .collect();
    let mut shown = format!("{}\n", look.bold(&one_line(&plan.file.display().to_string())));
    shown.push_str(&table(
        [whole("TABLE"), whole("ROWS"), whole("TO GO"), text("REASONS")],
        &rows,
        look,
    ));
    for reference in &plan.references {
        let _ = writeln!(
            shown,
            "rows of {} go with those of {} that they refer to",
            reference.child, reference.parent
        );
    }
    for stop in &plan.ceiling.stops {
        let _ = writeln!(shown, "{stop}: only where somebody allows that");
    }
    shown
}

fn carry_out(
    args: &CleanupArgs,
    named: &str,
    place: &Workplace,
    output: &Output,
    cancel: Arc<AtomicBool>,
) -> Result<Exit, CliError> {
    let run = place.run(named)?;
    let order = ApplyOrder {
        allowance: Allowance(args.allow_table.iter().cloned().collect()),
        backup_dir: args.backup_dir.clone(),
        batch_rows: args.batch_rows,
        compacts: !args.no_compact,
        cancel,
    };
    let progress = output.progress_in_rows();
    let report = apply(&run, &order, &SystemClock, &mut |what, done, total| {
        progress.tell(what, done, total);
    });
    drop(progress);
    let report = report.map_err(|error| match error {
        CleanupError::Interrupted { .. } => CliError::new(
            Exit::Interrupted,
            format!("{error}: atlas db cleanup --resume {}", run.name()),
        ),
        error => failed(&error),
    })?;
    output.answer(&report, |look| render_report(&report, look))?;
    if !output.is_json() {
        output.say(&format!(
            "the file as it was: {}\nevery row that went: {}\nto take it back: {}",
            report.backup.display(),
            report.vault.display(),
            report.undo
        ));
    }
    Ok(Exit::Ok)
}

fn render_report(report: &CleanupReport, look: Look) -> String {
    let rows: Vec<_> = report
        .tables
        .iter()
        .filter(|table| table.before > 0)
        .map(|table| {
            [
                table.name.clone(),
                table.before.to_string(),
                table.before.saturating_sub(table.after).to_string(),
                table.after.to_string(),
            ]
        })
        .collect();
    let mut shown = table(
        [whole("TABLE"), whole("BEFORE"), whole("GONE"), whole("KEPT")],
        &rows,
        look,
    );
    let _ = writeln!(
        shown,
        "{} taken out, {} with them; {} before, {} now",
        counted(report.removed, "row"),
        report.followed,
        size(report.bytes_before),
        size(report.bytes_after)
    );
    for left in &report.left {
        let _ = writeln!(shown, "{} stayed: {}", counted(left.rows, "row"), left.why);
    }
    for name in &report.changed_since {
        let _ = writeln!(
            shown,
            "{name} was changed after the plan was made: what is new there stayed"
        );
    }
    shown
}

/// The error of a cleanup with its exit code.
pub(super) fn failed(error: &CleanupError) -> CliError {
    let exit = match error {
        CleanupError::Ceiling(_) => Exit::Usage,
        CleanupError::Damaged { .. } | CleanupError::RolledBack { .. } => Exit::Damaged,
        CleanupError::Cleaning(CleaningError::InUse { .. }) => Exit::Busy,
        CleanupError::Interrupted { .. } => Exit::Interrupted,
        CleanupError::Audit(error) => return super::audit::failed(error),
        _ => Exit::Failure,
    };
    CliError::new(exit, error.to_string())
}

/// `TABLE=PERCENT`, with or without the sign.
fn allowed(text: &str) -> Result<(String, u64), String> {
    let wrong = || format!("`{text}`: say TABLE=PERCENT, such as content=100%");
    let (table, percent) = text.rsplit_once('=').ok_or_else(wrong)?;
    let percent: u64 = percent.trim_end_matches('%').parse().map_err(|_| wrong())?;
    if percent > 100 || table.is_empty() {
        return Err(wrong());
    }
    Ok((table.to_owned(), percent))
}

/// A percentage, with or without the sign.
fn percent(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no percentage: say 1% to 100%");
    let percent: u64 = text.trim_end_matches('%').parse().map_err(|_| wrong())?;
    if (1..=100).contains(&percent) {
        Ok(percent)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_names_a_table_and_a_percentage() {
        assert_eq!(allowed("content=100%"), Ok(("content".to_owned(), 100)));
        assert_eq!(allowed("a=b=5"), Ok(("a=b".to_owned(), 5)));
        for wrong in ["content", "content=all", "content=101", "=5"] {
            assert!(allowed(wrong).unwrap_err().contains("TABLE=PERCENT"), "{wrong}");
        }
    }
}
