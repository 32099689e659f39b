//! Whom news of an incident concerns, and how it comes into the group with which it is told.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{NoticeKind, NoticeState, Severity, Suppression, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::group::{GroupClass, GroupKey, reminder_after};
use crate::alerts::incident::Incident;
use crate::alerts::line::{Line, Notice};
use crate::alerts::settings::ChannelSettings;
use crate::alerts::stored::{NoticeEnd, StoredNotice};
use crate::alerts::{DeliveryId, IncidentId};

/// Whoever must not be told now is asked about again after so long.
const ESCALATION_LOOK: Duration = Duration::from_mins(1);

const CLASSES: [GroupClass; 3] = [GroupClass::Critical, GroupClass::Other, GroupClass::Digest];

impl Incident {
    pub(super) fn line(&self, channel: &str) -> Option<&Line> {
        self.lines.iter().find(|line| *line.channel == *channel)
    }

    pub(super) fn line_mut(&mut self, channel: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| *line.channel == *channel)
    }

    /// Whether that channel may be told of it at all: none is told of its own failure.
    pub(super) fn concerns(&self, channel: &str) -> bool {
        self.labels.get("channel") != Some(channel)
    }
}

impl Alerts {
    /// Tells news of an incident to every channel that it concerns.
    pub(super) fn tell(&mut self, id: IncidentId, kind: NoticeKind, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let has_heard = |line: &&Line| line.may_know() || !line.is_quiet();
        // An end is for all who heard of it, the rest for those who want to hear of what is as bad.
        let severity = incident.badness.severity;
        let wants = |line: &&Line| kind == NoticeKind::Resolved || self.hears(&line.channel, severity);
        let mut names: Vec<Arc<str>> = incident
            .lines
            .iter()
            .filter(has_heard)
            .filter(wants)
            .map(|line| Arc::clone(&line.channel))
            .collect();
        if kind != NoticeKind::Resolved {
            for channel in self.routed(incident) {
                if !names.contains(&channel.name) {
                    names.push(Arc::clone(&channel.name));
                }
            }
        }
        for name in names {
            self.tell_channel(id, &name, kind, now, wall);
        }
    }

    /// Tells what fires to channels that have come since: by a reload, or while Atlas was not running.
    pub(super) fn tell_who_never_heard(&mut self, id: IncidentId, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get(&id).filter(|incident| incident.is_firing()) else {
            return;
        };
        let is_new = |channel: &&ChannelSettings| incident.line(&channel.name).is_none();
        let new: Vec<Arc<str>> = self
            .routed(incident)
            .filter(is_new)
            .map(|channel| Arc::clone(&channel.name))
            .collect();
        for name in new {
            self.tell_channel(id, &name, NoticeKind::Firing, now, wall);
        }
    }

    /// The channels that news of it goes to.
    fn routed<'a>(&'a self, incident: &'a Incident) -> impl Iterator<Item = &'a ChannelSettings> {
        self.settings.channels.iter().filter(|channel| {
            channel.set <= incident.escalation
                && channel.at_least <= incident.badness.severity
                && incident.concerns(&channel.name)
        })
    }

    /// Whether a channel is told by itself of what is as bad: those that are asked when nobody answers hear only of what
    /// is critical.
    pub(super) fn hears(&self, channel: &str, severity: Severity) -> bool {
        let settings = self.settings.channel(channel);
        settings.is_some_and(|channel| {
            channel.at_least <= severity && (channel.set == 0 || severity == Severity::Critical)
        })
    }

    /// Tells one channel. Nothing happens when it need not be told.
    pub(super) fn tell_channel(
        &mut self,
        id: IncidentId,
        channel: &Arc<str>,
        kind: NoticeKind,
        now: Moment,
        wall: Timestamp,
    ) {
        let Some(incident) = self.incidents.get_mut(&id) else {
            return;
        };
        let badness = if incident.is_over() {
            incident.worst
        } else {
            incident.badness
        };
        if incident.line(channel).is_none() {
            incident.lines.push(Line::new(Arc::clone(channel)));
        }
        let line = incident.line_mut(channel);
        if line.is_some_and(|line| line.queue(kind, badness, now, wall)) {
            self.touched.incidents.insert(id);
            self.settle_line(id, channel, true, now);
        }
    }

