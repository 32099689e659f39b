//! Which jobs this process has caused: what a command without a server works off, and nothing else.
//!
//! It holds what commits have told it, in the order of the commits. It decides nothing about jobs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which jobs a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobScope {
    /// All: for a server.
    All,
    /// Those that writes of this process enqueued or sent round again, until a try of theirs has ended: for a
    /// command that works for itself. One that is put back for later is left to whoever comes then.
    CausedHere,
}

/// What a transaction did to the job of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobNote {
    /// It is due because of this transaction.
    Caused(i64),
    /// A try of it has ended, or the job as a whole.
    Ended(i64),
}

/// Jobs that one look at the queue considers, the oldest first. It bounds what a claim costs, so that a hundred
/// thousand addresses cost a hundred thousand times as much as one.
const WINDOW: usize = 1_000;

/// The jobs that this process has caused and not yet tried, by row.
#[derive(Debug, Clone, Default)]
pub(crate) struct CausedJobs(Arc<Mutex<BTreeSet<i64>>>);

/// The rows that one look at the queue considers.
#[derive(Debug, Clone)]
pub(crate) enum Window {
    /// All.
    Open,
    /// These, as a JSON array.
    Rows(String),
}

impl CausedJobs {
    /// Takes over what a committed transaction did.
    pub(crate) fn take_over(&self, notes: &[JobNote]) {
        if notes.is_empty() {
            return;
        }
        let mut rows = self.rows();
        for note in notes {
            match note {
                JobNote::Caused(row) => rows.insert(*row),
                JobNote::Ended(row) => rows.remove(row),
            };
        }
    }

    /// What `scope` considers now; `None` when that is nothing.
    pub(crate) fn window(&self, scope: JobScope) -> Option<Window> {
        if scope == JobScope::All {
            return Some(Window::Open);
        }
        let rows = self.rows();
        let oldest: Vec<String> = rows.iter().take(WINDOW).map(i64::to_string).collect();
        (!oldest.is_empty()).then(|| Window::Rows(format!("[{}]", oldest.join(","))))
    }

    fn rows(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// The rows as JSON, when there is a limit.
    pub(crate) fn rows(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Rows(rows) => Some(rows),
        }
    }

    /// `query` with its place for the table filled in: by `index`, or row by row.
    pub(crate) fn over(&self, index: &str, query: &str) -> String {
        let jobs = match self {
            Self::Open => format!("job INDEXED BY {index} WHERE :rows IS NULL"),
            Self::Rows(_) => "job NOT INDEXED WHERE id IN (SELECT value FROM json_each(:rows))".to_owned(),
        };
        query.replace("{JOBS}", &jobs)
    }
}
