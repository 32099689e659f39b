//! Rules: under which condition a status or a measurement is worth telling somebody. They are data; nothing here knows
//! any of them by name.

mod builtin;
mod condition;
mod length;
mod parse;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity};

pub use condition::{Comparison, Condition};
pub(super) use length::{long, read as read_length};
pub use parse::RuleFault;
pub(super) use parse::{Faults, line_of};

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
        parse::read(text).map(|read| Self { rules: read.rules })
    }

    /// Those that come with Atlas.
    pub fn builtin() -> Self {
        builtin::rules()
    }

    /// Those that come with Atlas and those of a file: one of the same name takes the other's place, and those that the
    /// file lists under `off` do not hold.
    pub fn with_builtin(text: &str) -> Result<Self, Vec<RuleFault>> {
        let read = parse::read(text)?;
        let builtin = Self::builtin();
        let unknown: Vec<RuleFault> = read
            .off
            .iter()
            .filter(|off| builtin.get(&off.name).is_none())
            .map(|off| RuleFault {
                line: off.line,
                rule: off.name.clone(),
                what: "there is no rule of that name to switch off".to_owned(),
            })
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let is_replaced = |rule: &Rule| {
            read.off.iter().any(|off| *off.name == *rule.name)
                || read.rules.iter().any(|own| own.name == rule.name)
        };
        let mut rules: Vec<Rule> = builtin.rules;
        rules.retain(|rule| !is_replaced(rule));
        rules.extend(read.rules);
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

#[cfg(test)]
mod tests;
