//! From what comes in to incidents: what rules say of it comes to the incident it is about, and what of that is news is
//! told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{IncidentState, NoticeKind, Timestamp};

use super::signals::{LONGEST_GAP, Others, reasons, status_signal, summary, timers};
use super::{Alerts, Service, Wake};
use crate::Moment;
use crate::alerts::identity::fingerprint;
use crate::alerts::incident::{Active, Badness, Incident, News, Signal, Timers};
use crate::alerts::observation::{Observation, Reading};
use crate::alerts::rules::{OfStatus, Rule, When};
use crate::alerts::stored::InboxRow;
use crate::alerts::text::{LONGEST_LINE_BYTES, one_line};
use crate::alerts::{Condition, IncidentId, Labels};

/// What a signal is about.
struct Subject<'a> {
    rule: &'a Rule,
    service: &'a Arc<str>,
    labels: Labels,
    is_status: bool,
    since: Moment,
    every: Duration,
    flapping: bool,
    flapped: Option<&'a str>,
}

impl Alerts {
    pub(super) fn observe(&mut self, observation: &Observation, now: Moment, wall: Timestamp) {
        let hold_changed = self.remember_service(observation);
        let labels = Labels::new([("service", &observation.service)]);
        for number in self.index.of_status.clone() {
            let rule = Arc::clone(&self.index.rules[number]);
            let signal = match rule.of_status(&observation.service, observation.status) {
                OfStatus::Nothing => continue,
                OfStatus::Well => Signal::Clear,
                OfStatus::Wrong(severity) => status_signal(&rule, observation, severity, &labels),
            };
            let subject = Subject {
                rule: &rule,
                service: &observation.service,
                labels: labels.clone(),
                is_status: true,
                since: observation.since,
                every: Duration::ZERO,
                flapping: observation.flapping,
                flapped: observation.flapped.as_deref(),
            };
            self.signal(&subject, signal, now, wall);
        }
        // Only now: what has ended with that which explained it is not told.
        if hold_changed {
            self.recheck_service(&observation.service, now);
        }
    }

    pub(super) fn measure(&mut self, readings: &[Reading], now: Moment, wall: Timestamp) {
        let mut values: HashMap<(&str, &Labels), f64> = HashMap::new();
        for reading in readings {
            if let Some(value) = reading.value.filter(|value| value.is_finite()) {
                values.insert((&reading.series, &reading.labels), value);
            }
        }
        let others = Others::of(&self.index, readings, &values);
        for reading in readings {
            let Some(value) = values.get(&(&*reading.series, &reading.labels)).copied() else {
                continue;
            };
            let numbers = self
                .index
                .by_series
                .get(&reading.series)
                .cloned()
                .unwrap_or_default();
            for number in numbers {
                let rule = Arc::clone(&self.index.rules[number]);
                if let Some((labels, signal)) = self.judge(&rule, number, (reading, value), &others) {
                    self.measured(&rule, labels, signal, reading.every, (now, wall));
                }
            }
        }
        self.end_what_is_absent(readings, &values, now, wall);
    }

    /// What a rule says of the value of its first condition, and of which of its kind. Nothing where that cannot be
    /// known: what cannot be seen says neither that it holds nor that it does not.
    fn judge(
        &self,
        rule: &Rule,
        number: usize,
        (reading, value): (&Reading, f64),
        others: &Others,
    ) -> Option<(Labels, Signal)> {
        let When::Metric {
            service,
            severity,
            all,
            ..
        } = &rule.when
        else {
            return None;
        };
        let labels = all[0].identity(&reading.labels)?;
        let open = self.open.get(&fingerprint(&rule.name, &labels));
        let incident = open.and_then(|id| self.incidents.get(id));
        // One that recovers has ended, and begins as anything else does.
        let already = incident.is_some_and(|incident| incident.state == IncidentState::Firing);
        let found_at = |place| match place {
            0 => Some(value),
            _ => others.get(number, place, &labels),
        };
        let seen: Vec<(&Condition, f64)> = all
            .iter()
            .enumerate()
            .filter_map(|(place, condition)| Some((condition, found_at(place)?)))
            .collect();
        // One that does not hold is enough, whatever the others are.
        if !seen
            .iter()
            .all(|(condition, found)| condition.holds(*found, already))
        {
            return Some((labels, Signal::Clear));
        }
        if seen.len() < all.len() {
            return None;
        }
        let active = Active {
            badness: Badness {
                severity: *severity,
                level: 0,
            },
            summary: summary(rule, service, &labels, None, Some(value)),
            why: reasons(&seen),
        };
        Some((labels, Signal::Active(active)))
    }

