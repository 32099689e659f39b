//! Looking after the library, as JSON.

use atlas_domain::{Criteria, Criterion, ItemId, Standing};
use atlas_store::{CleanupRun, SchemaVersion, UndoneItems};
use serde::{Deserialize, Serialize};

use crate::audit::AuditReport;
use crate::signals::AuditProgress;

/// Asks for an audit of the library.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditRequest {
    /// How long to wait for its end; without it the answer comes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_secs: Option<u64>,
}

/// The audit of the library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LibraryAudit {
    /// The job that audits, where one waits or runs.
    pub job: Option<String>,
    /// How far it is.
    pub progress: Option<AuditProgress>,
    /// What the last one found that came to its end; none if there was none.
    pub report: Option<AuditReport>,
}

/// Which findings to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FindingsQuery {
    /// Those that are as bad at least: `suspect` (as long as nobody says) or `junk`.
    pub least: Option<Standing>,
    /// At most so many; 50 as long as nobody says.
    pub limit: Option<u32>,
    /// Where the previous page ended.
    pub after: Option<String>,
}

/// Some findings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FindingsPage {
    /// They, the oldest item first.
    pub findings: Vec<FindingView>,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// An item that is no good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingView {
    /// The item.
    pub item: ItemId,
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: Option<String>,
    /// The verdict.
    pub verdict: Standing,
    /// How sure it is, `0.0..=1.0`.
    pub confidence: f32,
    /// What speaks against it.
    pub reasons: Criteria,
    /// Its better copy.
    pub survivor: Option<ItemId>,
}

/// Asks for a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WantedCleanup {
    /// Items that may be junk, too.
    pub suspects: bool,
    /// Only what meets one of these.
    pub only: Vec<Criterion>,
    /// No copies.
    pub keep_duplicates: bool,
}

/// A cleanup of the library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanupView {
    /// It.
    #[serde(flatten)]
    pub run: CleanupRun,
    /// How much of the library it takes, in percent, rounded up.
    pub percent: u64,
    /// What has to be allowed for it to be carried out, in percent; none if nothing.
    pub allow_percent: Option<u64>,
}

/// The cleanups of the library.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CleanupList {
    /// The newest first.
    pub cleanups: Vec<CleanupView>,
}

/// Has a plan carried out.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyRequest {
    /// As much of the library may leave, in percent; without it a fifth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_percent: Option<u64>,
    /// How long to wait for its end; without it the answer comes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_secs: Option<u64>,
}

/// Has a cleanup undone.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UndoRequest {
    /// These items; all of them if there are none.
    pub items: Vec<String>,
}

/// A cleanup that was undone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UndoneCleanup {
    /// It, as it stands now.
    pub cleanup: CleanupView,
    /// What the undo came to.
    #[serde(flatten)]
    pub undone: UndoneItems,
}

/// Which items of a cleanup to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CleanupItemsQuery {
    /// Those that stand there.
    pub state: Option<atlas_domain::CleanupStep>,
    /// At most so many; 50 as long as nobody says.
    pub limit: Option<u32>,
    /// Where the previous page ended.
    pub after: Option<String>,
}

/// A file that was made smaller, or could not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compacted {
    /// Its size before, in bytes.
    pub before_bytes: u64,
    /// Its size now.
    pub after_bytes: u64,
}

/// How the files stand to the schemas of this build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schemas {
    /// Library and operational state.
    pub files: Vec<SchemaVersion>,
}
