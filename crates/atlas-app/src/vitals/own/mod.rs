//! The owner's own checks as probes: each asks what its settings say, and says what came of it. What many looks amount
//! to, and what a threshold makes of a value, is decided elsewhere.

mod ask;
mod heartbeats;
mod query;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Prober;
use atlas_store::Turn;
use atlas_vitals::health::CheckSettings;

use super::{OwnCheck, Probe, QueriedFile, VitalsSettings};
use ask::AskProbe;
use heartbeats::HeartbeatProbe;
pub(super) use heartbeats::Heartbeats;
use query::QueryProbe;

/// How often it is looked whether a call is overdue: seldom enough to cost nothing, and often enough for a warning that
/// is still of use.
const LOOK_FOR_CALLS: (Duration, Duration) = (Duration::from_secs(5), Duration::from_mins(1));

/// The files of SQLite that go by a name of their own.
#[derive(Debug, Clone)]
pub struct OwnFiles {
    /// The library.
    pub library: PathBuf,
    /// What is kept of operations.
    pub operations: PathBuf,
}

/// What own checks ask by.
pub(super) struct Own {
    pub(super) prober: Arc<dyn Prober>,
    pub(super) files: OwnFiles,
    pub(super) heartbeats: Arc<Heartbeats>,
}

impl Own {
    /// A probe for each own check. Those that wait for calls are looked at more often than the calls come.
    pub(super) fn probes(&self, settings: &mut VitalsSettings) -> BTreeMap<String, Arc<dyn Probe>> {
        let VitalsSettings { checks, own, .. } = settings;
        let mut probes = BTreeMap::new();
        for check in checks {
            if let Some(asked) = own.get(&check.name) {
                probes.insert(check.name.clone(), self.probe(check, asked));
            }
        }
        probes
    }

    fn probe(&self, check: &mut CheckSettings, asked: &OwnCheck) -> Arc<dyn Probe> {
        let deadline = check.deadline();
        match asked {
            OwnCheck::Ask(target) => Arc::new(AskProbe {
                check: check.name.clone(),
                target: target.clone(),
                deadline,
                prober: Arc::clone(&self.prober),
            }),
            OwnCheck::Query(query) => Arc::new(QueryProbe {
                path: match &query.file {
                    QueriedFile::Library => self.files.library.clone(),
                    QueriedFile::Operations => self.files.operations.clone(),
                    QueriedFile::At(path) => path.clone(),
                },
                statement: query.statement.clone(),
                deadline,
                has_thresholds: check.thresholds.is_some(),
                turn: Turn::default(),
            }),
            OwnCheck::Heartbeat { .. } => {
                let span = check.every;
                let (soonest, latest) = LOOK_FOR_CALLS;
                check.every = (span / 4).clamp(soonest, latest);
                check.deadline = check.deadline.map(|deadline| deadline.min(check.every));
                Arc::new(HeartbeatProbe {
                    check: check.name.clone(),
                    span,
                    patience: deadline,
                    heartbeats: Arc::clone(&self.heartbeats),
                })
            }
        }
    }
}
