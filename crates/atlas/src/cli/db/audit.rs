//! `atlas db audit`: asks for an audit, shows how far it is, and tells what was found.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_app::audit::{AuditError, AuditOrder, AuditReport, Choice, Step, audit, html};
use atlas_domain::SystemClock;
use atlas_store::DataDir;
use atlas_store::maintenance::{Depth, Whose};
use clap::Args;

use super::Workplace;
use super::shown::{next_steps, render};
use crate::cli::output::Output;
use crate::config::{Config, Environment};
use crate::error::{CliError, Exit};

/// `atlas db audit`
#[derive(Debug, Clone, Args)]
pub(super) struct AuditArgs {
    /// Databases, or directories with some; without any, the library
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// What a table is: `TABLE=ignore`, or its columns, as in `TABLE=body:COLUMN,title:COLUMN,url:COLUMN`
    #[arg(long = "table", value_name = "TABLE=WHAT", value_parser = chosen, requires = "paths")]
    tables: Vec<(String, Choice)>,
    /// Compare the files in this directory with the rows, too
    #[arg(long, value_name = "ROOT", requires = "paths")]
    files: Option<PathBuf>,
    /// Write the report as a page, too
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Look up each row in each index as well: several times as long
    #[arg(long, requires = "paths")]
    full: bool,
    /// Go on with an audit that was interrupted; one of the library does so by itself
    #[arg(long, requires = "paths")]
    resume: bool,
    /// Where to keep what is found meanwhile [default: the state directory of the user]
    #[arg(long, value_name = "DIR", requires = "paths")]
    work: Option<PathBuf>,
}

/// Audits files, and tells.
pub(super) fn run(
    args: &AuditArgs,
    environment: &Environment,
    output: &Output,
    cancel: Arc<AtomicBool>,
) -> Result<Exit, CliError> {
    let order = args.order(environment, cancel)?;
    let progress = output.progress_in_rows();
    let watch = |step: Step<'_>| {
        let name = step.file.file_name().unwrap_or_default().to_string_lossy();
        progress.tell(&format!("{name}: {}", step.what), step.rows_done, step.rows_total);
    };
    let report = audit(&order, &SystemClock, &watch);
    drop(progress);
    let report = report.map_err(|error| failed(&error))?;
    if let Some(path) = &args.html {
        std::fs::write(path, html(&report)).map_err(|error| {
            CliError::new(
                Exit::Failure,
                format!("{} cannot be written: {error}", path.display()),
            )
        })?;
    }
    output.answer(&report, |look| render(&report, look))?;
    if !output.is_json() {
        for refused in &report.refused {
            output.problem(&refused.why);
        }
        if let Some(next) = next_steps(&report) {
            output.say(&next);
        }
    }
    Ok(exit_of(&report))
}

impl AuditArgs {
    /// Whether it is about files, and not about the library.
    pub(super) fn is_of_files(&self) -> bool {
        !self.paths.is_empty()
    }

    fn order(&self, environment: &Environment, cancel: Arc<AtomicBool>) -> Result<AuditOrder, CliError> {
        Ok(AuditOrder {
            paths: self.paths.clone(),
            tree: self.files.clone(),
            workplace: Workplace::of(self.work.as_deref(), environment)?.0.join("audit"),
            whose: Whose::Foreign,
            depth: if self.full { Depth::Full } else { Depth::Quick },
            choices: self.tables.iter().cloned().collect(),
            resume: self.resume,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            cancel,
        })
    }
}

pub(super) fn own_library(config: &Config) -> Result<PathBuf, CliError> {
    let path = DataDir::new(&config.data_dir).library_db();
    if path.exists() {
        return Ok(path);
    }
    Err(CliError::new(
        Exit::NotFound,
        format!(
            "there is no library in {}: name a database, or the library with --data-dir",
            config.data_dir.display()
        ),
    ))
}

pub(super) fn exit_of(report: &AuditReport) -> Exit {
    let is_damaged =
        |file: &atlas_app::audit::FileReport| !file.integrity.is_whole() || file.file.damage.is_some();
    match (report.files.is_empty(), report.refused.is_empty()) {
        (true, false) if report.refused.iter().all(|refused| !refused.path.exists()) => Exit::NotFound,
        (true, false) => Exit::Failure,
        (_, false) => Exit::Partial,
        (_, true) if report.files.iter().any(is_damaged) => Exit::Damaged,
        (_, true) => Exit::Ok,
    }
}

pub(super) fn failed(error: &AuditError) -> CliError {
    match error {
        AuditError::Interrupted => CliError::new(
            Exit::Interrupted,
            "interrupted; the same command with --resume goes on from here",
        ),
        AuditError::Wrong(_) => CliError::new(Exit::Usage, error.to_string()),
        AuditError::Look(_) | AuditError::Findings(_) | AuditError::Workplace { .. } => {
            CliError::new(Exit::Failure, error.to_string())
        }
    }
}

/// `TABLE=ignore` or `TABLE=body:COLUMN,…`. Names may hold everything but what parts them.
pub(super) fn chosen(text: &str) -> Result<(String, Choice), String> {
    let (table, what) = text
        .split_once('=')
        .ok_or("say TABLE=ignore, or TABLE=body:COLUMN,url:COLUMN")?;
    if what == "ignore" {
        return Ok((table.to_owned(), Choice::Ignore));
    }
    let columns: Option<BTreeMap<String, String>> = what
        .split(',')
        .map(|part| {
            let (what, column) = part.split_once(':')?;
            Some((what.to_owned(), column.to_owned()))
        })
        .collect();
    columns
        .map(|columns| (table.to_owned(), Choice::Content(columns)))
        .ok_or_else(|| format!("`{what}` is no list of columns: say body:COLUMN,url:COLUMN"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_chosen_by_its_columns() {
        let (table, choice) = chosen("my pages=body:source,url:address").unwrap();
        assert_eq!(table, "my pages");
        let Choice::Content(columns) = choice else {
            panic!("{choice:?}");
        };
        assert_eq!(columns["body"], "source");
        assert_eq!(chosen("log=ignore").unwrap().1, Choice::Ignore);
        assert!(chosen("log").is_err());
        assert!(chosen("log=body").unwrap_err().contains("body:COLUMN"));
    }
}
