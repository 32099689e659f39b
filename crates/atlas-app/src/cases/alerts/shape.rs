//! Rows of alerts as people see them. It decides nothing, and reads nothing.

use std::collections::{BTreeMap, BTreeSet};

use atlas_domain::{DeliveryState, NoticeKind, NoticeState, Suppression, Timestamp};
use atlas_store::{IncidentRecord, TimelineMark};
use atlas_vitals::alerts::{DeliveryId, InboxRow, IncidentId, StoredDelivery, StoredIncident, StoredNotice};

use crate::views::alerts::{
    AcknowledgementView, AlertDetail, AlertView, DeliveryView, EventView, Looking, NoticeView,
};

/// What the process that looks after incidents says of them.
pub(super) type KeptBack = BTreeMap<IncidentId, Suppression>;

/// An incident with its messages. `mark` translates moments of the time line.
pub(super) fn alert_view(
    record: &IncidentRecord,
    kept_back: &KeptBack,
    mark: Option<&TimelineMark>,
) -> AlertView {
    let IncidentRecord {
        incident,
        notices,
        deliveries,
    } = record;
    let labels = incident.labels.iter();
    AlertView {
        id: incident.id.to_string(),
        rule: incident.rule.clone(),
        service: incident.service.clone(),
        severity: incident.severity,
        state: incident.state,
        started_at: incident.began_wall,
        resolved_at: incident.ended_wall,
        acknowledged: incident.acknowledged.is_some(),
        summary: incident.summary.clone(),
        why: incident.why.clone(),
        labels: labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        flapping: incident.flapping,
        suppressed_by: suppressions(incident, notices, kept_back),
        deliveries: deliveries
            .iter()
            .map(|delivery| delivery_view(delivery, notices, mark))
            .collect(),
    }
}

/// Everything about an incident. `told` is what the inbox has of it.
pub(super) fn alert_detail(
    record: &IncidentRecord,
    told: &[InboxRow],
    kept_back: &KeptBack,
    mark: Option<&TimelineMark>,
) -> AlertDetail {
    let incident = &record.incident;
    let acknowledgement = incident.acknowledged.as_ref();
    AlertDetail {
        alert: alert_view(record, kept_back, mark),
        fired_at: incident.fired_wall,
        end: incident.end,
        worst_severity: incident.worst_severity,
        runbook: incident.runbook.clone(),
        command: incident.command.clone(),
        acknowledgement: acknowledgement.map(|by| AcknowledgementView {
            by: by.by.clone(),
            comment: by.comment.clone(),
            at: by.wall,
            severity: by.severity,
        }),
        escalation: incident.escalation,
        notices: record.notices.iter().map(notice_view).collect(),
        timeline: timeline(record, told),
        replaced: None,
        looking: Looking::default(), // whoever asks knows it
    }
}

/// What was kept back is written down; what would be, where there is nothing to tell just now, only the process knows.
fn suppressions(
    incident: &StoredIncident,
    notices: &[StoredNotice],
    kept_back: &KeptBack,
) -> Vec<Suppression> {
    let held = notices
        .iter()
        .filter(|notice| notice.state == NoticeState::Held)
        .filter_map(|notice| notice.held);
    let all: BTreeSet<Suppression> = held.chain(kept_back.get(&incident.id).copied()).collect();
    all.into_iter().collect()
}

fn delivery_view(
    delivery: &StoredDelivery,
    notices: &[StoredNotice],
    mark: Option<&TimelineMark>,
) -> DeliveryView {
    let is_tried_again = delivery.state == DeliveryState::Waiting;
    DeliveryView {
        id: delivery.id.to_string(),
        channel: delivery.channel.clone(),
        kind: delivery.kind,
        state: delivery.state,
        attempts: delivery.attempts,
        tells: told_by(delivery.id, notices).collect(),
        created_at: delivery.created_wall,
        last_error: delivery.last_error.clone(),
        next_attempt_at: mark
            .filter(|_| is_tried_again)
            .map(|mark| mark.wall_of(delivery.due)),
    }
}

fn told_by(delivery: DeliveryId, notices: &[StoredNotice]) -> impl Iterator<Item = NoticeKind> {
    let its = notices
        .iter()
        .filter(move |notice| notice.delivery == Some(delivery));
    its.map(|notice| notice.kind)
}

fn notice_view(notice: &StoredNotice) -> NoticeView {
    NoticeView {
        channel: notice.channel.clone(),
        kind: notice.kind,
        severity: notice.severity,
        at: notice.wall,
        state: notice.state,
        suppressed_by: notice.held.filter(|_| notice.state == NoticeState::Held),
        held_until: None, // whoever asks knows it
        delivery: notice.delivery.map(|delivery| delivery.to_string()),
    }
}

/// What happened, the oldest first. What happened at one moment is in the order of cause and effect.
fn timeline(record: &IncidentRecord, told: &[InboxRow]) -> Vec<EventView> {
    let incident = &record.incident;
    let event = |at: Timestamp, event: String| EventView { at, event };
    let mut events = vec![event(
        incident.began_wall,
        "its condition began to hold".to_owned(),
    )];
    events.extend(told.iter().map(|row| event(row.wall, told_locally(row))));
    events.extend(record.deliveries.iter().map(|delivery| {
        let tells: Vec<&str> = told_by(delivery.id, &record.notices)
            .map(NoticeKind::as_str)
            .collect();
        let text = format!(
            "message {} to {} ({}): {}",
            delivery.id,
            delivery.channel,
            tells.join(", "),
            delivery.state
        );
        event(delivery.created_wall, text)
    }));
    events.extend(incident.acknowledged.as_ref().map(|by| {
        let comment = match by.comment.as_str() {
            "" => String::new(),
            comment => format!(": {comment}"),
        };
        event(by.wall, format!("taken on by {}{comment}", by.by))
    }));
    if let (Some(at), Some(end)) = (incident.ended_wall, incident.end) {
        events.push(event(at, format!("over: {end}")));
    }
    events.sort_by_key(|event| event.at);
    events
}

fn told_locally(row: &InboxRow) -> String {
    let held = row
        .suppressed_by
        .map_or(String::new(), |by| format!(", kept from the channels by {by}"));
    let why = match row.why.as_str() {
        "" => String::new(),
        why => format!(" ({why})"),
    };
    format!("{}, {}: {}{why}{held}", row.kind, row.severity, row.title)
}
