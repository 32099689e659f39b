//! Reads a trial: series and statuses in a short form, and what is expected of the rules.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, IncidentState};
use serde::Deserialize;
use toml_edit::{Document, Item};

use crate::alerts::Labels;
use crate::alerts::rules::{Faults, RuleFault, RuleSet, line_of, read_length};

/// A trial is no load test.
const MOST_VALUES: usize = 100_000;

/// What is longer is no trial of a rule.
const LONGEST_RUN: Duration = Duration::from_hours(31 * 24);

pub(super) struct Trial {
    pub(super) run: Duration,
    pub(super) series: Vec<Series>,
    pub(super) services: Vec<ServiceSeries>,
    /// By time.
    pub(super) expected: Vec<Expected>,
}

pub(super) struct Series {
    pub(super) name: Arc<str>,
    pub(super) labels: Labels,
    pub(super) values: Steps<Option<f64>>,
}

pub(super) struct ServiceSeries {
    pub(super) name: String,
    pub(super) statuses: Steps<HealthStatus>,
}

pub(super) struct Expected {
    pub(super) line: usize,
    pub(super) at: Duration,
    pub(super) rule: String,
    pub(super) labels: Labels,
    pub(super) state: Option<Wanted>,
    pub(super) messages: Option<usize>,
}

/// The state that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// There is no incident.
    Inactive,
    /// There is one in this state.
    In(IncidentState),
}

/// Values at a steady pace, from the beginning on.
pub(super) struct Steps<T> {
    pub(super) every: Duration,
    values: Vec<T>,
}

impl<T: PartialEq> Steps<T> {
    /// The value of that time, if one was taken then.
    pub(super) fn at(&self, at: Duration) -> Option<&T> {
        let (number, rest) = (
            at.as_millis() / self.every.as_millis(),
            at.as_millis() % self.every.as_millis(),
        );
        self.values
            .get(usize::try_from(number).ok()?)
            .filter(|_| rest == 0)
    }

    /// Since when the value has been the one of that time.
    pub(super) fn since(&self, at: Duration) -> Duration {
        let last = usize::try_from(at.as_millis() / self.every.as_millis()).unwrap_or(0);
        let last = last.min(self.values.len().saturating_sub(1));
        let same = self.values[..=last]
            .iter()
            .rev()
            .take_while(|value| **value == self.values[last]);
        let first = last + 1 - same.count();
        self.every * u32::try_from(first).unwrap_or(u32::MAX)
    }

    fn next_after(&self, at: Duration) -> Option<Duration> {
        let number = u32::try_from(at.as_millis() / self.every.as_millis()).ok()? + 1;
        ((number as usize) < self.values.len()).then(|| self.every * number)
    }

