//! Where nothing can be written down, each start finds anew what the start before it has told. It tells it under the
//! same ids, so that a receiver knows the repetition; and nothing else ever has an id that was used before.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{DeliveryKind, NoticeKind, Severity, Timestamp};

use super::effects::Effects;
use super::{Alerts, Refusal};
use crate::Moment;
use crate::alerts::IncidentId;
use crate::alerts::incident::Incident;
use crate::alerts::line::Notice;
use crate::alerts::settings::AlertSettings;
use crate::alerts::stored::StoredAlerts;

/// What is found within this time was so before the start, as far as anybody knows: the checks that matter have been
/// made several times by then. What begins later is news.
const FOUND_AT_ONCE: Duration = Duration::from_mins(5);
/// No message that is counted has this number.
const UNCOUNTED: u64 = 0;

/// What a start goes on from that can remember nothing.
#[derive(Debug)]
pub(super) struct Repeating {
    /// The last moment that could be written down, on both clocks: it is the same for each such start.
    origin: (Moment, Timestamp),
    found_until: Moment,
    /// Numbers of messages up to this one may be those of another start that remembered nothing either.
    counted_before: u64,
    /// What was found at once. What comes back after its end is another episode.
    found: BTreeSet<IncidentId>,
}

impl Alerts {
    /// The same as [`Alerts::restore`], where nothing of what follows can be written down. `origin` is the last moment
    /// that could be, on both clocks.
    pub fn restore_without_memory(
        settings: Arc<AlertSettings>,
        stored: StoredAlerts,
        origin: (Moment, Timestamp),
        now: Moment,
        wall: Timestamp,
    ) -> Result<(Self, Effects), Refusal> {
        let mut alerts = Self::new(settings)?;
        alerts.repeating = Some(Repeating {
            origin,
            found_until: now.after(FOUND_AT_ONCE),
            counted_before: u64::try_from(wall.as_millis()).unwrap_or_default(),
            found: BTreeSet::new(),
        });
        Ok(alerts.go_on_from(stored, now, wall))
    }

    /// The id of an episode that begins now and was perhaps found by another start before.
    pub(super) fn found_again(&mut self, fingerprint: &str, now: Moment) -> Option<IncidentId> {
        let repeating = self.repeating.as_mut()?;
        let (at, wall) = repeating.origin;
        let id = IncidentId::of(fingerprint, at.millis(), wall.as_millis(), 0);
        (now < repeating.found_until && repeating.found.insert(id)).then_some(id)
    }

    /// The number of the next message of a channel.
    pub(super) fn next_number(&self, channel: &Arc<str>) -> u64 {
        let last = self.channels.get(channel).map_or(0, |channel| channel.sequence);
        let floor = self
            .repeating
            .as_ref()
            .map_or(0, |repeating| repeating.counted_before);
        last.max(floor) + 1
    }

    /// The number by which the id of such a message is derived. The first message that says that what was found at once
    /// is critical says the same after each start, in whatever order they go.
    pub(super) fn number_in_id(
        &self,
        number: u64,
        channel: &Arc<str>,
        kind: DeliveryKind,
        members: &[(&Incident, &Notice)],
    ) -> u64 {
        let is_found_again = |(incident, notice): &(&Incident, &Notice)| {
            let is_first = incident.line(channel).is_some_and(|line| line.thread.is_none());
            let repeating = self.repeating.as_ref();
            is_first
                && notice.kind == NoticeKind::Firing
                && notice.badness.severity == Severity::Critical
                && repeating.is_some_and(|repeating| repeating.found.contains(&incident.id))
        };
        if kind == DeliveryKind::Alert && members.iter().all(is_found_again) {
            UNCOUNTED
        } else {
            number
        }
    }
}
