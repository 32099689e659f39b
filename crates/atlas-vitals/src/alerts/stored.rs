//! What is kept of the engine, as plain rows: what a step changes, and what a start takes up. Nothing here knows how or
//! where they are kept. Moments are milliseconds of the steady time line, which goes on over restarts. Of
//! what may be there by the thousand, what is empty or not so is left out.

use atlas_domain::{
    DeliveryKind, DeliveryState, IncidentEnd, IncidentState, NoticeKind, NoticeState, Severity, Suppression,
    Timestamp,
};
use serde::{Deserialize, Serialize};

pub use super::group::GroupClass;
pub use super::line::Fate;
use super::message::Message;
use super::observation::Window;
pub use super::silence::StoredSilence;
use super::{DeliveryId, IncidentId, Labels};

/// One row that a step has changed. It takes the place of the row with the same key.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// By its id.
    Incident(StoredIncident),
    /// By incident, channel and ordinal.
    Notice(StoredNotice),
    /// The state of a notice, where nothing else of it has changed.
    NoticeState(NoticeEnd),
    /// By its id.
    Delivery(StoredDelivery),
    /// By channel, service and class.
    Group(StoredGroup),
    /// A group that has nothing to remember.
    GroupGone(StoredGroup),
    /// By its name.
    Channel(StoredChannel),
    /// By its number.
    Silence(StoredSilence),
    /// By its name.
    Service(StoredService),
    /// All windows that are known, in place of those before.
    Windows(Vec<Window>),
    /// A new row of the inbox.
    Inbox(InboxRow),
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredIncident {
    /// Its id.
    pub id: IncidentId,
    /// Rule and labels as one text.
    pub fingerprint: String,
    /// The rule.
    pub rule: String,
    /// The service whose group it joins.
    pub service: String,
    /// Which of its kind.
    pub labels: Labels,
    /// It follows a status, not a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_status: bool,
    /// Its state.
    pub state: IncidentState,
    /// Since when.
    pub since: u64,
    /// When its source last said something.
    pub last_seen: u64,
    /// What it said was that all is well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_clear: bool,
    /// How loudly it is told now.
    pub severity: Severity,
    /// How bad it is among those told as loudly.
    pub level: u8,
    /// The loudest so far.
    pub worst_severity: Severity,
    /// The worst among those.
    pub worst_level: u8,
    /// When its condition first held.
    pub began: u64,
    /// The same, for people.
    pub began_wall: Timestamp,
    /// When it fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fired_at: Option<u64>,
    /// The same, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fired_wall: Option<Timestamp>,
    /// Since when it has been critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_since: Option<u64>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_wall: Option<Timestamp>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<IncidentEnd>,
    /// What is wrong.
    pub summary: String,
    /// Value and limit.
    pub why: String,
    /// Where to read what to do.
    pub runbook: String,
    /// What to run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Who has taken it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<StoredAcknowledgement>,
    /// How many further sets of channels were asked.
    pub escalation: u8,
    /// It comes and goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flapping: bool,
    /// How many rows of the inbox it has.
    pub inbox: u32,
    /// What each channel knows of it.
    pub lines: Vec<StoredLine>,
}

/// That a person has taken an incident on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAcknowledgement {
    /// Up to this severity; above, it speaks again.
    pub severity: Severity,
    /// Who.
    pub by: String,
    /// What they said.
    pub comment: String,
    /// When.
    pub wall: Timestamp,
}

/// What one channel knows of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLine {
    /// The channel.
    pub channel: String,
    /// Whether it knows.
    pub fate: Fate,
    /// The worst it was told: severity and level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<(Severity, u8)>,
    /// It was told the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told_end: bool,
    /// How many notices there were.
    pub ordinals: u32,
    /// The message that was given up and may come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead: Option<DeliveryId>,
    /// The first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<DeliveryId>,
    /// The last notice that was sent.
    pub arrived: u32,
}

