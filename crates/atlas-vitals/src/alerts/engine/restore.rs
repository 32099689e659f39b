//! How the engine goes on from rows. What was under way when the process ended has an unknown end, and is sent again
//! under its own id; everything else goes on where it was.

use std::sync::Arc;

use atlas_domain::{DeliveryState, IncidentEnd, IncidentState, NoticeState, Suppression, Timestamp};

use super::effects::Effects;
use super::rows::{
    delivery_of, delivery_row, group_of, group_row, incident_of, incident_row, member_row, notice_row,
};
use super::{Alerts, Channel, Gcra, Refusal, Service, Wake};
use crate::Moment;
use crate::alerts::incident::Badness;
use crate::alerts::line::{Member, Notice};
use crate::alerts::settings::AlertSettings;
use crate::alerts::silence::Silence;
use crate::alerts::stored::{Change, NoticeEnd, StoredAlerts, StoredChannel, StoredNotice, StoredService};

impl Alerts {
    /// Goes on from what was kept. The effects are those of the first step, and are carried out like any other's.
    pub fn restore(
        settings: Arc<AlertSettings>,
        stored: StoredAlerts,
        now: Moment,
        wall: Timestamp,
    ) -> Result<(Self, Effects), Refusal> {
        Ok(Self::new(settings)?.go_on_from(stored, now, wall))
    }

    /// The first step of one that knows nothing yet.
    pub(super) fn go_on_from(
        mut self,
        stored: StoredAlerts,
        now: Moment,
        wall: Timestamp,
    ) -> (Self, Effects) {
        self.load(stored);
        self.match_channels();
        self.remove_what_nobody_watches(now, wall);
        self.take_up_deliveries(now);
        self.plan_all(now);
        self.advance(now, wall);
        let effects = self.effects(None);
        (self, effects)
    }

    /// Begins anew from what came back from a backup: nothing of it is sent, because it is old, and what was open then
    /// is closed, because nobody knows what became of it. Silences and the pace of channels stay.
    pub fn restore_from_backup(
        settings: Arc<AlertSettings>,
        stored: StoredAlerts,
        now: Moment,
        wall: Timestamp,
    ) -> Result<(Self, Effects), Refusal> {
        let mut changes = Vec::new();
        for mut incident in stored.incidents {
            if incident.state != IncidentState::Resolved {
                incident.state = IncidentState::Resolved;
                incident.since = now.millis();
                incident.ended_wall = Some(wall);
                incident.end = Some(IncidentEnd::Removed);
                changes.push(Change::Incident(incident));
            }
        }
        let expired = stored.notices.into_iter().map(|notice| NoticeEnd {
            incident: notice.incident,
            channel: notice.channel,
            ordinal: notice.ordinal,
            state: NoticeState::ExpiredByRestore,
        });
        changes.extend(expired.map(Change::NoticeState));
        for mut delivery in stored.deliveries {
            delivery.state = DeliveryState::ExpiredByRestore;
            changes.push(Change::Delivery(delivery));
        }
        changes.extend(stored.groups.into_iter().map(Change::GroupGone));
        let as_new = |channel: StoredChannel| StoredChannel {
            failing_since: None,
            overflowing_since: None,
            ..channel
        };
        let kept = StoredAlerts {
            channels: stored.channels.into_iter().map(as_new).collect(),
            silences: stored.silences,
            services: stored.services,
            windows: stored.windows,
            ..StoredAlerts::default()
        };
        let (alerts, mut effects) = Self::restore(settings, kept, now, wall)?;
        changes.append(&mut effects.changes);
        effects.changes = changes;
        Ok((alerts, effects))
    }

    /// Every row there is but those of the inbox, which are told once: for when nothing could be written for a while.
    pub fn everything(&self) -> Vec<Change> {
        let mut rows: Vec<Change> = self
            .incidents
            .values()
            .map(|incident| Change::Incident(incident_row(incident)))
            .collect();
        rows.extend(self.waiting_notices().map(Change::Notice));
        for delivery in self.deliveries.values() {
            rows.push(Change::Delivery(delivery_row(delivery)));
            let members = delivery.members.iter();
            rows.extend(members.map(|member| Change::Notice(member_row(delivery, member))));
        }
        let groups = self.groups.iter();
        rows.extend(groups.map(|(key, group)| Change::Group(group_row(key, group))));
        rows.extend(
            self.channels
                .keys()
                .filter_map(|name| self.channel_row(name))
                .map(Change::Channel),
        );
        let silences = self.silences.values();
        rows.extend(silences.map(|silence| Change::Silence(silence.stored.clone())));
        rows.extend(
            self.services
                .keys()
                .filter_map(|name| self.service_row(name))
                .map(Change::Service),
        );
        rows.push(Change::Windows(self.windows.clone()));
        rows
    }

    fn waiting_notices(&self) -> impl Iterator<Item = StoredNotice> {
        let lines = self
            .incidents
            .values()
            .flat_map(|incident| incident.lines.iter().map(move |line| (incident, line)));
        lines.filter_map(|(incident, line)| {
            let notice = line.waiting.as_ref()?;
            Some(notice_row(incident, line, notice))
        })
    }

