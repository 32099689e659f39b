//! The rows of breakers that have a past and are not at hand. Bounded: when it is full, the rows that have waited
//! longest go, what a person decided last of all, and it remembers that some went.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::breaker::{OverlayMode, StoredBreaker, WallMillis};

#[derive(Debug)]
pub(super) struct Dormant {
    sleepers: Mutex<HashMap<Arc<str>, Sleeper>>,
    capacity: usize,
    overflowed: AtomicBool,
}

#[derive(Debug)]
struct Sleeper {
    row: StoredBreaker,
    /// Its breaker is being made. Until it is at hand, whoever looks must find the row.
    is_waking: bool,
}

impl Dormant {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            sleepers: Mutex::default(),
            capacity: capacity.max(1),
            overflowed: AtomicBool::new(false),
        }
    }

    pub(super) fn insert(&self, scope: Arc<str>, row: StoredBreaker) {
        let mut sleepers = self.lock();
        if sleepers.len() >= self.capacity && !sleepers.contains_key(&scope) {
            self.overflowed.store(true, Ordering::Release);
            make_room(&mut sleepers, self.capacity);
        }
        sleepers.insert(
            scope,
            Sleeper {
                row,
                is_waking: false,
            },
        );
    }

    /// The row of a breaker that is going to be at hand; `end_waking` is called when it is.
    pub(super) fn begin_waking(&self, scope: &str) -> Option<StoredBreaker> {
        let mut sleepers = self.lock();
        let sleeper = sleepers.get_mut(scope)?;
        sleeper.is_waking = true;
        Some(sleeper.row.clone())
    }

    pub(super) fn end_waking(&self, scope: &str) {
        self.lock().remove(scope);
    }

    pub(super) fn get(&self, scope: &str) -> Option<StoredBreaker> {
        self.lock().get(scope).map(|sleeper| sleeper.row.clone())
    }

    pub(super) fn scopes(&self) -> Vec<Arc<str>> {
        self.lock().keys().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// A row whose breaker is being made stays: something may have happened to the breaker already.
    pub(super) fn remove_if(&self, scope: &str, is_over: impl FnOnce(&StoredBreaker) -> bool) {
        let mut sleepers = self.lock();
        if sleepers
            .get(scope)
            .is_some_and(|sleeper| !sleeper.is_waking && is_over(&sleeper.row))
        {
            sleepers.remove(scope);
        }
    }

    /// Whether a row was ever dropped for want of room.
    pub(super) fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Sleeper>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops an eighth: one by one, each would cost a look at all.
fn make_room(sleepers: &mut HashMap<Arc<str>, Sleeper>, capacity: usize) {
    let mut ranks: Vec<_> = sleepers.values().map(rank).collect();
    let dropped = (capacity / 8).clamp(1, ranks.len());
    let (_, &mut last_dropped, _) = ranks.select_nth_unstable(dropped - 1);
    let mut left_to_drop = dropped;
    sleepers.retain(|_, sleeper| {
        let drop = left_to_drop > 0 && rank(sleeper) <= last_dropped;
        left_to_drop -= usize::from(drop);
        !drop
    });
}

/// Whoever has the lowest goes first.
fn rank(sleeper: &Sleeper) -> (bool, WallMillis) {
    (sleeper.row.overlay != OverlayMode::Auto, sleeper.row.since)
}
