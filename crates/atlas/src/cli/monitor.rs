//! `atlas monitor`: tries rules of alerts before they have to hold. It reads two files and needs neither library nor
//! server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use atlas_vitals::alerts::{Moved, RuleFault, RuleSet, Timeline, TimelineEvent, try_rules};
use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::Output;
use super::text::{counted, lines};
use crate::error::{CliError, Exit};

pub(super) const EXAMPLES: &str = "Examples:\n  \
    atlas monitor test rules.toml\n  \
    atlas monitor test rules.toml trial.toml\n  \
    atlas monitor test rules.toml trial.toml --json | jq .missed";

/// A file of rules is written by hand.
const LARGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// `atlas monitor`
#[derive(Debug, Clone, Args)]
pub(crate) struct MonitorArgs {
    #[command(subcommand)]
    command: MonitorCommand,
}

/// What to do about rules.
#[derive(Debug, Clone, Subcommand)]
enum MonitorCommand {
    /// Check a file of rules, and try it on values that another file says, on a clock that needs no waiting
    Test {
        /// The rules, as TOML; they stand beside those that come with Atlas
        rules: PathBuf,
        /// Series of values, and what is expected of the rules, as TOML
        trial: Option<PathBuf>,
    },
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// The file of rules.
    rules: String,
    /// How many it has.
    own_rules: usize,
    /// How many hold with those that come with Atlas.
    rules_in_force: usize,
    /// The file of the trial.
    trial: Option<String>,
    /// What is wrong with the files; nothing is tried then.
    faults: Vec<Fault>,
    /// What happened, in order.
    events: Vec<Event>,
    /// What was expected and did not come, each as `FILE:LINE: …`.
    missed: Vec<String>,
    /// Nothing is wrong, and everything came that was expected.
    passed: bool,
}

#[derive(Debug, Serialize)]
struct Fault {
    file: String,
    line: usize,
    /// The rule, if it is one's.
    #[serde(skip_serializing_if = "String::is_empty")]
    rule: String,
    message: String,
}

/// One thing that happened in a trial.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Event {
    /// An incident came into another state.
    Incident {
        at_secs: f64,
        rule: String,
        labels: BTreeMap<String, String>,
        state: String,
        why: String,
        #[serde(skip)]
        told: String,
    },
    /// A message was sent.
    Message {
        at_secs: f64,
        title: String,
        #[serde(skip)]
        told: String,
    },
}

pub(crate) fn run(args: &MonitorArgs, output: &Output) -> Result<Exit, CliError> {
    let MonitorCommand::Test { rules, trial } = &args.command;
    let report = report(rules, trial.as_deref())?;
    output.answer(&report, |_look| render(&report))?;
    if !output.is_json() {
        let faults = report.faults.iter().map(ToString::to_string);
        faults
            .chain(report.missed.iter().cloned())
            .for_each(|told| output.problem(&told));
    }
    Ok(if !report.faults.is_empty() {
        Exit::Usage
    } else if report.missed.is_empty() {
        Exit::Ok
    } else {
        Exit::Unhealthy
    })
}

fn report(rules: &Path, trial: Option<&Path>) -> Result<Report, CliError> {
    let text = read(rules)?;
    let trial_text = trial.map(read).transpose()?;
    let mut report = Report {
        rules: rules.display().to_string(),
        trial: trial.map(|trial| trial.display().to_string()),
        ..Report::default()
    };
    let in_force = match (RuleSet::parse(&text), RuleSet::with_builtin(&text)) {
        (Ok(own), Ok(in_force)) => {
            report.own_rules = own.iter().count();
            report.rules_in_force = in_force.iter().count();
            in_force
        }
        (Err(faults), _) | (_, Err(faults)) => {
            report.faults = faults_of(&report.rules, faults);
            return Ok(report);
        }
    };
    if let Some((text, file)) = trial_text.zip(report.trial.clone())
        && report.faults.is_empty()
    {
        match try_rules(&in_force, &text) {
            Ok(timeline) => report.take(timeline, &file),
            Err(faults) => report.faults = faults_of(&file, faults),
        }
    }
    report.passed = report.faults.is_empty() && report.missed.is_empty();
    Ok(report)
}

impl Report {
    fn take(&mut self, timeline: Timeline, file: &str) {
        self.events = timeline.events.into_iter().map(Event::from).collect();
        let missed = timeline.failures.iter();
        self.missed = missed
            .map(|failure| match failure.strip_prefix("line ") {
                Some(rest) => format!("{file}:{rest}"),
                None => format!("{file}: {failure}"),
            })
            .collect();
    }
}

fn faults_of(file: &str, faults: Vec<RuleFault>) -> Vec<Fault> {
    let fault = |fault: RuleFault| Fault {
        file: file.to_owned(),
        line: fault.line,
        rule: fault.rule,
        message: fault.what,
    };
    faults.into_iter().map(fault).collect()
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.rule.is_empty() {
            write!(f, "rule `{}`: ", self.rule)?;
        }
        f.write_str(&self.message)
    }
}

impl From<TimelineEvent> for Event {
    fn from(event: TimelineEvent) -> Self {
        let (told, at_secs) = (event.to_string(), event.at.as_secs_f64());
        match event.what {
            Moved::Incident {
                rule,
                labels,
                state,
                why,
            } => Self::Incident {
                at_secs,
                rule,
                labels: labels
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                state: state.as_str().to_owned(),
                why,
                told,
            },
            Moved::Message { title } => Self::Message { at_secs, title, told },
        }
    }
}

fn render(report: &Report) -> String {
    if !report.faults.is_empty() {
        return String::new(); // each is told as a problem
    }
    let own = counted(report.own_rules as u64, "rule");
    let head = format!("{}: {own}, beside those that come with Atlas", report.rules);
    let Some(trial) = &report.trial else {
        return lines([head]);
    };
    let told = report.events.iter().map(|event| match event {
        Event::Incident { told, .. } | Event::Message { told, .. } => told.clone(),
    });
    let mut told: Vec<String> = told.collect();
    if told.is_empty() {
        told.push("nothing happened".to_owned());
    }
    let end = match report.missed.len() {
        0 => format!("{trial}: all is as expected"),
        missed => format!("{trial}: {}", missed_told(missed)),
    };
    lines(
        [head, String::new()]
            .into_iter()
            .chain(told)
            .chain([String::new(), end]),
    )
}

fn missed_told(missed: usize) -> String {
    match missed {
        1 => "one thing is not as expected".to_owned(),
        _ => format!("{missed} things are not as expected"),
    }
}

fn read(path: &Path) -> Result<String, CliError> {
    let refused = |why: String| {
        let message = format!("{} cannot be read: {why}", path.display());
        CliError::new(Exit::Usage, message)
    };
    let size = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?;
    if size.len() > LARGEST_FILE_BYTES {
        return Err(refused(format!(
            "it has {} bytes, and {LARGEST_FILE_BYTES} are the limit",
            size.len()
        )));
    }
    std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests;
