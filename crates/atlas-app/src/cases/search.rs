//! Finding things again.

use std::time::Duration;

use atlas_search::{Hits, SearchRequest};
use tokio::time::Instant;

use super::limits::page_size;
use crate::app::{App, SearchState};
use crate::error::AppError;
use crate::indexer::blocking;
use crate::views::{SearchHit, SearchQuery, SearchReply};

const MAX_HITS: u32 = 200;
/// Whoever searches waits before a screen: after so long the answer is what has been found until then.
const TIME_LIMIT: Duration = Duration::from_millis(800);

impl App {
    /// Searches. An index that is further behind than the caller has to expect makes the answer `degraded`, and so
    /// does a search that is not done when its time is up.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchReply, AppError> {
        let begun = Instant::now();
        let limit = page_size(query.limit, 20, MAX_HITS)? as usize;
        let reader = match &self.parts.search {
            SearchState::Ready(reader) => (**reader).clone(),
            SearchState::Unavailable(reason) => return Err(AppError::SearchUnavailable(reason.clone())),
        };
        let behind = self.is_behind(&reader, &query).await?;
        let request = SearchRequest {
            query: query.q,
            user: self.user(),
            limit,
            offset: query.offset,
        };
        let is_over = move || begun.elapsed() >= TIME_LIMIT;
        let found = blocking(move || Ok(reader.search(&request, is_over)?)).await?;
        Ok(reply(found, begun.elapsed(), behind))
    }
}

/// Of two reasons the heavier one is told: hits that are missing although the index has them.
fn reply(found: Hits, took: Duration, behind: bool) -> SearchReply {
    let hit = |hit: atlas_search::Hit| SearchHit {
        id: hit.item_id.to_string(),
        title: hit.title,
        url: hit.url,
        score: hit.score,
        snippet: hit.snippet.marked("**", "**"),
    };
    let degraded_reason = match (found.was_stopped, behind) {
        (true, _) => "timeout",
        (false, true) => "index_lag",
        (false, false) => "",
    };
    SearchReply {
        hits: found.hits.into_iter().map(hit).collect(),
        total: found.total as u64,
        took_ms: took.as_millis() as u64,
        degraded: !degraded_reason.is_empty(),
        degraded_reason: degraded_reason.to_owned(),
        hint: found.hint.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_why_it_may_be_incomplete() {
        let reason = |was_stopped, behind| {
            let found = Hits {
                was_stopped,
                ..Hits::default()
            };
            let reply = reply(found, Duration::ZERO, behind);
            (reply.degraded, reply.degraded_reason)
        };
        assert_eq!(reason(false, false), (false, String::new()));
        assert_eq!(reason(false, true), (true, "index_lag".to_owned()));
        assert_eq!(reason(true, false), (true, "timeout".to_owned()));
        assert_eq!(reason(true, true), (true, "timeout".to_owned()));
    }
}
