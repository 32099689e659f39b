//! `Signals`: how the parts of the running process wake one another, and the little that one tells the others.
//! Hints only: whoever is woken looks at the store, which knows the truth.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atlas_domain::ItemId;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// Wake-up calls within the process.
#[derive(Debug)]
pub struct Signals {
    /// There may be a job to claim.
    pub jobs: Notify,
    /// The change log may have grown.
    pub changes: Notify,
    /// Somebody waits for the search index: it should follow at once instead of gathering changes.
    pub index_wanted: Notify,
    finished: watch::Sender<u64>,
    indexed: watch::Sender<u64>,
    unreadable: Mutex<HashSet<ItemId>>,
    index_is_rebuilt: AtomicBool,
    index_fills: watch::Sender<bool>,
    reprocess: watch::Sender<Reprocess>,
    worker_turned_at: Mutex<Option<Instant>>,
    audit: AuditUnderWay,
}

/// How far an audit of the library is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditProgress {
    /// What is done: `judging items`.
    pub what: String,
    /// Items that were judged.
    pub items_done: u64,
    /// Items that there are to be judged.
    pub items_total: u64,
}

/// Where whoever audits says how far it is.
#[derive(Debug, Default)]
pub struct AuditUnderWay(Mutex<Option<AuditProgress>>);

impl AuditUnderWay {
    /// How far it is; none if there is none under way in this process.
    pub fn progress(&self) -> Option<AuditProgress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn tell(&self, progress: AuditProgress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress);
    }

    /// Until what comes back is dropped, however the audit ends, it is under way.
    pub(crate) fn begin(&self) -> impl Drop + use<'_> {
        EndsAudit(self)
    }
}

struct EndsAudit<'a>(&'a AuditUnderWay);

impl Drop for EndsAudit<'_> {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Default for Signals {
    fn default() -> Self {
        Self {
            jobs: Notify::new(),
            changes: Notify::new(),
            index_wanted: Notify::new(),
            finished: watch::Sender::new(0),
            indexed: watch::Sender::new(0),
            unreadable: Mutex::default(),
            index_is_rebuilt: AtomicBool::new(false),
            index_fills: watch::Sender::new(false),
            reprocess: watch::Sender::new(Reprocess::default()),
            worker_turned_at: Mutex::default(),
            audit: AuditUnderWay::default(),
        }
    }
}

impl Signals {
    /// The audit of the library that this process may be at.
    pub fn audit(&self) -> &AuditUnderWay {
        &self.audit
    }

    /// A job has ended or been postponed.
    pub fn job_finished(&self) {
        self.finished.send_modify(|count| *count += 1);
        self.changes.notify_one();
        self.jobs.notify_one();
    }

    /// The search index has followed the change log a step further.
    pub fn index_moved(&self) {
        self.indexed.send_modify(|count| *count += 1);
    }

    /// The search index has lost what it had, and reads the change log from its beginning.
    pub(crate) fn index_begins_anew(&self) {
        self.index_is_rebuilt.store(true, Ordering::Relaxed);
        self.index_fills_from_empty();
    }

    /// The search index has come to the end of the change log.
    pub(crate) fn index_is_complete(&self) {
        self.index_is_rebuilt.store(false, Ordering::Relaxed);
        self.index_fills
            .send_if_modified(|fills| std::mem::replace(fills, false));
        self.index_moved();
    }

    /// Whether the search index lost what it had, and does not have it again yet.
    pub(crate) fn is_index_rebuilt(&self) -> bool {
        self.index_is_rebuilt.load(Ordering::Relaxed)
    }

    /// The search index is built from the beginning of a change log that holds something: it was lost by this process,
    /// or lacked when it started.
    pub fn index_fills_from_empty(&self) {
        self.index_fills
            .send_if_modified(|fills| !std::mem::replace(fills, true));
    }

    /// Follows whether it is still built.
    pub(crate) fn index_fills(&self) -> watch::Receiver<bool> {
        self.index_fills.subscribe()
    }

    /// Somebody asks for many items to be processed again, until the answer is dropped.
    pub(crate) fn ask_for_reprocess(&self) -> AskedForReprocess<'_> {
        self.reprocess.send_modify(|known| {
            known.requests += 1;
            known.goes_on = true;
        });
        AskedForReprocess(self)
    }

    /// Many items are to be processed again since an earlier process.
    pub(crate) fn reprocess_goes_on(&self) {
        self.reprocess.send_modify(|known| known.goes_on = true);
    }

    /// All of them are done, unless somebody has asked for others meanwhile.
    pub(crate) fn reprocess_has_ended(&self) {
        self.reprocess.send_if_modified(|known| {
            let ends = known.requests == 0 && known.goes_on;
            known.goes_on &= !ends;
            ends
        });
    }

    /// Follows whether many items are processed again.
    pub(crate) fn reprocess(&self) -> watch::Receiver<Reprocess> {
        self.reprocess.subscribe()
    }

    /// The worker has looked around.
    pub(crate) fn worker_turned(&self) {
        *self.turned_at() = Some(Instant::now());
    }

    /// How long ago the worker looked around last; none when it never has.
    pub(crate) fn worker_silent_for(&self) -> Option<Duration> {
        self.turned_at().map(|turned_at| turned_at.elapsed())
    }

    fn turned_at(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.worker_turned_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the ends of jobs.
    pub fn finished(&self) -> watch::Receiver<u64> {
        self.finished.subscribe()
    }

    /// Follows the search index.
    pub fn indexed(&self) -> watch::Receiver<u64> {
        self.indexed.subscribe()
    }

    /// Items that the index passed over, because the library holds something unreadable of them.
    pub fn unreadable_items(&self) -> u64 {
        self.unreadable().len() as u64
    }

    /// The index has looked at `items`, and passed over those that are `unreadable`.
    pub(crate) fn index_looked_at(&self, items: &HashSet<ItemId>, unreadable: &[ItemId]) {
        let mut known = self.unreadable();
        known.retain(|item| !items.contains(item));
        known.extend(unreadable);
    }

    fn unreadable(&self) -> std::sync::MutexGuard<'_, HashSet<ItemId>> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether many items are processed again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reprocess {
    /// Requests that are still enqueuing some.
    pub(crate) requests: usize,
    /// Some were asked for, and nobody has seen that all are done.
    pub(crate) goes_on: bool,
}

/// Somebody is asking for many items to be processed again.
pub(crate) struct AskedForReprocess<'a>(&'a Signals);

impl Drop for AskedForReprocess<'_> {
    fn drop(&mut self) {
        self.0.reprocess.send_modify(|known| known.requests -= 1);
    }
}