    /// What was found out about a value comes to the incident that it is about.
    pub(super) fn measured(
        &mut self,
        rule: &Rule,
        labels: Labels,
        signal: Signal,
        every: Duration,
        (now, wall): (Moment, Timestamp),
    ) {
        let When::Metric { service, .. } = &rule.when else {
            return;
        };
        let subject = Subject {
            rule,
            service,
            labels,
            is_status: false,
            since: now,
            every,
            flapping: false,
            flapped: None,
        };
        self.signal(&subject, signal, now, wall);
    }

    fn signal(&mut self, subject: &Subject<'_>, signal: Signal, now: Moment, wall: Timestamp) {
        let print = fingerprint(&subject.rule.name, &subject.labels);
        let id = match (self.open.get(&print), &signal) {
            (Some(id), _) => *id,
            (None, Signal::Clear) => return,
            (None, Signal::Active(active)) => self.begin(subject, print, active, now, wall),
        };
        let timers = Timers {
            longest_gap: LONGEST_GAP.max(subject.every.saturating_mul(3)),
            ..timers(subject.rule)
        };
        let Some(incident) = self.incidents.get_mut(&id) else {
            return;
        };
        let before = (
            incident.state,
            incident.badness,
            incident.flapping,
            incident.is_clear,
        );
        incident.flapping = subject.flapping;
        let news = incident.take(signal, timers, now, wall);
        let has_settled = before.2 && !incident.flapping && incident.fired_at.is_some();
        if has_settled {
            incident.sum_up(subject.flapped);
        }
        let after = (
            incident.state,
            incident.badness,
            incident.flapping,
            incident.is_clear,
        );
        // A value that only varies is not written each time, except while it matters how long it has been seen.
        let is_counted = !incident.is_status
            && matches!(incident.state, IncidentState::Pending | IncidentState::Recovering);
        if news.is_some() || before != after || is_counted || incident.began == now {
            self.touched.incidents.insert(id);
        }
        if before.1.severity != after.1.severity {
            self.move_member(id, now);
            self.recheck(id, now);
        }
        self.settle_incident(id, news, now, wall);
        if news.is_none() {
            self.tell_who_never_heard(id, now, wall);
        }
        // Else the end, or that it is worse, tells how often it came and went.
        if has_settled && news.is_none() {
            self.tell_inbox(id, NoticeKind::Reminder, now, wall);
            self.tell(id, NoticeKind::Reminder, now, wall);
        }
    }

