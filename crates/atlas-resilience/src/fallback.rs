//! `FallbackChain`: something less good when the best cannot be had. It never retries, and it never hides what went
//! wrong before: the errors travel with the answer.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::pin::Pin;
use std::time::Duration;

use crate::deadline::Deadline;

type BoxedCall<'a, T, E> = Box<dyn FnOnce(Deadline) -> BoxedAnswer<'a, T, E> + Send + 'a>;
type BoxedAnswer<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// The best way to an answer, and further ways in the order in which they are gone when those before failed. Each is
/// called at most once.
///
/// Every error leads to the next level. An outcome that the others could not better, such as "this query means
/// nothing", belongs into `T`.
///
/// ```
/// use std::time::Duration;
/// use atlas_resilience::{Deadline, FallbackChain, LevelCause};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let short = Duration::from_millis(100);
/// let answer = FallbackChain::new("index", short, async |_deadline| Err("it is being rebuilt"))
///     .or("titles", short, async |_deadline| Ok("Rust in a day"))
///     .run(Deadline::after(Duration::from_secs(1)))
///     .await
///     .expect("the titles are there");
/// assert_eq!((answer.value, answer.level, answer.is_degraded()), ("Rust in a day", "titles", true));
/// assert_eq!(answer.sources[0].cause, LevelCause::Failed("it is being rebuilt"));
/// # }
/// ```
pub struct FallbackChain<'a, T, E> {
    levels: Vec<Level<'a, T, E>>,
}

struct Level<'a, T, E> {
    name: &'static str,
    limit: Duration,
    call: BoxedCall<'a, T, E>,
}

/// What a chain brought, from which level, and why not from a better one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T, E> {
    /// The answer itself.
    pub value: T,
    /// The name of the level that gave it.
    pub level: &'static str,
    /// The errors of the levels before, the primary's first. Empty exactly when the primary answered.
    pub sources: Vec<LevelError<E>>,
}

impl<T, E> Answer<T, E> {
    /// Whether it is less than the primary would have given.
    pub const fn is_degraded(&self) -> bool {
        !self.sources.is_empty()
    }
}

/// Why one level gave no answer. What is behind it, if anything, is its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelError<E> {
    /// The level's name.
    pub level: &'static str,
    /// What happened to it.
    pub cause: LevelCause<E>,
}

/// What happened to a level that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelCause<E> {
    /// It failed by itself.
    Failed(E),
    /// It took longer than it may.
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
    /// The caller's deadline passed before or during it. This says nothing about the level.
    DeadlinePassed,
}

/// No level gave an answer. The primary's error is the source; the message tells those of the fallbacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllLevelsFailed<E> {
    /// One for each level, the primary's first.
    pub sources: Vec<LevelError<E>>,
}

impl<'a, T, E> FallbackChain<'a, T, E> {
    /// Begins with the primary: what it is called, how long it may take, and the call itself, which is given its
    /// deadline. A limit shorter than the caller's deadline leaves time for the fallbacks.
    pub fn new<Call, Calling>(name: &'static str, limit: Duration, call: Call) -> Self
    where
        Call: FnOnce(Deadline) -> Calling + Send + 'a,
        Calling: Future<Output = Result<T, E>> + Send + 'a,
    {
        Self { levels: Vec::new() }.or(name, limit, call)
    }

    /// Adds what is called when all levels so far have failed, with a short limit of its own.
    #[must_use]
    pub fn or<Call, Calling>(mut self, name: &'static str, limit: Duration, call: Call) -> Self
    where
        Call: FnOnce(Deadline) -> Calling + Send + 'a,
        Calling: Future<Output = Result<T, E>> + Send + 'a,
    {
        self.levels.push(Level {
            name,
            limit,
            call: Box::new(move |deadline| Box::pin(call(deadline))),
        });
        self
    }

    /// Calls one level after the other until one answers. None is begun after `deadline`, and one that runs is
    /// dropped then. Dropping the returned future drops the level that runs.
    pub async fn run(self, deadline: Deadline) -> Result<Answer<T, E>, AllLevelsFailed<E>> {
        let mut sources = Vec::new();
        for level in self.levels {
            let name = level.name;
            match level.call_in_time(deadline).await {
                Ok(value) => {
                    return Ok(Answer {
                        value,
                        level: name,
                        sources,
                    });
                }
                Err(cause) => sources.push(LevelError { level: name, cause }),
            }
        }
        Err(AllLevelsFailed { sources })
    }
}

impl<T, E> Level<'_, T, E> {
    async fn call_in_time(self, deadline: Deadline) -> Result<T, LevelCause<E>> {
        if deadline.has_passed() {
            return Err(LevelCause::DeadlinePassed);
        }
        let own_deadline = deadline.within(self.limit);
        match tokio::time::timeout_at(own_deadline.instant(), (self.call)(own_deadline)).await {
            Ok(result) => result.map_err(LevelCause::Failed),
            Err(_elapsed) if own_deadline == deadline => Err(LevelCause::DeadlinePassed),
            Err(_elapsed) => Err(LevelCause::TimedOut { limit: self.limit }),
        }
    }
}

impl<T, E> fmt::Debug for FallbackChain<'_, T, E> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let levels = self.levels.iter().map(|level| (level.name, level.limit));
        formatter.debug_list().entries(levels).finish()
    }
}

impl<E> Display for LevelError<E> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let level = self.level;
        match &self.cause {
            LevelCause::Failed(_) => write!(formatter, "{level} failed"),
            LevelCause::TimedOut { limit } => write!(formatter, "{level} gave no answer within {limit:?}"),
            LevelCause::DeadlinePassed => write!(formatter, "the deadline left no time for {level}"),
        }
    }
}

impl<E: Error + 'static> Error for LevelError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            LevelCause::Failed(error) => Some(error),
            LevelCause::TimedOut { .. } | LevelCause::DeadlinePassed => None,
        }
    }
}

impl<E: Display> Display for AllLevelsFailed<E> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "no answer from any of {} levels", self.sources.len())?;
        for fallback in self.sources.iter().skip(1) {
            write!(formatter, "; {fallback}")?;
            if let LevelCause::Failed(error) = &fallback.cause {
                write!(formatter, ": {error}")?;
            }
        }
        Ok(())
    }
}

impl<E: Error + 'static> Error for AllLevelsFailed<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let primary = self.sources.first()?;
        Some(primary)
    }
}

#[cfg(test)]
mod tests;
