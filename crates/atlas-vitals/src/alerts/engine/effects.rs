//! What a step has changed, gathered while it runs and made into rows at its end: each row once, as it is then.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Alerts, Refusal};
use crate::alerts::group::GroupKey;
use crate::alerts::stored::{Change, InboxRow, NoticeEnd, StoredNotice};
use crate::alerts::{DeliveryId, IncidentId, Message};

/// What a step leads to. The changes are committed in one transaction; only then are the attempts begun. Whoever
/// crashes in between loses nothing: an attempt that was written down counts as begun, and is made again.
///
/// Where nothing can be written, what is critical is sent all the same, and [`Alerts::everything`] is written once that
/// is possible again, with the rows of the inbox that were not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects {
    /// Rows, to be committed together.
    pub changes: Vec<Change>,
    /// Messages, to be sent after that.
    pub attempts: Vec<Attempt>,
    /// Why the input changed nothing, if it did not.
    pub refused: Option<Refusal>,
}

/// A message that is to be sent now. Its end comes back as an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Which message; the receiver's key for a repetition.
    pub delivery: DeliveryId,
    /// Through which channel.
    pub channel: Arc<str>,
    /// The how-many-th attempt.
    pub number: u32,
    /// What it says.
    pub message: Message,
}

#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) incidents: BTreeSet<IncidentId>,
    pub(super) notices: Vec<StoredNotice>,
    pub(super) ends: Vec<NoticeEnd>,
    pub(super) inbox: Vec<InboxRow>,
    pub(super) deliveries: BTreeSet<DeliveryId>,
    pub(super) groups: BTreeSet<GroupKey>,
    pub(super) channels: BTreeSet<Arc<str>>,
    pub(super) silences: BTreeSet<u64>,
    pub(super) services: BTreeSet<Arc<str>>,
    pub(super) windows: bool,
    pub(super) attempts: Vec<DeliveryId>,
    /// An incident has ended, and with it perhaps a silence.
    pub(super) ended: bool,
    /// What channels say of themselves has changed.
    pub(super) channel_news: BTreeSet<Arc<str>>,
}

impl Alerts {
    pub(super) fn effects(&mut self, refused: Option<Refusal>) -> Effects {
        let touched = std::mem::take(&mut self.touched);
        let mut changes = Vec::new();
        let incidents = touched.incidents.iter().filter_map(|id| self.incidents.get(id));
        changes.extend(incidents.map(|incident| Change::Incident(super::rows::incident_row(incident))));
        changes.extend(touched.notices.into_iter().map(Change::Notice));
        changes.extend(touched.ends.into_iter().map(Change::NoticeState));
        changes.extend(touched.inbox.into_iter().map(Change::Inbox));
        let deliveries = touched.deliveries.iter().filter_map(|id| self.deliveries.get(id));
        changes.extend(deliveries.map(|delivery| Change::Delivery(super::rows::delivery_row(delivery))));
        for key in &touched.groups {
            let group = self.groups.get(key).cloned().unwrap_or_default();
            let row = super::rows::group_row(key, &group);
            let is_known = self.groups.contains_key(key);
            changes.push(if is_known {
                Change::Group(row)
            } else {
                Change::GroupGone(row)
            });
        }
        let channels = touched.channels.iter();
        changes.extend(channels.filter_map(|name| self.channel_row(name).map(Change::Channel)));
        let silences = touched
            .silences
            .iter()
            .filter_map(|number| self.silences.get(number));
        changes.extend(silences.map(|silence| Change::Silence(silence.stored.clone())));
        let services = touched.services.iter();
        changes.extend(services.filter_map(|name| self.service_row(name).map(Change::Service)));
        if touched.windows {
            changes.push(Change::Windows(self.windows.clone()));
        }
        let attempts = self.attempts(&touched.attempts);
        self.forget(&touched.incidents, &touched.deliveries, &touched.silences);
        Effects {
            changes,
            attempts,
            refused,
        }
    }

    fn attempts(&self, begun: &[DeliveryId]) -> Vec<Attempt> {
        let deliveries = begun.iter().filter_map(|id| self.deliveries.get(id));
        deliveries
            .map(|delivery| Attempt {
                delivery: delivery.id,
                channel: Arc::clone(&delivery.channel),
                number: delivery.attempts,
                message: delivery.message.clone(),
            })
            .collect()
    }

    /// What has ended, and has been written down as such, is not needed any more.
    fn forget(
        &mut self,
        incidents: &BTreeSet<IncidentId>,
        deliveries: &BTreeSet<DeliveryId>,
        silences: &BTreeSet<u64>,
    ) {
        use atlas_domain::DeliveryState::{Dead, Sending, Waiting};
        for id in incidents {
            let is_done = |incident: &crate::alerts::incident::Incident| {
                incident.is_over() && incident.lines.iter().all(super::Line::is_quiet)
            };
            if self.incidents.get(id).is_some_and(is_done) {
                self.incidents.remove(id);
                self.held.remove(id);
            }
        }
        for id in deliveries {
            let lives = |delivery: &super::Delivery| matches!(delivery.state, Waiting | Sending | Dead);
            if !self.deliveries.get(id).is_some_and(lives) {
                self.deliveries.remove(id);
            }
        }
        for number in silences {
            if self
                .silences
                .get(number)
                .is_some_and(|silence| silence.stored.ended)
            {
                self.silences.remove(number);
            }
        }
    }
}
