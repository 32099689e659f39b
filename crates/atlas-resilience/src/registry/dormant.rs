//! The rows of breakers that have a past and are not at hand. Bounded: when it is full, the rows that have waited
//! longest go, what a person decided last of all, and it remembers that some went as long as that may matter.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::tally::{Sleeping, Tally};
use crate::breaker::{OverlayMode, StoredBreaker, WallMillis};
use crate::clock::Moment;

#[derive(Debug)]
pub(super) struct Dormant {
    sleepers: Mutex<Sleepers>,
    capacity: usize,
    /// Mirrors whether rows were dropped that may still mean something, so that nobody takes the lock to see that
    /// there were none. Written under the lock.
    has_overflowed: AtomicBool,
}

#[derive(Debug, Default)]
struct Sleepers {
    by_scope: HashMap<Arc<str>, Sleeper>,
    /// Counts `by_scope`.
    counted: Sleeping,
    /// When the last one was dropped for want of room.
    last_dropped: Option<Moment>,
    /// Among those was one that a person had decided about.
    has_lost_decision: bool,
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
            has_overflowed: AtomicBool::new(false),
        }
    }

    /// `dropped` hears of each row that goes for want of room and that may be forgotten for good: that is told before
    /// anybody can make the breaker anew.
    pub(super) fn insert(&self, scope: Arc<str>, row: StoredBreaker, now: Moment, dropped: impl FnMut(&str)) {
        let mut sleepers = self.lock();
        if sleepers.by_scope.len() >= self.capacity && !sleepers.by_scope.contains_key(&scope) {
            self.has_overflowed.store(true, Ordering::Release);
            sleepers.last_dropped = Some(now);
            sleepers.make_room(self.capacity, dropped);
        }
        sleepers.insert(scope, row);
    }

    /// The row of a breaker that is going to be at hand; `end_waking` is called when it is.
    pub(super) fn begin_waking(&self, scope: &str) -> Option<StoredBreaker> {
        let mut sleepers = self.lock();
        let sleeper = sleepers.by_scope.get_mut(scope)?;
        sleeper.is_waking = true;
        Some(sleeper.row.clone())
    }

    pub(super) fn end_waking(&self, scope: &str) {
        self.lock().remove(scope);
    }

    pub(super) fn get(&self, scope: &str) -> Option<StoredBreaker> {
        self.lock().by_scope.get(scope).map(|sleeper| sleeper.row.clone())
    }

    pub(super) fn scopes(&self) -> Vec<Arc<str>> {
        self.lock().by_scope.keys().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.lock().by_scope.len()
    }

    /// How many there are of each kind, and those that have to be looked at to be counted.
    pub(super) fn tally(&self, wall: WallMillis) -> (Tally, Vec<Arc<str>>) {
        self.lock().counted.at(wall)
    }

    /// A row whose breaker is being made stays: something may have happened to the breaker already.
    pub(super) fn remove_if(&self, scope: &str, is_over: impl FnOnce(&StoredBreaker) -> bool) {
        let mut sleepers = self.lock();
        if sleepers
            .by_scope
            .get(scope)
            .is_some_and(|sleeper| !sleeper.is_waking && is_over(&sleeper.row))
        {
            sleepers.remove(scope);
        }
    }

    /// Takes a scope without a row for well again, once rows fill less than half of the room, or none was dropped
    /// since `limit`, by when none of them would keep a call away any more. What a person decided is never over so.
    pub(super) fn forgive_overflow(&self, limit: Moment) {
        let sleepers = self.lock();
        let are_few = sleepers.by_scope.len() < self.capacity.div_ceil(2);
        let was_long_ago = sleepers.last_dropped.is_none_or(|dropped| dropped < limit);
        if (are_few || was_long_ago) && !sleepers.has_lost_decision {
            self.has_overflowed.store(false, Ordering::Release);
        }
    }

    /// Whether rows were dropped for want of room that may still mean something.
    pub(super) fn has_overflowed(&self) -> bool {
        self.has_overflowed.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sleepers {
    fn insert(&mut self, scope: Arc<str>, row: StoredBreaker) {
        self.remove(&scope);
        self.counted.add(&scope, &row);
        let sleeper = Sleeper {
            row,
            is_waking: false,
        };
        self.by_scope.insert(scope, sleeper);
    }

    fn remove(&mut self, scope: &str) {
        if let Some((scope, sleeper)) = self.by_scope.remove_entry(scope) {
            self.counted.remove(&scope, &sleeper.row);
        }
    }

    /// Drops an eighth: one by one, each would cost a look at all.
    fn make_room(&mut self, capacity: usize, mut dropped: impl FnMut(&str)) {
        let mut ranks: Vec<_> = self.by_scope.values().map(rank).collect();
        let mut left_to_drop = (capacity / 8).clamp(1, ranks.len());
        let (_, &mut last_dropped, _) = ranks.select_nth_unstable(left_to_drop - 1);
        let (counted, has_lost_decision) = (&mut self.counted, &mut self.has_lost_decision);
        self.by_scope.retain(|scope, sleeper| {
            // The row of a breaker that is being made goes anyway, and what it says does not.
            let drop = left_to_drop > 0 && !sleeper.is_waking && rank(sleeper) <= last_dropped;
            if drop {
                left_to_drop -= 1;
                counted.remove(scope, &sleeper.row);
                if sleeper.row.overlay == OverlayMode::Auto {
                    dropped(scope);
                } else {
                    *has_lost_decision = true;
                }
            }
            !drop
        });
    }
}

/// Whoever has the lowest goes first.
fn rank(sleeper: &Sleeper) -> (bool, WallMillis) {
    (sleeper.row.overlay != OverlayMode::Auto, sleeper.row.since)
}