    fn ends(&self) -> Duration {
        self.every * u32::try_from(self.values.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

impl Trial {
    pub(super) fn next_after(&self, at: Duration) -> Option<Duration> {
        let values = self
            .series
            .iter()
            .filter_map(|series| series.values.next_after(at));
        let statuses = self
            .services
            .iter()
            .filter_map(|service| service.statuses.next_after(at));
        values.chain(statuses).min()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    name: String,
    #[serde(default)]
    labels: Labels,
    every: String,
    values: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    name: String,
    every: String,
    statuses: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpected {
    at: String,
    rule: String,
    #[serde(default)]
    labels: Labels,
    state: Option<String>,
    messages: Option<usize>,
}

pub(super) fn read(text: &str, rules: &RuleSet) -> Result<Trial, Vec<RuleFault>> {
    let mut faults = Faults::new(text);
    let Some(document) = faults.document() else {
        return Err(faults.list);
    };
    faults.unknown_keys(&document, &["run", "series", "service", "expect"]);
    let series = series(&document, &mut faults);
    let services = services(&document, &mut faults);
    let mut expected = Vec::new();
    for (raw, offset) in faults.tables::<RawExpected>(&document, "expect") {
        let line = line_of(text, offset);
        let read = expectation(raw, line, rules).map_err(|what| faults.push(offset, "", what));
        expected.extend(read);
    }
    expected.sort_by_key(|expectation| expectation.at);
    let of_series = series.iter().map(|series| series.values.ends());
    let of_services = services.iter().map(|service| service.statuses.ends());
    let of_expected = expected.iter().map(|expectation| expectation.at);
    let last = of_series.chain(of_services).chain(of_expected).max();
    let run = run(document.get("run"), last.unwrap_or_default(), &mut faults);
    faults.list.sort_by_key(|fault| fault.line);
    if faults.list.is_empty() {
        Ok(Trial {
            run,
            series,
            services,
            expected,
        })
    } else {
        Err(faults.list)
    }
}

fn series<'a>(document: &Document<&'a str>, faults: &mut Faults<'a>) -> Vec<Series> {
    let mut all = Vec::new();
    for (raw, offset) in faults.tables::<RawSeries>(document, "series") {
        let values = steps(&raw.every, &raw.values, number).map_err(|what| faults.push(offset, "", what));
        all.extend(values.map(|values| Series {
            name: Arc::from(raw.name),
            labels: raw.labels,
            values,
        }));
    }
    all
}

fn services<'a>(document: &Document<&'a str>, faults: &mut Faults<'a>) -> Vec<ServiceSeries> {
    let status = |word: &str| {
        word.parse::<HealthStatus>()
            .map_err(|unknown| unknown.to_string())
    };
    let mut all = Vec::new();
    for (raw, offset) in faults.tables::<RawService>(document, "service") {
        let statuses = steps(&raw.every, &raw.statuses, status).map_err(|what| faults.push(offset, "", what));
        all.extend(statuses.map(|statuses| ServiceSeries {
            name: raw.name,
            statuses,
        }));
    }
    all
}

fn run(item: Option<&Item>, last: Duration, faults: &mut Faults<'_>) -> Duration {
    let offset = item.and_then(Item::span).map_or(0, |span| span.start);
    let run = match item.map(|item| item.as_str().map(read_length)) {
        None => last,
        Some(Some(Ok(run))) => run,
        Some(Some(Err(what))) => {
            faults.push(offset, "", format!("`run`: {what}"));
            last
        }
        Some(None) => {
            faults.push(offset, "", "`run` must be a length of time, like \"2h\"");
            last
        }
    };
    if run > LONGEST_RUN {
        faults.push(offset, "", "a trial runs for 31 days at most");
    }
    run
}

fn expectation(raw: RawExpected, line: usize, rules: &RuleSet) -> Result<Expected, String> {
    let at = read_length(&raw.at).map_err(|what| format!("`at`: {what}"))?;
    if rules.get(&raw.rule).is_none() {
        return Err(format!("there is no rule `{}`", raw.rule));
    }
    let state = match raw.state.as_deref() {
        None => None,
        Some("inactive") => Some(Wanted::Inactive),
        Some(word) => match word.parse() {
            Ok(IncidentState::Resolved) | Err(_) => {
                return Err(format!(
                    "`{word}` is no state; expected inactive, pending, firing or recovering"
                ));
            }
            Ok(state) => Some(Wanted::In(state)),
        },
    };
    if state.is_none() && raw.messages.is_none() {
        return Err("it expects nothing: give `state`, `messages` or both".to_owned());
    }
    Ok(Expected {
        line,
        at,
        rule: raw.rule,
        labels: raw.labels,
        state,
        messages: raw.messages,
    })
}

fn number(word: &str) -> Result<Option<f64>, String> {
    if word == "_" {
        return Ok(None);
    }
    let number = word.parse::<f64>();
    number
        .map(Some)
        .map_err(|_| format!("`{word}` is no number; write `_` for none"))
}

fn steps<T: Clone>(
    every: &str,
    words: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Steps<T>, String> {
    let every = read_length(every).map_err(|what| format!("`every`: {what}"))?;
    if every.is_zero() {
        return Err("`every` must be longer than nothing".to_owned());
    }
    let mut values = Vec::new();
    for word in words.split_whitespace() {
        let (word, times) = match word.split_once('*') {
            None => (word, 1),
            Some((word, times)) => {
                let times = times.parse::<usize>();
                (
                    word,
                    times.map_err(|_| format!("`{word}` is to be repeated how often?"))?,
                )
            }
        };
        if values.len().saturating_add(times) > MOST_VALUES {
            return Err(format!("there are more than {MOST_VALUES} values"));
        }
        values.extend(std::iter::repeat_n(read(word)?, times));
    }
    if values.is_empty() {
        return Err("there are no values".to_owned());
    }
    Ok(Steps { every, values })
}