/// One thing to tell one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNotice {
    /// Of which incident.
    pub incident: IncidentId,
    /// Which channel.
    pub channel: String,
    /// The how-many-th of these two.
    pub ordinal: u32,
    /// What it says.
    pub kind: NoticeKind,
    /// How loudly.
    pub severity: Severity,
    /// How bad among those.
    pub level: u8,
    /// When it came up.
    pub at: u64,
    /// The same, for people.
    pub wall: Timestamp,
    /// What became of it.
    pub state: NoticeState,
    /// What keeps it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Suppression>,
    /// It is over, and worth a line in the digest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_digest: bool,
    /// The message it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
}

/// What became of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeEnd {
    /// Of which incident.
    pub incident: IncidentId,
    /// Which channel.
    pub channel: String,
    /// The how-many-th of these two.
    pub ordinal: u32,
    /// What became of it.
    pub state: NoticeState,
}

/// A message. Its members are the notices that name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which channel.
    pub channel: String,
    /// The how-many-th of that channel.
    pub sequence: u64,
    /// What kind.
    pub kind: DeliveryKind,
    /// The worst that it tells.
    pub severity: Severity,
    /// When it was made.
    pub created: u64,
    /// The same, for people.
    pub created_wall: Timestamp,
    /// What became of it.
    pub state: DeliveryState,
    /// How many attempts have begun.
    pub attempts: u32,
    /// When the next one begins, or the one under way counts as lost.
    pub due: u64,
    /// Some attempt may have arrived.
    pub may_have_arrived: bool,
    /// What went wrong last.
    pub last_error: String,
    /// What it says.
    pub message: Message,
}

/// When a group may speak again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGroup {
    /// On which channel.
    pub channel: String,
    /// Of which service.
    pub service: String,
    /// Of which class.
    pub class: GroupClass,
    /// When its next message leaves.
    pub due: Option<u64>,
    /// When its last one left.
    pub last: Option<u64>,
    /// How many reminders in a row.
    pub reminders: u32,
    /// When the next reminder is due.
    pub remind_at: Option<u64>,
}

/// What is remembered of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChannel {
    /// Its name.
    pub name: String,
    /// When all that it has carried is paid for by its rate.
    pub paid_at: u64,
    /// How many messages it was given.
    pub sequence: u64,
    /// Since when nothing has arrived although it was tried.
    pub failing_since: Option<u64>,
    /// Since when there is more to tell than it may carry.
    pub overflowing_since: Option<u64>,
}

/// What is remembered of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredService {
    /// Its name.
    pub name: String,
    /// Something else explains what is wrong with it.
    pub held: bool,
    /// That other thing.
    pub blocked_by: Option<String>,
}

/// One thing that is told on this machine itself, whatever the channels do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxRow {
    /// Of which incident.
    pub incident: IncidentId,
    /// The how-many-th.
    pub ordinal: u32,
    /// What it says.
    pub kind: NoticeKind,
    /// How loudly.
    pub severity: Severity,
    /// What is wrong.
    pub title: String,
    /// Value and limit.
    pub why: String,
    /// When.
    pub wall: Timestamp,
    /// What keeps it from the channels.
    pub suppressed_by: Option<Suppression>,
}

/// Everything that a start takes up: all incidents that are not over or have something left to tell, the notices that
/// wait, are held, under way or dead, the messages that have not ended or are dead, and the rest as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredAlerts {
    /// Incidents.
    pub incidents: Vec<StoredIncident>,
    /// Notices.
    pub notices: Vec<StoredNotice>,
    /// Messages.
    pub deliveries: Vec<StoredDelivery>,
    /// Groups.
    pub groups: Vec<StoredGroup>,
    /// Channels.
    pub channels: Vec<StoredChannel>,
    /// Silences.
    pub silences: Vec<StoredSilence>,
    /// Services.
    pub services: Vec<StoredService>,
    /// Windows.
    pub windows: Vec<Window>,
}
