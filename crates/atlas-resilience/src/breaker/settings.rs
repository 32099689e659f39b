//! What a breaker is told: when it trips, how long it stays open, how it is tried again. It only describes and
//! checks; the decisions are in `core`.

use std::time::Duration;

/// No breaker stays open longer, and no window is longer: times beyond a month are typing errors.
pub const LONGEST_TIME: Duration = Duration::from_hours(30 * 24);

/// Everything a breaker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerSettings {
    /// When to open.
    pub trip: TripRules,
    /// How long to stay open.
    pub open: OpenTime,
    /// How to find out whether the other side is well again.
    pub probing: Probing,
    /// How long to leave the other side alone when it asks for a pause and does not say how long.
    pub throttle_pause: Duration,
}

/// The breaker opens as soon as one of these holds. All that are absent never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TripRules {
    /// That many counted failures with no success between them.
    pub consecutive_failures: Option<u32>,
    /// That share of the calls in the window failed.
    pub failure_rate: Option<Rate>,
    /// That share of the calls in the window took longer.
    pub slow_calls: Option<SlowCalls>,
    /// Which calls the two rates look at.
    pub window: WindowKind,
}

/// A share of calls, which means nothing before there were enough of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// From this share on, 1 to 100.
    pub percent: u32,
    /// Not before the window holds that many calls.
    pub min_calls: u32,
}

/// When calls are slow, and how many may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowCalls {
    /// Calls that took longer are slow, whether they succeeded or not.
    pub slower_than: Duration,
    /// How many of them open the breaker.
    pub rate: Rate,
}

/// A window that slides with every call or with time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowKind {
    /// The last so many calls.
    Calls(u32),
    /// The calls of this time, kept in tenths of it: a tenth leaves as a whole.
    Time(Duration),
}

/// How long the breaker stays open: `base * growth^(trips - 1)`, at most `cap`, spread by `jitter_percent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTime {
    /// After the first trip.
    pub base: Duration,
    /// However often it tripped.
    pub cap: Duration,
    /// How much longer after each further trip.
    pub growth: u32,
    /// The time drawn lies within this share around the nominal one, and never above the cap.
    pub jitter_percent: u32,
}

/// How a half-open breaker finds out whether the other side is well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probing {
    /// How many calls may be under way at once.
    pub concurrent: u32,
    /// How many must succeed, one after another or together, before it closes. One failure opens it again.
    pub successes_to_close: u32,
    /// A probe that has been under way for longer is given up.
    pub max_age: Duration,
    /// When the next one is due after one that was given up.
    pub retry_after: Duration,
}

impl Default for BreakerSettings {
    /// Five failures in a row open it for a minute, up to an hour; two successes close it.
    fn default() -> Self {
        Self {
            trip: TripRules {
                consecutive_failures: Some(5),
                failure_rate: None,
                slow_calls: None,
                window: WindowKind::Calls(20),
            },
            open: OpenTime {
                base: Duration::from_mins(1),
                cap: Duration::from_hours(1),
                growth: 2,
                jitter_percent: 15,
            },
            probing: Probing {
                concurrent: 1,
                successes_to_close: 2,
                max_age: Duration::from_mins(1),
                retry_after: Duration::from_secs(5),
            },
            throttle_pause: Duration::from_secs(30),
        }
    }
}

/// One thing that is wrong with settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct SettingsFault {
    /// The setting, as the path of its fields.
    pub setting: &'static str,
    /// What is wrong with it, and what would be right.
    pub problem: &'static str,
}

impl BreakerSettings {
    /// Everything that is wrong with them, not only the first. Nothing, when a breaker can work by them.
    pub fn faults(&self) -> Vec<SettingsFault> {
        let mut faults = Vec::new();
        self.trip.check(&mut faults);
        self.open.check(&mut faults);
        self.probing.check(self.open.cap, &mut faults);
        require_time(&mut faults, self.throttle_pause, "throttle_pause");
        faults
    }
}

impl TripRules {
    /// Whether nothing that is counted opens the breaker.
    pub(super) fn are_none(&self) -> bool {
        self.consecutive_failures.is_none() && self.failure_rate.is_none() && self.slow_calls.is_none()
    }

    fn check(&self, faults: &mut Vec<SettingsFault>) {
        require(
            faults,
            self.consecutive_failures != Some(0),
            "trip.consecutive_failures",
            "must be at least 1",
        );
        if let Some(rate) = self.failure_rate {
            rate.check("trip.failure_rate", self.window, faults);
        }
        if let Some(slow) = self.slow_calls {
            slow.rate.check("trip.slow_calls.rate", self.window, faults);
            require_time(faults, slow.slower_than, "trip.slow_calls.slower_than");
        }
        match self.window {
            WindowKind::Calls(calls) => require(
                faults,
                (1..=100_000).contains(&calls),
                "trip.window",
                "must hold 1 to 100000 calls",
            ),
            WindowKind::Time(span) => require_time(faults, span, "trip.window"),
        }
    }
}

impl Rate {
    fn check(self, setting: &'static str, window: WindowKind, faults: &mut Vec<SettingsFault>) {
        require(
            faults,
            (1..=100).contains(&self.percent),
            setting,
            "the share must be 1 to 100 percent",
        );
        require(
            faults,
            self.min_calls > 0,
            setting,
            "the fewest calls must be at least 1",
        );
        if let WindowKind::Calls(calls) = window {
            require(
                faults,
                self.min_calls <= calls,
                setting,
                "the fewest calls must fit into the window",
            );
        }
    }
}

impl OpenTime {
    fn check(&self, faults: &mut Vec<SettingsFault>) {
        require_time(faults, self.base, "open.base");
        require_time(faults, self.cap, "open.cap");
        require(
            faults,
            self.base <= self.cap,
            "open.base",
            "must not be longer than the cap",
        );
        require(faults, self.growth >= 1, "open.growth", "must be at least 1");
        require(
            faults,
            self.jitter_percent <= 50,
            "open.jitter_percent",
            "must be at most 50",
        );
    }
}

impl Probing {
    fn check(&self, cap: Duration, faults: &mut Vec<SettingsFault>) {
        require(
            faults,
            (1..=1_000).contains(&self.concurrent),
            "probing.concurrent",
            "must be 1 to 1000",
        );
        require(
            faults,
            self.successes_to_close >= 1,
            "probing.successes_to_close",
            "must be at least 1",
        );
        require_time(faults, self.max_age, "probing.max_age");
        require_time(faults, self.retry_after, "probing.retry_after");
        require(
            faults,
            self.retry_after <= cap,
            "probing.retry_after",
            "must not be longer than open.cap",
        );
    }
}

fn require(faults: &mut Vec<SettingsFault>, holds: bool, setting: &'static str, problem: &'static str) {
    if !holds {
        faults.push(SettingsFault { setting, problem });
    }
}

fn require_time(faults: &mut Vec<SettingsFault>, time: Duration, setting: &'static str) {
    let is_reasonable = !time.is_zero() && time <= LONGEST_TIME;
    require(
        faults,
        is_reasonable,
        setting,
        "must be more than zero and at most 30 days",
    );
}
