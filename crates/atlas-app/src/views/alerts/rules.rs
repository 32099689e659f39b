//! What goes out about the rules in force. Fields are only added, never renamed.

use serde::{Deserialize, Serialize};

/// The rules in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RuleList {
    /// Those that come with Atlas first.
    pub rules: Vec<RuleView>,
}

/// A rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleView {
    /// Its name.
    pub name: String,
    /// Where it is from.
    pub origin: RuleOrigin,
    /// The services that it speaks of; every one, when it is empty.
    pub services: Vec<String>,
    /// How loudly it is told: one word, or for each status its own.
    pub severity: String,
    /// Its condition.
    pub condition: String,
    /// For how many seconds the condition must hold before it is told.
    pub for_secs: u64,
    /// For how many seconds it must have ended before that is believed.
    pub keep_firing_for_secs: u64,
    /// What is told.
    pub summary: String,
    /// Where to read what to do.
    pub runbook: String,
    /// What to run first.
    pub command: Option<String>,
    /// Why the rule exists, and why its limits are what they are.
    pub reason: String,
}

/// Where a rule is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOrigin {
    /// It comes with Atlas.
    BuiltIn,
    /// It comes from the file of rules that the configuration names.
    File,
    /// The same, and it takes the place of a built-in one of that name.
    FileInPlaceOfBuiltIn,
}
