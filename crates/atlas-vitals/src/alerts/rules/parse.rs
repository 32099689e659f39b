//! Reads rules from TOML. One that is wrong does not hide what is wrong with the next: all faults come at once, each
//! with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HealthStatus, Severity};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml_edit::{Document, Item};

use super::{Absent, Comparison, Condition, Rule, When, length, mend};
use crate::alerts::text::{LONGEST_LINE_BYTES, one_line};

/// One thing that is wrong with a file of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{what}", if rule.is_empty() { String::new() } else { format!("rule `{rule}`: ") })]
pub struct RuleFault {
    /// The line, from 1.
    pub line: usize,
    /// The rule, if it is one's.
    pub rule: String,
    /// What is wrong.
    pub what: String,
}

/// What a file says.
pub(super) struct Read {
    /// Each with its line.
    pub(super) rules: Vec<(Rule, usize)>,
    pub(super) off: Vec<Off>,
}

/// A rule that is switched off.
pub(super) struct Off {
    pub(super) name: String,
    pub(super) line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetric {
    name: String,
    service: String,
    severity: Severity,
    when: Vec<RawCondition>,
    #[serde(default)]
    absent: Absent,
    #[serde(rename = "for", default)]
    hold: Option<String>,
    #[serde(default)]
    keep_firing_for: Option<String>,
    summary: String,
    runbook: String,
    command: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    series: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    op: Comparison,
    threshold: f64,
    exit: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStatus {
    name: String,
    #[serde(default)]
    services: BTreeSet<String>,
    #[serde(default)]
    except: BTreeSet<String>,
    severity: BTreeMap<String, Severity>,
    #[serde(rename = "for", default)]
    hold: Option<String>,
    #[serde(default)]
    keep_firing_for: Option<String>,
    summary: String,
    runbook: String,
    command: Option<String>,
    reason: String,
}

/// Faults on their way, with the text that their lines are counted in.
pub(in crate::alerts) struct Faults<'a> {
    text: &'a str,
    pub(in crate::alerts) list: Vec<RuleFault>,
    /// Where tables begin in which something stands in place of what was wrong.
    mended: BTreeSet<usize>,
}

impl<'a> Faults<'a> {
    pub(in crate::alerts) const fn new(text: &'a str) -> Self {
        Self {
            text,
            list: Vec::new(),
            mended: BTreeSet::new(),
        }
    }

    pub(in crate::alerts) fn push(&mut self, offset: usize, rule: &str, what: impl AsRef<str>) {
        self.list.push(RuleFault {
            line: line_of(self.text, offset),
            rule: rule.to_owned(),
            what: one_line(what.as_ref(), LONGEST_LINE_BYTES),
        });
    }

    /// The document, or nothing when it is no TOML.
    pub(in crate::alerts) fn document(&mut self) -> Option<Document<&'a str>> {
        match Document::parse(self.text) {
            Ok(document) => Some(document),
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                self.push(offset, "", error.message());
                None
            }
        }
    }

    /// The tables under `[[key]]`, each read by itself; only those in which nothing is wrong.
    pub(in crate::alerts) fn tables<T: DeserializeOwned>(
        &mut self,
        document: &Document<&'a str>,
        key: &str,
    ) -> Vec<(T, usize)> {
        let mut tables = self.tables_in_spite(document, key);
        tables.retain(|(_, offset)| !self.mended.contains(offset));
        tables
    }

    /// The same with those, as far as they can be, in which something is wrong: it may not be all.
    fn tables_in_spite<T: DeserializeOwned>(
        &mut self,
        document: &Document<&'a str>,
        key: &str,
    ) -> Vec<(T, usize)> {
        let Some(item) = document.get(key) else {
            return Vec::new();
        };
        let Item::ArrayOfTables(tables) = item else {
            let offset = item.span().map_or(0, |span| span.start);
            self.push(offset, "", format!("`{key}` must be written as [[{key}]]"));
            return Vec::new();
        };
        let mut read = Vec::new();
        for table in tables {
            let offset = table.span().map_or(0, |span| span.start);
            let name = table.get("name").and_then(Item::as_str).unwrap_or_default();
            let (raw, wrong) = mend::read(table);
            for fault in wrong {
                self.mended.insert(offset);
                self.push(fault.place.unwrap_or(offset), name, fault.what);
            }
            read.extend(raw.map(|raw| (raw, offset)));
        }
        read
    }

    /// Keys at the top that mean nothing.
    pub(in crate::alerts) fn unknown_keys(&mut self, document: &Document<&'a str>, known: &[&str]) {
        for (key, item) in document.iter().filter(|(key, _)| !known.contains(key)) {
            let place = document.as_table().key(key).and_then(toml_edit::Key::span);
            let offset = place.or_else(|| item.span()).map_or(0, |span| span.start);
            let what = format!("there is no `{key}` here; expected {}", known.join(", "));
            self.push(offset, "", what);
        }
    }
}

/// The line that a place in the text is on, from 1.
pub(in crate::alerts) fn line_of(text: &str, offset: usize) -> usize {
    let before = &text.as_bytes()[..offset.min(text.len())];
    before.split(|byte| *byte == b'\n').count()
}

