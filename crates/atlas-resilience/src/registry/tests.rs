//! What the registry promises. The themes have a file each; here is the service that they share.

mod configuring;
mod evicting;
mod forgetting;
mod looking;
mod memory;
mod overflowing;
mod tallying;

use std::pin::Pin;
use std::sync::Mutex;

use super::*;
use crate::breaker::{OpenTime, OverlayMode, Phase, Probing, TripRules, WindowKind};
use crate::clock::ManualClock;
use crate::journal::{Batch, BreakerStore, StoreFailure};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// Small enough that tests can crowd out what is at hand.
const FEW: Capacity = Capacity {
    hot: 32,
    dormant: 1_000,
};

/// Three failures in a row open a breaker for exactly a minute, each further trip for twice as long; two successes
/// of one probe at a time close it.
fn settings() -> BreakerSettings {
    BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(3),
            failure_rate: None,
            slow_calls: None,
            window: WindowKind::Calls(20),
        },
        open: OpenTime {
            base: MINUTE,
            cap: HOUR,
            growth: 2,
            jitter_percent: 0,
        },
        probing: Probing {
            concurrent: 1,
            successes_to_close: 2,
            ..BreakerSettings::default().probing
        },
        ..BreakerSettings::default()
    }
}

fn trips_at_once() -> BreakerSettings {
    let trip = TripRules {
        consecutive_failures: Some(1),
        ..settings().trip
    };
    BreakerSettings { trip, ..settings() }
}

fn for_all(settings: BreakerSettings) -> ServiceSettings {
    ServiceSettings {
        default: Arc::new(settings),
        scopes: HashMap::new(),
    }
}

/// The breakers of one service with what is around them.
struct Hosts {
    breakers: Arc<Breakers>,
    clock: Arc<ManualClock>,
    journal: Arc<Journal>,
}

impl Hosts {
    fn new(capacity: Capacity) -> Self {
        Self::with_stored(capacity, [])
    }

    fn with_stored(capacity: Capacity, stored: impl IntoIterator<Item = (String, StoredBreaker)>) -> Self {
        let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
        let journal = Arc::new(Journal::new(1));
        let surroundings = Surroundings {
            clock: clock.clone(),
            journal: Some(Arc::clone(&journal)),
            observer: None,
            seed: 7,
        };
        let breakers = Arc::new(Breakers::new(
            "fetch",
            for_all(settings()),
            capacity,
            surroundings,
            stored,
        ));
        Self {
            breakers,
            clock,
            journal,
        }
    }

    /// Fails until it is refused: a closed breaker trips, one that is due trips once more.
    fn trip(&self, scope: &str) {
        let breaker = self.breakers.get(scope);
        while let Ok(permit) = breaker.acquire() {
            permit.failure("out of order");
        }
    }

    fn call(&self, scope: &str) {
        let breaker = self.breakers.get(scope);
        breaker.acquire().expect("it is let through").success();
    }

    fn recover(&self, scope: &str) {
        while self.breakers.status(scope).phase != Phase::Closed {
            self.call(scope);
        }
    }

    fn overlay(&self, scope: &str, mode: OverlayMode, lasts: Option<Duration>) {
        let reason = "maintenance".to_owned();
        self.breakers
            .operate(scope, Command::Overlay { mode, lasts, reason });
    }

    /// Calls other hosts until this one is not at hand any more.
    fn crowd_out(&self, scope: &str) {
        for number in 0..10_000 {
            if !self.is_at_hand(scope) {
                return;
            }
            // Who is called twice is preferred to who was called long ago.
            let other = format!("crowd-{number}.example");
            self.call(&other);
            self.call(&other);
        }
        panic!("{scope} is still at hand");
    }

    fn is_at_hand(&self, scope: &str) -> bool {
        self.breakers.hot.contains_key(scope)
    }

    fn phase(&self, scope: &str) -> Phase {
        self.breakers.status(scope).phase
    }

    /// What was left in the journal, by scope.
    async fn records(&self) -> HashMap<String, Record> {
        let desk = Desk::default();
        self.journal
            .write_once(&desk)
            .await
            .expect("the desk takes everything");
        desk.0.into_inner().expect("nobody panicked")
    }
}

/// Where written records can be looked at.
#[derive(Default)]
struct Desk(Mutex<HashMap<String, Record>>);

