//! Tries rules on values that somebody wrote down, on a clock that is turned by hand: what fires when, and what is
//! sent. Nobody has to fill a disk to see whether a rule notices.

mod format;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, IncidentState, Timestamp};

use super::rules::{RuleFault, RuleSet, long};
use super::stored::Change;
use super::{
    AlertSettings, Alerts, Answer, ChannelSettings, Effects, IncidentId, Input, Labels, MessageRate,
    Observation, Reading, StoredIncident,
};
use crate::Moment;
use format::{Expected, Trial, Wanted};

/// Where the clock of a trial begins: not at the origin, so that there is a time before.
const START: Moment = Moment::from_millis(86_400_000);

/// What happened in a trial.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// In the order in which it happened.
    pub events: Vec<TimelineEvent>,
    /// What was expected and did not come.
    pub failures: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEvent {
    /// How long after the beginning.
    pub at: Duration,
    /// What.
    pub what: Moved,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Moved {
    /// An incident came into another state.
    Incident {
        /// The rule.
        rule: String,
        /// Which of its kind.
        labels: Labels,
        /// The new state.
        state: IncidentState,
        /// Value and limit.
        why: String,
    },
    /// A message was sent.
    Message {
        /// Its subject.
        title: String,
    },
}

impl std::fmt::Display for TimelineEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = long(self.at);
        match &self.what {
            Moved::Incident {
                rule,
                labels,
                state,
                why,
            } => write!(f, "{at:>8}  {state:<10}  {rule}{labels}  {why}"),
            Moved::Message { title } => write!(f, "{at:>8}  {:<10}  {title}", "message"),
        }
    }
}

/// Tries `rules` on what `trial` says, as TOML:
///
/// ```toml
/// run = "2h"                       # how long; until the last value, if it is left out
///
/// [[series]]
/// name = "mount_used"
/// labels = { mount = "/data" }
/// every = "30s"
/// values = "0.90*10 0.96*40 _*4"   # ten times 0.90, forty times 0.96, four times nothing to be had
///
/// [[service]]
/// name = "search"
/// every = "1m"
/// statuses = "healthy*3 down*30 healthy"
///
/// [[expect]]
/// at = "10m"
/// rule = "disk_nearly_full"
/// state = "firing"                 # inactive, pending, firing or recovering
/// messages = 1                     # how many were sent until then
/// ```
///
/// All that is wrong with it is told at once.
pub fn try_rules(rules: &RuleSet, trial: &str) -> Result<Timeline, Vec<RuleFault>> {
    let trial = format::read(trial, rules)?;
    let settings = AlertSettings {
        rules: rules.clone(),
        channels: vec![ChannelSettings::new("trial", Some(MessageRate::MAIL))],
        ..AlertSettings::default()
    };
    match Alerts::new(Arc::new(settings)) {
        Ok(alerts) => Ok(Run::new(alerts).through(&trial)),
        // One channel and the default times always fit together.
        Err(refusal) => Err(vec![RuleFault {
            line: 1,
            rule: String::new(),
            what: refusal.to_string(),
        }]),
    }
}

struct Run {
    alerts: Alerts,
    states: BTreeMap<IncidentId, StoredIncident>,
    messages: usize,
    timeline: Timeline,
}

impl Run {
    fn new(alerts: Alerts) -> Self {
        Self {
            alerts,
            states: BTreeMap::new(),
            messages: 0,
            timeline: Timeline::default(),
        }
    }

    fn through(mut self, trial: &Trial) -> Timeline {
        let mut expected = trial.expected.iter().peekable();
        let mut at = Duration::ZERO;
        loop {
            while let Some(expectation) = expected.next_if(|expectation| expectation.at < at) {
                self.compare(expectation);
            }
            self.look(trial, at);
            let next = trial.next_after(at);
            let due = self.alerts.next_due().map(|due| due.since(START));
            let due = due.map(|due| due.max(at + Duration::from_millis(1)));
            match [next, due].into_iter().flatten().min() {
                Some(next) if next <= trial.run => at = next,
                _ => break,
            }
        }
        for expectation in expected {
            self.compare(expectation);
        }
        self.timeline
    }

