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

/// The jobs that this process has caused and not yet tried.
#[derive(Debug, Clone, Default)]
pub(crate) struct CausedJobs(Arc<Mutex<Caused>>);

#[derive(Debug, Default)]
struct Caused {
    rows: BTreeSet<i64>,
    /// Where the next look begins, when there are more than one can consider.
    from: i64,
}

/// The rows that one look at the queue considers.
#[derive(Debug, Clone)]
pub(crate) enum Window {
    /// All.
    Open,
    /// Some.
    Rows {
        /// These, as a JSON array.
        rows: String,
        /// The row after the last of them.
        next: i64,
    },
}

impl CausedJobs {
    /// Takes over what a committed transaction did.
    pub(crate) fn take_over(&self, notes: &[JobNote]) {
        if notes.is_empty() {
            return;
        }
        let mut caused = self.lock();
        for note in notes {
            match note {
                JobNote::Caused(row) => caused.rows.insert(*row),
                JobNote::Ended(row) => caused.rows.remove(row),
            };
        }
    }

    /// What `scope` considers now; `None` when that is nothing.
    pub(crate) fn window(&self, scope: JobScope) -> Option<Window> {
        if scope == JobScope::All {
            return Some(Window::Open);
        }
        let Caused { rows, from } = &*self.lock();
        let all_round = rows.range(from..).chain(rows.range(..from));
        let considered: Vec<i64> = all_round.take(WINDOW).copied().collect();
        let next = considered.last()? + 1;
        let rows: Vec<String> = considered.iter().map(i64::to_string).collect();
        Some(Window::Rows {
            rows: format!("[{}]", rows.join(",")),
            next,
        })
    }

    /// What can run now in `window` is running: the next look goes on behind it, so that a thousand addresses of one
    /// slow host do not hold up all others.
    pub(crate) fn look_behind(&self, window: &Window) {
        if let Window::Rows { next, .. } = window {
            self.lock().from = *next;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Caused> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// The rows as JSON, when there is a limit.
    pub(crate) fn rows(&self) -> Option<&str> {
        match self {
            Self::Open => None,
            Self::Rows { rows, .. } => Some(rows),
        }
    }

    /// `query` with its place for the table filled in: by `index`, or row by row.
    pub(crate) fn over(&self, index: &str, query: &str) -> String {
        let jobs = match self {
            Self::Open => format!("job INDEXED BY {index} WHERE :rows IS NULL"),
            Self::Rows { .. } => {
                "job NOT INDEXED WHERE id IN (SELECT value FROM json_each(:rows))".to_owned()
            }
        };
        query.replace("{JOBS}", &jobs)
    }
}
