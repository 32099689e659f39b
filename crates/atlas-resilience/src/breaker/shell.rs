//! `Breaker`: the state machine behind a mutex, with a packed word before it, so that a call of a well service
//! takes no lock. It decides nothing itself.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use super::core::{
    CallResult, Command, Core, Effects, Event, Phase, Refusal, RefusalCause, StoredBreaker, Ticket,
    TicketKind, UNTIMED,
};
use super::overlay::Overlay;
use super::permit::Permit;
use super::settings::BreakerSettings;
use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering, PoisonError};
use super::window::Counts;
use super::word::Word;
use crate::clock::{Clock, Moment};

/// Hears of what changes. It is called while the breaker is locked, so that changes arrive in their order: it
/// must be quick, and must not call the breaker.
pub trait Listener: Send + Sync + Debug {
    /// Something changed.
    fn changed(&self, change: Changed<'_>);
}

/// What changed.
#[derive(Debug)]
pub struct Changed<'a> {
    /// Which breaker, by the name it was given.
    pub name: &'a str,
    /// What followed from the event.
    pub effects: &'a Effects,
    /// The breaker as it is to be kept, when that changed.
    pub stored: Option<StoredBreaker>,
    /// Whether it has no past that must be kept.
    pub is_without_past: bool,
}

/// A breaker as people see it. Reading it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerStatus {
    /// The automatic phase.
    pub phase: Phase,
    /// Whether an open breaker lets its next call through as a probe.
    pub is_due: bool,
    /// What a person decided.
    pub overlay: Overlay,
    /// How often it tripped without good times between.
    pub trips: u32,
    /// The number of transitions.
    pub generation: u64,
    /// Since when the phase lasts.
    pub since: Moment,
    /// Since when it has not been closed, whatever was tried meanwhile; none of a closed one.
    pub open_since: Option<Moment>,
    /// Before this moment no call is let through.
    pub until: Option<Moment>,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// The calls that the rates look at.
    pub counts: Counts,
    /// Probes under way.
    pub probes: usize,
    /// What went wrong last.
    pub reason: String,
}

/// A circuit breaker that many callers share.
///
/// The right to a call comes from [`Breaker::acquire`] alone, as a [`Permit`], which gives its place back however it
/// ends. There is no other question to a breaker whose answer would have to be given back:
///
/// ```compile_fail
/// # use atlas_resilience::breaker::{Breaker, Event};
/// fn forgets_its_place(breaker: &Breaker) {
///     breaker.step(Event::Ask, None);
/// }
/// ```
#[derive(Debug)]
pub struct Breaker {
    name: Arc<str>,
    word: AtomicU64,
    /// Until when an open breaker refuses. Written before the word that says it is open.
    until_nanos: AtomicU64,
    core: Mutex<Core>,
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn Listener>>,
}

impl Breaker {
    /// Shares a state machine. `name` tells the listener which one it is.
    pub fn new(
        name: impl Into<Arc<str>>,
        core: Core,
        clock: Arc<dyn Clock>,
        listener: Option<Arc<dyn Listener>>,
    ) -> Self {
        Self {
            name: name.into(),
            word: AtomicU64::new(Word::of(&core).0),
            until_nanos: AtomicU64::new(core.until().unwrap_or_default().nanos()),
            core: Mutex::new(core),
            clock,
            listener,
        }
    }