    fn begin(
        &mut self,
        subject: &Subject<'_>,
        fingerprint: Arc<str>,
        active: &Active,
        now: Moment,
        wall: Timestamp,
    ) -> IncidentId {
        let found_again = self.found_again(&fingerprint, now);
        let place = if self.begun.0 == now { self.begun.1 + 1 } else { 0 };
        self.begun = (now, place);
        let id = found_again
            .unwrap_or_else(|| IncidentId::of(&fingerprint, now.millis(), wall.as_millis(), place));
        let line = |text: &str| one_line(text, LONGEST_LINE_BYTES);
        let incident = Incident {
            id,
            fingerprint: Arc::clone(&fingerprint),
            rule: Arc::clone(&subject.rule.name),
            service: Arc::clone(subject.service),
            labels: subject.labels.clone(),
            is_status: subject.is_status,
            state: IncidentState::Pending,
            since: now,
            last_seen: now,
            is_clear: false,
            badness: active.badness,
            worst: active.badness,
            began: now,
            began_wall: wall.before(now.since(subject.since)),
            fired_at: None,
            fired_wall: None,
            critical_since: None,
            ended_wall: None,
            end: None,
            summary: String::new(),
            why: String::new(),
            runbook: line(&subject.rule.runbook),
            command: subject.rule.command.as_deref().map(line),
            acknowledged: None,
            escalation: 0,
            flapping: false,
            inbox: 0,
            lines: Vec::new(),
        };
        self.incidents.insert(id, incident);
        self.open.insert(fingerprint, id);
        id
    }

    /// What follows from what is news about it, and when it wants to be looked at again.
    pub(super) fn settle_incident(
        &mut self,
        id: IncidentId,
        news: Option<News>,
        now: Moment,
        wall: Timestamp,
    ) {
        if let Some(News::Ended(_)) = news {
            let print = self
                .incidents
                .get(&id)
                .map(|incident| Arc::clone(&incident.fingerprint));
            print.and_then(|print| self.open.remove(&print));
            self.touched.ended = true;
        }
        let kind = match news {
            Some(News::Fired) => Some(NoticeKind::Firing),
            Some(News::Worse) => Some(NoticeKind::Worse),
            // Nobody was told of it.
            Some(News::Ended(_)) if self.incidents.get(&id).is_none_or(|i| i.fired_at.is_none()) => None,
            Some(News::Ended(_)) => Some(NoticeKind::Resolved),
            None => None,
        };
        if let Some(kind) = kind {
            self.tell_inbox(id, kind, now, wall);
            self.tell(id, kind, now, wall);
        }
        self.plan_incident(id);
    }

    pub(super) fn plan_incident(&mut self, id: IncidentId) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let by_time = self
            .index
            .get(&incident.rule)
            .and_then(|rule| incident.due(timers(rule)));
        for due in [by_time, self.escalates_at(incident)].into_iter().flatten() {
            self.agenda.add(due, Wake::Incident(id));
        }
    }

    pub(super) fn incident_is_due(&mut self, id: IncidentId, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get_mut(&id) else {
            return;
        };
        let Some(rule) = self.index.get(&incident.rule) else {
            return;
        };
        if let Some(news) = incident.wait(timers(rule), now, wall) {
            self.touched.incidents.insert(id);
            self.settle_incident(id, Some(news), now, wall);
        }
        self.escalate(id, now, wall);
    }

    fn tell_inbox(&mut self, id: IncidentId, kind: NoticeKind, now: Moment, wall: Timestamp) {
        let Some(incident) = self.incidents.get(&id) else {
            return;
        };
        let row = InboxRow {
            incident: id,
            ordinal: incident.inbox + 1,
            kind,
            severity: incident.badness.severity,
            title: incident.summary.clone(),
            why: incident.why.clone(),
            wall,
            suppressed_by: self.suppression(incident, kind, now),
        };
        self.touched.inbox.push(row);
        if let Some(incident) = self.incidents.get_mut(&id) {
            incident.inbox += 1;
        }
    }

    /// True when its notices are held back from now on, or not any more: what keeps them back has changed.
    fn remember_service(&mut self, observation: &Observation) -> bool {
        let service = Service {
            held: observation.held,
            blocked_by: observation.blocked_by.clone(),
        };
        let known = self.services.get(&observation.service);
        if known.map_or(service == Service::default(), |known| *known == service) {
            return false;
        }
        let name = Arc::clone(&observation.service);
        self.touched.services.insert(Arc::clone(&name));
        let was_held = known.is_some_and(|known| known.held);
        let is_held = service.held;
        self.services.insert(name, service);
        was_held != is_held
    }
}
