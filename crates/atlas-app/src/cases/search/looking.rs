//! Whether the index finds what it must find: asked for by the probe of search. It passes the circuit breaker of the
//! index as every search does, and nothing that it meets counts for it, unless it is the probe that is due.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::UserId;
use atlas_resilience::Deadline;
use atlas_resilience::breaker::{Breaker, CallResult};
use atlas_search::{SearchError, SearchReader, SearchRequest};
use tokio::time::timeout;

use super::index::look_up;
use crate::app::App;
use crate::services::search_operations::INDEX;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// The index is left alone.
    #[error("breaker_open; the index is left alone for a while after this: {0}")]
    BreakerOpen(String),
    /// It did not answer in time.
    #[error("the index gave no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// It failed.
    #[error(transparent)]
    Index(#[from] SearchError),
}

impl App {
    /// Whether that word is found in the canary.
    pub(crate) async fn finds_canary(&self, reader: &SearchReader, word: &str) -> Result<bool, LookError> {
        let service = &self.searching.service;
        let limit = service.settings().overall_timeout;
        let breaker = self.index_breaker();
        let Ok(permit) = breaker.acquire() else {
            return Err(LookError::BreakerOpen(breaker.status().reason));
        };
        let request = SearchRequest {
            query: word.to_owned(),
            user: UserId::CANARY,
            limit: 1,
            offset: 0,
        };
        let looking = look_up(reader.clone(), request, Deadline::of_limit(limit), None);
        let found = match timeout(limit, looking).await {
            Ok(Ok(hits)) if hits.was_stopped => Err(LookError::Timeout(limit)),
            Ok(Ok(hits)) => Ok(hits.total > 0),
            Ok(Err(error)) => Err(LookError::Index(error)),
            Err(_elapsed) => Err(LookError::Timeout(limit)),
        };
        match (&found, permit.is_probe()) {
            (_, false) => drop(permit.finish(CallResult::Ignored)),
            (Ok(_), true) => drop(permit.success()),
            (Err(error), true) => drop(permit.failure(&error.to_string())),
        }
        found
    }

    /// The circuit breaker of the index.
    pub(crate) fn index_breaker(&self) -> Arc<Breaker> {
        self.searching.service.breakers().get(INDEX)
    }

    /// Within this the index should answer: beyond it a person's search is answered by something else.
    pub(crate) fn index_budget(&self) -> Duration {
        self.searching.service.settings().attempt_timeout
    }
}
