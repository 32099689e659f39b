//! What a call on the hot path must know, packed into 64 bits that one load reads: phase, overlay, flags and
//! generation. It mirrors the core, which alone decides.

use super::core::{Core, GENERATION_BITS, Phase};
use super::overlay::OverlayMode;

const PHASE_CLOSED: u64 = 0;
const PHASE_OPEN: u64 = 1;
const PHASE_HALF_OPEN: u64 = 2;
const PHASE: u64 = 0b11;
/// Any overlay at all: what it means is decided by the core.
const OVERLAID: u64 = 1 << 2;
/// The other side asked for a pause.
const PAUSED: u64 = 1 << 3;
/// The result of a success matters: there were failures, or a window counts every call.
const COUNTING: u64 = 1 << 4;
/// How long a call takes matters.
const TIMED: u64 = 1 << 5;
const GENERATION_SHIFT: u32 = 64 - GENERATION_BITS;

/// The packed word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

impl Word {
    pub(super) fn of(core: &Core) -> Self {
        let phase = match core.phase() {
            Phase::Closed => PHASE_CLOSED,
            Phase::Open => PHASE_OPEN,
            Phase::HalfOpen => PHASE_HALF_OPEN,
        };
        let flag = |holds: bool, flag: u64| if holds { flag } else { 0 };
        let rules = &core.settings().trip;
        let windowed = rules.failure_rate.is_some() || rules.slow_calls.is_some();
        Self(
            phase
                | flag(core.overlay().mode != OverlayMode::Auto, OVERLAID)
                | flag(core.phase() == Phase::Closed && core.until().is_some(), PAUSED)
                | flag(windowed || core.consecutive_failures() > 0, COUNTING)
                | flag(rules.slow_calls.is_some(), TIMED)
                | core.generation() << GENERATION_SHIFT,
        )
    }

    /// Calls are let through and nothing else has to be known.
    pub(super) const fn lets_through(self) -> bool {
        self.0 & (PHASE | OVERLAID | PAUSED) == PHASE_CLOSED
    }

    /// Calls are refused until a moment that is kept beside the word.
    pub(super) const fn is_plainly_open(self) -> bool {
        self.0 & (PHASE | OVERLAID) == PHASE_OPEN
    }

    /// A success of that generation changes nothing.
    pub(super) const fn ignores_success(self, generation: u64) -> bool {
        self.lets_through() && self.0 & COUNTING == 0 && self.generation() == generation
    }

    /// Whether a call's start must be known.
    pub(super) const fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub(super) const fn generation(self) -> u64 {
        self.0 >> GENERATION_SHIFT
    }
}
