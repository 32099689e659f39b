//! What people decide: silences, windows, who has taken something on, and other settings.

use std::collections::BTreeSet;
use std::sync::Arc;

use atlas_domain::{DeliveryState, IncidentEnd, NoticeState, Timestamp};

use super::{Alerts, Refusal, RuleIndex, Wake};
use crate::Moment;
use crate::alerts::IncidentId;
use crate::alerts::incident::{Acknowledgement, Incident};
use crate::alerts::observation::Window;
use crate::alerts::settings::AlertSettings;
use crate::alerts::silence::{NewSilence, Silence};
use crate::alerts::stored::NoticeEnd;
use crate::alerts::text::{LONGEST_LINE_BYTES, one_line};

impl Alerts {
    pub(super) fn silence(&mut self, asked: NewSilence, now: Moment, wall: Timestamp) -> Result<(), Refusal> {
        let number = self.last_silence + 1;
        let mut silence = Silence::new(asked, number, now, wall).map_err(Refusal::Silence)?;
        let mut open = self.open.values().filter_map(|id| self.incidents.get(id));
        silence.stored.has_met = open.any(|incident| silence.means(|name| incident.label(name)));
        self.agenda
            .add(Moment::from_millis(silence.stored.from), Wake::Sweep);
        self.agenda
            .add(Moment::from_millis(silence.stored.until), Wake::Sweep);
        self.last_silence = number;
        self.touched.silences.insert(number);
        self.silences.insert(number, silence);
        Ok(())
    }

    pub(super) fn end_silence(&mut self, number: u64, now: Moment) -> Result<(), Refusal> {
        let silence = self
            .silences
            .get_mut(&number)
            .filter(|silence| !silence.is_over(now));
        let silence = silence.ok_or(Refusal::NoSilence(number))?;
        silence.stored.ended = true;
        self.touched.silences.insert(number);
        self.agenda.add(now, Wake::Sweep);
        Ok(())
    }

    pub(super) fn announce(&mut self, windows: Vec<Window>, now: Moment) {
        if self.windows == windows {
            return;
        }
        for window in &windows {
            self.agenda.add(Moment::from_millis(window.from), Wake::Sweep);
            self.agenda.add(Moment::from_millis(window.until), Wake::Sweep);
        }
        self.windows = windows;
        self.touched.windows = true;
        self.agenda.add(now, Wake::Sweep);
    }

    pub(super) fn acknowledge(
        &mut self,
        id: IncidentId,
        by: &str,
        comment: &str,
        now: Moment,
        wall: Timestamp,
    ) -> Result<(), Refusal> {
        let incident = self.open_incident(id)?;
        incident.acknowledged = Some(Acknowledgement {
            severity: incident.badness.severity,
            by: one_line(by, LONGEST_LINE_BYTES),
            comment: one_line(comment, LONGEST_LINE_BYTES),
            wall,
        });
        // Whatever it was before: if it gets worse than it was when somebody took it on, that is news.
        incident.worst = incident.badness;
        self.touched.incidents.insert(id);
        self.recheck(id, now);
        Ok(())
    }

    pub(super) fn unacknowledge(&mut self, id: IncidentId, now: Moment) -> Result<(), Refusal> {
        self.open_incident(id)?.acknowledged = None;
        self.touched.incidents.insert(id);
        self.recheck(id, now);
        self.plan_incident(id);
        Ok(())
    }

    pub(super) fn close(&mut self, id: IncidentId, now: Moment, wall: Timestamp) -> Result<(), Refusal> {
        let news = self.open_incident(id)?.finish(IncidentEnd::Closed, now, wall);
        self.touched.incidents.insert(id);
        self.settle_incident(id, Some(news), now, wall);
        Ok(())
    }

    fn open_incident(&mut self, id: IncidentId) -> Result<&mut Incident, Refusal> {
        let incident = self.incidents.get_mut(&id).filter(|incident| !incident.is_over());
        incident.ok_or(Refusal::NoIncident(id))
    }

