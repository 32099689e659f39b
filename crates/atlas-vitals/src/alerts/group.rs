//! Groups: what is told together on one channel, and when. News of one service and one class of severity is one
//! message.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Severity;
use serde::{Deserialize, Serialize};

use super::IncidentId;
use super::settings::Timing;
use crate::Moment;

/// What kind of news a group takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupClass {
    /// What is critical.
    Critical,
    /// What is less.
    Other,
    /// What was kept back, and is over.
    Digest,
}

impl GroupClass {
    pub(super) fn of(severity: Severity) -> Self {
        if severity == Severity::Critical {
            Self::Critical
        } else {
            Self::Other
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct GroupKey {
    pub(super) channel: Arc<str>,
    pub(super) service: Arc<str>,
    pub(super) class: GroupClass,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    /// Those whose news waits for the next message.
    pub(super) waiting: BTreeSet<IncidentId>,
    /// When that message leaves.
    pub(super) due: Option<Moment>,
    /// When the last one left.
    pub(super) last: Option<Moment>,
    /// Those that are told and still fire.
    pub(super) members: BTreeSet<IncidentId>,
    /// How many reminders were sent since the last news.
    pub(super) reminders: u32,
    pub(super) remind_at: Option<Moment>,
}

impl Group {
    /// News has come. `bypass`: it is louder than what was told, and does not wait for the interval. `louder`: when
    /// something louder was told that this belongs to.
    pub(super) fn add(
        &mut self,
        incident: IncidentId,
        class: GroupClass,
        bypass: bool,
        louder: Option<Moment>,
        timing: &Timing,
        now: Moment,
    ) {
        self.waiting.insert(incident);
        let gathered = now.after(match class {
            GroupClass::Critical => timing.group_wait_critical,
            GroupClass::Other | GroupClass::Digest => timing.group_wait,
        });
        let due = match self.last.max(louder) {
            Some(last) if !bypass => gathered.max(last.after(timing.update_interval)),
            _ => gathered,
        };
        // Whoever comes later never puts off those who wait.
        self.due = Some(self.due.map_or(due, |known| known.min(due)));
    }

    /// A message has left, with news or without.
    pub(super) fn sent(&mut self, class: GroupClass, is_reminder: bool, timing: &Timing, now: Moment) {
        self.last = Some(now);
        self.reminders = if is_reminder {
            self.reminders.saturating_add(1)
        } else {
            0
        };
        self.remind_at = (class != GroupClass::Digest && !self.members.is_empty())
            .then(|| now.after(reminder_after(class, self.reminders, timing)));
    }

    /// It has nothing to say and nothing to remember.
    pub(super) fn is_idle(&self, timing: &Timing, now: Moment) -> bool {
        let rests = self
            .last
            .is_some_and(|last| last.after(timing.update_interval) > now);
        self.waiting.is_empty() && self.members.is_empty() && !rests
    }

    /// When it wants to be looked at.
    pub(super) fn next(&self) -> Option<Moment> {
        match (self.due, self.remind_at) {
            (Some(due), Some(remind)) => Some(due.min(remind)),
            (one, other) => one.or(other),
        }
    }
}

/// Each reminder takes twice as long as the one before, up to a bound.
pub(super) fn reminder_after(class: GroupClass, sent: u32, timing: &Timing) -> Duration {
    let first = match class {
        GroupClass::Critical => timing.reminder_critical,
        GroupClass::Other | GroupClass::Digest => timing.reminder,
    };
    first
        .saturating_mul(1_u32.checked_shl(sent).unwrap_or(u32::MAX))
        .min(timing.reminder_cap)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const START: Moment = Moment::from_millis(10_000_000);

    fn incident(number: u64) -> IncidentId {
        IncidentId::of("rule", number, 0, 0)
    }

    fn secs(seconds: u64) -> Moment {
        START.after(Duration::from_secs(seconds))
    }

    #[rstest]
    #[case::critical(GroupClass::Critical, 10)]
    #[case::other(GroupClass::Other, 30)]
    fn the_first_news_waits_for_its_like(#[case] class: GroupClass, #[case] expected: u64) {
        let mut group = Group::default();
        group.add(incident(1), class, false, None, &Timing::default(), START);
        group.add(incident(2), class, false, None, &Timing::default(), secs(5));

        assert_eq!(group.due, Some(secs(expected)));
    }

    #[rstest]
    #[case::an_update_waits(false, 300)]
    #[case::what_is_worse_does_not(true, 110)]
    fn updates_are_five_minutes_apart(#[case] bypass: bool, #[case] expected: u64) {
        let mut group = Group::default();
        let timing = Timing::default();
        group.sent(GroupClass::Critical, false, &timing, START);
        group.add(incident(1), GroupClass::Critical, false, None, &timing, secs(90));
        group.add(
            incident(2),
            GroupClass::Critical,
            bypass,
            None,
            &timing,
            secs(100),
        );

        assert_eq!(group.due, Some(secs(expected)));
    }

    #[test]
    fn what_is_less_bad_is_an_update_to_what_is_critical() {
        let mut group = Group::default();
        let timing = Timing::default();
        group.add(
            incident(1),
            GroupClass::Other,
            false,
            Some(START),
            &timing,
            secs(20),
        );

        assert_eq!(group.due, Some(secs(300)));
    }

    #[rstest]
    #[case(GroupClass::Other, 0, 4)]
    #[case(GroupClass::Other, 1, 8)]
    #[case(GroupClass::Other, 3, 24)]
    #[case(GroupClass::Critical, 0, 1)]
    #[case(GroupClass::Critical, 4, 16)]
    #[case(GroupClass::Critical, 5, 24)]
    #[case(GroupClass::Critical, 99, 24)]
    fn reminders_double_up_to_a_day(#[case] class: GroupClass, #[case] sent: u32, #[case] hours: u64) {
        let after = reminder_after(class, sent, &Timing::default());
        assert_eq!(after, Duration::from_hours(hours));
    }
}