    fn look(&mut self, trial: &Trial, at: Duration) {
        let now = START.after(at);
        let readings = trial.series.iter().filter_map(|series| {
            let value = series.values.at(at)?;
            Some(Reading {
                series: Arc::clone(&series.name),
                labels: series.labels.clone(),
                value: *value,
                every: series.values.every,
            })
        });
        let readings: Vec<Reading> = readings.collect();
        let statuses = trial.services.iter().filter_map(|service| {
            let status: HealthStatus = *service.statuses.at(at)?;
            let since = START.after(service.statuses.since(at));
            Some(Observation::plain(&service.name, status, since))
        });
        let statuses: Vec<Observation> = statuses.collect();
        for input in [Input::Observed(statuses), Input::Measured(readings), Input::Tick] {
            self.step(at, now, input);
        }
    }

    fn step(&mut self, at: Duration, now: Moment, input: Input) {
        let wall = wall(at);
        let mut effects = self.alerts.step(now, wall, input);
        loop {
            let sent: Vec<_> = effects.attempts.iter().map(|attempt| attempt.delivery).collect();
            self.note(at, effects);
            let Some(delivery) = sent.first().copied() else {
                break;
            };
            effects = Effects::default();
            for delivery in std::iter::once(delivery).chain(sent.into_iter().skip(1)) {
                let answered = Input::Answered {
                    delivery,
                    answer: Answer::Delivered,
                    fraction: 0.0,
                };
                let more = self.alerts.step(now, wall, answered);
                effects.changes.extend(more.changes);
                effects.attempts.extend(more.attempts);
            }
        }
    }

    fn note(&mut self, at: Duration, effects: Effects) {
        for change in effects.changes {
            let Change::Incident(incident) = change else {
                continue;
            };
            let before = self.states.get(&incident.id).map(|known| known.state);
            if before != Some(incident.state) {
                self.timeline.events.push(TimelineEvent {
                    at,
                    what: Moved::Incident {
                        rule: incident.rule.clone(),
                        labels: incident.labels.clone(),
                        state: incident.state,
                        why: incident.why.clone(),
                    },
                });
            }
            self.states.insert(incident.id, incident);
        }
        for attempt in effects.attempts {
            self.messages += 1;
            self.timeline.events.push(TimelineEvent {
                at,
                what: Moved::Message {
                    title: attempt.message.title,
                },
            });
        }
    }

    fn compare(&mut self, expected: &Expected) {
        let is_meant = |incident: &&StoredIncident| {
            incident.rule == expected.rule
                && expected
                    .labels
                    .iter()
                    .all(|(name, value)| incident.labels.get(name) == Some(value))
        };
        let incidents = self.states.values().filter(is_meant);
        let open = incidents.filter(|incident| incident.state != IncidentState::Resolved);
        let found: Vec<IncidentState> = open.map(|incident| incident.state).collect();
        let (rule, labels, at) = (&expected.rule, &expected.labels, long(expected.at));
        if let Some(wanted) = expected.state {
            let (is_so, word_wanted) = match wanted {
                Wanted::Inactive => (found.is_empty(), "inactive"),
                Wanted::In(state) => (found.contains(&state), state.as_str()),
            };
            if !is_so {
                let found = found.first().map_or("inactive", |state| state.as_str());
                let line = expected.line;
                let failure = format!("line {line}: at {at} {rule}{labels} is {found}, not {word_wanted}");
                self.timeline.failures.push(failure);
            }
        }
        if let Some(wanted) = expected.messages.filter(|wanted| *wanted != self.messages) {
            let (line, sent) = (expected.line, self.messages);
            let failure = format!("line {line}: until {at} {sent} messages were sent, not {wanted}");
            self.timeline.failures.push(failure);
        }
    }
}

/// Any day will do; this one is easy to read.
fn wall(at: Duration) -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000).after(at)
}

#[cfg(test)]
mod tests;
