//! Finding things again. Whatever the index does, there is an answer in time: the index's own, else one from the
//! titles, else the last one to the same question; and it says which it is, and why.

mod index;
mod last_answers;
mod looking;
mod no_answer;
mod titles;

use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::{Answer, Deadline, FallbackChain, LevelCause, LevelError, Service};
use atlas_search::{Query, QueryError, SearchError, SearchReader, SearchRequest};
use tokio::time::{Instant, timeout};

use super::limits::page_size;
use crate::app::{App, SearchState};
use crate::error::AppError;
use crate::services::Services;
use crate::services::search_operations::{
    FRESHNESS_LIMIT, INDEX, SEARCH_OPERATIONS, TITLES_LIMIT, unlisted_search_operations,
};
use crate::views::{SearchHit, SearchQuery, SearchReply};
use last_answers::LastAnswers;
pub(crate) use looking::LookError;
use no_answer::{NoAnswer, told};

const MAX_HITS: u32 = 200;

const TITLES: &str = "titles";
const LAST_ANSWER: &str = "last_answer";

/// What searching keeps from one search to the next.
pub(crate) struct Searching {
    service: Arc<Service>,
    last_answers: LastAnswers,
}

impl Searching {
    pub(crate) fn new(services: &Services) -> Self {
        let listed = services.get(SEARCH_OPERATIONS).cloned();
        Self {
            service: listed.unwrap_or_else(|| Arc::new(unlisted_search_operations())),
            last_answers: LastAnswers::default(),
        }
    }
}

/// What one level brought.
#[derive(Debug, Clone, Default)]
struct Found {
    hits: Vec<SearchHit>,
    total: u64,
    hint: String,
    /// The index was stopped before it had looked at everything.
    was_stopped: bool,
    /// How old the answer is, when it is an earlier one.
    age: Duration,
}

/// A query that the index refuses is no failure of the index: nothing else could answer it either.
type Understood = Result<Found, QueryError>;

impl App {
    /// Searches. The answer is `degraded` when the index is further behind than the caller has to expect, when the
    /// search was not done when its time was up, and when it is not the index's answer.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchReply, AppError> {
        let time_limit = self.searching.service.settings().overall_timeout;
        let (begun, deadline) = (Instant::now(), Deadline::of_limit(time_limit));
        let request = SearchRequest {
            limit: page_size(query.limit, 20, MAX_HITS)? as usize,
            offset: query.offset,
            user: self.user(),
            query: query.q.clone(),
        };
        let parsed = request.parsed().map_err(SearchError::from)?;
        let is_behind = match &self.parts.search {
            SearchState::Ready(reader) => self.is_behind_in_time(reader, &query).await?,
            SearchState::Unavailable(_) => false, // there is nothing to wait for
        };
        let answer = self
            .first_answer(&request, &parsed, (deadline, time_limit))
            .await?;
        let found = answer.value.map_err(SearchError::from)?;
        let reason = match answer.level {
            INDEX => shortcoming(found.was_stopped, is_behind).to_owned(),
            LAST_ANSWER => format!(
                "{LAST_ANSWER}: {} s old; {}",
                found.age.as_secs(),
                told(&answer.sources)
            ),
            level => format!("{level}: {}", told(&answer.sources)),
        };
        Ok(reply(found, begun.elapsed(), reason))
    }

    /// An index that cannot tell in time how far it is counts as behind.
    async fn is_behind_in_time(&self, reader: &SearchReader, query: &SearchQuery) -> Result<bool, AppError> {
        match timeout(FRESHNESS_LIMIT, self.is_behind(reader, query)).await {
            Err(_elapsed) => Ok(true),
            Ok(Err(error @ (AppError::SearchUnavailable(_) | AppError::IndexDamaged(_)))) => {
                tracing::warn!(%error, "the last commit of the index cannot be shown");
                Ok(true)
            }
            Ok(told) => told,
        }
    }

    /// Asks one after the other, until one answers.
    async fn first_answer(
        &self,
        request: &SearchRequest,
        query: &Query,
        (deadline, time_limit): (Deadline, Duration),
    ) -> Result<Answer<Understood, NoAnswer>, AppError> {
        // The policy ends an attempt by itself, and counts it. One that was dropped at a limit of this chain would not
        // be counted.
        let answer = FallbackChain::new(INDEX, time_limit, |deadline| self.ask_index(request, deadline))
            .or(TITLES, TITLES_LIMIT, |_| self.ask_titles(request, query))
            .or(LAST_ANSWER, TITLES_LIMIT, |_| async {
                let last = self.searching.last_answers.to(request);
                last.map(Ok).ok_or(NoAnswer::NeverAsked)
            })
            .run(deadline)
            .await;
        match &answer {
            Ok(answer) => log(answer.level, &answer.sources),
            Err(failed) => log("nothing", &failed.sources),
        }
        answer.map_err(|failed| AppError::SearchUnavailable(told(&failed.sources)))
    }
}

/// What an answer of the index lacks, as a stable code. Of two reasons the heavier one is told: hits that are missing
/// although the index has them.
const fn shortcoming(was_stopped: bool, is_behind: bool) -> &'static str {
    match (was_stopped, is_behind) {
        (true, _) => "timeout",
        (false, true) => "index_lag",
        (false, false) => "",
    }
}

fn reply(found: Found, took: Duration, degraded_reason: String) -> SearchReply {
    SearchReply {
        hits: found.hits,
        total: found.total,
        took_ms: took.as_millis() as u64,
        degraded: !degraded_reason.is_empty(),
        degraded_reason,
        hint: found.hint,
    }
}

/// One line for each search that the index did not answer.
fn log(answered_by: &str, sources: &[LevelError<NoAnswer>]) {
    let Some(primary) = sources.first() else { return };
    let reason = told(sources);
    match &primary.cause {
        // That it is left alone was logged when that began.
        LevelCause::Failed(error) if error.is_left_alone() => {
            tracing::debug!(answered_by, reason, "a search went without the index");
        }
        _ => tracing::warn!(answered_by, reason, "a search went without the index"),
    }
}

#[cfg(test)]
mod tests;