    /// The name it was given.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Asks for the right to make one call. Refused at once, never queued.
    pub fn acquire(&self) -> Result<Permit<'_>, Refusal> {
        self.acquire_ticket().map(|ticket| Permit::new(self, ticket))
    }

    /// Says whether a call would be refused now, without taking a permit or changing anything: for whoever is
    /// about to queue for something else first.
    pub fn peek(&self) -> Result<(), Refusal> {
        let word = Word(self.word.load(Ordering::Acquire));
        if word.lets_through() {
            return Ok(());
        }
        let now = self.clock.now();
        if let Some(refusal) = self.refuse_quickly(word, now) {
            return Err(refusal);
        }
        // On a copy: what an ask would change stays as it is.
        let answer = self.lock().clone().step(Event::Ask, now).answer;
        answer.map_or(Ok(()), |answer| answer.map(drop))
    }

    /// Does what a person decided.
    pub fn operate(&self, command: Command) -> Effects {
        self.step(Event::Operate(command), None)
    }

    /// The machine slept for that long, and the monotonic clock with it.
    pub fn slept(&self, duration: Duration) -> Effects {
        self.step(Event::Slept(duration), None)
    }

    /// Works by other settings from now on.
    pub fn configure(&self, settings: Arc<BreakerSettings>) {
        let mut core = self.lock();
        let now = self.clock.now();
        let effects = core.configure(settings, now);
        self.publish(&core);
        self.tell(&core, &effects, now);
    }

    /// Whether it works by these very settings.
    pub(crate) fn works_by(&self, settings: &Arc<BreakerSettings>) -> bool {
        Arc::ptr_eq(self.lock().settings(), settings)
    }

    /// How it is.
    pub fn status(&self) -> BreakerStatus {
        let now = self.clock.now();
        let core = self.lock();
        let until = core.until().filter(|until| now < *until);
        BreakerStatus {
            phase: core.phase(),
            is_due: core.phase() == Phase::Open && until.is_none(),
            overlay: if core.overlay().has_expired(now) {
                Overlay::default()
            } else {
                core.overlay().clone()
            },
            trips: core.trips(),
            generation: core.generation(),
            since: core.since(),
            open_since: core.open_since(),
            until,
            consecutive_failures: core.consecutive_failures(),
            counts: core.counts(now),
            probes: core.probes(),
            reason: core.reason().to_owned(),
        }
    }

    /// What must outlive it, as of now.
    pub fn stored(&self) -> StoredBreaker {
        let core = self.lock();
        core.persist(self.clock.now(), self.clock.wall())
    }

    /// Whether it is like one that was just created.
    pub fn is_without_past(&self) -> bool {
        let now = self.clock.now();
        self.lock().is_without_past(now)
    }

    /// Whether nothing but successes ever happened to it: then nothing of it was ever written anywhere.
    pub(crate) fn is_untouched(&self) -> bool {
        self.lock().is_untouched()
    }

    fn acquire_ticket(&self) -> Result<Ticket, Refusal> {
        let word = Word(self.word.load(Ordering::Acquire));
        if word.lets_through() {
            let started = if word.is_timed() {
                self.clock.now()
            } else {
                UNTIMED
            };
            return Ok(Ticket {
                generation: word.generation(),
                kind: TicketKind::Regular,
                started,
            });
        }
        if let Some(refusal) = self.refuse_quickly(word, self.clock.now()) {
            return Err(refusal);
        }
        self.step(Event::Ask, None).answer.unwrap_or(Err(Refusal {
            cause: RefusalCause::Open,
            until: None,
        }))
    }

    pub(super) fn finish_ticket(&self, ticket: Ticket, result: CallResult, reason: Option<&str>) -> Effects {
        if result == CallResult::Success && ticket.kind == TicketKind::Regular {
            let word = Word(self.word.load(Ordering::Acquire));
            if word.ignores_success(ticket.generation) {
                return Effects::default();
            }
        }
        self.step(Event::Finish(ticket, result), reason)
    }

    fn refuse_quickly(&self, word: Word, now: Moment) -> Option<Refusal> {
        if !word.is_plainly_open() {
            return None;
        }
        let until = Moment::from_nanos(self.until_nanos.load(Ordering::Relaxed));
        (now < until).then_some(Refusal {
            cause: RefusalCause::Open,
            until: Some(until),
        })
    }

    fn step(&self, event: Event, reason: Option<&str>) -> Effects {
        let mut core = self.lock();
        // Read under the lock: a clock read before it could lie before a change that is already made.
        let now = self.clock.now();
        let result = match event {
            Event::Finish(_, result) => Some(result),
            Event::Ask | Event::Operate(_) | Event::Slept(_) => None,
        };
        let effects = core.step(event, now);
        if let (Some(result), Some(reason)) = (result, reason) {
            core.note_reason(reason, result, &effects);
        }
        self.publish(&core);
        self.tell(&core, &effects, now);
        effects
    }

    fn tell(&self, core: &Core, effects: &Effects, now: Moment) {
        if let Some(listener) = &self.listener
            && (effects.persist || effects.stale || effects.transition.is_some())
        {
            listener.changed(Changed {
                name: &self.name,
                effects,
                stored: effects.persist.then(|| core.persist(now, self.clock.wall())),
                is_without_past: core.is_without_past(now),
            });
        }
    }

    fn publish(&self, core: &Core) {
        self.until_nanos
            .store(core.until().unwrap_or_default().nanos(), Ordering::Relaxed);
        self.word.store(Word::of(core).0, Ordering::Release);
    }

    /// A panic elsewhere leaves the state whole: every step is complete before anything else runs.
    fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait for a refusal to end, as of `now`. `None`: until a person decides.
impl Refusal {
    /// How long from `now` until asking again may help.
    pub fn retry_in(&self, now: Moment) -> Option<Duration> {
        self.until.map(|until| until.since(now))
    }
}
