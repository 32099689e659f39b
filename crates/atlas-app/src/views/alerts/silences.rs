//! What goes in and out about silences. Fields are only added, never renamed.

use atlas_domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::Lasting;

/// Which silences to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceQuery {
    /// Also those that are over.
    #[serde(default)]
    pub all: bool,
}

/// A silence that is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SilenceRequest {
    /// What is to be silent: `label=value`, `label!=value` or `label=~pattern`, where a label is one of the incident's,
    /// or `rule`, `service` or `severity`. All of them must fit.
    pub matchers: Vec<String>,
    /// From when on; at once without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when; this or `for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// For how long.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Lasting>,
    /// Why.
    #[serde(default)]
    pub comment: String,
    /// Who asks; the owner without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// It ends before its time, as soon as everything that it means is over.
    #[serde(default)]
    pub until_resolved: bool,
}

/// Silences.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SilenceList {
    /// The newest first.
    pub silences: Vec<SilenceView>,
}

/// A silence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SilenceView {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub state: SilenceState,
    /// What is silent: all of them must fit.
    pub matchers: Vec<String>,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who asked.
    pub author: String,
    /// Why.
    pub comment: String,
    /// It ends before its time, as soon as everything that it means is over.
    pub until_resolved: bool,
    /// It has ended before its time.
    #[serde(default)]
    pub ended_early: bool,
}

/// Where a silence stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SilenceState {
    /// It has not begun.
    Pending,
    /// It holds.
    Active,
    /// It is over.
    Ended,
}

impl SilenceState {
    /// The stable spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Ended => "ended",
        }
    }
}
