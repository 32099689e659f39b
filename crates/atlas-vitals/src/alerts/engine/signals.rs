//! What rules make of what comes in: which of them it concerns, and what they say of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity};

use crate::alerts::figure::figure;
use crate::alerts::incident::{Active, Badness, Signal, Timers};
use crate::alerts::observation::{Observation, Reading};
use crate::alerts::rules::{Absent, Rule, RuleSet, When};
use crate::alerts::text::{LONGEST_LINE_BYTES, one_line};
use crate::alerts::{Condition, Labels};

/// A value that has not been seen for so long, and for three times as long as its source takes between two looks, was
/// absent meanwhile. That time counts neither toward firing nor toward an end.
pub(super) const LONGEST_GAP: Duration = Duration::from_mins(5);

/// Which rules a series, or a status, concerns.
#[derive(Debug, Default)]
pub(super) struct RuleIndex {
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) by_series: HashMap<Arc<str>, Vec<usize>>,
    pub(super) of_status: Vec<usize>,
    /// Series without which the condition of a rule does not hold.
    ending: HashSet<Arc<str>>,
    by_name: HashMap<Arc<str>, usize>,
}

impl RuleIndex {
    pub(super) fn of(rules: &RuleSet) -> Self {
        let mut index = Self::default();
        for (number, rule) in rules.iter().enumerate() {
            index.rules.push(Arc::new(rule.clone()));
            index.by_name.insert(Arc::clone(&rule.name), number);
            match &rule.when {
                // The first condition leads: the others are looked up for its labels.
                When::Metric { all, absent, .. } => {
                    if *absent == Absent::Ends {
                        let series = all.iter().map(|condition| Arc::clone(&condition.series));
                        index.ending.extend(series);
                    }
                    if let Some(first) = all.first() {
                        let of_series = index.by_series.entry(Arc::clone(&first.series)).or_default();
                        of_series.push(number);
                    }
                }
                When::Status { .. } => index.of_status.push(number),
            }
        }
        index
    }

    /// Whether some rule takes it for an end that there is no such value.
    pub(super) fn ends_without(&self, series: &str) -> bool {
        self.ending.contains(series)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<Rule>> {
        self.by_name.get(name).map(|number| &self.rules[*number])
    }
}

/// The values of all conditions but the first, by what is left of their labels.
pub(super) struct Others(HashMap<(usize, usize), HashMap<Labels, f64>>);

impl Others {
    pub(super) fn of(
        index: &RuleIndex,
        readings: &[Reading],
        values: &HashMap<(&str, &Labels), f64>,
    ) -> Self {
        let mut places: HashMap<&str, Vec<(usize, usize)>> = HashMap::new();
        for (number, rule) in index.rules.iter().enumerate() {
            if let When::Metric { all, .. } = &rule.when {
                for (place, condition) in all.iter().enumerate().skip(1) {
                    places.entry(&condition.series).or_default().push((number, place));
                }
            }
        }
        let mut others: HashMap<(usize, usize), HashMap<Labels, f64>> = HashMap::new();
        for reading in readings {
            let value = values.get(&(&*reading.series, &reading.labels));
            let (Some(value), Some(places)) = (value, places.get(&*reading.series)) else {
                continue;
            };
            for (number, place) in places {
                let When::Metric { all, .. } = &index.rules[*number].when else {
                    continue;
                };
                if let Some(labels) = all[*place].identity(&reading.labels) {
                    others
                        .entry((*number, *place))
                        .or_default()
                        .insert(labels, *value);
                }
            }
        }
        Self(others)
    }

    pub(super) fn get(&self, number: usize, place: usize, labels: &Labels) -> Option<f64> {
        self.0.get(&(number, place))?.get(labels).copied()
    }
}

pub(super) fn timers(rule: &Rule) -> Timers {
    Timers {
        hold: rule.hold,
        keep_firing: rule.keep_firing,
        longest_gap: LONGEST_GAP,
    }
}

pub(super) fn status_signal(
    rule: &Rule,
    observation: &Observation,
    severity: Severity,
    labels: &Labels,
) -> Signal {
    let level = match observation.status {
        HealthStatus::Healthy => 0,
        HealthStatus::Unknown | HealthStatus::Degraded => 1,
        HealthStatus::Critical => 2,
        HealthStatus::Down => 3,
    };
    let mut why = observation.reason.clone();
    if let Some(parent) = &observation.blocked_by {
        let separator = if why.is_empty() { "" } else { " " };
        why = format!("{why}{separator}(depends on {parent})");
    }
    Signal::Active(Active {
        badness: Badness { severity, level },
        summary: summary(rule, &observation.service, labels, Some(observation.status), None),
        why: one_line(&why, LONGEST_LINE_BYTES),
    })
}

/// `mount_used 96.3 % >= 95 %, mount_available 12 GiB < 20 GiB`.
pub(super) fn reasons(conditions: &[(&Condition, f64)]) -> String {
    let parts = conditions.iter().map(|(condition, value)| {
        let (op, threshold) = (condition.op, condition.threshold);
        format!(
            "{} {} {op} {}",
            condition.series,
            figure(&condition.series, *value),
            figure(&condition.series, threshold)
        )
    });
    one_line(&parts.collect::<Vec<_>>().join(", "), LONGEST_LINE_BYTES)
}

pub(super) fn summary(
    rule: &Rule,
    service: &str,
    labels: &Labels,
    status: Option<HealthStatus>,
    value: Option<f64>,
) -> String {
    let mut text = String::with_capacity(rule.summary.len() + 32);
    let mut rest = rule.summary.as_str();
    // What was filled in is not looked at again: it comes from outside.
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match (name, status, value) {
            ("service", _, _) => text.push_str(service),
            ("status", Some(status), _) => text.push_str(status.as_str()),
            ("value", _, Some(value)) => text.push_str(&figure(rule.leading_series(), value)),
            (other, _, _) => text.push_str(labels.get(other).unwrap_or("?")),
        }
        rest = behind;
    }
    text.push_str(rest);
    one_line(&text, LONGEST_LINE_BYTES)
}
