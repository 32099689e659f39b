//! Spans of the time line, as a list without overlap: when nobody looked, and when trouble was expected. It measures
//! what lies within them, and judges nothing.

use std::time::Duration;

use crate::Moment;

/// From one moment up to another, without the latter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub from: Moment,
    /// Where it has ended.
    pub until: Moment,
}

impl Span {
    /// How long it is.
    pub fn length(self) -> Duration {
        self.until.since(self.from)
    }

    /// What it has in common with another; of no length when nothing.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        Self {
            from,
            until: self.until.min(other.until).max(from),
        }
    }
}

/// Spans in order, none touching another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spans(Vec<Span>);

impl Spans {
    /// All that is covered by any of them.
    pub fn covering(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut sorted: Vec<Span> = spans.into_iter().filter(|span| span.from < span.until).collect();
        sorted.sort_by_key(|span| span.from);
        let mut covering = Self::default();
        for span in sorted {
            match covering.0.last_mut() {
                Some(last) if span.from <= last.until => last.until = last.until.max(span.until),
                Some(_) | None => covering.0.push(span),
            }
        }
        covering
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = Span> {
        self.0.iter().copied()
    }

    /// Adds one.
    pub fn add(&mut self, span: Span) {
        *self = Self::covering(self.iter().chain([span]));
    }

    /// How much of `span` they cover.
    pub fn overlap(&self, span: Span) -> Duration {
        self.iter().map(|one| one.within(span).length()).sum()
    }

    /// Forgets what was over before `moment`.
    pub fn forget_before(&mut self, moment: Moment) {
        self.0.retain(|span| span.until > moment);
    }
}
