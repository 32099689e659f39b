//! The first level of search: the index, by the policy `search_operations`. What blocks does so on a thread of its own.

use std::time::Duration;

use atlas_resilience::{BulkheadPermit, Call, Deadline, Judgement, PolicyError};
use atlas_search::{Hit, Hits, SearchError, SearchReader, SearchRequest};
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::{Found, NoAnswer, Understood};
use crate::app::{App, SearchState};
use crate::services::search_operations::INDEX;
use crate::views::SearchHit;

/// So long before its time is up the index is stopped, to bring what it has found until then.
const TIME_TO_BRING: Duration = Duration::from_millis(50);

impl App {
    pub(super) async fn ask_index(
        &self,
        request: &SearchRequest,
        deadline: Deadline,
    ) -> Result<Understood, NoAnswer> {
        let reader = match &self.parts.search {
            SearchState::Ready(reader) => reader,
            SearchState::Unavailable(reason) => return Err(NoAnswer::NotOpen(reason.clone())),
        };
        let policy = self.searching.service.policy();
        let attempt = |deadline, place| look_up((**reader).clone(), request.clone(), deadline, place);
        let found = match policy
            .run_in_place(Call::once(INDEX, deadline), judge, attempt)
            .await
        {
            Ok(hits) => found(hits),
            Err(PolicyError::Inner(SearchError::Query(refusal))) => return Ok(Err(refusal)),
            Err(error) => return Err(NoAnswer::Index(error)),
        };
        if found.was_stopped && found.total == 0 {
            return Err(NoAnswer::NothingInTime);
        }
        if !found.was_stopped {
            self.searching
                .last_answers
                .remember(request.clone(), found.clone());
        }
        Ok(Ok(found))
    }
}

/// Nobody can end a thread that hangs in the index: it keeps its `place` until it is back.
pub(super) async fn look_up(
    reader: SearchReader,
    request: SearchRequest,
    deadline: Deadline,
    place: Option<BulkheadPermit>,
) -> Result<Hits, SearchError> {
    let instant = deadline.instant();
    let stop_at = instant.checked_sub(TIME_TO_BRING).unwrap_or(instant);
    let looking = spawn_blocking(move || {
        let _place = place;
        reader.search(&request, || Instant::now() >= stop_at)
    });
    looking.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a search panicked");
        Err(SearchError::Engine("it panicked; the log says where".to_owned()))
    })
}

fn judge(result: Result<&Hits, &SearchError>) -> Judgement {
    match result {
        Ok(_) => Judgement::success(),
        Err(SearchError::Query(_)) => Judgement::refused(),
        Err(SearchError::Damaged(_) | SearchError::MustRebuild(_)) => Judgement::transient("index_damaged"),
        Err(SearchError::Permission(_) | SearchError::Io(_)) => Judgement::transient("index_io"),
        Err(SearchError::Locked | SearchError::Engine(_)) => Judgement::transient("index_failed"),
    }
}

fn found(hits: Hits) -> Found {
    let hit = |hit: Hit| SearchHit {
        id: hit.item_id.to_string(),
        title: hit.title,
        url: hit.url,
        score: hit.score,
        snippet: hit.snippet.marked("**", "**"),
    };
    Found {
        hits: hits.hits.into_iter().map(hit).collect(),
        total: hits.total as u64,
        hint: hits.hint.unwrap_or_default(),
        was_stopped: hits.was_stopped,
        age: Duration::ZERO,
    }
}
