//! When a channel speaks: what is due on it, and whether it may carry so much. How a message is made of it is decided
//! elsewhere.

use std::ops::Bound;
use std::sync::Arc;

use atlas_domain::{DeliveryKind, NoticeKind, NoticeState, Timestamp};

use super::{Alerts, Wake};
use crate::Moment;
use crate::alerts::group::{GroupClass, GroupKey};
use crate::alerts::line::Notice;
use crate::alerts::rate::MessageRate;

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
        due.retain(|key| self.has_news(key));
        if !due.is_empty() && self.older_goes_first(name, now) {
            return;
        }
        let (pressing, rest): (Vec<_>, Vec<_>) = due.into_iter().partition(|key| self.is_pressing(key));
        let overflows = self
            .channels
            .get(name)
            .is_some_and(|channel| channel.overflowing_since.is_some());
        let left = if overflows {
            let may_leave = self.left(name, rate, !pressing.is_empty(), now) > 0;
            let mut all = [pressing, rest].concat();
            if may_leave && !all.is_empty() {
                self.send_together(name, std::mem::take(&mut all), now, wall);
            }
            all
        } else {
            let pressing = self.send_each(name, pressing, true, now, wall);
            let rest = self.send_each(name, rest, false, now, wall);
            [pressing, rest].concat()
        };
        self.overflow(name, &left, now);
    }

    /// Each group by itself; all in one where there are more of them than messages left, so that none of it waits.
    /// Gives back what may not leave at all.
    fn send_each(
        &mut self,
        name: &Arc<str>,
        mut keys: Vec<GroupKey>,
        pressing: bool,
        now: Moment,
        wall: Timestamp,
    ) -> Vec<GroupKey> {
        // Some of it has left with what is worse.
        keys.retain(|key| self.has_news(key));
        let rate = self.settings.channel(name).and_then(|channel| channel.rate);
        let left = self.left(name, rate, pressing, now);
        if left == 0 {
            return keys;
        }
        if keys.len() as u64 > left {
            self.send_together(name, keys, now, wall);
            return Vec::new();
        }
        for key in keys {
            self.send_together(name, vec![key], now, wall);
        }
        Vec::new()
    }

    /// One message of these groups, and of what else is to be told of the services of which something critical is.
    fn send_together(&mut self, name: &Arc<str>, mut keys: Vec<GroupKey>, now: Moment, wall: Timestamp) {
        let rate = self.settings.channel(name).and_then(|channel| channel.rate);
        let is_one = keys.len() == 1;
        let lesser: Vec<GroupKey> = keys.iter().filter_map(|key| self.lesser_of(key)).collect();
        self.drop_what_is_held(&lesser, now);
        for key in lesser {
            if self.has_news(&key) && !keys.contains(&key) {
                keys.push(key);
            }
        }
        let kind = if is_one {
            self.kind_of(&keys)
        } else {
            DeliveryKind::Digest
        };
        self.send(name, &keys, kind, rate, now, wall);
    }

    /// One cause is one message: what is less bad about the same service goes with what is critical. Not where nothing
    /// is remembered: there the id of a message must follow from what is critical alone.
    fn lesser_of(&self, key: &GroupKey) -> Option<GroupKey> {
        (key.class == GroupClass::Critical && self.repeating.is_none()).then(|| GroupKey {
            class: GroupClass::Other,
            ..key.clone()
        })
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

    /// Whether somebody waits in that group. One where nobody does is not due.
    fn has_news(&mut self, key: &GroupKey) -> bool {
        let Some(group) = self.groups.get_mut(key) else {
            return false;
        };
        if group.waiting.is_empty() {
            group.due = None;
        }
        !group.waiting.is_empty()
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

    /// Whether it says that something critical is wrong. That it is over, or still so, needs no place that is kept.
    fn is_pressing(&self, key: &GroupKey) -> bool {
        key.class == GroupClass::Critical
            && self.waiting_in(key).any(|notice| {
                matches!(
                    notice.kind,
                    NoticeKind::Firing | NoticeKind::Worse | NoticeKind::Escalated
                )
            })
    }

    fn waiting_in<'a>(&'a self, key: &'a GroupKey) -> impl Iterator<Item = &'a Notice> {
        let waiting = self.groups.get(key).into_iter().flat_map(|group| &group.waiting);
        waiting.filter_map(|id| {
            let line = self.incidents.get(id)?.line(&key.channel)?;
            line.waiting.as_ref()
        })
    }

    /// How many messages a channel may carry now.
    fn left(&self, name: &Arc<str>, rate: Option<MessageRate>, pressing: bool, now: Moment) -> u64 {
        let Some((rate, channel)) = rate.zip(self.channels.get(name)) else {
            return u64::MAX;
        };
        channel.rate.left(rate, pressing, now)
    }

    fn kind_of(&self, keys: &[GroupKey]) -> DeliveryKind {
        if keys.iter().any(|key| key.class == GroupClass::Digest) {
            return DeliveryKind::Digest;
        }
        let mut notices = keys.iter().flat_map(|key| self.waiting_in(key));
        if notices.all(|notice| notice.kind == NoticeKind::Reminder) {
            DeliveryKind::Reminder
        } else {
            DeliveryKind::Alert
        }
    }

    /// Notes that there is more to tell than the channel may carry, or that there is not any more.
    fn overflow(&mut self, name: &Arc<str>, left: &[GroupKey], now: Moment) {
        let pressing = left.iter().any(|key| self.is_pressing(key));
        let rate = self.settings.channel(name).and_then(|channel| channel.rate);
        let Some(channel) = self.channels.get_mut(name) else {
            return;
        };
        let before = channel.overflowing_since;
        channel.overflowing_since = (!left.is_empty()).then(|| before.unwrap_or(now));
        channel.held_until = None;
        if before != channel.overflowing_since {
            self.touched.channels.insert(Arc::clone(name));
        }
        if let Some(rate) = rate.filter(|_| !left.is_empty()) {
            // The first that may leave takes all others with it.
            let at = channel.rate.allowed_at(rate, pressing);
            channel.held_until = Some(at);
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
}