    fn load(&mut self, stored: StoredAlerts) {
        for row in stored.incidents {
            let incident = incident_of(row);
            if !incident.is_over() {
                self.open.insert(Arc::clone(&incident.fingerprint), incident.id);
            }
            self.incidents.insert(incident.id, incident);
        }
        for row in stored.deliveries {
            let delivery = delivery_of(row);
            self.deliveries.insert(delivery.id, delivery);
        }
        for row in &stored.notices {
            self.load_notice(row);
        }
        for row in stored.groups {
            let (key, group) = group_of(row);
            self.groups.insert(key, group);
        }
        for row in stored.channels {
            let channel = Channel {
                rate: Gcra {
                    paid_at: Moment::from_millis(row.paid_at),
                },
                sequence: row.sequence,
                failing_since: row.failing_since.map(Moment::from_millis),
                overflowing_since: row.overflowing_since.map(Moment::from_millis),
                ..Channel::default()
            };
            self.channels.insert(Arc::from(row.name), channel);
        }
        for row in stored.silences {
            self.last_silence = self.last_silence.max(row.number);
            if let Some(silence) = Silence::restore(row) {
                self.silences.insert(silence.stored.number, silence);
            }
        }
        for row in stored.services {
            let service = Service {
                held: row.held,
                blocked_by: row.blocked_by.map(Arc::from),
            };
            self.services.insert(Arc::from(row.name), service);
        }
        self.windows = stored.windows;
    }

    fn load_notice(&mut self, row: &StoredNotice) {
        let incident = self.incidents.get_mut(&row.incident);
        let badness = Badness {
            severity: row.severity,
            level: row.level,
        };
        if let Some(delivery) = row.delivery.and_then(|id| self.deliveries.get_mut(&id)) {
            delivery.members.push(Member {
                incident: row.incident,
                ordinal: row.ordinal,
                kind: row.kind,
                badness,
            });
            let line = incident.and_then(|incident| incident.line_mut(&row.channel));
            if let Some(line) = line.filter(|_| delivery.state != DeliveryState::Dead) {
                line.open = Some(delivery.id);
            }
            return;
        }
        let line = incident.and_then(|incident| incident.line_mut(&row.channel));
        if let Some(line) = line.filter(|_| matches!(row.state, NoticeState::Waiting | NoticeState::Held)) {
            line.waiting = Some(Notice {
                ordinal: row.ordinal,
                kind: row.kind,
                badness,
                at: Moment::from_millis(row.at),
                wall: row.wall,
                held: row.held.filter(|held| *held != Suppression::RateLimit),
                for_digest: row.for_digest,
                over_rate: row.held == Some(Suppression::RateLimit),
            });
        }
    }

    /// What was being tried may have arrived, and is tried again at once.
    fn take_up_deliveries(&mut self, now: Moment) {
        let timing = self.settings.timing;
        for delivery in self.deliveries.values_mut() {
            if delivery.state == DeliveryState::Sending {
                delivery.state = DeliveryState::Waiting;
                delivery.may_have_arrived = true;
                delivery.due = now;
                self.touched.deliveries.insert(delivery.id);
            }
            let wake = match delivery.state {
                DeliveryState::Dead => delivery.too_old_at(&timing),
                _ => delivery.due,
            };
            self.agenda.add(wake, Wake::Delivery(delivery.id));
        }
    }

    fn plan_all(&mut self, now: Moment) {
        let ids: Vec<crate::alerts::IncidentId> = self.incidents.keys().copied().collect();
        for id in ids {
            self.plan_incident(id);
            let Some(incident) = self.incidents.get(&id) else {
                continue;
            };
            let firing = incident.is_firing();
            let lines: Vec<(Arc<str>, bool, bool, bool)> = incident
                .lines
                .iter()
                .map(|line| {
                    let is_held = line.waiting.as_ref().is_some_and(|notice| notice.held.is_some());
                    let is_member = firing && line.may_know() && !line.told_end;
                    (Arc::clone(&line.channel), is_held, line.is_ready(), is_member)
                })
                .collect();
            for (name, is_held, is_ready, is_member) in lines {
                if is_held {
                    self.held.insert(id);
                }
                if is_member {
                    self.set_member(id, &name, true, now);
                }
                if is_ready {
                    self.join_group(id, &name, false, now);
                }
            }
        }
        self.plan_times(now);
    }

    fn plan_times(&mut self, now: Moment) {
        for (key, group) in &mut self.groups {
            if group.waiting.is_empty() {
                group.due = None;
            }
            if let Some(at) = group.next() {
                self.agenda.add(at, Wake::Group(key.clone()));
            }
        }
        let channels: Vec<(Arc<str>, bool)> = self
            .channels
            .iter()
            .map(|(name, channel)| (Arc::clone(name), channel.failing_since.is_some()))
            .collect();
        let boundaries = self.windows.iter().flat_map(|window| [window.from, window.until]);
        let silences = self.silences.values();
        let of_silences = silences.flat_map(|silence| [silence.stored.from, silence.stored.until]);
        for at in boundaries.chain(of_silences) {
            self.agenda.add(Moment::from_millis(at), Wake::Sweep);
        }
        for (name, is_failing) in channels {
            if is_failing {
                self.plan_look(Arc::clone(&name), now);
            }
            self.agenda.add(now, Wake::Channel(name));
        }
        let well: Vec<Arc<str>> = self.channels_to_look_at().collect();
        for name in well {
            self.agenda.add(now, Wake::Look(name));
        }
        self.agenda.add(now, Wake::Sweep);
    }

    pub(super) fn channel_row(&self, name: &str) -> Option<StoredChannel> {
        let channel = self.channels.get(name)?;
        Some(StoredChannel {
            name: name.to_owned(),
            paid_at: channel.rate.paid_at.millis(),
            sequence: channel.sequence,
            failing_since: channel.failing_since.map(Moment::millis),
            overflowing_since: channel.overflowing_since.map(Moment::millis),
        })
    }

    pub(super) fn service_row(&self, name: &str) -> Option<StoredService> {
        let service = self.services.get(name)?;
        Some(StoredService {
            name: name.to_owned(),
            held: service.held,
            blocked_by: service.blocked_by.as_deref().map(str::to_owned),
        })
    }
}
