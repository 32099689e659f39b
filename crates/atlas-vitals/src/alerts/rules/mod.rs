//! Rules: under which condition a status or a measurement is worth telling somebody. They are data; nothing here knows
//! any of them by name.

mod builtin;
mod condition;
mod length;
mod mend;
mod parse;
mod vocabulary;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity};
use serde::Deserialize;

pub use condition::{Comparison, Condition};
pub(super) use length::{long, read as read_length};
pub use parse::RuleFault;
pub(super) use parse::{Faults, line_of};
pub(super) use vocabulary::channel_label;
pub use vocabulary::{is_label, labels};

/// The condition under which something is told, and what is told then.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name; part of an incident's identity.
    pub name: Arc<str>,
    /// The condition.
    pub when: When,
    /// How long the condition must hold before it is told.
    pub hold: Duration,
    /// How long it must have ended before that is believed.
    pub keep_firing: Duration,
    /// What is told, on one line. `{service}`, `{status}`, `{value}` and each label are filled in.
    pub summary: String,
    /// Where to read what to do.
    pub runbook: String,
    /// The command to run first.
    pub command: Option<String>,
    /// Why the rule exists, and why its limits are what they are.
    pub reason: String,
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// Measured values, all of them for the same labels.
    Metric {
        /// The service whose group it joins.
        service: Arc<str>,
        /// How loudly it is told.
        severity: Severity,
        /// All must hold.
        all: Vec<Condition>,
        /// What it means that a value of it is not there.
        absent: Absent,
    },
    /// The hard status of services and checks.
    Status {
        /// These; all, when there are none.
        services: BTreeSet<String>,
        /// But not these.
        except: BTreeSet<String>,
        /// What is told, and how loudly, by status.
        severities: Vec<(HealthStatus, Severity)>,
    },
}

/// What it means for a rule that a value is not there, though whoever measures it has looked. That nobody looked, or could
/// not, never means anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// Nothing: what fires goes on to fire.
    #[default]
    Holds,
    /// That the condition does not hold: where all is well, there is no such value.
    Ends,
}

/// What a rule says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfStatus {
    /// Neither that something is wrong nor that it is over.
    Nothing,
    /// All is well.
    Well,
    /// Something is wrong, and so loudly it is told.
    Wrong(Severity),
}

impl Rule {
    /// The series whose value it tells: that of its first condition. Empty where it is about a status.
    pub(super) fn leading_series(&self) -> &str {
        match &self.when {
            When::Metric { all, .. } => all.first().map_or("", |first| &first.series),
            When::Status { .. } => "",
        }
    }

    /// Whether it still speaks of what an incident is about.
    pub(super) fn watches(&self, service: &str, is_status: bool) -> bool {
        match &self.when {
            When::Metric { .. } => !is_status,
            When::Status { .. } => is_status && self.is_meant(service),
        }
    }

    fn is_meant(&self, service: &str) -> bool {
        match &self.when {
            When::Metric { service: own, .. } => **own == *service,
            When::Status { services, except, .. } => {
                (services.is_empty() || services.contains(service)) && !except.contains(service)
            }
        }
    }

    /// What it says of a service in that status.
    pub(super) fn of_status(&self, service: &str, status: HealthStatus) -> OfStatus {
        let When::Status { severities, .. } = &self.when else {
            return OfStatus::Nothing;
        };
        let severity = severities.iter().find(|(known, _)| *known == status);
        match severity {
            _ if !self.is_meant(service) => OfStatus::Nothing,
            Some((_, severity)) => OfStatus::Wrong(*severity),
            // Whoever cannot look knows of no recovery.
            None if status == HealthStatus::Unknown => OfStatus::Nothing,
            None => OfStatus::Well,
        }
    }
}

/// All rules that hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// Those of a file, and nothing else. All that is wrong with it is told at once.
    pub fn parse(text: &str) -> Result<Self, Vec<RuleFault>> {
        parse::read(text).map(|read| Self {
            rules: read.rules.into_iter().map(|(rule, _)| rule).collect(),
        })
    }

    /// Those that come with Atlas.
    pub fn builtin() -> Self {
        builtin::rules()
    }

    /// Those that come with Atlas and those of a file: one of the same name takes the other's place, and those that the
    /// file lists under `off` do not hold. A rule about what nobody measures is refused: it could never fire.
    pub fn with_builtin(text: &str) -> Result<Self, Vec<RuleFault>> {
        let read = parse::read(text)?;
        let builtin = Self::builtin();
        let unknown = read.off.iter().filter(|off| builtin.get(&off.name).is_none());
        let mut faults: Vec<RuleFault> = unknown
            .map(|off| RuleFault {
                line: off.line,
                rule: off.name.clone(),
                what: "there is no rule of that name to switch off".to_owned(),
            })
            .collect();
        for (rule, line) in &read.rules {
            let of_rule = vocabulary::faults(rule).into_iter();
            faults.extend(of_rule.map(|(word, what)| RuleFault {
                line: word.map_or(*line, |word| line_with(text, *line, word)),
                rule: rule.name.to_string(),
                what,
            }));
        }
        if !faults.is_empty() {
            faults.sort_by_key(|fault| fault.line);
            return Err(faults);
        }
        let is_replaced = |rule: &Rule| {
            read.off.iter().any(|off| *off.name == *rule.name)
                || read.rules.iter().any(|(own, _)| own.name == rule.name)
        };
        let mut rules: Vec<Rule> = builtin.rules;
        rules.retain(|rule| !is_replaced(rule));
        rules.extend(read.rules.into_iter().map(|(rule, _)| rule));
        Ok(Self { rules })
    }

    /// The rule of that name.
    pub fn get(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| *rule.name == *name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    /// The series that rules look at: what must be measured for all of them to be able to fire.
    pub fn series(&self) -> BTreeSet<&str> {
        let conditions = self.rules.iter().flat_map(|rule| match &rule.when {
            When::Metric { all, .. } => all.as_slice(),
            When::Status { .. } => &[],
        });
        conditions.map(|condition| &*condition.series).collect()
    }
}

/// The line, from `first` on, on which a word stands in quotes.
fn line_with(text: &str, first: usize, word: &str) -> usize {
    let quoted = [format!("\"{word}\""), format!("'{word}'")];
    let mut lines = text.lines().enumerate().skip(first.saturating_sub(1));
    let found = lines.find(|(_, line)| quoted.iter().any(|quoted| line.contains(quoted)));
    found.map_or(first, |(number, _)| number + 1)
}

#[cfg(test)]
mod tests;
