//! One comparison of a measured value with a limit, and with another limit once it has held.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use crate::alerts::Labels;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Comparison {
    /// More than the limit.
    #[serde(rename = ">")]
    Above,
    /// The limit or more.
    #[serde(rename = ">=")]
    AtLeast,
    /// Less than the limit.
    #[serde(rename = "<")]
    Below,
    /// The limit or less.
    #[serde(rename = "<=")]
    AtMost,
}

impl Comparison {
    /// Whether it holds. It never does for what is no number.
    pub fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::AtLeast => value >= limit,
            Self::Below => value < limit,
            Self::AtMost => value <= limit,
        }
    }

    /// Whether `exit` is no stricter than `threshold`: otherwise a value between them would be both.
    pub(super) fn is_safe_exit(self, threshold: f64, exit: f64) -> bool {
        match self {
            Self::Above | Self::AtLeast => exit <= threshold,
            Self::Below | Self::AtMost => exit >= threshold,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
        })
    }
}

/// A limit on one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The series.
    pub series: Arc<str>,
    /// Which of them: those with these labels, which are no part of the incident's identity.
    pub labels: Vec<(Arc<str>, Arc<str>)>,
    /// How its value is compared.
    pub op: Comparison,
    /// The limit at which it begins to hold.
    pub threshold: f64,
    /// The limit at which it holds no more.
    pub exit: f64,
}

impl Condition {
    /// The labels that are left of a reading which is meant: they say which incident it is about.
    pub(in crate::alerts) fn identity(&self, labels: &Labels) -> Option<Labels> {
        let is_meant = |(name, value): &(Arc<str>, Arc<str>)| labels.get(name) == Some(value);
        if !self.labels.iter().all(is_meant) {
            return None;
        }
        if self.labels.is_empty() {
            return Some(labels.clone());
        }
        let is_left = |name: &str| self.labels.iter().all(|(fixed, _)| **fixed != *name);
        Some(Labels::new(labels.iter().filter(|(name, _)| is_left(name))))
    }

    /// Whether it holds. `already`: it did before, so it takes the other limit to end it.
    pub fn holds(&self, value: f64, already: bool) -> bool {
        self.op
            .holds(value, if already { self.exit } else { self.threshold })
    }
}