impl BreakerStore for Desk {
    fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        let records = batch
            .into_iter()
            .map(|(key, _, record)| (key.scope.to_string(), record));
        self.0.lock().expect("nobody panicked").extend(records);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A clock that lets something happen when it is next asked: in the middle of what asks.
struct InterruptingClock {
    time: ManualClock,
    interruption: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl InterruptingClock {
    fn new() -> Arc<Self> {
        let time = ManualClock::starting_at(20_000 * DAY);
        Arc::new(Self {
            time,
            interruption: Mutex::new(None),
        })
    }

    fn interrupt_with(&self, interruption: impl FnOnce() + Send + 'static) {
        *self.interruption.lock().expect("nobody panicked") = Some(Box::new(interruption));
    }
}

impl Debug for InterruptingClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("InterruptingClock")
            .finish_non_exhaustive()
    }
}

impl Clock for InterruptingClock {
    fn now(&self) -> Moment {
        let interruption = self.interruption.lock().expect("nobody panicked").take();
        if let Some(interruption) = interruption {
            interruption();
        }
        self.time.now()
    }

    fn wall(&self) -> std::time::SystemTime {
        self.time.wall()
    }
}

/// One breaker that sleeps, open, and a clock that interrupts its waking.
fn sleeping(clock: &Arc<InterruptingClock>, scope: &str) -> Arc<Breakers> {
    let surroundings = Surroundings {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        journal: None,
        observer: None,
        seed: 7,
    };
    let stored = [(scope.to_owned(), open_since(&clock.time))];
    Arc::new(Breakers::new(
        "fetch",
        for_all(settings()),
        FEW,
        surroundings,
        stored,
    ))
}

/// The row of a breaker that has just opened for a minute.
fn open_since(clock: &ManualClock) -> StoredBreaker {
    let since = clock
        .wall()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    StoredBreaker {
        phase: Phase::Open,
        since: since.as_millis() as i64,
        open_since: Some(since.as_millis() as i64),
        open_for_ms: 60_000,
        not_before: None,
        trips: 1,
        succeeded: 0,
        generation: 1,
        overlay: OverlayMode::Auto,
        overlay_since: 0,
        overlay_for_ms: None,
        overlay_reason: String::new(),
        reason: "out of order".to_owned(),
    }
}

#[derive(Debug, Default)]
struct Notebook(Mutex<Vec<String>>);

impl Observer for Notebook {
    fn observe(&self, service: &str, scope: &str, effects: &Effects) {
        let what = match &effects.transition {
            Some(transition) => transition.to.as_str(),
            None if effects.stale => "stale",
            None => "-",
        };
        self.0
            .lock()
            .expect("nobody panicked")
            .push(format!("{service} {scope} {what}"));
    }

    fn ends_earlier(&self, service: &str, scope: &str) {
        let line = format!("{service} {scope} earlier");
        self.0.lock().expect("nobody panicked").push(line);
    }
}

/// Breakers that trip at once, and what is noted about them.
fn observed() -> (Breakers, Arc<Notebook>) {
    let notebook = Arc::new(Notebook::default());
    let surroundings = Surroundings {
        clock: Arc::new(ManualClock::starting_at(20_000 * DAY)),
        journal: None,
        observer: Some(notebook.clone()),
        seed: 7,
    };
    let breakers = Breakers::new("fetch", for_all(trips_at_once()), FEW, surroundings, []);
    (breakers, notebook)
}

#[test]
fn the_observer_hears_of_every_transition_with_its_service_and_scope() {
    let (breakers, notebook) = observed();
    breakers.get("well.example").acquire().expect("closed").success();
    breakers
        .get("bad.example")
        .acquire()
        .expect("closed")
        .failure("out of order");
    breakers.operate("bad.example", Command::Reset);
    let noted = notebook.0.lock().expect("nobody panicked");
    assert_eq!(*noted, ["fetch bad.example open", "fetch bad.example closed"]);
}

#[test]
fn the_observer_hears_of_a_result_that_came_too_late() {
    let (breakers, notebook) = observed();
    let breaker = breakers.get("bad.example");
    let (early, failing) = (
        breaker.acquire().expect("closed"),
        breaker.acquire().expect("closed"),
    );
    failing.failure("out of order");
    early.success();
    let noted = notebook.0.lock().expect("nobody panicked");
    assert_eq!(*noted, ["fetch bad.example open", "fetch bad.example stale"]);
}
