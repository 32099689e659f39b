//! From groups to deliveries: which groups speak now, whether their channel may carry it, and reminders.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use atlas_domain::{DeliveryKind, DeliveryState, NoticeKind, NoticeState, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::delivery::Delivery;
use crate::alerts::group::{GroupClass, GroupKey, reminder_after};
use crate::alerts::incident::Incident;
use crate::alerts::line::{Member, Notice, tells_the_end};
use crate::alerts::message::{About, compose};
use crate::alerts::rate::MessageRate;
use crate::alerts::{DeliveryId, IncidentId};

impl Alerts {
    /// Lets every group of a channel speak that is due, as far as the channel may carry it. Once it may not, what is
    /// due waits and leaves as one digest.
    pub(super) fn drain(&mut self, name: &Arc<str>, now: Moment, wall: Timestamp) {
        let Some(settings) = self.settings.channel(name) else {
            return;
        };
        let rate = settings.rate;
        let mut due = self.due_groups(name, now);
        self.drop_what_is_held(&due, now);
        due.retain(|key| {
            let group = self.groups.get_mut(key);
            group.is_some_and(|group| {
                if group.waiting.is_empty() {
                    group.due = None;
                }
                !group.waiting.is_empty()
            })
        });
        let overflows = self
            .channels
            .get(name)
            .is_some_and(|channel| channel.overflowing_since.is_some());
        if overflows {
            let may: Vec<GroupKey> = due
                .iter()
                .filter(|key| self.may_send(name, rate, key.class, now))
                .cloned()
                .collect();
            if !may.is_empty() {
                self.send(name, &may, DeliveryKind::Digest, rate, now, wall);
                due.retain(|key| !may.contains(key));
            }
        } else {
            // What is critical goes first.
            due.sort_by_key(|key| key.class);
            let mut left = Vec::new();
            for key in due {
                if self.may_send(name, rate, key.class, now) {
                    let kind = self.kind_of(&key);
                    self.send(name, std::slice::from_ref(&key), kind, rate, now, wall);
                } else {
                    left.push(key);
                }
            }
            due = left;
        }
        self.overflow(name, &due, rate, now);
    }

    fn due_groups(&self, name: &Arc<str>, now: Moment) -> Vec<GroupKey> {
        let first = GroupKey {
            channel: Arc::clone(name),
            service: Arc::from(""),
            class: GroupClass::Critical,
        };
        self.groups
            .range((Bound::Included(first), Bound::Unbounded))
            .take_while(|(key, _)| key.channel == *name)
            .filter(|(_, group)| group.due.is_some_and(|due| due <= now))
            .map(|(key, _)| key.clone())
            .collect()
    }

    /// What has come to be kept back since it joined its group leaves it.
    fn drop_what_is_held(&mut self, keys: &[GroupKey], now: Moment) {
        if self.windows.is_empty() && self.silences.is_empty() && self.services.is_empty() {
            return;
        }
        for key in keys {
            let waiting = self.groups.get(key).map(|group| group.waiting.clone());
            for id in waiting.unwrap_or_default() {
                self.settle_line(id, &key.channel, false, now);
            }
        }
    }

    fn may_send(&self, name: &Arc<str>, rate: Option<MessageRate>, class: GroupClass, now: Moment) -> bool {
        let Some((rate, channel)) = rate.zip(self.channels.get(name)) else {
            return true;
        };
        channel.rate.allowed_at(rate, class == GroupClass::Critical) <= now
    }

    fn kind_of(&self, key: &GroupKey) -> DeliveryKind {
        if key.class == GroupClass::Digest {
            return DeliveryKind::Digest;
        }
        let waiting = self.groups.get(key).into_iter().flat_map(|group| &group.waiting);
        let mut notices = waiting.filter_map(|id| {
            let line = self.incidents.get(id)?.line(&key.channel)?;
            line.waiting.as_ref()
        });
        if notices.all(|notice| notice.kind == NoticeKind::Reminder) {
            DeliveryKind::Reminder
        } else {
            DeliveryKind::Alert
        }
    }

    /// Notes that there is more to tell than the channel may carry, or that there is not any more.
    fn overflow(&mut self, name: &Arc<str>, left: &[GroupKey], rate: Option<MessageRate>, now: Moment) {
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        let before = channel.overflowing_since;
        channel.overflowing_since = (!left.is_empty()).then(|| before.unwrap_or(now));
        if before != channel.overflowing_since {
            self.touched.channels.insert(Arc::clone(name));
        }
        let Some(rate) = rate else {
            return;
        };
        for key in left {
            let at = channel.rate.allowed_at(rate, key.class == GroupClass::Critical);
            self.agenda.add(at, Wake::Channel(Arc::clone(name)));
        }
        for key in left {
            let waiting = self.groups.get(key).map(|group| group.waiting.clone());
            for id in waiting.unwrap_or_default() {
                let line = self
                    .incidents
                    .get_mut(&id)
                    .and_then(|incident| incident.line_mut(name));
                let notice = line.and_then(|line| line.waiting.as_mut());
                if let Some(notice) = notice.filter(|notice| !notice.over_rate) {
                    notice.over_rate = true;
                    self.note(id, name, NoticeState::Held, None);
                }
            }
        }
    }

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
        let sequence = self.channels.get(name).map_or(0, |channel| channel.sequence) + 1;
        let ids: Vec<IncidentId> = members.iter().map(|(incident, _)| incident.id).collect();
        let id = DeliveryId::of(name, kind.as_str(), &ids, sequence);
        let about = About {
            delivery: id,
            channel: name,
            kind,
            at: wall,
            base_url: self.settings.base_url.as_deref(),
        };
        let message = compose(&about, members);
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
            severity: message.severity,
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
