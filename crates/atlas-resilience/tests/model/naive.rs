//! The model: slow, forgetful of nothing, and written from what a breaker promises. It keeps lists and counts
//! anew whenever it is asked; it shares nothing with the breaker but names of settings.
//!
//! Its time is the one that passes for people, also while the machine sleeps, in milliseconds since the beginning.

mod judging;

use std::time::Duration;

use atlas_resilience::breaker::{BreakerSettings, OverlayMode, Phase, Refusal, RefusalCause};
use atlas_resilience::{HEAD_START, Moment, RETRY_AFTER_LIMIT};

use crate::history::Operation;

/// Longer ago than anything.
const NEVER: i64 = i64::MIN / 4;

/// What the last question was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Admitted { is_probe: bool },
    Refused(Refusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Judged,
    Probe,
    /// Let through only because the breaker may not refuse.
    Observed,
    Unjudged,
}

#[derive(Debug)]
struct Call {
    term: usize,
    role: Role,
    /// On the clock that stands still during a sleep.
    began_awake: i64,
    has_ended: bool,
}

/// A stretch of one phase in one process. Nothing counts beyond its end.
#[derive(Debug)]
struct Term {
    phase: Phase,
    since: i64,
    /// For an open one.
    lasts: i64,
}

#[derive(Debug)]
struct Judged {
    term: usize,
    at: i64,
    has_failed: bool,
    was_slow: bool,
}

#[derive(Debug)]
struct ByHand {
    mode: OverlayMode,
    since: i64,
    lasts: Option<i64>,
}

/// Everything that is and was.
#[derive(Debug)]
pub(crate) struct World {
    settings: BreakerSettings,
    now: i64,
    slept: i64,
    terms: Vec<Term>,
    calls: Vec<Call>,
    judged: Vec<Judged>,
    by_hand: ByHand,
    not_before: i64,
    pub(crate) generation: u64,
    pub(crate) trips: u32,
    pub(crate) answer: Option<Answer>,
    pub(crate) was_stale: bool,
}

impl World {
    pub(crate) fn at_the_beginning(settings: &BreakerSettings) -> Self {
        Self {
            settings: settings.clone(),
            now: 0,
            slept: 0,
            terms: vec![Term {
                phase: Phase::Closed,
                since: 0,
                lasts: 0,
            }],
            calls: Vec::new(),
            judged: Vec::new(),
            by_hand: ByHand {
                mode: OverlayMode::Auto,
                since: 0,
                lasts: None,
            },
            not_before: NEVER,
            generation: 0,
            trips: 0,
            answer: None,
            was_stale: false,
        }
    }

