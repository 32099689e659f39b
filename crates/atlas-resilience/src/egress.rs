//! `Egress`: tells an outage of our own network from outages of the others. When most of the scopes that were just
//! called fail without having been reached, nobody else is to blame: calls stop, and the breakers of those scopes
//! are left as they are.

mod recent;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::breaker::OpenTime;
use crate::clock::{Clock, Moment};
use recent::Recent;

/// When the network itself is to blame, and how it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EgressSettings {
    /// Scopes called within this time are looked at.
    pub window: Duration,
    /// Not with fewer of them.
    pub min_scopes: usize,
    /// More than this share of them failed without having been reached, in percent.
    pub percent: usize,
    /// How many different scopes try whether it works again before it is taken for down once more: one that is
    /// dead by itself must not keep everything shut.
    pub probes: usize,
    /// How long it is taken for down.
    pub open: OpenTime,
}

impl Default for EgressSettings {
    /// More than half of at least eight scopes within half a minute; tried again after ten seconds, up to five
    /// minutes.
    fn default() -> Self {
        Self {
            window: Duration::from_secs(30),
            min_scopes: 8,
            percent: 50,
            probes: 3,
            open: OpenTime {
                base: Duration::from_secs(10),
                cap: Duration::from_mins(5),
                growth: 2,
                jitter_percent: 10,
            },
        }
    }
}

/// What a call says about our own network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Something out there answered, whatever it said.
    Reached,
    /// The call did not get out: no name was resolved, there was no route.
    NotReached,
    /// Nothing.
    Unknown,
}

/// Whether calls get out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressStatus {
    /// They do.
    Up,
    /// They do not; the next is let through at that moment.
    Down {
        /// When.
        until: Moment,
        /// How often in a row it was found to be down.
        trips: u32,
    },
}

/// The network as the scopes that use it see it.
#[derive(Debug)]
pub struct Egress {
    settings: EgressSettings,
    state: Mutex<State>,
    /// Mirrors the state, so that a call takes no lock to get out while all is well. Written under the lock.
    is_down: AtomicBool,
    back: Notify,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
enum State {
    Up {
        recent: Recent,
    },
    Down {
        until: Moment,
        trips: u32,
        /// The scopes of this round of probes: whether the probe has failed, or is under way.
        round: HashMap<String, ProbeState>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProbeState {
    UnderWay { since: Moment },
    Failed { at: Moment },
}

/// A call that was let out. It reports once; dropped without a report, it says nothing.
#[derive(Debug)]
#[must_use = "a pass that is dropped at once was for no call"]
pub struct EgressPass<'a> {
    egress: &'a Egress,
    scope: &'a str,
    reported: bool,
}

impl Egress {
    /// Up, until it is shown to be down.
    pub fn new(settings: EgressSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            settings,
            state: Mutex::new(up()),
            is_down: AtomicBool::new(false),
            back: Notify::new(),
            clock,
        }
    }

    /// Lets a call out, or says when to ask again. While the network is down, only its probes get out, each of
    /// another scope.
    pub fn pass<'a>(&'a self, scope: &'a str) -> Result<EgressPass<'a>, Moment> {
        if self.is_down() {
            self.take_probe(scope)?;
        }
        Ok(EgressPass {
            egress: self,
            scope,
            reported: false,
        })
    }

    /// Now, by its clock.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// How it is. Reading changes nothing.
    pub fn status(&self) -> EgressStatus {
        match *self.lock() {
            State::Up { .. } => EgressStatus::Up,
            State::Down { until, trips, .. } => EgressStatus::Down { until, trips },
        }
    }

    /// Whether failures to get out are the network's, and are not to be held against anybody.
    pub fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Acquire)
    }

    /// Waits until calls get out again after they did not, or returns at once if that has happened since it was last
    /// waited for. For one who waits.
    pub async fn came_back(&self) {
        self.back.notified().await;
    }

    /// The machine slept for that long, and the monotonic clock with it: what was to last until then is over earlier.
    pub fn slept(&self, duration: Duration) {
        match &mut *self.lock() {
            State::Up { recent } if duration > self.settings.window => *recent = Recent::default(),
            State::Up { .. } => {}
            State::Down { until, round, .. } => {
                *until = until.before(duration);
                for ProbeState::UnderWay { since: at } | ProbeState::Failed { at } in round.values_mut() {
                    *at = at.before(duration);
                }
            }
        }
    }

    fn take_probe(&self, scope: &str) -> Result<(), Moment> {
        let now = self.clock.now();
        if let State::Down { until, round, .. } = &mut *self.lock() {
            if now < *until {
                return Err(*until);
            }
            forget_old_probes(round, now, self.settings.window);
            if round.len() >= self.settings.probes || round.contains_key(scope) {
                return Err(now.after(self.settings.open.base / 4));
            }
            round.insert(scope.to_owned(), ProbeState::UnderWay { since: now });
        }
        Ok(())
    }

    fn report(&self, scope: &str, reach: Reach) {
        if reach == Reach::Unknown && !self.is_down() {
            return;
        }
        let now = self.clock.now();
        let mut state = self.lock();
        let next = match (&mut *state, reach) {
            (State::Down { round, .. }, Reach::Unknown) => {
                round.remove(scope);
                None
            }
            (State::Up { .. }, Reach::Unknown) => None,
            (State::Down { .. }, Reach::Reached) => Some(up()),
            (State::Down { trips, round, .. }, Reach::NotReached) => {
                // A call that began before the network was found to be down is not in the round.
                if let Some(probe) = round.get_mut(scope) {
                    *probe = ProbeState::Failed { at: now };
                }
                let failed = round
                    .values()
                    .filter(|probe| matches!(probe, ProbeState::Failed { .. }))
                    .count();
                (failed >= self.settings.probes).then(|| self.down(*trips + 1, now))
            }
            (State::Up { recent }, reach) => {
                recent.note(scope, reach == Reach::Reached, now, self.settings.window);
                let most = recent.not_reached() * 100 > recent.scopes() * self.settings.percent;
                (reach == Reach::NotReached && most && recent.scopes() >= self.settings.min_scopes)
                    .then(|| self.down(1, now))
            }
        };
        if let Some(next) = next {
            let was_down = self
                .is_down
                .swap(matches!(next, State::Down { .. }), Ordering::AcqRel);
            if was_down && matches!(next, State::Up { .. }) {
                self.back.notify_one();
            }
            *state = next;
        }
    }

    fn down(&self, trips: u32, now: Moment) -> State {
        let until = now.after(self.settings.open.draw(trips, 0.5));
        State::Down {
            until,
            trips,
            round: HashMap::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EgressPass<'_> {
    /// What the call says about the network.
    pub fn report(mut self, reach: Reach) {
        self.reported = true;
        self.egress.report(self.scope, reach);
    }
}

impl Drop for EgressPass<'_> {
    fn drop(&mut self) {
        if !self.reported {
            self.egress.report(self.scope, Reach::Unknown);
        }
    }
}

fn up() -> State {
    State::Up {
        recent: Recent::default(),
    }
}

/// A probe that never reports, and a failed one that found no company within the window, make room for others:
/// where few scopes are called, each may try again.
fn forget_old_probes(round: &mut HashMap<String, ProbeState>, now: Moment, window: Duration) {
    round.retain(|_, probe| {
        let (ProbeState::UnderWay { since: at } | ProbeState::Failed { at }) = probe;
        now.since(*at) <= window
    });
}
