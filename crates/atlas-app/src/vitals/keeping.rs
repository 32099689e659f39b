//! Writes down what steps lead to and what is measured, and lets messages go after that. Where nothing can be written, what is critical goes
//! all the same, and everything is written later.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use atlas_domain::Severity;
use atlas_store::{Ops, StoreError, VitalsRows};
use atlas_vitals::Moment;
use atlas_vitals::alerts::{Alerts, Attempt, DeliveryId, Effects};
use atlas_vitals::health::HealthEngine;
use atlas_vitals::metrics::Flush;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::backlog::Backlog;
use super::timeline::Timeline;

/// How long a step waits to be written. Whoever must be told is told without it then.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(5);
/// How soon it is tried again to write what could not be written.
const WRITE_AGAIN: Duration = Duration::from_secs(5);
/// How often it is written down that somebody looks: so much of the time is in doubt after a kill. It goes with what is
/// measured, each minute; this is for when nothing is.
const KEEP_EVERY: Duration = Duration::from_secs(75);
/// How often a check is written of which there is nothing new but that it was looked at.
const KEEP_ALL_EVERY: Duration = Duration::from_mins(10);

/// Writes down, and lets go.
pub(super) struct Keeping {
    ops: Ops,
    /// Since something could not be written: when that is tried again.
    again_at: Option<Moment>,
    /// What the writer has not answered yet. Nothing else is handed to it meanwhile: it would be the same once more.
    under_way: Option<JoinHandle<Result<(), StoreError>>>,
    /// What is not written yet.
    backlog: Backlog,
    /// Messages that wait to be written down before they are sent. Each once: what is tried again meanwhile is the
    /// same.
    held_back: BTreeMap<DeliveryId, Attempt>,
    /// Checks whose rows are written with the next step,
    changed: BTreeSet<String>,
    /// and those that may wait for the minute.
    unsettled: BTreeSet<String>,
    keep_next: Moment,
    keep_all_next: Moment,
}

/// The three that a step may have changed.
pub(super) struct Known<'a> {
    pub(super) line: &'a Timeline,
    pub(super) health: &'a HealthEngine,
    pub(super) alerts: &'a Alerts,
}

impl Keeping {
    pub(super) fn begin(ops: Ops, now: Moment) -> Self {
        Self {
            ops,
            again_at: None,
            under_way: None,
            backlog: Backlog::default(),
            held_back: BTreeMap::new(),
            changed: BTreeSet::new(),
            unsettled: BTreeSet::new(),
            keep_next: now,
            keep_all_next: now,
        }
    }

    /// When there is something to write, at the latest.
    pub(super) fn next_due(&self) -> Moment {
        self.again_at
            .map_or(self.keep_next, |again| again.min(self.keep_next))
    }

    /// The status of a check, or what is told of it, has become another.
    pub(super) fn changed(&mut self, check: String) {
        self.changed.insert(check);
    }

    /// A check was looked at, and not all is well with it.
    pub(super) fn unsettled(&mut self, check: String) {
        self.unsettled.insert(check);
    }

    /// Writes down what a step has led to. Returns what is to be sent now.
    pub(super) async fn carry_out(&mut self, effects: Effects, known: &Known<'_>) -> Vec<Attempt> {
        let now = known.line.now();
        self.backlog.add(effects.changes);
        let has_something = !self.backlog.is_empty() || !self.changed.is_empty() || now >= self.keep_next;
        if has_something && self.again_at.is_none_or(|again| again <= now) {
            self.write(Flush::default(), known).await;
        }
        self.release(effects.attempts)
    }

    /// Writes down what was measured, and whatever else there is with it. Returns whether that is done; if not, all but
    /// what was measured is tried again soon.
    pub(super) async fn keep(&mut self, measured: Flush, known: &Known<'_>) -> bool {
        self.keep_next = known.line.now();
        self.write(measured, known).await
    }

    /// Writes down everything, for the next process.
    pub(super) async fn end(&mut self, measured: Flush, known: &Known<'_>) {
        self.keep_all_next = known.line.now();
        if let Some(write) = self.under_way.take() {
            // What it brings is written once more, with what came about since.
            let _ = timeout(WRITE_LIMIT, write).await;
        }
        if !self.keep(measured, known).await {
            tracing::warn!("the last measurements are lost");
        }
    }

    fn release(&mut self, attempts: Vec<Attempt>) -> Vec<Attempt> {
        let is_written = self.again_at.is_none();
        let mut released = Vec::new();
        if is_written {
            released.extend(std::mem::take(&mut self.held_back).into_values());
        }
        for attempt in attempts {
            if is_written || attempt.message.severity == Severity::Critical {
                released.push(attempt);
            } else {
                self.held_back.insert(attempt.delivery, attempt);
            }
        }
        released
    }

    /// What failed is written anew the next time: nobody knows what of it arrived, and to write it twice does no harm.
    async fn write(&mut self, measured: Flush, known: &Known<'_>) -> bool {
        let now = known.line.now();
        if self.under_way.as_ref().is_some_and(|write| !write.is_finished()) {
            self.again_at = Some(now.after(WRITE_AGAIN));
            return false;
        }
        let (ops, rows) = (self.ops.clone(), self.rows(measured, known, now));
        let mut write = tokio::spawn(async move { ops.write_vitals(rows).await });
        let trouble = match timeout(WRITE_LIMIT, &mut write).await {
            Ok(Ok(Ok(()))) => {
                self.under_way = None;
                self.settle(now);
                return true;
            }
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => {
                self.under_way = Some(write);
                format!("not done within {} s", WRITE_LIMIT.as_secs())
            }
        };
        if self.again_at.is_none() {
            tracing::error!(%trouble, "health and alerts are not written down; what is critical is sent without");
        }
        self.again_at = Some(known.line.now().after(WRITE_AGAIN));
        false
    }

    fn settle(&mut self, now: Moment) {
        if self.again_at.take().is_some() {
            tracing::info!("health and alerts are written down again, with what was not");
        }
        self.backlog.clear();
        self.changed.clear();
        if now >= self.keep_next {
            self.keep_next = now.after(KEEP_EVERY);
            self.unsettled.clear();
        }
        if now >= self.keep_all_next {
            self.keep_all_next = now.after(KEEP_ALL_EVERY);
        }
    }

    fn rows(&self, measured: Flush, known: &Known<'_>, now: Moment) -> VitalsRows {
        let is_kept = now >= self.keep_next;
        let health = (is_kept || !self.changed.is_empty()).then(|| {
            let stored = known.health.stored(now);
            let mut names = self.changed.clone();
            if now >= self.keep_all_next {
                names.extend(stored.checks.iter().map(|check| check.name.clone()));
            } else if is_kept {
                names.extend(self.unsettled.iter().cloned());
            }
            (stored, names)
        });
        VitalsRows {
            mark: known.line.mark(),
            health,
            alerts: self.backlog.rows(known.alerts),
            measured,
        }
    }
}

#[cfg(test)]
mod tests;
