//! The journal: what of breakers must outlive the process, on its way to where it is kept. A call only leaves a
//! record here; one task writes them, the latest of each breaker, as many as there are at once.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, Notify, oneshot};

use crate::breaker::StoredBreaker;

/// How long to wait after a write that failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Names one breaker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BreakerKey {
    /// Which service is called.
    pub service: Arc<str>,
    /// Which part of it stands or falls by itself: a host, a file.
    pub scope: Arc<str>,
}

impl Display for BreakerKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.service, self.scope)
    }
}

/// What is to be done with the row of a breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Replaces it.
    Save(Box<StoredBreaker>),
    /// Removes it: the breaker has no past any more.
    Forget,
}

/// The records that are written together, each with its number: a row must not be replaced by an earlier record.
pub type Batch = Vec<(BreakerKey, u64, Record)>;

/// Where rows are kept.
pub trait BreakerStore: Send + Sync {
    /// Writes all of it, or fails and has written nothing.
    fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>>;
}

/// Why rows could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the state of circuit breakers was not written: {0}")]
pub struct StoreFailure(pub String);

/// What has not been written yet.
#[derive(Debug)]
pub struct Journal {
    pending: Mutex<Pending>,
    changed: Notify,
    /// Whoever writes holds it: of two writes at once, the later could end first, and the earlier bring back a row
    /// that the later has removed.
    writing: Turn<()>,
}

#[derive(Debug)]
struct Pending {
    records: HashMap<BreakerKey, (u64, Record)>,
    being_written: HashMap<BreakerKey, u64>,
    next_number: u64,
    waiting: Vec<Waiting>,
}

/// Somebody who wants to know when a record is written, or a later one of the same breaker.
#[derive(Debug)]
struct Waiting {
    key: BreakerKey,
    number: u64,
    tell: oneshot::Sender<()>,
}

impl Journal {
    /// Empty. Records are numbered from `first_number` on: one more than any number that was written before.
    pub fn new(first_number: u64) -> Self {
        Self {
            pending: Mutex::new(Pending {
                records: HashMap::new(),
                being_written: HashMap::new(),
                next_number: first_number,
                waiting: Vec::new(),
            }),
            changed: Notify::new(),
            writing: Turn::new(()),
        }
    }

    /// Takes a record, in the place of an earlier one of the same breaker. Never waits for the disk.
    pub fn push(&self, key: BreakerKey, record: Record) {
        let mut pending = self.lock();
        let number = pending.next_number;
        pending.next_number += 1;
        pending.records.insert(key, (number, record));
        drop(pending);
        self.changed.notify_one();
    }

    /// How many records are not known to be written: those that wait, and those that are being written.
    pub fn backlog(&self) -> usize {
        let pending = self.lock();
        pending.records.len() + pending.being_written.len()
    }

    /// The number that the next record will have.
    pub fn next_number(&self) -> u64 {
        self.lock().next_number
    }

    /// Waits until what was pushed about that breaker, from that number on and up to now, is written. Where nothing
    /// was, there is nothing to wait for, whatever else there is to write. It waits for ever where nobody writes.
    pub async fn settled(&self, key: &BreakerKey, since: u64) {
        let written = self.lock().wait_for(key, since);
        if let Some(written) = written {
            // The journal keeps the other end until it has told it.
            let _ = written.await;
        }
    }

    /// Writes for ever what comes in; drop the future to stop. `failed` hears of each write that failed. What such
    /// a write held stays, unless something later has taken its place.
    pub async fn write_to(&self, store: &dyn BreakerStore, mut failed: impl FnMut(&StoreFailure)) {
        loop {
            // Before it waits: a writer that was dropped may have left something.
            while let Err(failure) = self.write_once(store).await {
                failed(&failure);
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
            self.changed.notified().await;
        }
    }

    /// Writes what waits, once, after a write that is under way: before the process ends. The caller bounds the time.
    pub async fn write_once(&self, store: &dyn BreakerStore) -> Result<(), StoreFailure> {
        let _turn = self.writing.lock().await;
        let taken = self.lock().take();
        if taken.is_empty() {
            return Ok(());
        }
        let batch = Returned {
            journal: self,
            records: Some(taken),
        };
        let copy = batch.to_batch();
        store.write(copy).await?;
        batch.written();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    fn take(&mut self) -> HashMap<BreakerKey, (u64, Record)> {
        let numbers = self.records.iter();
        self.being_written = numbers.map(|(key, (number, _))| (key.clone(), *number)).collect();
        std::mem::take(&mut self.records)
    }

    fn wait_for(&mut self, key: &BreakerKey, since: u64) -> Option<oneshot::Receiver<()>> {
        let waits = self.records.get(key).map(|(number, _)| *number);
        let number = waits.or_else(|| self.being_written.get(key).copied())?;
        if number < since {
            return None;
        }
        self.waiting.retain(|waiting| !waiting.tell.is_closed()); // they had no more patience
        let (tell, written) = oneshot::channel();
        let key = key.clone();
        self.waiting.push(Waiting { key, number, tell });
        Some(written)
    }

    /// The batch under way is on the disk.
    fn tell_who_waited(&mut self) {
        let written = std::mem::take(&mut self.being_written);
        let is_written = |waiting: &mut Waiting| {
            let number = written.get(&waiting.key);
            number.is_some_and(|number| *number >= waiting.number)
        };
        for waiting in self.waiting.extract_if(.., is_written) {
            let _ = waiting.tell.send(()); // or had no more patience
        }
    }
}

/// Records under way. They return to the journal when the write fails, or is dropped before its end.
struct Returned<'a> {
    journal: &'a Journal,
    records: Option<HashMap<BreakerKey, (u64, Record)>>,
}

impl Returned<'_> {
    fn to_batch(&self) -> Batch {
        let records = self.records.iter().flatten();
        records
            .map(|(key, (number, record))| (key.clone(), *number, record.clone()))
            .collect()
    }

    fn written(mut self) {
        self.records = None; // dropped with nothing to return
        self.journal.lock().tell_who_waited();
    }
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        let mut pending = self.journal.lock();
        pending.being_written.clear();
        if let Some(records) = self.records.take() {
            for (key, record) in records {
                pending.records.entry(key).or_insert(record);
            }
        }
    }
}