    pub(crate) fn live(&mut self, operation: &Operation) {
        self.answer = None;
        self.was_stale = false;
        match operation {
            Operation::Wait(time) => self.now += millis(*time),
            Operation::Restart { gap, step_secs } => self.restart(millis(*gap), step_secs * 1_000),
            Operation::Ask => {
                self.tidy();
                self.answer = Some(self.ask());
            }
            Operation::Finish { which, result } => {
                let under_way: Vec<_> = (0..self.calls.len())
                    .filter(|index| !self.calls[*index].has_ended)
                    .collect();
                if !under_way.is_empty() {
                    self.tidy();
                    self.finish(under_way[which % under_way.len()], *result);
                }
            }
            Operation::Overlay { mode, lasts } => {
                self.tidy();
                self.by_hand = ByHand {
                    mode: *mode,
                    since: self.now,
                    lasts: lasts.map(millis),
                };
            }
            Operation::Reset => {
                self.tidy();
                self.trips = 0;
                self.not_before = NEVER;
                self.begin(Phase::Closed, 0);
            }
            Operation::Sleep(time) => {
                self.tidy();
                self.now += millis(*time);
                self.slept += millis(*time);
            }
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.term().phase
    }

    pub(crate) fn overlay_mode(&self) -> OverlayMode {
        let is_over = self
            .by_hand
            .lasts
            .is_some_and(|lasts| self.by_hand.since + lasts <= self.now);
        if is_over {
            OverlayMode::Auto
        } else {
            self.by_hand.mode
        }
    }

    pub(crate) fn probes(&self) -> usize {
        self.probes_under_way().count()
    }

    /// How long nobody will be let through.
    pub(crate) fn rest(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.shut_until() - self.now).unwrap_or(0))
    }

    pub(crate) fn until(&self) -> Option<Moment> {
        (self.now < self.shut_until()).then(|| self.moment(self.shut_until()))
    }

    fn ask(&mut self) -> Answer {
        match self.overlay_mode() {
            OverlayMode::ForcedOpen => {
                let until = self
                    .by_hand
                    .lasts
                    .map(|lasts| self.moment(self.by_hand.since + lasts));
                Answer::Refused(Refusal {
                    cause: RefusalCause::ForcedOpen,
                    until,
                })
            }
            OverlayMode::Disabled => self.admit(Role::Unjudged),
            OverlayMode::Auto => self.ask_the_breaker(),
            OverlayMode::MetricsOnly => match self.ask_the_breaker() {
                Answer::Refused(_) => self.admit(Role::Observed),
                admitted @ Answer::Admitted { .. } => admitted,
            },
        }
    }

    fn ask_the_breaker(&mut self) -> Answer {
        if self.now < self.shut_until() {
            let is_open = self.phase() == Phase::Open && self.now < self.term().since + self.term().lasts;
            let cause = if is_open {
                RefusalCause::Open
            } else {
                RefusalCause::Throttled
            };
            return self.refuse(cause, self.shut_until());
        }
        if self.phase() == Phase::Open {
            self.begin(Phase::HalfOpen, 0);
        }
        if self.phase() == Phase::Closed {
            return self.admit(Role::Judged);
        }
        let probing = self.settings.probing;
        let again = self.now + millis(probing.retry_after);
        let oldest = self.probes_under_way().map(|probe| probe.began_awake).min();
        if oldest.is_some_and(|began| self.awake() - began >= millis(probing.max_age)) {
            self.begin(Phase::Open, millis(probing.retry_after));
            return self.refuse(RefusalCause::Open, again);
        }
        if self.probes() >= probing.concurrent as usize {
            return self.refuse(RefusalCause::Probing, again);
        }
        self.admit(Role::Probe)
    }

    fn restart(&mut self, gap: i64, step: i64) {
        let longest = millis(self.settings.open.cap.max(RETRY_AFTER_LIMIT));
        let by_hand_at_the_end = self.overlay_mode();
        self.now += gap;
        self.calls.iter_mut().for_each(|call| call.has_ended = true);
        // What the wall clock of before wrote is read by the one of now.
        let read = |written: i64| written - step;
        let not_later = |written: i64| read(written).min(self.now);
        let (phase, lasts) = match self.term().phase {
            Phase::Closed => (Phase::Closed, 0),
            Phase::Open => (Phase::Open, self.term().lasts.min(longest)),
            Phase::HalfOpen => (Phase::Open, 0),
        };
        let since = not_later(self.term().since);
        self.by_hand.mode = by_hand_at_the_end;
        self.restart_by_hand(step);
        let not_before = read(self.not_before).min(self.now + millis(RETRY_AFTER_LIMIT));
        self.not_before = if not_before < self.now { NEVER } else { not_before };
        self.terms.push(Term { phase, since, lasts });
    }

    /// The process that ends writes nothing that is over. What comes from the future has begun just now; but what lets
    /// everybody through for a time must not gain by that, and loses as much as it is ahead.
    fn restart_by_hand(&mut self, step: i64) {
        let by_hand = &mut self.by_hand;
        let ahead = (by_hand.since - step - self.now).max(0);
        let lets_all_through = matches!(by_hand.mode, OverlayMode::Disabled | OverlayMode::MetricsOnly);
        let lost = if lets_all_through && by_hand.lasts.is_some() {
            ahead
        } else {
            0
        };
        by_hand.since = (by_hand.since - step).min(self.now) - lost;
    }

    /// A transition.
    fn begin(&mut self, phase: Phase, lasts: i64) {
        let lasts = if phase == Phase::Open {
            lasts.max(self.not_before - self.now)
        } else {
            lasts
        };
        self.terms.push(Term {
            phase,
            since: self.now,
            lasts,
        });
        self.generation += 1;
    }

    /// What is over when something happens does not come back, whatever the wall clock does later.
    fn tidy(&mut self) {
        self.by_hand.mode = self.overlay_mode();
        if self.not_before <= self.now {
            self.not_before = NEVER;
        }
    }

    fn admit(&mut self, role: Role) -> Answer {
        self.calls.push(Call {
            term: self.terms.len(),
            role,
            began_awake: self.awake(),
            has_ended: false,
        });
        Answer::Admitted {
            is_probe: role == Role::Probe,
        }
    }

    fn refuse(&self, cause: RefusalCause, until: i64) -> Answer {
        Answer::Refused(Refusal {
            cause,
            until: Some(self.moment(until)),
        })
    }

    fn term(&self) -> &Term {
        self.terms.last().unwrap()
    }

    fn shut_until(&self) -> i64 {
        let term = self.term();
        if term.phase == Phase::Open {
            self.not_before.max(term.since + term.lasts)
        } else {
            self.not_before
        }
    }

    fn awake(&self) -> i64 {
        self.now - self.slept
    }

    fn probes_under_way(&self) -> impl Iterator<Item = &Call> {
        let term = self.terms.len();
        self.calls
            .iter()
            .filter(move |call| call.role == Role::Probe && !call.has_ended && call.term == term)
    }

    fn moment(&self, time: i64) -> Moment {
        let awake = time - self.slept;
        let (ahead, ago) = (
            u64::try_from(awake).unwrap_or(0),
            u64::try_from(-awake).unwrap_or(0),
        );
        let start = Moment::ORIGIN.after(HEAD_START);
        start
            .after(Duration::from_millis(ahead))
            .before(Duration::from_millis(ago))
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}
