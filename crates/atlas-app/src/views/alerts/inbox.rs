//! What goes in and out about the inbox. Fields are only added, never renamed.

use atlas_domain::{NoticeKind, Severity, Suppression, Timestamp};
use serde::{Deserialize, Serialize};

/// What of the inbox to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxQuery {
    /// Only what nobody has read.
    #[serde(default)]
    pub unread: bool,
    /// At most so many; 50 without it, 500 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<i64>,
}

/// What was told on this machine itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Inbox {
    /// The newest first.
    pub notices: Vec<InboxNotice>,
    /// How many nobody has read, here or on other pages.
    pub unread: u64,
    /// Where the next page begins; none when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// One thing that was told on this machine itself, whatever the channels did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InboxNotice {
    /// Its number: `up_to` of what is marked as read.
    pub number: i64,
    /// Of which incident.
    pub incident: String,
    /// What it says.
    pub kind: NoticeKind,
    /// How loudly.
    pub severity: Severity,
    /// What is wrong.
    pub title: String,
    /// Value and limit.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// What kept it from the channels.
    pub suppressed_by: Option<Suppression>,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

/// What of the inbox has been read.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRequest {
    /// Everything up to and with the notice of this number.
    pub up_to: i64,
}

/// What was marked as read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadReport {
    /// How many nobody had read before.
    pub read: u64,
    /// How many nobody has read now.
    pub unread: u64,
}
