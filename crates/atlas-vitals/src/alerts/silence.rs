//! Silences: what a person asked not to be told about, for how long, and why. It is watched all the same.

use std::time::Duration;

use atlas_domain::Timestamp;
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::text::{LONGEST_LINE_BYTES, one_line};
use crate::Moment;

/// No silence lasts longer: what is to be silent for good is a rule to be taken out.
pub const LONGEST_SILENCE: Duration = Duration::from_hours(30 * 24);

/// A larger pattern is refused; compiled, it may take this much memory.
const PATTERN_LIMIT_BYTES: usize = 64 * 1024;

/// How a label must be for a silence to mean an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMatcher {
    /// The label: one of the incident's, or `rule`, `service`, `severity`.
    pub label: String,
    /// How it is compared.
    pub op: MatchOp,
    /// With what. An absent label is empty.
    pub value: String,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MatchOp {
    /// The same text.
    #[serde(rename = "=")]
    Equal,
    /// Another text.
    #[serde(rename = "!=")]
    NotEqual,
    /// The whole of it matches the pattern.
    #[serde(rename = "=~")]
    Matches,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSilence {
    /// All of them must fit.
    pub matchers: Vec<StoredMatcher>,
    /// From when on.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// Who asks.
    pub author: String,
    /// Why.
    pub comment: String,
    /// It ends before its time, as soon as everything that it means is over.
    pub until_resolved: bool,
}

/// A silence as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSilence {
    /// Its number.
    pub number: u64,
    /// All of them must fit.
    pub matchers: Vec<StoredMatcher>,
    /// From when on, in milliseconds of the steady time line.
    pub from: u64,
    /// Until when.
    pub until: u64,
    /// Its end, for people.
    pub until_wall: Timestamp,
    /// Who asked.
    pub author: String,
    /// Why.
    pub comment: String,
    /// It ends as soon as everything that it means is over.
    pub until_resolved: bool,
    /// An incident that it means was there.
    pub has_met: bool,
    /// It was ended before its time.
    pub ended: bool,
}

/// What is wrong with a silence that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SilenceFault {
    /// It would silence everything.
    #[error("a silence needs at least one matcher; to be told nothing at all, announce maintenance")]
    NoMatcher,
    /// Its end is not after its beginning.
    #[error("a silence must end after it begins")]
    EndsBeforeItBegins,
    /// Its end is over.
    #[error("a silence must end in the future")]
    IsOver,
    /// It is too long.
    #[error("a silence lasts 30 days at most; switch the rule off instead")]
    TooLong,
    /// A pattern cannot be read.
    #[error("the pattern for `{label}` cannot be used: {fault}")]
    Pattern {
        /// Whose.
        label: String,
        /// Why not.
        fault: String,
    },
}

/// A silence with its patterns ready.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    pub(super) stored: StoredSilence,
    patterns: Vec<Option<Regex>>,
}

impl Silence {
    pub(super) fn new(
        asked: NewSilence,
        number: u64,
        now: Moment,
        wall: Timestamp,
    ) -> Result<Self, Vec<SilenceFault>> {
        let mut faults = Vec::new();
        if asked.matchers.is_empty() {
            faults.push(SilenceFault::NoMatcher);
        }
        if asked.until <= asked.from {
            faults.push(SilenceFault::EndsBeforeItBegins);
        } else if asked.until <= now {
            faults.push(SilenceFault::IsOver);
        } else if asked.until.since(asked.from) > LONGEST_SILENCE {
            faults.push(SilenceFault::TooLong);
        }
        let patterns = patterns(&asked.matchers).unwrap_or_else(|wrong| {
            faults.extend(wrong);
            Vec::new()
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        let stored = StoredSilence {
            number,
            matchers: asked.matchers,
            from: asked.from.millis(),
            until: asked.until.millis(),
            until_wall: wall.after(asked.until.since(now)),
            author: one_line(&asked.author, LONGEST_LINE_BYTES),
            comment: one_line(&asked.comment, LONGEST_LINE_BYTES),
            until_resolved: asked.until_resolved,
            has_met: false,
            ended: false,
        };
        Ok(Self { stored, patterns })
    }

    /// As it was kept. One whose patterns cannot be used any more silences nothing.
    pub(super) fn restore(stored: StoredSilence) -> Option<Self> {
        let patterns = patterns(&stored.matchers).ok()?;
        Some(Self { stored, patterns })
    }

    pub(super) fn is_active(&self, now: Moment) -> bool {
        !self.stored.ended && (self.stored.from..self.stored.until).contains(&now.millis())
    }

    /// It can never be active again.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.stored.ended || self.stored.until <= now.millis()
    }

    /// Whether all matchers fit what `label` says.
    pub(super) fn means<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        !self.stored.matchers.is_empty()
            && self
                .stored
                .matchers
                .iter()
                .zip(&self.patterns)
                .all(|(matcher, pattern)| {
                    let value = label(&matcher.label).unwrap_or_default();
                    match (matcher.op, pattern) {
                        (MatchOp::Equal, _) => value == matcher.value,
                        (MatchOp::NotEqual, _) => value != matcher.value,
                        (MatchOp::Matches, Some(pattern)) => pattern.is_match(value),
                        (MatchOp::Matches, None) => false,
                    }
                })
    }
}

