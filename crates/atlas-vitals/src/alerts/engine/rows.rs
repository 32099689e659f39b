//! Each part of the engine as a row, and back.

use std::sync::Arc;

use atlas_domain::{DeliveryState, NoticeState, Suppression};

use crate::Moment;
use crate::alerts::delivery::Delivery;
use crate::alerts::group::{Group, GroupKey};
use crate::alerts::incident::{Acknowledgement, Badness, Incident};
use crate::alerts::line::{Line, Member, Notice};
use crate::alerts::stored::{
    StoredAcknowledgement, StoredDelivery, StoredGroup, StoredIncident, StoredLine, StoredNotice,
};

pub(super) fn incident_row(incident: &Incident) -> StoredIncident {
    let line_row = |line: &Line| StoredLine {
        channel: line.channel.to_string(),
        fate: line.fate,
        told: line.told.map(|told| (told.severity, told.level)),
        told_end: line.told_end,
        ordinals: line.ordinals,
        dead: line.dead,
        thread: line.thread,
        arrived: line.arrived,
    };
    StoredIncident {
        id: incident.id,
        fingerprint: incident.fingerprint.to_string(),
        rule: incident.rule.to_string(),
        service: incident.service.to_string(),
        labels: incident.labels.clone(),
        is_status: incident.is_status,
        state: incident.state,
        since: incident.since.millis(),
        last_seen: incident.last_seen.millis(),
        is_clear: incident.is_clear,
        severity: incident.badness.severity,
        level: incident.badness.level,
        worst_severity: incident.worst.severity,
        worst_level: incident.worst.level,
        began: incident.began.millis(),
        began_wall: incident.began_wall,
        fired_at: incident.fired_at.map(Moment::millis),
        fired_wall: incident.fired_wall,
        critical_since: incident.critical_since.map(Moment::millis),
        ended_wall: incident.ended_wall,
        end: incident.end,
        summary: incident.summary.clone(),
        why: incident.why.clone(),
        runbook: incident.runbook.clone(),
        command: incident.command.clone(),
        acknowledged: incident.acknowledged.as_ref().map(|ack| StoredAcknowledgement {
            severity: ack.severity,
            by: ack.by.clone(),
            comment: ack.comment.clone(),
            wall: ack.wall,
        }),
        escalation: incident.escalation,
        flapping: incident.flapping,
        inbox: incident.inbox,
        lines: incident.lines.iter().map(line_row).collect(),
    }
}

pub(super) fn incident_of(row: StoredIncident) -> Incident {
    let line_of = |line: StoredLine| Line {
        fate: line.fate,
        told: line.told.map(|(severity, level)| Badness { severity, level }),
        told_end: line.told_end,
        ordinals: line.ordinals,
        dead: line.dead,
        thread: line.thread,
        arrived: line.arrived,
        ..Line::new(Arc::from(line.channel))
    };
    Incident {
        id: row.id,
        fingerprint: Arc::from(row.fingerprint),
        rule: Arc::from(row.rule),
        service: Arc::from(row.service),
        labels: row.labels,
        is_status: row.is_status,
        state: row.state,
        since: Moment::from_millis(row.since),
        last_seen: Moment::from_millis(row.last_seen),
        is_clear: row.is_clear,
        badness: Badness {
            severity: row.severity,
            level: row.level,
        },
        worst: Badness {
            severity: row.worst_severity,
            level: row.worst_level,
        },
        began: Moment::from_millis(row.began),
        began_wall: row.began_wall,
        fired_at: row.fired_at.map(Moment::from_millis),
        fired_wall: row.fired_wall,
        critical_since: row.critical_since.map(Moment::from_millis),
        ended_wall: row.ended_wall,
        end: row.end,
        summary: row.summary,
        why: row.why,
        runbook: row.runbook,
        command: row.command,
        acknowledged: row.acknowledged.map(|ack| Acknowledgement {
            severity: ack.severity,
            by: ack.by,
            comment: ack.comment,
            wall: ack.wall,
        }),
        escalation: row.escalation,
        flapping: row.flapping,
        inbox: row.inbox,
        lines: row.lines.into_iter().map(line_of).collect(),
    }
}

/// A notice that is part of a message.
pub(super) fn member_row(delivery: &Delivery, member: &Member) -> StoredNotice {
    StoredNotice {
        incident: member.incident,
        channel: delivery.channel.to_string(),
        ordinal: member.ordinal,
        kind: member.kind,
        severity: member.badness.severity,
        level: member.badness.level,
        at: delivery.created.millis(),
        wall: delivery.created_wall,
        state: match (delivery.state, delivery.may_have_arrived) {
            (DeliveryState::Dead, true) => NoticeState::UnknownFate,
            (DeliveryState::Dead, false) => NoticeState::Dead,
            _ => NoticeState::Delivering,
        },
        held: None,
        for_digest: false,
        delivery: Some(delivery.id),
    }
}

/// A notice that waits on its line.
pub(super) fn notice_row(incident: &Incident, line: &Line, notice: &Notice) -> StoredNotice {
    let held = notice.held.or(notice.over_rate.then_some(Suppression::RateLimit));
    StoredNotice {
        incident: incident.id,
        channel: line.channel.to_string(),
        ordinal: notice.ordinal,
        kind: notice.kind,
        severity: notice.badness.severity,
        level: notice.badness.level,
        at: notice.at.millis(),
        wall: notice.wall,
        state: if held.is_some() {
            NoticeState::Held
        } else {
            NoticeState::Waiting
        },
        held,
        for_digest: notice.for_digest,
        delivery: None,
    }
}

pub(super) fn delivery_row(delivery: &Delivery) -> StoredDelivery {
    StoredDelivery {
        id: delivery.id,
        channel: delivery.channel.to_string(),
        sequence: delivery.sequence,
        kind: delivery.kind,
        severity: delivery.severity,
        created: delivery.created.millis(),
        created_wall: delivery.created_wall,
        state: delivery.state,
        attempts: delivery.attempts,
        due: delivery.due.millis(),
        may_have_arrived: delivery.may_have_arrived,
        last_error: delivery.last_error.clone(),
        message: delivery.message.clone(),
    }
}

pub(super) fn delivery_of(row: StoredDelivery) -> Delivery {
    Delivery {
        id: row.id,
        channel: Arc::from(row.channel),
        sequence: row.sequence,
        kind: row.kind,
        severity: row.severity,
        created: Moment::from_millis(row.created),
        created_wall: row.created_wall,
        state: row.state,
        attempts: row.attempts,
        due: Moment::from_millis(row.due),
        may_have_arrived: row.may_have_arrived,
        last_error: row.last_error,
        members: Vec::new(),
        message: row.message,
    }
}

pub(super) fn group_row(key: &GroupKey, group: &Group) -> StoredGroup {
    StoredGroup {
        channel: key.channel.to_string(),
        service: key.service.to_string(),
        class: key.class,
        due: group.due.map(Moment::millis),
        last: group.last.map(Moment::millis),
        reminders: group.reminders,
        remind_at: group.remind_at.map(Moment::millis),
    }
}

pub(super) fn group_of(row: StoredGroup) -> (GroupKey, Group) {
    let key = GroupKey {
        channel: Arc::from(row.channel),
        service: Arc::from(row.service),
        class: row.class,
    };
    let group = Group {
        due: row.due.map(Moment::from_millis),
        last: row.last.map(Moment::from_millis),
        reminders: row.reminders,
        remind_at: row.remind_at.map(Moment::from_millis),
        ..Group::default()
    };
    (key, group)
}
