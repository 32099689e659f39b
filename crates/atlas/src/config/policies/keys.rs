//! The settings that policies have, each once, whatever the service: its name, what a value may be, and the number that
//! it is.

use super::kind::Kind;
use super::numbers::Numbers;

/// A setting of policies.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name, with the unit.
    pub(in crate::config) name: &'static str,
    reads: Reads,
    pub(super) least: u64,
    pub(super) most: u64,
    /// What a policy calls it that complains of it.
    governs: &'static str,
    /// The number that it is, in policies that have it.
    pub(super) place: fn(&mut Numbers) -> Option<&mut u64>,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    Number,
    Truth,
    Kind,
}

impl Key {
    /// What policies call it that complain of it begins so for all that can differ for single scopes.
    const OF_BREAKER: [&'static str; 4] = ["trip.", "open.", "probing.", "throttle_pause"];

    pub(super) fn is_of_breaker(&self) -> bool {
        Self::OF_BREAKER
            .iter()
            .any(|begin| self.governs.starts_with(begin))
    }

    /// Whether a policy that complains of that setting means this one.
    pub(super) fn is_at_fault(&self, setting: &str) -> bool {
        self.governs == setting
    }

    pub(super) fn is_a_number(&self) -> bool {
        self.reads == Reads::Number
    }

    /// The value as it is written.
    pub(super) fn text(&self, number: u64) -> String {
        match self.reads {
            Reads::Number => number.to_string(),
            Reads::Truth => (number > 0).to_string(),
            Reads::Kind => Kind::numbered(number).word().to_owned(),
        }
    }

    /// Understands what is no plain number.
    pub(super) fn word(&self, text: &str) -> Result<u64, String> {
        if self.reads == Reads::Truth {
            return crate::config::settings::truth(text).map(u64::from);
        }
        let position = Kind::ALL.iter().position(|kind| kind.word() == text);
        let known = || Kind::ALL.map(Kind::word).join(", ");
        position
            .map(|position| position as u64)
            .ok_or_else(|| format!("is `{text}`; it must be one of {}", known()))
    }
}

const fn number(
    name: &'static str,
    (least, most): (u64, u64),
    governs: &'static str,
    place: fn(&mut Numbers) -> Option<&mut u64>,
) -> Key {
    Key {
        name,
        reads: Reads::Number,
        least,
        most,
        governs,
        place,
    }
}

const fn word(
    name: &'static str,
    reads: Reads,
    governs: &'static str,
    place: fn(&mut Numbers) -> Option<&mut u64>,
) -> Key {
    Key {
        reads,
        ..number(name, (0, 0), governs, place)
    }
}

const A_MINUTE_MS: u64 = 60_000;
const AN_HOUR_MS: u64 = 3_600_000;
const A_DAY_SECS: u64 = 86_400;
const A_MONTH_SECS: u64 = 2_592_000;
const MANY: u64 = 1_000;

/// All of them, in the order in which they are shown.
pub(super) const KEYS: &[Key] = &[
    number(
        "attempt_timeout_ms",
        (1, AN_HOUR_MS),
        "attempt_timeout",
        |numbers| Some(&mut numbers.attempt_timeout_ms),
    ),
    number(
        "overall_timeout_ms",
        (1, AN_HOUR_MS),
        "overall_timeout",
        |numbers| Some(&mut numbers.overall_timeout_ms),
    ),
    number("attempts", (1, 10), "retry.max_attempts", |numbers| {
        Some(&mut numbers.retry.as_mut()?.attempts)
    }),
    word("retry_kind", Reads::Kind, "retry.kind", |numbers| {
        Some(&mut numbers.retry.as_mut()?.kind)
    }),
    number("retry_base_ms", (1, A_MINUTE_MS), "retry.base", |numbers| {
        Some(&mut numbers.retry.as_mut()?.base_ms)
    }),
    number("retry_cap_ms", (1, A_MINUTE_MS), "retry.cap", |numbers| {
        Some(&mut numbers.retry.as_mut()?.cap_ms)
    }),
    number(
        "open_after_failures",
        (0, MANY),
        "trip.consecutive_failures",
        |numbers| Some(&mut numbers.breaker.as_mut()?.failures),
    ),
    number("open_at_percent", (0, 100), "trip.failure_rate", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.percent)
    }),
    number("window_calls", (1, 10_000), "trip.window", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.window_calls)
    }),
    number(
        "slow_ms",
        (1, AN_HOUR_MS),
        "trip.slow_calls.slower_than",
        |numbers| Some(&mut numbers.breaker.as_mut()?.slow_ms),
    ),
    number("slow_percent", (0, 100), "trip.slow_calls.rate", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.slow_percent)
    }),
    number("open_secs", (1, A_DAY_SECS), "open.base", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.open_secs)
    }),
    number("open_cap_secs", (1, A_MONTH_SECS), "open.cap", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.open_cap_secs)
    }),
    number("probes", (1, 100), "probing.concurrent", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.probes)
    }),
    number(
        "successes_to_close",
        (1, 100),
        "probing.successes_to_close",
        |numbers| Some(&mut numbers.breaker.as_mut()?.successes),
    ),
    number("pause_secs", (1, A_DAY_SECS), "throttle_pause", |numbers| {
        Some(&mut numbers.breaker.as_mut()?.pause_secs)
    }),
    number("at_once", (1, MANY), "concurrency.total", |numbers| {
        Some(&mut numbers.places.as_mut()?.total)
    }),
    number("per_scope", (1, MANY), "concurrency.per_scope", |numbers| {
        Some(&mut numbers.places.as_mut()?.per_scope)
    }),
    number("per_host", (1, MANY), "concurrency.per_scope", |numbers| {
        Some(&mut numbers.places.as_mut()?.per_scope)
    }),
    word("queue", Reads::Truth, "concurrency.queues", |numbers| {
        Some(&mut numbers.places.as_mut()?.queues)
    }),
    number("burst", (1, MANY), "rate.burst", |numbers| {
        Some(&mut numbers.rate.as_mut()?.burst)
    }),
    number("interval_ms", (1, AN_HOUR_MS), "rate.interval", |numbers| {
        Some(&mut numbers.rate.as_mut()?.interval_ms)
    }),
];

/// Of each two, the first must not be more than the second.
pub(super) const NOT_MORE: &[(&str, &str)] = &[
    ("attempt_timeout_ms", "overall_timeout_ms"),
    ("retry_base_ms", "retry_cap_ms"),
    ("open_secs", "open_cap_secs"),
    ("per_scope", "at_once"),
];
