//! What a channel did not take is told before what comes up later. It keeps nothing back for longer than one more attempt:
//! a message that a channel never takes is tried again at its own times, and others go on all the same.

use std::sync::Arc;

use atlas_domain::DeliveryState;

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::DeliveryId;
use crate::alerts::delivery::Delivery;

impl Alerts {
    /// Whether news waits until what the channel did not take before has been tried once more.
    pub(super) fn older_goes_first(&mut self, name: &Arc<str>, now: Moment) -> bool {
        let Some(channel) = self.channels.get_mut(name) else {
            return false;
        };
        if std::mem::take(&mut channel.lets_pass) {
            return false;
        }
        let is_tried_again = |delivery: &&Delivery| {
            let attempts_before = match delivery.state {
                DeliveryState::Waiting => delivery.attempts,
                DeliveryState::Sending => delivery.attempts.saturating_sub(1),
                _ => 0,
            };
            delivery.channel == *name && attempts_before > 0
        };
        let older = self.deliveries.values().filter(is_tried_again);
        let oldest = older.min_by_key(|delivery| delivery.sequence);
        let Some((id, state)) = oldest.map(|delivery| (delivery.id, delivery.state)) else {
            return false;
        };
        channel.goes_first = Some(id);
        if state == DeliveryState::Waiting {
            self.attempt(id, now);
        }
        true
    }

    /// An attempt has ended for which news may have waited. However it ended, it waits no longer for this one.
    pub(super) fn let_news_go_on(&mut self, id: DeliveryId, name: &Arc<str>, has_arrived: bool, now: Moment) {
        if let Some(channel) = self.channels.get_mut(name)
            && channel.goes_first == Some(id)
        {
            channel.goes_first = None;
            channel.lets_pass = !has_arrived;
            self.agenda.add(now, Wake::Channel(Arc::clone(name)));
        }
    }

    /// A channel that takes messages gets the oldest of those that it did not take before: one after the other, and not
    /// each whenever its own wait is over.
    pub(super) fn try_the_oldest(&mut self, name: &Arc<str>, now: Moment) {
        let waits = |delivery: &&Delivery| {
            delivery.channel == *name && delivery.state == DeliveryState::Waiting && delivery.attempts > 0
        };
        let waiting = self.deliveries.values().filter(waits);
        let oldest = waiting.min_by_key(|delivery| delivery.sequence);
        if let Some(id) = oldest.map(|delivery| delivery.id) {
            self.attempt(id, now);
        }
    }
}
