//! What the engine says of itself to whoever looks. It changes nothing.

use atlas_domain::{NoticeKind, Suppression};

use super::Alerts;
use crate::Moment;
use crate::alerts::IncidentId;

impl Alerts {
    /// Every channel that has carried as much as it may and is to be told more, and from when on it may carry that.
    pub fn channels_holding(&self) -> impl Iterator<Item = (&str, Moment)> {
        let channels = self.channels.iter();
        channels.filter_map(|(name, channel)| Some((&**name, channel.held_until?)))
    }

    /// What keeps each of these incidents back now, were there anything to tell of it again. Those that are over, or
    /// that nothing keeps back, are left out.
    pub fn kept_back(&self, incidents: &[IncidentId], now: Moment) -> Vec<(IncidentId, Suppression)> {
        let open = incidents.iter().filter_map(|id| self.incidents.get(id));
        open.filter(|incident| incident.is_firing())
            .filter_map(|incident| {
                let by = self.suppression(incident, NoticeKind::Reminder, now)?;
                Some((incident.id, by))
            })
            .collect()
    }
}