    /// Puts what waits on a line into its group, if nothing else of the line is under way. `soon`: it waits for its like,
    /// but not for the time between two messages.
    pub(super) fn join_group(&mut self, id: IncidentId, channel: &Arc<str>, soon: bool, now: Moment) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let line = incident.line(channel).filter(|line| line.is_ready());
        let Some(notice) = line.and_then(|line| line.waiting.as_ref()) else {
            self.leave_groups(id, channel);
            return;
        };
        let (service, class) = if notice.for_digest {
            (Arc::from(""), GroupClass::Digest)
        } else {
            let class = GroupClass::of(notice.badness.severity);
            (Arc::clone(&incident.service), class)
        };
        let bypass = soon || notice.kind == NoticeKind::Escalated || gets_louder(incident, channel, notice);
        let key = GroupKey {
            channel: Arc::clone(channel),
            service,
            class,
        };
        self.leave_groups_but(id, channel, Some(key.class));
        let louder = self.last_of_the_louder(&key);
        let group = self.groups.entry(key.clone()).or_default();
        let before = group.due;
        group.add(id, class, bypass, louder, &self.settings.timing, now);
        let is_overdue = group.due.is_some_and(|due| due <= now);
        if before != group.due {
            if let Some(due) = group.due {
                self.agenda.add(due, Wake::Group(key.clone()));
            }
            self.touched.groups.insert(key);
        }
        // It joins those whom the channel cannot carry yet.
        let overflows = self.channels.get(channel);
        let overflows = overflows.is_some_and(|channel| channel.overflowing_since.is_some());
        let line = self
            .incidents
            .get_mut(&id)
            .and_then(|incident| incident.line_mut(channel));
        if let Some(notice) = line.and_then(|line| line.waiting.as_mut()) {
            notice.over_rate = is_overdue && overflows;
        }
    }

    /// When what is critical of the same service was told last: what is less bad is an update to that.
    fn last_of_the_louder(&self, key: &GroupKey) -> Option<Moment> {
        let louder = GroupKey {
            class: GroupClass::Critical,
            ..key.clone()
        };
        let group = self.groups.get(&louder);
        group
            .filter(|_| key.class == GroupClass::Other)
            .and_then(|group| group.last)
    }

    pub(super) fn leave_groups(&mut self, id: IncidentId, channel: &Arc<str>) {
        self.leave_groups_but(id, channel, None);
    }

    fn leave_groups_but(&mut self, id: IncidentId, channel: &Arc<str>, stays: Option<GroupClass>) {
        let Some(service) = self
            .incidents
            .get(&id)
            .map(|incident| Arc::clone(&incident.service))
        else {
            return;
        };
        for class in CLASSES.into_iter().filter(|class| Some(*class) != stays) {
            let service = if class == GroupClass::Digest {
                Arc::from("")
            } else {
                Arc::clone(&service)
            };
            let key = GroupKey {
                channel: Arc::clone(channel),
                service,
                class,
            };
            if let Some(group) = self.groups.get_mut(&key)
                && group.waiting.remove(&id)
                && group.waiting.is_empty()
            {
                group.due = None;
                self.touched.groups.insert(key);
            }
        }
    }

    /// Its severity has changed, so others are reminded of together with it.
    pub(super) fn move_member(&mut self, id: IncidentId, now: Moment) {
        let Some(incident) = self.incidents.get(&id).filter(|incident| incident.is_firing()) else {
            return;
        };
        let knows = |line: &&Line| line.may_know() && !line.told_end;
        let names: Vec<Arc<str>> = incident
            .lines
            .iter()
            .filter(knows)
            .map(|line| Arc::clone(&line.channel))
            .collect();
        for name in names {
            self.set_member(id, &name, true, now);
        }
    }

    /// It counts in the reminders of its class, or in none.
    pub(super) fn set_member(&mut self, id: IncidentId, channel: &Arc<str>, is_told: bool, now: Moment) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let own = GroupClass::of(incident.badness.severity);
        let service = Arc::clone(&incident.service);
        for class in [GroupClass::Critical, GroupClass::Other] {
            let key = GroupKey {
                channel: Arc::clone(channel),
                service: Arc::clone(&service),
                class,
            };
            if is_told && class == own {
                let group = self.groups.entry(key.clone()).or_default();
                group.members.insert(id);
                if group.remind_at.is_none() {
                    let at = now.after(reminder_after(class, group.reminders, &self.settings.timing));
                    group.remind_at = Some(at);
                    self.agenda.add(at, Wake::Group(key.clone()));
                    self.touched.groups.insert(key);
                }
            } else if let Some(group) = self.groups.get_mut(&key)
                && group.members.remove(&id)
                && group.members.is_empty()
            {
                group.remind_at = None;
                group.reminders = 0;
                self.touched.groups.insert(key);
            }
        }
    }

    /// There is nothing left to tell there.
    pub(super) fn withdraw(&mut self, id: IncidentId, channel: &Arc<str>) {
        self.leave_groups(id, channel);
        let line = self
            .incidents
            .get_mut(&id)
            .and_then(|incident| incident.line_mut(channel));
        if let Some(notice) = line.and_then(|line| line.waiting.take()) {
            self.touched.incidents.insert(id);
            self.touched.ends.push(NoticeEnd {
                incident: id,
                channel: channel.to_string(),
                ordinal: notice.ordinal,
                state: NoticeState::Withdrawn,
            });
        }
    }

    /// Writes down the notice that waits on a line, as what it is now.
    pub(super) fn note_what_waits(&mut self, id: IncidentId, channel: &Arc<str>) {
        let line = self
            .incidents
            .get(&id)
            .and_then(|incident| incident.line(channel));
        let Some(notice) = line.and_then(|line| line.waiting.as_ref()) else {
            return;
        };
        let state = if notice.held.is_some() || notice.over_rate {
            NoticeState::Held
        } else {
            NoticeState::Waiting
        };
        self.note(id, channel, state, None);
    }

    /// Writes down the notice that waits on a line.
    pub(super) fn note(
        &mut self,
        id: IncidentId,
        channel: &Arc<str>,
        state: NoticeState,
        delivery: Option<DeliveryId>,
    ) {
        let line = self
            .incidents
            .get(&id)
            .and_then(|incident| incident.line(channel));
        let Some(notice) = line.and_then(|line| line.waiting.as_ref()) else {
            return;
        };
        self.touched.notices.push(StoredNotice {
            incident: id,
            channel: channel.to_string(),
            ordinal: notice.ordinal,
            kind: notice.kind,
            severity: notice.badness.severity,
            level: notice.badness.level,
            at: notice.at.millis(),
            wall: notice.wall,
            state,
            held: notice.held.or(notice.over_rate.then_some(Suppression::RateLimit)),
            for_digest: notice.for_digest,
            delivery,
        });
    }

    /// When the next set of channels is asked.
    pub(super) fn escalates_at(&self, incident: &Incident) -> Option<Moment> {
        let after = self
            .settings
            .timing
            .escalate_after
            .get(usize::from(incident.escalation))?;
        let acknowledged = incident.acknowledged.as_ref();
        if acknowledged.is_some_and(|ack| ack.severity == Severity::Critical) {
            return None;
        }
        incident.critical_since.map(|since| since.after(*after))
    }

    pub(super) fn escalate(&mut self, id: IncidentId, now: Moment, wall: Timestamp) {
        while let Some(incident) = self.incidents.get(&id) {
            if self.escalates_at(incident).is_none_or(|at| at > now) {
                break;
            }
            // Whatever keeps the news from the first keeps it from the others.
            if self.suppression(incident, NoticeKind::Firing, now).is_some() {
                self.agenda.add(now.after(ESCALATION_LOOK), Wake::Incident(id));
                return;
            }
            let set = incident.escalation + 1;
            let names: Vec<Arc<str>> = self
                .settings
                .channels
                .iter()
                .filter(|channel| channel.set == set && incident.concerns(&channel.name))
                .map(|channel| Arc::clone(&channel.name))
                .collect();
            if let Some(incident) = self.incidents.get_mut(&id) {
                incident.escalation = set;
                self.touched.incidents.insert(id);
            }
            for name in names {
                self.tell_channel(id, &name, NoticeKind::Escalated, now, wall);
            }
        }
        self.plan_incident(id);
    }
}

/// Whether news is told more loudly than what the channel has heard of it, or than what somebody has taken on: that does
/// not wait. What is worse and not louder does: critical, and then down, is one thing that is critical.
fn gets_louder(incident: &Incident, channel: &Arc<str>, notice: &Notice) -> bool {
    let severity = notice.badness.severity;
    let told = incident.line(channel).and_then(|line| line.told);
    let is_louder = told.is_none_or(|told| told.severity < severity);
    let taken_on = incident.acknowledged.as_ref();
    notice.kind == NoticeKind::Worse && (is_louder || taken_on.is_some_and(|by| by.severity < severity))
}
