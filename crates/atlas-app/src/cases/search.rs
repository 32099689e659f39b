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

impl App {
    /// Searches. An index that is further behind than the caller has to expect makes the answer `degraded`.
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
        let found = blocking(move || Ok(reader.search(&request)?)).await?;
        Ok(reply(found, begun.elapsed(), behind))
    }
}

fn reply(found: Hits, took: Duration, behind: bool) -> SearchReply {
    let hit = |hit: atlas_search::Hit| SearchHit {
        id: hit.item_id.to_string(),
        title: hit.title,
        url: hit.url,
        score: hit.score,
        snippet: hit.snippet.marked("**", "**"),
    };
    SearchReply {
        hits: found.hits.into_iter().map(hit).collect(),
        total: found.total as u64,
        took_ms: took.as_millis() as u64,
        degraded: behind,
        degraded_reason: if behind {
            "index_lag".to_owned()
        } else {
            String::new()
        },
    }
}
