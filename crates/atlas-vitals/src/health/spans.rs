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

    /// No more than `most` of them: those that lie nearest to each other become one.
    #[must_use]
    pub fn at_most(mut self, most: usize) -> Self {
        let mut apart = Duration::from_secs(1);
        while self.0.len() > most {
            let mut fewer: Vec<Span> = Vec::new();
            for span in self.0 {
                match fewer.last_mut() {
                    Some(last) if span.from.since(last.until) <= apart => last.until = span.until,
                    Some(_) | None => fewer.push(span),
                }
            }
            self.0 = fewer;
            apart = apart.saturating_mul(2);
        }
        self
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_spans_that_lie_near_become_few() {
        let second = |at: u64| Moment::from_millis(at * 1_000);
        let restless = (0..10_000).map(|number| Span {
            from: second(number * 6),
            until: second(number * 6 + 5),
        });
        let far = Span {
            from: second(1_000_000),
            until: second(1_000_100),
        };
        let spans = Spans::covering(restless.chain([far])).at_most(100);
        let spans: Vec<Span> = spans.iter().collect();
        let near = Span {
            from: second(0),
            until: second(59_999),
        };
        assert_eq!(spans, [near, far]);
    }

    #[test]
    fn few_spans_stay_as_they_are() {
        let spans = Spans::covering([Span {
            from: Moment::from_millis(0),
            until: Moment::from_millis(1),
        }]);
        assert_eq!(spans.clone().at_most(1), spans);
    }
}
