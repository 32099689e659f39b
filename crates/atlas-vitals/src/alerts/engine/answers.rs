//! What follows from how attempts end: the next attempt, the news that waited behind it, another channel, or a message
//! that was given up and comes back.

use std::sync::Arc;

use atlas_domain::{DeliveryState, NoticeKind, NoticeState, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::delivery::{Answer, Delivery, Verdict};
use crate::alerts::line::{Fate, Member, tells_the_end};
use crate::alerts::stored::NoticeEnd;
use crate::alerts::{DeliveryId, IncidentId};

impl Alerts {
    /// An answer about a message that has ended, or is not known, changes nothing: answers may come late, and twice.
    pub(super) fn answered(
        &mut self,
        id: DeliveryId,
        answer: &Answer,
        fraction: f64,
        now: Moment,
        wall: Timestamp,
    ) {
        let timing = self.settings.timing;
        let Some(delivery) = self.deliveries.get_mut(&id) else {
            return;
        };
        let is_late = delivery.state != DeliveryState::Sending;
        // Only that it has arrived is worth knowing late.
        if is_late && answer.missed().is_none() {
            return;
        }
        let verdict = delivery.answered(answer, fraction, &timing, now);
        let (due, name) = (delivery.due, Arc::clone(&delivery.channel));
        self.touched.deliveries.insert(id);
        self.let_news_go_on(id, &name, verdict == Verdict::Done, now);
        match verdict {
            Verdict::Done => self.delivered(id, &name, now, wall),
            Verdict::Again => {
                self.channel_failed(&name, now);
                self.agenda.add(due, Wake::Delivery(id));
            }
            Verdict::GivenUp => {
                self.channel_failed(&name, now);
                self.give_up(id, now, wall);
            }
        }
        if let Some(missed) = answer.missed() {
            self.watch_recipients(&name, missed, now, wall);
        }
        self.watch_channels(now, wall);
    }

    pub(super) fn delivery_is_due(&mut self, id: DeliveryId, now: Moment, wall: Timestamp) {
        let timing = self.settings.timing;
        let Some(delivery) = self.deliveries.get_mut(&id) else {
            return;
        };
        let is_too_old = now >= delivery.too_old_at(&timing);
        match delivery.state {
            DeliveryState::Sending if delivery.due <= now => {
                let reason = "the attempt said nothing for too long".to_owned();
                self.answered(id, &Answer::Unknown { reason }, 1.0, now, wall);
            }
            DeliveryState::Waiting if is_too_old => {
                delivery.state = DeliveryState::Dead;
                self.touched.deliveries.insert(id);
                self.give_up(id, now, wall);
            }
            DeliveryState::Waiting if delivery.due <= now => self.attempt(id, now),
            DeliveryState::Dead if is_too_old => self.bury(id),
            _ => {}
        }
    }

    fn delivered(&mut self, id: DeliveryId, name: &Arc<str>, now: Moment, wall: Timestamp) {
        self.end_members(id, NoticeState::Sent, now, wall);
        self.touched.channel_news.insert(Arc::clone(name));
        if let Some(channel) = self.channels.get_mut(name)
            && channel.failing_since.take().is_some()
        {
            self.touched.channels.insert(Arc::clone(name));
        }
        self.rearm(name, now);
        self.try_the_oldest(name, now);
    }

    fn channel_failed(&mut self, name: &Arc<str>, now: Moment) {
        if let Some(channel) = self.channels.get_mut(name)
            && channel.failing_since.is_none()
        {
            channel.failing_since = Some(now);
            self.touched.channel_news.insert(Arc::clone(name));
            self.touched.channels.insert(Arc::clone(name));
        }
    }

    /// Nobody tries this message any more, unless its channel comes back soon. Another channel is told instead.
    fn give_up(&mut self, id: DeliveryId, now: Moment, wall: Timestamp) {
        let Some(delivery) = self.deliveries.get(&id) else {
            return;
        };
        let (name, members) = (Arc::clone(&delivery.channel), delivery.members.clone());
        let state = if delivery.may_have_arrived {
            NoticeState::UnknownFate
        } else {
            NoticeState::Dead
        };
        let buried_at = delivery.too_old_at(&self.settings.timing);
        self.agenda.add(buried_at.max(now), Wake::Delivery(id));
        self.touched.channel_news.insert(Arc::clone(&name));
        self.end_members(id, state, now, wall);
        let failover = self
            .settings
            .channel(&name)
            .and_then(|channel| channel.failover.clone());
        if let Some(failover) = failover {
            for member in members {
                self.fall_over(&member, &failover, now, wall);
            }
        }
    }

    fn fall_over(&mut self, member: &Member, failover: &Arc<str>, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get(&member.incident) else {
            return;
        };
        if !incident.concerns(failover) || member.kind == NoticeKind::Reminder {
            return;
        }
        let line = incident.line(failover);
        let may_know = line.is_some_and(crate::alerts::line::Line::may_know);
        // What was tried there and failed comes back by itself.
        let was_tried =
            line.is_some_and(|line| (may_know || line.dead.is_some()) && line.told >= Some(incident.badness));
        let kind = match (incident.is_over(), may_know) {
            (true, true) => NoticeKind::Resolved,
            (true, false) => NoticeKind::FiredAndResolved,
            (false, _) if was_tried => return,
            (false, true) => NoticeKind::Worse,
            (false, false) => NoticeKind::Firing,
        };
        let has_told_end = line.is_some_and(|line| line.told_end);
        if !(incident.is_over() && has_told_end) {
            self.tell_channel(member.incident, failover, kind, now, wall);
        }
    }

    /// Ends the notices of a message, and lets what waited behind them go on.
    fn end_members(&mut self, id: DeliveryId, state: NoticeState, now: Moment, wall: Timestamp) {
        let Some(delivery) = self.deliveries.get(&id) else {
            return;
        };
        let (name, members) = (Arc::clone(&delivery.channel), delivery.members.clone());
        for member in members {
            self.touched.ends.push(NoticeEnd {
                incident: member.incident,
                channel: name.to_string(),
                ordinal: member.ordinal,
                state,
            });
            self.touched.incidents.insert(member.incident);
            let line = self
                .incidents
                .get_mut(&member.incident)
                .and_then(|incident| incident.line_mut(&name));
            let Some(line) = line else {
                continue;
            };
            if line.open == Some(id) {
                line.open = None;
            }
            line.dead = line.dead.filter(|dead| *dead != id);
            match state {
                NoticeState::Sent => {
                    line.fate = Fate::Sent;
                    line.arrived = line.arrived.max(member.ordinal);
                }
                NoticeState::UnknownFate => {
                    line.fate = line.fate.max(Fate::Unknown);
                    line.dead = Some(id);
                }
                _ => line.dead = Some(id),
            }
            self.go_on(&member, &name, state, now, wall);
        }
    }

    /// What was kept from a line by the message that was under way.
    fn go_on(&mut self, member: &Member, name: &Arc<str>, state: NoticeState, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get(&member.incident) else {
            return;
        };
        let Some(line) = incident.line(name) else {
            return;
        };
        let waiting = line.waiting.as_ref().map(|notice| notice.kind);
        let may_know = line.may_know();
        let owes_end = incident.is_over() && may_know && !line.told_end;
        match waiting {
            // The end of something that nobody heard of.
            Some(NoticeKind::Resolved) if !may_know => self.withdraw(member.incident, name),
            Some(_) => {
                if !may_know {
                    self.tell_anew(member.incident, name);
                }
                self.settle_line(member.incident, name, true, now);
            }
            None if owes_end => self.tell_channel(member.incident, name, NoticeKind::Resolved, now, wall),
            None => {}
        }
        // They have just heard that something is wrong that is over.
        if owes_end {
            self.join_group(member.incident, name, true, now);
        }
        if state != NoticeState::Sent && !may_know {
            self.set_member(member.incident, name, false, now);
        }
    }

    /// To whom nothing has come, what waits is not worse but new.
    fn tell_anew(&mut self, id: IncidentId, name: &Arc<str>) {
        let line = self
            .incidents
            .get_mut(&id)
            .and_then(|incident| incident.line_mut(name));
        if let Some(notice) = line.and_then(|line| line.waiting.as_mut())
            && matches!(notice.kind, NoticeKind::Worse | NoticeKind::Reminder)
        {
            notice.kind = NoticeKind::Firing;
        }
    }

    /// A channel that works again gets what it could not be told, while that is young.
    fn rearm(&mut self, name: &Arc<str>, now: Moment) {
        let timing = self.settings.timing;
        let is_young = |delivery: &&Delivery| {
            delivery.channel == *name
                && delivery.state == DeliveryState::Dead
                && now < delivery.too_old_at(&timing)
        };
        let young: Vec<(DeliveryId, Vec<Member>)> = self
            .deliveries
            .values()
            .filter(is_young)
            .map(|delivery| (delivery.id, delivery.members.clone()))
            .collect();
        for (id, members) in young {
            let is_old = |member: &Member| {
                let incident = self.incidents.get(&member.incident);
                let line = incident.and_then(|incident| incident.line(name));
                line.is_none_or(|line| line.arrived > member.ordinal || line.dead != Some(id))
            };
            // One of which nothing else is left than what it says is sent again: nobody knows that it is told.
            if !members.is_empty() && members.iter().all(is_old) {
                self.drop_dead(id, &members, name);
                continue;
            }
            // Two messages about one incident must not be under way at once; the next success comes back to it.
            let is_free = |member: &Member| {
                let incident = self.incidents.get(&member.incident);
                let line = incident.and_then(|incident| incident.line(name));
                line.is_none_or(|line| line.open.is_none())
            };
            if !members.iter().all(is_free) {
                continue;
            }
            for member in &members {
                self.come_back(id, member, name, now);
            }
            if let Some(delivery) = self.deliveries.get_mut(&id) {
                delivery.state = DeliveryState::Waiting;
                delivery.due = now;
                self.touched.deliveries.insert(id);
                self.agenda.add(now, Wake::Delivery(id));
            }
        }
    }

    /// Everything it says has been told since.
    fn drop_dead(&mut self, id: DeliveryId, members: &[Member], name: &Arc<str>) {
        if let Some(delivery) = self.deliveries.get_mut(&id) {
            delivery.state = DeliveryState::Withdrawn;
            self.touched.deliveries.insert(id);
        }
        for member in members {
            self.touched.ends.push(NoticeEnd {
                incident: member.incident,
                channel: name.to_string(),
                ordinal: member.ordinal,
                state: NoticeState::Withdrawn,
            });
            let incident = self.incidents.get_mut(&member.incident);
            let line = incident.and_then(|incident| incident.line_mut(name));
            if let Some(line) = line.filter(|line| line.dead == Some(id)) {
                line.dead = None;
                self.touched.incidents.insert(member.incident);
            }
        }
    }

    fn come_back(&mut self, id: DeliveryId, member: &Member, name: &Arc<str>, now: Moment) {
        self.touched.incidents.insert(member.incident);
        self.touched.ends.push(NoticeEnd {
            incident: member.incident,
            channel: name.to_string(),
            ordinal: member.ordinal,
            state: NoticeState::Delivering,
        });
        self.leave_groups(member.incident, name);
        let Some(incident) = self.incidents.get_mut(&member.incident) else {
            return;
        };
        let is_told = incident.is_firing() && !tells_the_end(member.kind);
        if let Some(line) = incident.line_mut(name) {
            line.open = Some(id);
            line.dead = None;
            // It is told again that something is wrong, and then again that it is over.
            line.told_end = tells_the_end(member.kind);
        }
        self.set_member(member.incident, name, is_told, now);
    }

    /// It is too old to come back.
    fn bury(&mut self, id: DeliveryId) {
        let Some(delivery) = self.deliveries.remove(&id) else {
            return;
        };
        self.touched.channel_news.insert(Arc::clone(&delivery.channel));
        for member in &delivery.members {
            let incident = self.incidents.get_mut(&member.incident);
            let line = incident.and_then(|incident| incident.line_mut(&delivery.channel));
            if let Some(line) = line.filter(|line| line.dead == Some(id)) {
                line.dead = None;
                self.touched.incidents.insert(member.incident);
            }
        }
    }
}