pub(super) fn read(text: &str) -> Result<Read, Vec<RuleFault>> {
    let mut faults = Faults::new(text);
    let Some(document) = faults.document() else {
        return Err(faults.list);
    };
    faults.unknown_keys(&document, &["off", "metric", "status"]);
    let off = off(&document, &mut faults);
    let mut rules: Vec<(Rule, usize)> = Vec::new();
    for (raw, offset) in faults.tables_in_spite::<RawMetric>(&document, "metric") {
        rules.push((metric(raw, offset, &mut faults), offset));
    }
    for (raw, offset) in faults.tables_in_spite::<RawStatus>(&document, "status") {
        rules.push((status(raw, offset, &mut faults), offset));
    }
    rules.sort_by_key(|(_, offset)| *offset);
    let mut names = BTreeSet::new();
    for (rule, offset) in &rules {
        if !names.insert(Arc::clone(&rule.name)) {
            faults.push(*offset, &rule.name, "there is another rule of that name");
        }
    }
    faults.list.sort_by_key(|fault| fault.line);
    if faults.list.is_empty() {
        let with_line = |(rule, offset)| (rule, line_of(text, offset));
        let rules = rules.into_iter().map(with_line).collect();
        Ok(Read { rules, off })
    } else {
        Err(faults.list)
    }
}

fn off(document: &Document<&str>, faults: &mut Faults<'_>) -> Vec<Off> {
    let Some(item) = document.get("off") else {
        return Vec::new();
    };
    let offset = item.span().map_or(0, |span| span.start);
    let names = item
        .as_array()
        .map(|array| array.iter().map(|name| name.as_str()));
    let Some(names) = names.and_then(Iterator::collect::<Option<Vec<_>>>) else {
        faults.push(offset, "", "`off` must be a list of the names of rules");
        return Vec::new();
    };
    let line = line_of(faults.text, offset);
    names
        .into_iter()
        .map(|name| Off {
            name: name.to_owned(),
            line,
        })
        .collect()
}

/// What both kinds of rules have.
struct Shared {
    name: String,
    hold: Option<String>,
    keep_firing_for: Option<String>,
    summary: String,
    runbook: String,
    command: Option<String>,
    reason: String,
}

fn rule(shared: Shared, when: When, offset: usize, faults: &mut Faults<'_>) -> Rule {
    let name = shared.name.as_str();
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_word) {
        let what = "a name is 1 to 64 small letters, digits and underscores";
        faults.push(offset, name, what);
    }
    for (key, text) in [("summary", &shared.summary), ("reason", &shared.reason)] {
        if text.trim().is_empty() {
            faults.push(offset, name, format!("`{key}` is empty"));
        }
    }
    let mut length =
        |text: Option<&String>, key: &str| match text.map_or(Ok(Duration::ZERO), |text| length::read(text)) {
            Ok(length) => length,
            Err(what) => {
                faults.push(offset, name, format!("`{key}`: {what}"));
                Duration::ZERO
            }
        };
    Rule {
        hold: length(shared.hold.as_ref(), "for"),
        keep_firing: length(shared.keep_firing_for.as_ref(), "keep_firing_for"),
        name: Arc::from(name),
        when,
        summary: shared.summary,
        runbook: shared.runbook,
        command: shared.command,
        reason: shared.reason,
    }
}

fn metric(raw: RawMetric, offset: usize, faults: &mut Faults<'_>) -> Rule {
    // What stands in place of something else is nobody's mistake.
    let is_mended = faults.mended.contains(&offset);
    if raw.when.is_empty() && !is_mended {
        faults.push(offset, &raw.name, "`when` has no condition");
    }
    if raw.service.trim().is_empty() {
        faults.push(offset, &raw.name, "`service` is empty");
    }
    let all = raw
        .when
        .into_iter()
        .map(|condition| {
            let exit = condition.exit.unwrap_or(condition.threshold);
            if is_mended {
                // Nothing to compare.
            } else if !condition.threshold.is_finite() || !exit.is_finite() {
                faults.push(offset, &raw.name, "a threshold must be a finite number");
            } else if !condition.op.is_safe_exit(condition.threshold, exit) {
                let (op, threshold) = (condition.op, condition.threshold);
                let what = format!("exit {exit} is on the wrong side of {op} {threshold}");
                faults.push(offset, &raw.name, what);
            }
            Condition {
                series: Arc::from(condition.series),
                labels: condition
                    .labels
                    .into_iter()
                    .map(|(name, value)| (Arc::from(name), Arc::from(value)))
                    .collect(),
                op: condition.op,
                threshold: condition.threshold,
                exit,
            }
        })
        .collect();
    let when = When::Metric {
        service: Arc::from(raw.service),
        severity: raw.severity,
        all,
        absent: raw.absent,
    };
    let shared = Shared {
        name: raw.name,
        hold: raw.hold,
        keep_firing_for: raw.keep_firing_for,
        summary: raw.summary,
        runbook: raw.runbook,
        command: raw.command,
        reason: raw.reason,
    };
    rule(shared, when, offset, faults)
}

fn status(raw: RawStatus, offset: usize, faults: &mut Faults<'_>) -> Rule {
    if raw.severity.is_empty() && !faults.mended.contains(&offset) {
        faults.push(offset, &raw.name, "`severity` names no status");
    }
    let mut severities = Vec::new();
    for (word, severity) in raw.severity {
        match word.parse::<HealthStatus>() {
            Ok(HealthStatus::Healthy) => {
                faults.push(offset, &raw.name, "`healthy` is nothing to be told of");
            }
            Ok(status) => severities.push((status, severity)),
            Err(unknown) => faults.push(offset, &raw.name, unknown.to_string()),
        }
    }
    let when = When::Status {
        services: raw.services,
        except: raw.except,
        severities,
    };
    let shared = Shared {
        name: raw.name,
        hold: raw.hold,
        keep_firing_for: raw.keep_firing_for,
        summary: raw.summary,
        runbook: raw.runbook,
        command: raw.command,
        reason: raw.reason,
    };
    rule(shared, when, offset, faults)
}
