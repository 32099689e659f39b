//! `Shared`: what the breakers of one service have in common, and how one of them is made, put to sleep, and heard. It
//! does not know which are at hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::dormant::Dormant;
use super::{ServiceSettings, Surroundings};
use crate::breaker::{Breaker, BreakerSettings, Changed, Core, Listener, StoredBreaker};
use crate::clock::Moment;
use crate::journal::{BreakerKey, Record};
use crate::retry_after::RETRY_AFTER_LIMIT;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) service: Arc<str>,
    settings: RwLock<ServiceSettings>,
    surroundings: Surroundings,
    pub(super) dormant: Dormant,
    seeds_drawn: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        service: Arc<str>,
        settings: ServiceSettings,
        surroundings: Surroundings,
        dormant_capacity: usize,
    ) -> Self {
        Self {
            service,
            settings: RwLock::new(settings),
            surroundings,
            dormant: Dormant::new(dormant_capacity),
            seeds_drawn: AtomicU64::new(0),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.surroundings.clock.now()
    }

    /// The same on the wall clock.
    pub(super) fn wall(&self) -> SystemTime {
        self.surroundings.clock.wall()
    }

    /// What is at hand does not follow by itself.
    pub(super) fn change_settings(&self, settings: ServiceSettings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(super) fn works_by(&self, settings: &ServiceSettings) -> bool {
        *self.settings.read().unwrap_or_else(PoisonError::into_inner) == *settings
    }

    pub(super) fn settings(&self, scope: &str) -> Arc<BreakerSettings> {
        self.settings
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .of(scope)
    }

    /// Until what it works by is what holds: settings may change between the two looks.
    pub(super) fn let_follow_settings(&self, breaker: &Breaker) {
        loop {
            let settings = self.settings(breaker.name());
            if breaker.works_by(&settings) {
                return;
            }
            breaker.configure(settings);
        }
    }

    /// Makes the breaker of a scope, from its row when there is one. The row stays to be seen until it is at hand.
    pub(super) fn wake(self: &Arc<Self>, scope: &Arc<str>) -> Breaker {
        let core = match self.dormant.begin_waking(scope) {
            Some(row) => self.restored_core(scope, &row),
            None => self.fresh_core(scope),
        };
        let settings = Arc::clone(core.settings());
        let clock = Arc::clone(&self.surroundings.clock);
        let listener = Some(Arc::clone(self) as Arc<dyn Listener>);
        let breaker = Breaker::new(Arc::clone(scope), core, clock, listener);
        // What was stored under other settings ends earlier, or closes: it is at hand, so that is told.
        breaker.configure(settings);
        breaker
    }

    /// Lets a breaker go. Nobody has it, and nobody can get it before this is done.
    pub(super) fn put_to_sleep(&self, scope: Arc<str>, breaker: &Breaker) {
        if !breaker.is_untouched() {
            self.remember(scope, breaker.stored());
        }
    }

    /// Remembers a row, or has it forgotten also where rows are kept.
    pub(super) fn remember(&self, scope: Arc<str>, row: StoredBreaker) {
        if self.has_past(&scope, &row) {
            // Kept rows come back with the next process, and would be too many for it as well.
            let forget = |dropped: &str| self.keep(dropped, Record::Forget);
            self.dormant.insert(scope, row, self.now(), forget);
        } else {
            self.keep(&scope, Record::Forget);
        }
    }

    /// Whether what comes back from the row is other than a fresh one.
    pub(super) fn has_past(&self, scope: &str, row: &StoredBreaker) -> bool {
        let breaker = self.restored(scope, row);
        // An overlay whose time is over ends with the next event, and there may never be another.
        breaker.slept(Duration::ZERO);
        !breaker.is_without_past()
    }

    /// To look at: without a listener.
    pub(super) fn fresh(&self, scope: &str) -> Breaker {
        Breaker::new(
            scope,
            self.fresh_core(scope),
            Arc::clone(&self.surroundings.clock),
            None,
        )
    }

    /// To look at: without a listener.
    pub(super) fn restored(&self, scope: &str, row: &StoredBreaker) -> Breaker {
        let core = self.restored_core(scope, row);
        let settings = Arc::clone(core.settings());
        let breaker = Breaker::new(scope, core, Arc::clone(&self.surroundings.clock), None);
        breaker.configure(settings);
        breaker
    }

    fn restored_core(&self, scope: &str, row: &StoredBreaker) -> Core {
        let (settings, clock) = (self.settings(scope), &self.surroundings.clock);
        Core::restore(row, settings, self.seed(), clock.now(), clock.wall())
    }

    /// When rows had to be dropped for want of room, a scope without a row may be one of them: it begins with a
    /// probe, so that what is not remembered is not taken for well as long as it may turn calls away.
    fn fresh_core(&self, scope: &str) -> Core {
        let now = self.surroundings.clock.now();
        if self.dormant.has_overflowed() {
            return Core::due(
                self.settings(scope),
                self.seed(),
                now,
                "not remembered: too many breakers have a past",
            );
        }
        Core::new(self.settings(scope), self.seed(), now)
    }

    /// Looks whether the rows that were dropped may still mean something.
    pub(super) fn forgive_overflow(&self) {
        let cap = self.settings("").open.cap;
        self.dormant
            .forgive_overflow(self.now().before(cap.max(RETRY_AFTER_LIMIT)));
    }

    fn seed(&self) -> u64 {
        self.surroundings
            .seed
            .wrapping_add(self.seeds_drawn.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn tell_of_earlier_end(&self, scope: &str) {
        if let Some(observer) = &self.surroundings.observer {
            observer.ends_earlier(&self.service, scope);
        }
    }

    pub(super) fn keep(&self, scope: &str, record: Record) {
        if let Some(journal) = &self.surroundings.journal {
            let key = BreakerKey {
                service: Arc::clone(&self.service),
                scope: scope.into(),
            };
            journal.push(key, record);
        }
    }
}

impl Listener for Shared {
    fn changed(&self, change: Changed<'_>) {
        if let Some(row) = change.stored {
            let record = if change.is_without_past {
                Record::Forget
            } else {
                Record::Save(Box::new(row))
            };
            self.keep(change.name, record);
        }
        if let Some(observer) = &self.surroundings.observer {
            observer.observe(&self.service, change.name, change.effects);
        }
    }
}
