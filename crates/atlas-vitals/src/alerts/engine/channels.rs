//! What channels say of themselves: that nothing gets through, or not to everybody. It is judged by rules like
//! anything that is measured, and is over with the channel.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{DeliveryState, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::Labels;
use crate::alerts::incident::Incident;
use crate::alerts::observation::Reading;
use crate::alerts::rules::{When, channel_label};

/// A channel that fails is looked at again after so long.
const CHANNEL_LOOK: Duration = Duration::from_mins(1);

impl Alerts {
    /// What channels say of themselves is measured like anything else, and told by rules like anything else.
    pub(super) fn watch_channels(&mut self, now: Moment, wall: Timestamp) {
        let mut readings = Vec::new();
        for name in std::mem::take(&mut self.touched.channel_news) {
            let failing_since = self.channels.get(&name).and_then(|channel| channel.failing_since);
            let dead = self
                .deliveries
                .values()
                .filter(|delivery| delivery.channel == name && delivery.state == DeliveryState::Dead);
            let labels = Labels::new([("channel", &name)]);
            let failing_secs = failing_since.map_or(0.0, |since| now.since(since).as_secs_f64());
            let dead_letters = dead.count() as f64;
            readings.push(Reading::of("notifier_dead_letters", labels.clone(), dead_letters));
            readings.push(Reading::of("notifier_failing_seconds", labels, failing_secs));
            if failing_since.is_some() {
                self.plan_look(name, now);
            }
        }
        self.measure(&readings, now, wall);
    }

    /// Whether the latest message reached everybody it was for. The label is not the one of a channel that is silent:
    /// this one works, and the others behind it should know who misses what.
    pub(super) fn watch_recipients(&mut self, name: &Arc<str>, missed: usize, now: Moment, wall: Timestamp) {
        let labels = Labels::new([("through", name)]);
        let reading = Reading::of("notifier_missed_recipients", labels, missed as f64);
        self.measure(&[reading], now, wall);
    }

    /// On full minutes: however many steps there are, it is one entry.
    pub(super) fn plan_look(&mut self, name: Arc<str>, now: Moment) {
        let look = CHANNEL_LOOK.as_millis() as u64;
        let next = (now.millis() / look).saturating_add(1).saturating_mul(look);
        self.agenda.add(Moment::from_millis(next), Wake::Look(name));
    }

    /// The channel that an incident is about, where it is one of what channels say of themselves.
    pub(super) fn channel_of<'a>(&'a self, incident: &'a Incident) -> Option<&'a str> {
        let When::Metric { all, .. } = &self.index.get(&incident.rule)?.when else {
            return None;
        };
        let first = all.first()?;
        let key = channel_label(&first.series)?;
        let fixed = first.labels.iter().find(|(label, _)| **label == *key);
        incident.labels.get(key).or(fixed.map(|(_, name)| &**name))
    }

    /// Channels that are told to be in trouble and are not: after a start nothing else would say so.
    pub(super) fn channels_to_look_at(&self) -> impl Iterator<Item = Arc<str>> {
        let open = self.open.values().filter_map(|id| self.incidents.get(id));
        let names = open.filter_map(|incident| self.channel_of(incident));
        names.filter_map(|name| {
            let (name, channel) = self.channels.get_key_value(name)?;
            channel.failing_since.is_none().then(|| Arc::clone(name))
        })
    }
}
