//! `StageCounts`: how many tries have come to which stage since the process started, and how many ended badly there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Counts tries by stage.
#[derive(Debug, Default)]
pub struct StageCounts(Mutex<BTreeMap<&'static str, StageCount>>);

/// How many tries came to a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StageCount {
    /// All of them.
    pub(crate) came: u64,
    /// Those that ended there by a fault.
    pub(crate) failed: u64,
}

impl StageCounts {
    /// A try has ended that came to `stages`, the last of them last.
    pub(super) fn ended(&self, stages: &[&'static str], has_failed: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for stage in stages {
            counts.entry(stage).or_default().came += 1;
        }
        if let Some(last) = stages.last().filter(|_| has_failed) {
            counts.entry(last).or_default().failed += 1;
        }
    }

    /// Every stage that a try has come to.
    pub(crate) fn all(&self) -> Vec<(&'static str, StageCount)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(stage, count)| (*stage, *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_counts_in_every_stage_it_came_to_and_as_failed_where_it_ended() {
        let counts = StageCounts::default();
        counts.ended(&["begin", "fetch"], true);
        counts.ended(&["begin", "fetch", "commit"], false);

        let of = |came, failed| StageCount { came, failed };
        assert_eq!(
            counts.all(),
            [("begin", of(2, 0)), ("commit", of(1, 0)), ("fetch", of(2, 1))]
        );
    }
}
