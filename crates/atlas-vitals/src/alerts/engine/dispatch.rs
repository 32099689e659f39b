//! From groups to deliveries: the message that is made of what waits, its attempts, and reminders. When a channel speaks
//! is decided elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use atlas_domain::{DeliveryKind, DeliveryState, NoticeKind, NoticeState, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::delivery::Delivery;
use crate::alerts::group::{GroupKey, reminder_after};
use crate::alerts::incident::Incident;
use crate::alerts::line::{Member, Notice, tells_the_end};
use crate::alerts::message::{About, compose};
use crate::alerts::rate::MessageRate;
use crate::alerts::{DeliveryId, IncidentId};

impl Alerts {
    /// Makes one message of everything that waits in `keys`, and begins its first attempt.
    pub(super) fn send(
        &mut self,
        name: &Arc<str>,
        keys: &[GroupKey],
        kind: DeliveryKind,
        rate: Option<MessageRate>,
        now: Moment,
        wall: Timestamp,
    ) {
        let ids: BTreeSet<IncidentId> = keys
            .iter()
            .filter_map(|key| self.groups.get(key))
            .flat_map(|group| group.waiting.iter().copied())
            .collect();
        let members: Vec<(&Incident, &Notice)> = ids
            .iter()
            .filter_map(|id| {
                let incident = self.incidents.get(id)?;
                let line = incident.line(name).filter(|line| line.is_ready())?;
                Some((incident, line.waiting.as_ref()?))
            })
            .collect();
        if !members.is_empty() {
            let delivery = self.compose(name, kind, &members, now, wall);
            self.begin_delivery(delivery, rate, now);
        }
        for key in keys {
            if let Some(group) = self.groups.get_mut(key) {
                group.waiting.clear();
                group.due = None;
                group.sent(
                    key.class,
                    kind == DeliveryKind::Reminder,
                    &self.settings.timing,
                    now,
                );
                if let Some(at) = group.remind_at {
                    self.agenda.add(at, Wake::Group(key.clone()));
                }
                self.touched.groups.insert(key.clone());
            }
        }
        self.forget_idle_groups(name, now);
    }

    fn compose(
        &self,
        name: &Arc<str>,
        kind: DeliveryKind,
        members: &[(&Incident, &Notice)],
        now: Moment,
        wall: Timestamp,
    ) -> Delivery {
        let sequence = self.next_number(name);
        let ids: Vec<IncidentId> = members.iter().map(|(incident, _)| incident.id).collect();
        let number = self.number_in_id(sequence, name, kind, members);
        let id = DeliveryId::of(name, kind.as_str(), &ids, number);
        let about = About {
            delivery: id,
            channel: name,
            kind,
            at: wall,
            base_url: self.settings.base_url.as_deref(),
            host: self.settings.host.as_deref(),
        };
        let message = compose(&about, members);
        // An end is tried for as long as what it ends was.
        let worst = members.iter().map(|(_, notice)| notice.badness.severity).max();
        let member = |(incident, notice): &(&Incident, &Notice)| Member {
            incident: incident.id,
            ordinal: notice.ordinal,
            kind: notice.kind,
            badness: notice.badness,
        };
        Delivery {
            id,
            channel: Arc::clone(name),
            sequence,
            kind,
            severity: worst.unwrap_or(message.severity),
            created: now,
            created_wall: wall,
            state: DeliveryState::Waiting,
            attempts: 0,
            due: now,
            may_have_arrived: false,
            last_error: String::new(),
            members: members.iter().map(member).collect(),
            message,
        }
    }

    fn begin_delivery(&mut self, delivery: Delivery, rate: Option<MessageRate>, now: Moment) {
        let (id, name) = (delivery.id, Arc::clone(&delivery.channel));
        for member in &delivery.members {
            self.note(member.incident, &name, NoticeState::Delivering, Some(id));
            self.touched.incidents.insert(member.incident);
            let Some(incident) = self.incidents.get_mut(&member.incident) else {
                continue;
            };
            let is_told = incident.is_firing() && !tells_the_end(member.kind);
            if let Some(line) = incident.line_mut(&name) {
                line.waiting = None;
                line.open = Some(id);
                line.told = line.told.max(Some(member.badness));
                line.told_end = tells_the_end(member.kind);
                line.thread.get_or_insert(id);
            }
            self.set_member(member.incident, &name, is_told, now);
        }
        if let Some(channel) = self.channels.get_mut(&name) {
            channel.sequence = delivery.sequence;
            if let Some(rate) = rate {
                channel.rate.take(rate, now);
            }
            self.touched.channels.insert(name);
        }
        self.deliveries.insert(id, delivery);
        self.attempt(id, now);
    }

    /// Begins an attempt.
    pub(super) fn attempt(&mut self, id: DeliveryId, now: Moment) {
        if let Some(delivery) = self.deliveries.get_mut(&id) {
            delivery.attempt(&self.settings.timing, now);
            self.agenda.add(delivery.due, Wake::Delivery(id));
            self.touched.deliveries.insert(id);
            self.touched.attempts.push(id);
        }
    }

    /// Says again what still fires, when it is time to.
    pub(super) fn remind(&mut self, key: &GroupKey, now: Moment, wall: Timestamp) {
        let Some(group) = self.groups.get(key) else {
            return;
        };
        if group.remind_at.is_none_or(|at| at > now) {
            return;
        }
        let is_due = |id: &IncidentId| {
            let incident = self.incidents.get(id);
            incident.is_some_and(|incident| {
                incident.is_firing()
                    && incident
                        .line(&key.channel)
                        .is_some_and(crate::alerts::line::Line::is_quiet)
                    && self.hears(&key.channel, incident.badness.severity)
                    && self.suppression(incident, NoticeKind::Reminder, now).is_none()
            })
        };
        let reminded: Vec<IncidentId> = group.members.iter().copied().filter(is_due).collect();
        let sent = group.reminders;
        for id in &reminded {
            self.tell_channel(*id, &key.channel, NoticeKind::Reminder, now, wall);
        }
        if let Some(group) = self.groups.get_mut(key) {
            let next = now.after(reminder_after(key.class, sent, &self.settings.timing));
            group.remind_at = Some(next);
            if !group.waiting.is_empty() && !reminded.is_empty() {
                group.due = Some(now);
            }
            self.agenda.add(next, Wake::Group(key.clone()));
            self.touched.groups.insert(key.clone());
        }
    }

    fn forget_idle_groups(&mut self, name: &Arc<str>, now: Moment) {
        // Most of the time there are few; a storm over many services leaves many behind.
        if self.groups.len() < 64 {
            return;
        }
        let timing = self.settings.timing;
        let idle: Vec<GroupKey> = self
            .groups
            .iter()
            .filter(|(key, group)| key.channel == *name && group.is_idle(&timing, now))
            .map(|(key, _)| key.clone())
            .collect();
        for key in idle {
            self.groups.remove(&key);
            self.touched.groups.insert(key);
        }
    }
}
