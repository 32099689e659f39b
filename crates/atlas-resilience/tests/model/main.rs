//! The breaker against a naive model of it: whatever happens in whatever order, both must come to the same, and the
//! invariants must hold after every step. The model is in `naive`, what can happen in `history`.

#![expect(clippy::unwrap_used, reason = "what a test's helper cannot do fails the test")]

mod history;
mod naive;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use atlas_resilience::breaker::{
    Breaker, BreakerSettings, BreakerStatus, Command, Core, Effects, Event, OverlayMode, Permit, Phase,
    Refusal, RefusalCause, Ticket,
};
use atlas_resilience::{Clock, ManualClock, RETRY_AFTER_LIMIT};
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};

use history::{History, Operation};
use naive::{Answer, World};

const SEED: u64 = 11;

prop_state_machine! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn decides_as_the_naive_model_does_and_keeps_its_invariants(sequential 1..80 => Pair);
}

/// The state machine alone and within its shell, side by side on one clock.
struct Pair {
    settings: Arc<BreakerSettings>,
    clock: Arc<ManualClock>,
    core: Core,
    breaker: &'static Breaker,
    /// Every call that was let through, until it ends.
    calls: Vec<Option<Call>>,
}

struct Call {
    ticket: Ticket,
    permit: Permit<'static>,
    generation: u64,
}

impl StateMachineTest for Pair {
    type SystemUnderTest = Self;
    type Reference = History;

    fn init_test(history: &History) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Duration::from_hours(24 * 20_000)));
        let settings = Arc::new(history.settings.clone());
        assert_eq!(settings.faults(), []);
        let core = Core::new(settings.clone(), SEED, clock.now());
        let breaker = shared(core.clone(), &clock);
        Self {
            settings,
            clock,
            core,
            breaker,
            calls: Vec::new(),
        }
    }

    fn apply(mut pair: Self, history: &History, operation: Operation) -> Self {
        let expected = history.replay();
        let before = pair.breaker.status();
        match operation {
            Operation::Wait(time) => pair.clock.advance(time),
            Operation::Sleep(time) => pair.sleep(time),
            Operation::Restart { gap, step_secs } => pair.restart(gap, step_secs),
            Operation::Ask => pair.ask(&before, &expected),
            Operation::Finish { which, result } => {
                let Some(call) = pair.take_call(which) else {
                    return pair;
                };
                let effects = pair
                    .core
                    .step(Event::Finish(call.ticket, result), pair.clock.now());
                assert_eq!(call.permit.finish(result), effects, "the shell adds nothing");
                assert_eq!(effects.stale, expected.was_stale);
                pair.has_moved_only_by_transitions(&before, &effects);
            }
            Operation::Overlay { mode, lasts } => {
                pair.operate(
                    Command::Overlay {
                        mode,
                        lasts,
                        reason: "test".to_owned(),
                    },
                    &before,
                );
            }
            Operation::Reset => pair.operate(Command::Reset, &before),
        }
        pair
    }

    fn check_invariants(pair: &Self, history: &History) {
        let status = pair.breaker.status();
        let expected = history.replay();
        let compared = |status: &BreakerStatus| {
            (
                status.phase,
                status.generation,
                status.trips,
                status.probes,
                status.until,
                status.consecutive_failures,
            )
        };
        let of_model = (
            expected.phase(),
            expected.generation,
            expected.trips,
            expected.probes(),
            expected.until(),
            expected.consecutive_failures(),
        );
        assert_eq!(compared(&status), of_model);
        assert_eq!(status.overlay.mode, expected.overlay_mode());
        // Without a rate nobody looks at the window, and calls of a well service do not reach it.
        if pair.settings.trip.failure_rate.is_some() || pair.settings.trip.slow_calls.is_some() {
            assert_eq!(status.counts, expected.counts());
        }
        let alone = shared(pair.core.clone(), &pair.clock).status();
        assert_eq!(compared(&alone), of_model);
        pair.never_has_more_probes_than_places(&status);
        pair.is_never_open_without_end(&status);
    }
}

impl Pair {
    /// No call begins while the breaker is open, and peeking tells what asking will answer and changes nothing.
    fn ask(&mut self, before: &BreakerStatus, expected: &World) {
        let peeked = self.breaker.peek();
        assert_eq!(&self.breaker.status(), before, "peeking changes nothing");
        let now = self.clock.now();
        let effects = self.core.step(Event::Ask, now);
        let answer = effects.answer.unwrap();
        let acquired = self.breaker.acquire();
        assert_eq!(
            peeked.map_err(|refusal| refusal.until),
            acquired.as_ref().map(drop).map_err(|no| no.until)
        );

        let waits = before.phase == Phase::Open && before.until.is_some_and(|until| now < until);
        if waits && matches!(before.overlay.mode, OverlayMode::Auto | OverlayMode::ForcedOpen) {
            assert!(acquired.is_err(), "nothing begins before the open time is over");
        }
        match (answer, acquired) {
            (Ok(ticket), Ok(permit)) => {
                let is_probe = ticket.is_probe();
                assert_eq!(permit.is_probe(), is_probe);
                assert_eq!(expected.answer, Some(Answer::Admitted { is_probe }));
                self.calls.push(Some(Call {
                    ticket,
                    permit,
                    generation: self.core.generation(),
                }));
            }
            (Err(refusal), Err(of_shell)) => {
                assert_eq!(expected.answer, Some(Answer::Refused(refusal)));
                is_the_same_refusal(refusal, of_shell);
            }
            (core, shell) => panic!("the core said {core:?}, the shell {shell:?}"),
        }
        self.has_moved_only_by_transitions(before, &effects);
    }