fn patterns(matchers: &[StoredMatcher]) -> Result<Vec<Option<Regex>>, Vec<SilenceFault>> {
    let mut faults = Vec::new();
    let patterns = matchers
        .iter()
        .map(|matcher| {
            if matcher.op != MatchOp::Matches {
                return None;
            }
            let whole = format!("^(?:{})$", matcher.value);
            let built = regex::RegexBuilder::new(&whole)
                .size_limit(PATTERN_LIMIT_BYTES)
                .build();
            built
                .map_err(|error| {
                    faults.push(SilenceFault::Pattern {
                        label: matcher.label.clone(),
                        fault: one_line(&error.to_string(), LONGEST_LINE_BYTES),
                    });
                })
                .ok()
        })
        .collect();
    if faults.is_empty() {
        Ok(patterns)
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Moment = Moment::from_millis(1_000_000);

    fn matcher(label: &str, op: MatchOp, value: &str) -> StoredMatcher {
        StoredMatcher {
            label: label.to_owned(),
            op,
            value: value.to_owned(),
        }
    }

    fn asked(matchers: Vec<StoredMatcher>, lasts: Duration) -> NewSilence {
        NewSilence {
            matchers,
            from: NOW,
            until: NOW.after(lasts),
            author: "mara".to_owned(),
            comment: "new disk comes on Friday".to_owned(),
            until_resolved: false,
        }
    }

    fn made(asked: NewSilence) -> Result<Silence, Vec<SilenceFault>> {
        Silence::new(asked, 1, NOW, Timestamp::from_millis(0))
    }

    #[rstest]
    #[case::equal(MatchOp::Equal, "/data", true)]
    #[case::equal_to_a_part(MatchOp::Equal, "/dat", false)]
    #[case::not_equal(MatchOp::NotEqual, "/", true)]
    #[case::not_equal_but_is(MatchOp::NotEqual, "/data", false)]
    #[case::matches(MatchOp::Matches, "/(data|tmp)", true)]
    #[case::the_whole_must_match(MatchOp::Matches, "data", false)]
    #[case::alternatives_are_bound_together(MatchOp::Matches, "x|/data", true)]
    fn a_matcher_compares_the_whole_label(#[case] op: MatchOp, #[case] value: &str, #[case] expected: bool) {
        let silence = made(asked(vec![matcher("mount", op, value)], LONGEST_SILENCE)).unwrap();

        assert_eq!(
            silence.means(|name| (name == "mount").then_some("/data")),
            expected
        );
    }

    #[test]
    fn an_absent_label_is_empty() {
        let silence = made(asked(
            vec![matcher("mount", MatchOp::NotEqual, "/")],
            LONGEST_SILENCE,
        ))
        .unwrap();

        assert!(silence.means(|_| None));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let pattern = matcher("mount", MatchOp::Matches, "(");
        let faults = made(asked(vec![pattern], LONGEST_SILENCE + Duration::from_secs(1))).unwrap_err();

        assert_eq!(faults[0], SilenceFault::TooLong);
        assert!(matches!(&faults[1], SilenceFault::Pattern { label, .. } if label == "mount"));
        assert_eq!(
            made(asked(Vec::new(), Duration::ZERO)).unwrap_err(),
            [SilenceFault::NoMatcher, SilenceFault::EndsBeforeItBegins]
        );
    }

    #[test]
    fn a_pattern_cannot_take_all_memory() {
        let pattern = matcher("mount", MatchOp::Matches, "(((a{100}){100}){100})");

        assert!(made(asked(vec![pattern], LONGEST_SILENCE)).is_err());
    }

    #[test]
    fn it_holds_from_its_first_moment_to_its_last() {
        let hour = Duration::from_hours(1);
        let silence = made(asked(vec![matcher("rule", MatchOp::Equal, "x")], hour)).unwrap();

        assert!(silence.is_active(NOW));
        assert!(!silence.is_active(NOW.after(hour)));
        assert!(silence.is_over(NOW.after(hour)));
    }
}
