//! What goes in and out of the use cases of alerts, as JSON. Fields are only added, never renamed.

use std::collections::BTreeMap;

use atlas_domain::{
    DeliveryKind, DeliveryState, IncidentEnd, IncidentState, NoticeKind, NoticeState, Severity, Suppression,
    Timestamp,
};
use serde::{Deserialize, Serialize};

mod inbox;
mod rules;
mod silences;

pub use super::lasting::Lasting;
pub use inbox::{Inbox, InboxNotice, InboxQuery, ReadReport, ReadRequest};
pub use rules::{RuleList, RuleOrigin, RuleView};
pub use silences::{SilenceList, SilenceQuery, SilenceRequest, SilenceState, SilenceView};

/// Which incidents to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertQuery {
    /// `open`, or `all` with those that are over; open ones without it.
    #[serde(default)]
    pub state: Option<ListedState>,
    /// Only those that are told this loudly.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Only those of this service.
    #[serde(default)]
    pub service: Option<String>,
    /// At most so many; 50 without it, 500 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next` of the previous page.
    #[serde(default)]
    pub after: Option<String>,
}

/// Which incidents are meant by a state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedState {
    /// Those that are not over.
    #[default]
    Open,
    /// All that ever fired.
    All,
}

/// Incidents.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct AlertList {
    /// The newest first.
    pub incidents: Vec<AlertView>,
    /// Where the next page begins; none when this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether anybody goes on looking.
    #[serde(flatten)]
    pub looking: Looking,
}

/// Who looks after the services, and since when nobody does: what is listed is as old as the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looking {
    /// A server runs. Without one nothing that goes wrong is noticed.
    #[serde(default)]
    pub server: bool,
    /// When somebody looked last, to a minute; none where nobody ever did.
    #[serde(default)]
    pub looked_at: Option<Timestamp>,
}

/// An incident: one episode of one thing that went wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlertView {
    /// Its id, sixteen hexadecimal digits.
    pub id: String,
    /// The rule that it fires by.
    pub rule: String,
    /// The service it is about.
    pub service: String,
    /// How loudly it is told; at its end, how loudly it was told last.
    pub severity: Severity,
    /// Where it stands.
    pub state: IncidentState,
    /// When its condition first held.
    pub started_at: Timestamp,
    /// When it was over.
    pub resolved_at: Option<Timestamp>,
    /// A person has taken it on.
    pub acknowledged: bool,
    /// What is wrong.
    pub summary: String,
    /// Value and limit.
    pub why: String,
    /// Which of its kind: a mount, a host.
    pub labels: BTreeMap<String, String>,
    /// It comes and goes.
    pub flapping: bool,
    /// What keeps it from being told; empty when nothing does.
    pub suppressed_by: Vec<Suppression>,
    /// The messages that it was part of, the oldest first.
    pub deliveries: Vec<DeliveryView>,
}

/// A message to a channel, of which an incident was a part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeliveryView {
    /// Its id: the receiver's key for a repetition.
    pub id: String,
    /// To which channel.
    pub channel: String,
    /// What kind of message.
    pub kind: DeliveryKind,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// What it tells of this incident.
    pub tells: Vec<NoticeKind>,
    /// When it was put together.
    pub created_at: Timestamp,
    /// What went wrong last; empty when nothing did.
    pub last_error: String,
    /// When it is tried again.
    pub next_attempt_at: Option<Timestamp>,
}

/// Everything about one incident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlertDetail {
    /// The incident.
    #[serde(flatten)]
    pub alert: AlertView,
    /// When it fired; none as long as its condition has held for too short a time.
    pub fired_at: Option<Timestamp>,
    /// Why it is over.
    pub end: Option<IncidentEnd>,
    /// The loudest so far.
    pub worst_severity: Severity,
    /// Where to read what to do.
    pub runbook: String,
    /// What to run.
    pub command: Option<String>,
    /// Who has taken it on.
    pub acknowledgement: Option<AcknowledgementView>,
    /// How many further sets of channels were asked, because nobody took it on.
    pub escalation: u8,
    /// What was told, or is to be told, to each channel, the oldest first.
    pub notices: Vec<NoticeView>,
    /// What happened, the oldest first.
    pub timeline: Vec<EventView>,
    /// Who had taken it on before, where that was just replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<AcknowledgementView>,
    /// Whether anybody goes on looking.
    #[serde(flatten)]
    pub looking: Looking,
}

/// That a person has taken an incident on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AcknowledgementView {
    /// Who.
    pub by: String,
    /// What they said.
    pub comment: String,
    /// When.
    pub at: Timestamp,
    /// Up to this severity; above, it speaks again.
    pub severity: Severity,
}

/// One thing to tell one channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoticeView {
    /// Which channel.
    pub channel: String,
    /// What it says.
    pub kind: NoticeKind,
    /// How loudly.
    pub severity: Severity,
    /// When it came up.
    pub at: Timestamp,
    /// What became of it.
    pub state: NoticeState,
    /// What keeps it back.
    pub suppressed_by: Option<Suppression>,
    /// Until when, where that is known: when its channel may carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// The message it is part of.
    pub delivery: Option<String>,
}

/// Something that happened to an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// When.
    pub at: Timestamp,
    /// What, in a sentence.
    pub event: String,
}

/// That a person takes an incident on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AckRequest {
    /// Who; the owner without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What they say.
    #[serde(default)]
    pub comment: String,
}

/// What the receiver said to a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTest {
    /// Which channel.
    pub channel: String,
    /// The receiver's own words.
    pub answer: String,
}