    fn operate(&mut self, command: Command, before: &BreakerStatus) {
        let effects = self.core.step(Event::Operate(command.clone()), self.clock.now());
        assert_eq!(self.breaker.operate(command), effects);
        self.has_moved_only_by_transitions(before, &effects);
    }

    fn sleep(&mut self, time: Duration) {
        self.clock.set_wall(since_epoch(self.clock.wall()) + time);
        self.core.step(Event::Slept(time), self.clock.now());
        self.breaker.slept(time);
    }

    fn restart(&mut self, gap: Duration, step_secs: i64) {
        let stored = self
            .core
            .persist(self.clock.now(), self.clock.wall())
            .after_restart();
        let mut unbroken = self.core.clone();
        self.calls.iter_mut().for_each(|call| drop(call.take()));
        self.clock.advance(gap);
        let step = Duration::from_secs(step_secs.unsigned_abs());
        let wall = since_epoch(self.clock.wall());
        self.clock.set_wall(if step_secs < 0 {
            wall.saturating_sub(step)
        } else {
            wall + step
        });
        let now = self.clock.now();
        self.core = Core::restore(&stored, self.settings.clone(), SEED, now, self.clock.wall());
        self.breaker = shared(self.core.clone(), &self.clock);

        // By the wall clock that much more time has passed than by the other.
        if step_secs > 0 {
            unbroken.step(Event::Slept(step), now);
        }
        let is_admitted = |core: &Core| core.clone().step(Event::Ask, now).answer.unwrap().is_ok();
        // The probes of a half-open one died.
        if is_admitted(&self.core) && unbroken.phase() != Phase::HalfOpen {
            assert!(
                is_admitted(&unbroken),
                "coming back is no reason to be let through"
            );
        }
        assert_eq!(self.core.generation(), unbroken.generation());
        assert_eq!(self.core.trips(), unbroken.trips());
        assert_eq!(
            self.core.phase() == Phase::Closed,
            unbroken.phase() == Phase::Closed
        );
    }

    fn take_call(&mut self, which: usize) -> Option<Call> {
        let under_way: Vec<_> = (0..self.calls.len())
            .filter(|index| self.calls[*index].is_some())
            .collect();
        let index = under_way.get(which.checked_rem(under_way.len())?)?;
        self.calls[*index].take()
    }

    /// The generation rises with each transition and with nothing else; what is stale leads to none.
    fn has_moved_only_by_transitions(&self, before: &BreakerStatus, effects: &Effects) {
        let after = self.breaker.status();
        if effects.transition.is_some() {
            assert!(after.generation > before.generation);
            assert!(effects.persist && !effects.stale);
        } else {
            assert_eq!(after.generation, before.generation);
            assert_eq!((after.phase, after.trips), (before.phase, before.trips));
        }
    }

    fn never_has_more_probes_than_places(&self, status: &BreakerStatus) {
        assert!(status.probes <= self.settings.probing.concurrent as usize);
        let of_this_generation = self
            .calls
            .iter()
            .flatten()
            .filter(|call| call.permit.is_probe() && call.generation == status.generation);
        assert_eq!(
            status.probes,
            of_this_generation.count(),
            "a place is taken as long as its permit lives"
        );
    }

    fn is_never_open_without_end(&self, status: &BreakerStatus) {
        let longest = self.settings.open.cap.max(RETRY_AFTER_LIMIT);
        if let Some(until) = status.until {
            assert!(until.since(self.clock.now()) <= longest);
        }
    }
}

/// The shell refuses an open breaker's callers without asking for the reason: only the time must be the same.
fn is_the_same_refusal(of_core: Refusal, of_shell: Refusal) {
    assert_eq!(of_core.until, of_shell.until);
    if of_core.cause != RefusalCause::Throttled {
        assert_eq!(of_core.cause, of_shell.cause);
    }
}

/// A permit borrows its breaker, and a test can afford to keep both.
fn shared(core: Core, clock: &Arc<ManualClock>) -> &'static Breaker {
    Box::leak(Box::new(Breaker::new("example.com", core, clock.clone(), None)))
}

fn since_epoch(wall: SystemTime) -> Duration {
    wall.duration_since(SystemTime::UNIX_EPOCH).unwrap()
}
