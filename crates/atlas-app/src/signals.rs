//! `Signals`: how the parts of the running process wake one another. Hints only: whoever is woken looks at the
//! store, which knows the truth.

use tokio::sync::{Notify, watch};

/// Wake-up calls within the process.
#[derive(Debug)]
pub struct Signals {
    /// There may be a job to claim.
    pub jobs: Notify,
    /// The change log may have grown.
    pub changes: Notify,
    finished: watch::Sender<u64>,
    indexed: watch::Sender<u64>,
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            jobs: Notify::new(),
            changes: Notify::new(),
            finished: watch::Sender::new(0),
            indexed: watch::Sender::new(0),
        }
    }
}

impl Signals {
    /// A job has ended or been postponed.
    pub fn job_finished(&self) {
        self.finished.send_modify(|count| *count += 1);
        self.changes.notify_one();
        self.jobs.notify_one();
    }

    /// The search index has caught up with what the change log held a moment ago.
    pub fn caught_up(&self) {
        self.indexed.send_modify(|count| *count += 1);
    }

    /// Follows the ends of jobs.
    pub fn finished(&self) -> watch::Receiver<u64> {
        self.finished.subscribe()
    }

    /// Follows the search index.
    pub fn indexed(&self) -> watch::Receiver<u64> {
        self.indexed.subscribe()
    }
}
