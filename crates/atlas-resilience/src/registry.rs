//! `Breakers`: the breakers of one service, one for each scope that it calls. It keeps the busy ones at hand, the
//! others as small rows, and forgets those without a past; it decides nothing about calls.

mod dormant;
mod shared;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, Lifecycle, UnitWeighter};

use crate::breaker::{
    Breaker, BreakerSettings, BreakerStatus, Command, Effects, Overlay, Phase, StoredBreaker,
};
use crate::clock::{Clock, Moment};
use crate::journal::{Journal, Record};
use shared::Shared;
pub use tally::Tally;

/// How the breakers of a service are set, with what differs for single scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// For every scope.
    pub default: Arc<BreakerSettings>,
    /// For these scopes.
    pub scopes: HashMap<String, Arc<BreakerSettings>>,
}

impl ServiceSettings {
    fn of(&self, scope: &str) -> Arc<BreakerSettings> {
        Arc::clone(self.scopes.get(scope).unwrap_or(&self.default))
    }
}

/// How much is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Breakers at hand. Those in use stay, even beyond it.
    pub hot: usize,
    /// Breakers with a past that are not at hand, as rows.
    pub dormant: usize,
}

impl Default for Capacity {
    /// At most 8 MB of breakers and 20 MB of rows, for a service that calls so many scopes: a breaker takes about
    /// 500 bytes. One that is not at hand is made anew when it is called, which costs as much as four calls.
    fn default() -> Self {
        Self {
            hot: 16_384,
            dormant: 65_536,
        }
    }
}

/// Is told what breakers do: for the log, for metrics. It is called while a breaker is locked: it must be quick,
/// and must not call any breaker.
pub trait Observer: Send + Sync + Debug {
    /// Something happened to the breaker of that scope.
    fn observe(&self, service: &str, scope: &str, effects: &Effects);

    /// Other settings let the open breaker of that scope let a call through earlier. It is not locked.
    fn ends_earlier(&self, _service: &str, _scope: &str) {}
}

/// What the registries of all services share.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Keeps what must outlive the process; absent for breakers that must not.
    pub journal: Option<Arc<Journal>>,
    /// Is told what happens.
    pub observer: Option<Arc<dyn Observer>>,
    /// Begins the random draws.
    pub seed: u64,
}

impl Surroundings {
    /// Those of breakers that end with the process, and that nobody watches.
    pub fn unkept(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self {
            clock,
            journal: None,
            observer: None,
            seed,
        }
    }
}

/// The breakers of one service.
#[derive(Debug)]
pub struct Breakers {
    shared: Arc<Shared>,
    hot: Cache<Arc<str>, Arc<Breaker>, UnitWeighter, DefaultHashBuilder, PutToSleep>,
}

impl Breakers {
    /// Begins with what was kept of earlier processes.
    pub fn new(
        service: impl Into<Arc<str>>,
        settings: ServiceSettings,
        capacity: Capacity,
        surroundings: Surroundings,
        stored: impl IntoIterator<Item = (String, StoredBreaker)>,
    ) -> Self {
        let shared = Arc::new(Shared::new(
            service.into(),
            settings,
            surroundings,
            capacity.dormant,
        ));
        for (scope, row) in stored {
            shared.remember(scope.into(), row.after_restart());
        }
        let hot = Cache::with(
            capacity.hot,
            capacity.hot as u64,
            UnitWeighter,
            DefaultHashBuilder::default(),
            PutToSleep(Arc::clone(&shared)),
        );
        Self { shared, hot }
    }

    /// The service's name.
    pub fn service(&self) -> &Arc<str> {
        &self.shared.service
    }

    /// Now, by the clock of its breakers.
    pub fn now(&self) -> Moment {
        self.shared.now()
    }

    /// The breaker of a scope. Whoever asks at the same time gets the same one, also while it is being evicted.
    pub fn get(&self, scope: &str) -> Arc<Breaker> {
        if let Some(breaker) = self.hot.get(scope) {
            return breaker;
        }
        let scope: Arc<str> = scope.into();
        let mut is_made_here = false;
        let made = self.hot.get_or_insert_with(&scope, || {
            is_made_here = true;
            Ok::<_, std::convert::Infallible>(Arc::new(self.shared.wake(&scope)))
        });
        let Ok(breaker) = made;
        if is_made_here {
            // It is held here, so it cannot fall asleep again before its old row is gone.
            self.shared.dormant.end_waking(&scope);
            self.shared.let_follow_settings(&breaker);
        }
        breaker
    }

