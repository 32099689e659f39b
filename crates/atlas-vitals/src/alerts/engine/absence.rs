//! What a source says is not there: it has looked, and there is no such value. For a rule that takes that for an end it
//! is one; a source that is silent says nothing at all.

use std::collections::HashMap;

use atlas_domain::Timestamp;

use super::Alerts;
use crate::Moment;
use crate::alerts::incident::{Incident, Signal};
use crate::alerts::observation::Reading;
use crate::alerts::rules::{Absent, Condition, When};
use crate::alerts::{IncidentId, Labels};

/// The values of one round, by series and labels.
type Values<'a> = HashMap<(&'a str, &'a Labels), f64>;

impl Alerts {
    pub(super) fn end_what_is_absent(
        &mut self,
        readings: &[Reading],
        values: &Values<'_>,
        now: Moment,
        wall: Timestamp,
    ) {
        let none: Vec<&Reading> = readings
            .iter()
            .filter(|reading| reading.value.is_none() && self.index.ends_without(&reading.series))
            .collect();
        if none.is_empty() {
            return;
        }
        let open = self.open.values().filter_map(|id| self.incidents.get(id));
        let absent: Vec<(IncidentId, &Reading)> = open
            .filter_map(|incident| Some((incident.id, self.said_absent(incident, &none, values)?)))
            .collect();
        for (id, reading) in absent {
            let incident = self.incidents.get(&id);
            let Some((labels, rule)) = incident
                .and_then(|incident| Some((incident.labels.clone(), self.index.get(&incident.rule)?)))
            else {
                continue;
            };
            let rule = rule.clone();
            self.measured(&rule, labels, Signal::Clear, reading.every, (now, wall));
        }
    }

    /// Who says that a value is absent without which the condition of an incident does not hold.
    fn said_absent<'a>(
        &self,
        incident: &Incident,
        none: &[&'a Reading],
        values: &Values<'_>,
    ) -> Option<&'a Reading> {
        let When::Metric { all, absent, .. } = &self.index.get(&incident.rule)?.when else {
            return None;
        };
        if *absent != Absent::Ends {
            return None;
        }
        let is_meant = |condition: &Condition, labels: &Labels| {
            condition
                .identity(labels)
                .is_some_and(|labels| labels == incident.labels)
        };
        let is_seen = |condition: &Condition| {
            let mut seen = values.keys();
            seen.any(|(series, labels)| **series == *condition.series && is_meant(condition, labels))
        };
        let speaks_of = |reading: &Reading, condition: &Condition| {
            reading.series == condition.series
                && (reading.labels.iter().next().is_none() || is_meant(condition, &reading.labels))
        };
        none.iter().copied().find(|reading| {
            let mut conditions = all.iter().filter(|condition| speaks_of(reading, condition));
            conditions.any(|condition| !is_seen(condition))
        })
    }
}
