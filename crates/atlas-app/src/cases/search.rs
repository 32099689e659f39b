//! Finding things again.

use std::time::Duration;

use atlas_search::{Hits, SearchReader, SearchRequest};
use tokio::time::{Instant, timeout};

use crate::app::{App, Mode, SearchState};
use crate::error::AppError;
use crate::indexer::blocking;
use crate::views::{SearchHit, SearchQuery, SearchReply};

const MAX_HITS: usize = 200;
/// How long an answer may wait for the index to follow what has just been written.
const WAIT_FOR_INDEX: Duration = Duration::from_millis(300);

impl App {
    /// Searches. An index that cannot follow in time makes the answer `degraded`.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchReply, AppError> {
        let begun = Instant::now();
        let reader = match &self.parts.search {
            SearchState::Ready(reader) => (**reader).clone(),
            SearchState::Unavailable(reason) => return Err(AppError::SearchUnavailable(reason.clone())),
        };
        let behind = self.is_behind(&reader).await?;
        let request = SearchRequest {
            query: query.q,
            user: self.user(),
            limit: query.limit.unwrap_or(20).clamp(1, MAX_HITS),
            offset: query.offset,
        };
        let found = blocking(move || Ok(reader.search(&request)?)).await?;
        Ok(reply(found, begun.elapsed(), behind))
    }

    async fn is_behind(&self, reader: &SearchReader) -> Result<bool, AppError> {
        if self.parts.mode == Mode::ReadOnly {
            // Another process may have committed since this one opened the index.
            let reader = reader.clone();
            blocking(move || Ok(reader.reload()?)).await?;
        }
        let library = self.library()?;
        let mut indexed = self.parts.signals.indexed();
        if library.changes_behind(reader.watermark().as_ref()).await? == 0 {
            return Ok(false);
        }
        if self.parts.mode == Mode::Normal {
            // Whether it came in time is seen below, not from how the wait ended.
            let _ = timeout(WAIT_FOR_INDEX, indexed.changed()).await;
        }
        Ok(library.changes_behind(reader.watermark().as_ref()).await? > 0)
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