    /// Takes other settings, if they fit together. What a rule said that is gone is over; what a channel was to be told
    /// that is gone is withdrawn.
    pub(super) fn reload(
        &mut self,
        settings: Arc<AlertSettings>,
        now: Moment,
        wall: Timestamp,
    ) -> Result<(), Refusal> {
        let faults = settings.faults();
        if !faults.is_empty() {
            return Err(Refusal::Settings(faults));
        }
        self.index = RuleIndex::of(&settings.rules);
        self.settings = settings;
        self.match_channels();
        self.remove_what_nobody_watches(now, wall);
        Ok(())
    }

    pub(super) fn remove_what_nobody_watches(&mut self, now: Moment, wall: Timestamp) {
        let is_watched = |id: &IncidentId| {
            self.incidents.get(id).is_none_or(|incident| {
                let rule = self.index.get(&incident.rule);
                let speaks = rule.is_some_and(|rule| rule.watches(&incident.service, incident.is_status));
                let channel = self.channel_of(incident);
                let has_channel = channel.is_none_or(|name| self.channels.contains_key(name));
                incident.is_over() || (speaks && has_channel)
            })
        };
        let orphans: Vec<IncidentId> = self
            .incidents
            .keys()
            .copied()
            .filter(|id| !is_watched(id))
            .collect();
        self.remove(orphans, now, wall);
    }

    /// A service that nobody looks at any more never says that it is well again.
    pub(super) fn forget_status_of_others(
        &mut self,
        services: &BTreeSet<Arc<str>>,
        now: Moment,
        wall: Timestamp,
    ) {
        let is_orphan = |incident: &&Incident| {
            incident.is_status && !incident.is_over() && !services.contains(&incident.service)
        };
        let open = self.open.values().filter_map(|id| self.incidents.get(id));
        let orphans = open.filter(is_orphan).map(|incident| incident.id).collect();
        self.remove(orphans, now, wall);
    }

    fn remove(&mut self, orphans: Vec<IncidentId>, now: Moment, wall: Timestamp) {
        for id in orphans {
            if let Some(incident) = self.incidents.get_mut(&id) {
                let news = incident.finish(IncidentEnd::Removed, now, wall);
                self.touched.incidents.insert(id);
                self.settle_incident(id, Some(news), now, wall);
            }
        }
    }

    /// Channels that are new begin; those that are gone take with them what they were to be told.
    pub(super) fn match_channels(&mut self) {
        let wanted: BTreeSet<Arc<str>> = self
            .settings
            .channels
            .iter()
            .map(|channel| Arc::clone(&channel.name))
            .collect();
        for name in &wanted {
            self.channels.entry(Arc::clone(name)).or_default();
        }
        self.channels.retain(|name, _| wanted.contains(name));
        self.groups.retain(|key, _| wanted.contains(&key.channel));
        self.withdraw_messages_to_others(&wanted);
        self.forget_lines_of_others(&wanted);
    }

    fn withdraw_messages_to_others(&mut self, wanted: &BTreeSet<Arc<str>>) {
        let gone = self.deliveries.values_mut();
        for delivery in gone.filter(|delivery| !wanted.contains(&delivery.channel)) {
            delivery.state = DeliveryState::Withdrawn;
            self.touched.deliveries.insert(delivery.id);
            let ends = delivery.members.iter().map(|member| NoticeEnd {
                incident: member.incident,
                channel: delivery.channel.to_string(),
                ordinal: member.ordinal,
                state: NoticeState::Withdrawn,
            });
            self.touched.ends.extend(ends);
        }
    }

    fn forget_lines_of_others(&mut self, wanted: &BTreeSet<Arc<str>>) {
        let ids: Vec<IncidentId> = self.incidents.keys().copied().collect();
        for id in ids {
            let Some(incident) = self.incidents.get(&id) else {
                continue;
            };
            let lost = incident
                .lines
                .iter()
                .filter(|line| !wanted.contains(&line.channel));
            let names: Vec<Arc<str>> = lost.map(|line| Arc::clone(&line.channel)).collect();
            if names.is_empty() {
                continue;
            }
            for name in &names {
                self.withdraw(id, name);
            }
            if let Some(incident) = self.incidents.get_mut(&id) {
                incident.lines.retain(|line| wanted.contains(&line.channel));
            }
            self.touched.incidents.insert(id);
        }
    }
}
