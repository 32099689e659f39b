//! Thresholds with two sides: a value enters a level at one and leaves it at another, so that noise around a threshold
//! does not change anything. Pure comparisons; how often a value must be bad is decided elsewhere.

use atlas_domain::CheckOutcome;

/// On which side it is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worse {
    /// The larger, the worse: a used share, a latency.
    Above,
    /// The smaller, the worse: free bytes, days left.
    Below,
}

/// Where a level begins, and where it ends again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// From here on it holds.
    pub enter: f64,
    /// Once it holds, it ends here: on the safe side of `enter`.
    pub exit: f64,
}

/// From which values on a result is a warning, and from which on critical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// On which side it is worse.
    pub worse: Worse,
    /// Worth knowing.
    pub warn: Option<Limit>,
    /// As it must not be.
    pub crit: Option<Limit>,
}

impl Worse {
    /// Whether `value` lies at `bound` or beyond it.
    fn reaches(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Above => value >= bound,
            Self::Below => value <= bound,
        }
    }

    /// Whether `value` lies beyond `bound`.
    fn exceeds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Above => value > bound,
            Self::Below => value < bound,
        }
    }
}

impl Limit {
    /// Whether the level holds at `value`, given whether it held before.
    pub fn holds(self, worse: Worse, value: f64, held: bool) -> bool {
        worse.reaches(value, self.enter) || (held && worse.exceeds(value, self.exit))
    }

    /// Everything that is wrong with it.
    pub fn faults(self, worse: Worse) -> Vec<String> {
        let Self { enter, exit } = self;
        if !enter.is_finite() || !exit.is_finite() {
            return vec![format!("{enter} and {exit} must both be numbers")];
        }
        if worse.exceeds(enter, exit) {
            return Vec::new();
        }
        let side = match worse {
            Worse::Above => "below",
            Worse::Below => "above",
        };
        vec![format!(
            "ends at {exit} and must end {side} {enter}, where it begins"
        )]
    }
}

impl Thresholds {
    /// What `value` says, given what the value before said. A value that is no number says nothing.
    pub fn judge(&self, value: f64, before: Option<CheckOutcome>) -> CheckOutcome {
        if !value.is_finite() {
            return CheckOutcome::Unknown;
        }
        let was_crit = before == Some(CheckOutcome::Crit);
        let was_warn = was_crit || before == Some(CheckOutcome::Warn);
        let holds = |limit: Option<Limit>, held| {
            limit.is_some_and(|limit: Limit| limit.holds(self.worse, value, held))
        };
        if holds(self.crit, was_crit) {
            CheckOutcome::Crit
        } else if holds(self.warn, was_warn) {
            CheckOutcome::Warn
        } else {
            CheckOutcome::Ok
        }
    }

    /// Everything that is wrong with them: which of the two, and what.
    pub fn faults(&self) -> Vec<(&'static str, String)> {
        let mut faults = Vec::new();
        for (setting, limit) in [("thresholds.warn", self.warn), ("thresholds.crit", self.crit)] {
            let found = limit.map(|limit| limit.faults(self.worse)).unwrap_or_default();
            faults.extend(found.into_iter().map(|fault| (setting, fault)));
        }
        if let (Some(warn), Some(crit)) = (self.warn, self.crit)
            && self.worse.exceeds(warn.enter, crit.enter)
        {
            let problem = format!(
                "begins at {} and must not begin after critical, at {}",
                warn.enter, crit.enter
            );
            faults.push(("thresholds.warn", problem));
        }
        faults
    }
}