    /// Works by other settings from now on. Where they let a call through earlier, the observer is told.
    pub fn configure(&self, settings: ServiceSettings) {
        if self.shared.works_by(&settings) {
            return;
        }
        let is_not_closed = |(_, status): &(Arc<str>, BreakerStatus)| status.phase != Phase::Closed;
        let before: Vec<_> = self.all().into_iter().filter(is_not_closed).collect();
        self.shared.change_settings(settings);
        for (_, breaker) in self.hot.iter() {
            self.shared.let_follow_settings(&breaker);
        }
        for (scope, before) in before {
            let status = self.status(&scope);
            if status.phase == Phase::Closed {
                // One that was asleep tells so as soon as it is at hand.
                drop(self.get(&scope));
            } else if before.phase == Phase::Open
                && before
                    .until
                    .is_some_and(|before| status.until.is_none_or(|until| until < before))
            {
                // From now on it is at hand, and its end is fixed: a row is shortened whenever somebody looks at it.
                drop(self.get(&scope));
                self.shared.tell_of_earlier_end(&scope);
            }
        }
    }

    /// The settings of a scope.
    pub fn settings(&self, scope: &str) -> Arc<BreakerSettings> {
        self.shared.settings(scope)
    }

    /// Does what a person decided.
    pub fn operate(&self, scope: &str, command: Command) -> BreakerStatus {
        let breaker = self.get(scope);
        breaker.operate(command);
        breaker.status()
    }

    /// Takes up what a person decided in an earlier process, as it was kept in a row, and nothing else of that. Returns
    /// what holds now.
    pub fn inherit(&self, scope: &str, row: &StoredBreaker) -> Overlay {
        let overlay = self.shared.restored(scope, row).status().overlay;
        self.operate(scope, Command::TakeUp(overlay)).overlay
    }

    /// How the breaker of a scope is. One that does not exist yet is closed; asking does not create it.
    pub fn status(&self, scope: &str) -> BreakerStatus {
        let at_hand = || self.hot.peek(scope).map(|breaker| breaker.status());
        let asleep = || {
            self.shared
                .dormant
                .get(scope)
                .map(|row| self.shared.restored(scope, &row).status())
        };
        // Between the first look and the second it may have been woken.
        at_hand()
            .or_else(asleep)
            .or_else(at_hand)
            .unwrap_or_else(|| self.shared.fresh(scope).status())
    }

    /// The scopes of every breaker that is at hand or has a past, in order.
    pub fn scopes(&self) -> Vec<Arc<str>> {
        let mut scopes: Vec<_> = self.hot.iter().map(|(scope, _)| scope).collect();
        scopes.extend(self.shared.dormant.scopes());
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// Every breaker that is at hand or has a past, by scope.
    pub fn all(&self) -> Vec<(Arc<str>, BreakerStatus)> {
        let mut all: Vec<_> = self
            .hot
            .iter()
            .map(|(scope, breaker)| (scope, breaker.status()))
            .collect();
        all.extend(self.shared.dormant.scopes().into_iter().filter_map(|scope| {
            let row = self.shared.dormant.get(&scope)?;
            let status = self.shared.restored(&scope, &row).status();
            Some((scope, status))
        }));
        all.sort_by(|(left, _), (right, _)| left.cmp(right));
        all.dedup_by(|(left, _), (right, _)| left == right);
        all
    }

    /// How many breakers are at hand, and how many are rows.
    pub fn remembered(&self) -> (usize, usize) {
        (self.hot.len(), self.shared.dormant.len())
    }

    /// The machine slept for that long, and the monotonic clock with it.
    pub fn slept(&self, duration: Duration) {
        for (_, breaker) in self.hot.iter() {
            breaker.slept(duration);
        }
    }

    /// Forgets the rows of breakers whose past is over, also where they are kept.
    pub fn forget_the_well(&self) {
        // One by one, so that nobody who wants a breaker meanwhile waits for all of them.
        for scope in self.shared.dormant.scopes() {
            self.shared.dormant.remove_if(&scope, |row| {
                let over = !self.shared.has_past(&scope, row);
                if over {
                    self.shared.keep(&scope, Record::Forget);
                }
                over
            });
        }
        self.shared.forgive_overflow();
    }
}

/// What happens to a breaker that has to make room: it leaves its row, unless it has no past.
#[derive(Debug, Clone)]
struct PutToSleep(Arc<Shared>);

impl Lifecycle<Arc<str>, Arc<Breaker>> for PutToSleep {
    type RequestState =
        <DefaultLifecycle<Arc<str>, Arc<Breaker>> as Lifecycle<Arc<str>, Arc<Breaker>>>::RequestState;

    /// Somebody holds it: a call is under way, and its result must meet the breaker that the next caller sees.
    fn is_pinned(&self, _scope: &Arc<str>, breaker: &Arc<Breaker>) -> bool {
        Arc::strong_count(breaker) > 1
    }

    // The cache calls this while it holds the lock of the scope's shard: whoever looks for the scope meanwhile
    // waits, and then finds the row.
    fn on_evict(&self, _state: &mut Self::RequestState, scope: Arc<str>, breaker: Arc<Breaker>) {
        self.0.put_to_sleep(scope, &breaker);
    }
}
