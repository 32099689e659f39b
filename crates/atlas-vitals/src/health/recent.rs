//! `Recent`: the last results that counted, as far back as any rule looks, and which of their failures are still soft.
//! It remembers and answers; which status follows is decided in `rules`.

use std::collections::VecDeque;

use super::level::Level;

/// A result that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// What it said.
    pub(super) level: Level,
    /// It is a failure that led to no status worse than healthy.
    pub(super) soft_failure: bool,
}

/// The last results that counted, the newest last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Recent(VecDeque<Counted>);

impl Recent {
    pub(super) fn from_oldest(results: impl IntoIterator<Item = Counted>) -> Self {
        Self(results.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Counted> {
        self.0.iter().copied()
    }

    /// Takes one more, and forgets what no rule looks at.
    pub(super) fn push(&mut self, result: Counted, window: usize) {
        self.0.push_back(result);
        while self.0.len() > window {
            self.0.pop_front();
        }
    }

    pub(super) fn newest(&self) -> Option<Level> {
        self.0.back().map(|result| result.level)
    }

    /// The last `count`, when there are so many.
    pub(super) fn last(&self, count: u32) -> Option<impl Iterator<Item = Level>> {
        let older = self.0.len().checked_sub(count as usize)?;
        Some(self.0.iter().skip(older).map(|result| result.level))
    }

    /// Failures among the last `count` that are soft.
    pub(super) fn soft_failures(&self, count: u32) -> usize {
        let recent = self.0.iter().rev().take(count as usize);
        recent.filter(|result| result.soft_failure).count()
    }

    /// The results up to the newest, without a good one between, have led to a status.
    pub(super) fn harden(&mut self) {
        let run = self.0.iter_mut().rev();
        for result in run.take_while(|result| result.level != Level::Healthy) {
            result.soft_failure = false;
        }
    }
}
