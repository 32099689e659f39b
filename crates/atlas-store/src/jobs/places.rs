//! `Places`: how many jobs a worker has room for, in all and of single kinds. Numbers only: it claims nothing.

use atlas_domain::{JobKind, Lease};

/// How many jobs are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    total: usize,
    of_kinds: Vec<(JobKind, usize)>,
}

/// So many, of whatever kind.
impl From<usize> for Places {
    fn from(total: usize) -> Self {
        Self {
            total,
            of_kinds: Vec::new(),
        }
    }
}

impl Places {
    /// The same, with at most so many of `kind`; with none at all, jobs of that kind stay where they are.
    #[must_use]
    pub fn at_most(mut self, kind: JobKind, most: usize) -> Self {
        self.of_kinds.push((kind, most));
        self
    }

    /// How many jobs in all.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The kinds of which nothing more is wanted beside what is `claimed`.
    pub(super) fn without_room(&self, claimed: &[Lease]) -> Vec<JobKind> {
        let is_full = |kind, most| claimed.iter().filter(|lease| lease.job.kind == kind).count() >= most;
        let full = self.of_kinds.iter().filter(|(kind, most)| is_full(*kind, *most));
        full.map(|(kind, _)| *kind).collect()
    }
}

/// Kinds as a query takes them: nothing where there are none, so that nothing is looked up in a list.
pub(super) fn as_json(kinds: &[JobKind]) -> Option<String> {
    if kinds.is_empty() {
        return None;
    }
    let words: Vec<_> = kinds
        .iter()
        .map(|kind| format!("\"{}\"", kind.as_str()))
        .collect();
    Some(format!("[{}]", words.join(",")))
}
