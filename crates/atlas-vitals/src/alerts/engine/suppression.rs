//! What keeps a notice back, asked in a fixed order; and what happens when that ends. The last of the order, the
//! channel's rate, is asked when the message leaves.

use std::sync::Arc;

use atlas_domain::{NoticeKind, Suppression};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::IncidentId;
use crate::alerts::incident::Incident;
use crate::alerts::line::tells_the_end;
use crate::alerts::silence::Silence;

impl Alerts {
    /// What keeps back a notice of that kind now.
    pub(super) fn suppression(
        &self,
        incident: &Incident,
        kind: NoticeKind,
        now: Moment,
    ) -> Option<Suppression> {
        let is_news = !tells_the_end(kind);
        let severity = if is_news {
            incident.badness.severity
        } else {
            incident.worst.severity
        };
        let windows = self.windows.iter();
        let by_window = windows
            .filter_map(|window| window.holds(&incident.service, severity, now))
            .min();
        let service = self.services.get(&incident.service);
        if is_news && let Some(service) = service.filter(|service| service.held) {
            // Where nothing that it depends on is broken, it is the work that holds it back.
            let is_work = service.blocked_by.is_none() && by_window == Some(Suppression::Maintenance);
            return by_window.filter(|_| is_work).or(Some(Suppression::Dependency));
        }
        if by_window.is_some() {
            return by_window;
        }
        if self.silencing(incident, now).next().is_some() {
            return Some(Suppression::Silence);
        }
        let acknowledged = incident.acknowledged.as_ref();
        if is_news && acknowledged.is_some_and(|ack| ack.severity >= incident.badness.severity) {
            return Some(Suppression::Acknowledged);
        }
        let only_repeats = matches!(kind, NoticeKind::Reminder | NoticeKind::Escalated);
        (only_repeats && incident.flapping).then_some(Suppression::Flapping)
    }

    fn is_blocked(&self, service: &Arc<str>) -> bool {
        let service = self.services.get(service);
        service.is_some_and(|service| service.blocked_by.is_some())
    }

    fn silencing<'a>(&'a self, incident: &'a Incident, now: Moment) -> impl Iterator<Item = &'a Silence> {
        let means = move |silence: &&Silence| {
            silence.is_active(now)
                // It has kept its promise once the incident is over.
                && !(silence.stored.until_resolved && incident.is_over())
                && silence.means(|name| incident.label(name))
        };
        self.silences.values().filter(means)
    }

    /// Notes that a silence has met what it was made for.
    pub(super) fn meet(&mut self, id: IncidentId, now: Moment) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        for (number, silence) in &mut self.silences {
            let is_meant = silence.is_active(now) && silence.means(|name| incident.label(name));
            if is_meant && !silence.stored.has_met {
                silence.stored.has_met = true;
                self.touched.silences.insert(*number);
            }
        }
    }

    /// Something that may have kept notices back has changed.
    pub(super) fn sweep(&mut self, now: Moment) {
        for id in self.held.clone() {
            self.recheck(id, now);
        }
        let over: Vec<u64> = self
            .silences
            .iter()
            .filter(|(_, silence)| silence.is_over(now))
            .map(|(number, _)| *number)
            .collect();
        for number in over {
            if let Some(silence) = self.silences.get_mut(&number) {
                silence.stored.ended = true;
                self.touched.silences.insert(number);
            }
        }
    }

    pub(super) fn recheck_service(&mut self, service: &Arc<str>, now: Moment) {
        let is_its = |id: &IncidentId| {
            let incident = self.incidents.get(id);
            incident.is_some_and(|incident| incident.service == *service)
        };
        let held: Vec<IncidentId> = self.held.iter().copied().filter(is_its).collect();
        for id in held {
            self.recheck(id, now);
        }
    }

    /// Asks again for everything of one incident that waits or is held.
    pub(super) fn recheck(&mut self, id: IncidentId, now: Moment) {
        let Some(incident) = self.incidents.get(&id) else {
            self.held.remove(&id);
            return;
        };
        let names: Vec<Arc<str>> = incident
            .lines
            .iter()
            .filter(|line| line.waiting.is_some())
            .map(|line| Arc::clone(&line.channel))
            .collect();
        for name in names {
            self.settle_line(id, &name, false, now);
        }
    }

    /// Decides about the notice that waits on a line: kept back, to its group, to the digest, or nothing left to tell.
    /// `is_new`: it has just been put there or changed.
    pub(super) fn settle_line(&mut self, id: IncidentId, channel: &Arc<str>, is_new: bool, now: Moment) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let notice = incident.line(channel).and_then(|line| line.waiting.as_ref());
        let Some((kind, before)) = notice.map(|notice| (notice.kind, notice.held)) else {
            return;
        };
        let held = self.held_now(incident, kind, before, now);
        if held == Some(Suppression::Silence) {
            self.meet(id, now);
        }
        let is_let_go = before.is_some() && held.is_none() && kind == NoticeKind::FiredAndResolved;
        if is_let_go && !before.is_some_and(is_for_a_time) {
            self.withdraw(id, channel);
            self.settle_held(id);
            return;
        }
        let line = self
            .incidents
            .get_mut(&id)
            .and_then(|incident| incident.line_mut(channel));
        let Some(notice) = line.and_then(|line| line.waiting.as_mut()) else {
            return;
        };
        notice.held = held;
        notice.for_digest |= is_let_go;
        if held.is_some() {
            notice.over_rate = false;
            self.leave_groups(id, channel);
        } else if is_new || before.is_some() {
            self.join_group(id, channel, false, now);
        }
        if is_new || before != held {
            self.note_what_waits(id, channel);
        }
        self.settle_held(id);
    }

    fn held_now(
        &self,
        incident: &Incident,
        kind: NoticeKind,
        before: Option<Suppression>,
        now: Moment,
    ) -> Option<Suppression> {
        match (before, self.suppression(incident, kind, now)) {
            // The work is over, and its service is looked at once more: if all is well by then, the digest has it.
            (Some(Suppression::Maintenance), Some(Suppression::Dependency))
                if !self.is_blocked(&incident.service) =>
            {
                before
            }
            (_, held) => held,
        }
    }

    fn settle_held(&mut self, id: IncidentId) {
        let is_held = self.incidents.get(&id).is_some_and(|incident| {
            let mut waiting = incident.lines.iter().filter_map(|line| line.waiting.as_ref());
            waiting.any(|notice| notice.held.is_some())
        });
        if is_held {
            self.held.insert(id);
        } else {
            self.held.remove(&id);
        }
    }

    /// Silences that last until all is well end when it is.
    pub(super) fn end_silences_that_are_done(&mut self, now: Moment) {
        if !std::mem::take(&mut self.touched.ended) {
            return;
        }
        let is_done = |silence: &&Silence| {
            silence.stored.until_resolved
                && silence.stored.has_met
                && silence.is_active(now)
                && !self
                    .open
                    .values()
                    .filter_map(|id| self.incidents.get(id))
                    .any(|incident| silence.means(|name| incident.label(name)))
        };
        let done: Vec<u64> = self
            .silences
            .values()
            .filter(is_done)
            .map(|silence| silence.stored.number)
            .collect();
        for number in done {
            if let Some(silence) = self.silences.get_mut(&number) {
                silence.stored.ended = true;
                self.touched.silences.insert(number);
            }
            self.agenda.add(now, Wake::Sweep);
        }
    }
}

/// At the end of such a time there is a digest of what came and went in it.
const fn is_for_a_time(held: Suppression) -> bool {
    matches!(
        held,
        Suppression::Maintenance | Suppression::QuietHours | Suppression::Silence
    )
}
