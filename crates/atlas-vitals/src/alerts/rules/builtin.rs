//! The rules that come with Atlas, as text in the form in which an owner writes their own.

use super::RuleSet;

/// Everything in it is tried by a test, so that it can be read.
pub(super) const TEXT: &str = include_str!("builtin.toml");

pub(super) fn rules() -> RuleSet {
    RuleSet::parse(TEXT).expect("the rules that come with Atlas are tried by a test")
}
