//! Why a level of search gave no answer, in words that stand behind one another in one line.

use atlas_resilience::breaker::RefusalCause;
use atlas_resilience::{LevelCause, LevelError, PolicyError, Rejection};
use atlas_search::{FilterField, SearchError};

use crate::error::AppError;

/// Why a level of search gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    /// The index is not open.
    #[error("{0}")]
    NotOpen(String),
    /// The index failed, was too slow, or was not asked.
    #[error("{}", of_index(.0))]
    Index(PolicyError<SearchError>),
    /// Stopped in time, it had nothing yet.
    #[error("the index found nothing before its time was up")]
    NothingInTime,
    /// Only the index knows what restricts the query.
    #[error("titles cannot tell what `{0}:` asks for")]
    Field(FilterField),
    /// No title fits, and there is an earlier answer of the index, which looked at more than titles.
    #[error("no title has these words")]
    NoTitle,
    /// The titles cannot be read.
    #[error("{}", .0.told())]
    Library(AppError),
    /// There is no earlier answer.
    #[error("nobody has asked this before")]
    NeverAsked,
}

impl NoAnswer {
    /// Whether the index was not even asked, because it was not well before.
    pub(super) const fn is_left_alone(&self) -> bool {
        matches!(
            self,
            Self::Index(PolicyError::Rejected {
                rejection: Rejection::CircuitOpen { .. },
                ..
            })
        )
    }
}

/// The reasons of all levels that gave none.
pub(super) fn told(sources: &[LevelError<NoAnswer>]) -> String {
    sources.iter().map(reason).collect::<Vec<_>>().join("; ")
}

fn reason(source: &LevelError<NoAnswer>) -> String {
    match &source.cause {
        LevelCause::Failed(error) => error.to_string(),
        LevelCause::TimedOut { .. } | LevelCause::DeadlinePassed => source.to_string(),
    }
}

fn of_index(error: &PolicyError<SearchError>) -> String {
    match error {
        PolicyError::Timeout { limit, .. } => format!("the index gave no answer within {limit:?}"),
        PolicyError::Rejected {
            rejection: Rejection::CircuitOpen { cause, retry_in },
            ..
        } => left_alone(*cause, retry_in.map_or(0, |wait| wait.as_secs())),
        PolicyError::Rejected {
            rejection: Rejection::TooMany,
            ..
        } => "the index is busy with other searches".to_owned(),
        PolicyError::DeadlineExceeded { .. } | PolicyError::Rejected { .. } => {
            "there was no time to ask the index".to_owned()
        }
        PolicyError::Inner(error) => error.to_string(),
    }
}

fn left_alone(cause: RefusalCause, rest_secs: u64) -> String {
    match cause {
        RefusalCause::ForcedOpen => "asking the index was stopped by hand (`atlas breaker`)".to_owned(),
        RefusalCause::Open | RefusalCause::Throttled => {
            format!("the index failed or was slow, and is left alone for {rest_secs} s more")
        }
        RefusalCause::Probing => "the index failed or was slow, and is being tried again".to_owned(),
    }
}
