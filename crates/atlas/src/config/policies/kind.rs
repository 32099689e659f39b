//! `Kind`: how waits between attempts grow, by its word, and read off a backoff that the code makes.

use std::time::Duration;

use atlas_resilience::{Backoff, Jitter};

/// How waits between attempts grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Constant,
    Linear,
    Exponential,
    Fibonacci,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Constant, Self::Linear, Self::Exponential, Self::Fibonacci];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
            Self::Exponential => "exponential",
            Self::Fibonacci => "fibonacci",
        }
    }

    pub(super) fn numbered(number: u64) -> Self {
        let place = usize::try_from(number).unwrap_or(usize::MAX);
        Self::ALL.get(place).copied().unwrap_or(Self::Exponential)
    }

    pub(super) fn backoff(self, base: Duration, cap: Duration) -> Backoff {
        match self {
            Self::Constant => Backoff::constant(base).with_cap(cap),
            Self::Linear => Backoff::linear(base, cap),
            Self::Exponential => Backoff::exponential(base, cap),
            Self::Fibonacci => Backoff::fibonacci(base, cap),
        }
    }
}

/// A retry so late that every series has reached its cap.
const LATE_RETRY: u32 = 100;

/// The first wait and the longest one.
pub(super) fn bounds(backoff: &Backoff) -> (Duration, Duration) {
    let [base, cap] = [1, LATE_RETRY].map(|retry| backoff.nominal(retry).unwrap_or_default());
    (base, cap)
}

/// How it grows and how it spreads. A backoff does not tell, but it can be compared.
pub(super) fn nature(backoff: &Backoff) -> (Kind, Jitter) {
    let (base, cap) = bounds(backoff);
    let every = Kind::ALL
        .into_iter()
        .flat_map(|kind| [Jitter::Full, Jitter::Equal, Jitter::None].map(|jitter| (kind, jitter)));
    every
        .into_iter()
        .find(|(kind, jitter)| kind.backoff(base, cap).with_jitter(*jitter) == *backoff)
        .unwrap_or((Kind::Exponential, Jitter::Full))
}
