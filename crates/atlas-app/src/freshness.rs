//! How far the search index is behind the library, and what that means for an answer. Whoever has just written
//! can have their own write waited for; everybody else gets an answer at once, and is told only of a delay
//! that is worth telling.

use std::time::Duration;

use atlas_domain::Cursor;
use atlas_search::SearchReader;
use atlas_store::Library;
use tokio::time::timeout;

use crate::app::{App, Mode};
use crate::error::AppError;
use crate::indexer::blocking;
use crate::status::{Degradation, IndexView};
use crate::views::{SearchQuery, Written};

/// How long an answer may wait for the index to follow what its caller has just written.
const WAIT_FOR_INDEX: Duration = Duration::from_millis(300);
/// An index that is behind by less is at work as usual.
const TOLERABLE_LAG: Duration = Duration::from_secs(5);
/// An index that is behind by more does not keep up by itself: somebody should look.
const PERSISTENT_LAG: Duration = Duration::from_mins(1);

impl App {
    /// An answer to a call that has written, with the place in the change log that covers what it wrote. Without
    /// the place when it cannot be read: the write has happened all the same.
    pub async fn written<T>(&self, answer: T) -> Written<T> {
        let cursor = match self.library() {
            Ok(library) => library.change_head().await.ok(),
            Err(_) => None,
        };
        Written { answer, cursor }
    }

    /// Whether an answer from the index would miss something that its caller may expect in it. Waits for what the
    /// caller wrote, within the limit.
    pub(crate) async fn is_behind(
        &self,
        reader: &SearchReader,
        query: &SearchQuery,
    ) -> Result<bool, AppError> {
        let library = self.library()?;
        if self.parts.mode == Mode::ReadOnly {
            // Another process may have committed since this one opened the index.
            let reader = reader.clone();
            blocking(move || Ok(reader.reload()?)).await?;
        }
        let expected = match (&query.after_cursor, query.fresh) {
            (Some(cursor), _) => Some(cursor.clone()),
            (None, true) => Some(library.change_head().await?),
            (None, false) => None,
        };
        if let Some(place) = expected
            && !self
                .wait_for_index(library, reader, &place, WAIT_FOR_INDEX)
                .await?
        {
            return Ok(true);
        }
        Ok(library.oldest_waiting(reader.watermark().as_ref()).await? > TOLERABLE_LAG)
    }

    /// What to say of an index that has lost its files, until it is there again.
    pub(crate) fn index_loss(&self, reader: &SearchReader) -> Option<&'static str> {
        let is_lost = reader.has_vanished() || self.parts.signals.is_index_rebuilt();
        is_lost.then_some(
            "the search index was lost and is built anew from the library: until it is complete, search finds only a \
             part of what is stored",
        )
    }

    /// Whether the index reaches `place` in time. A place that later writes have moved past is reached all the
    /// same, so that the answer does not depend on how busy the library is.
    pub(crate) async fn wait_for_index(
        &self,
        library: &Library,
        reader: &SearchReader,
        place: &Cursor,
        limit: Duration,
    ) -> Result<bool, AppError> {
        // Followed before the first look, so that no step is missed in between.
        let mut indexed = self.parts.signals.indexed();
        let has_reached = || {
            let reached = library.has_reached(reader.watermark().as_ref(), place);
            reached.map_err(|_| {
                AppError::Invalid(format!("`{}` is no cursor of this library", place.as_store()))
            })
        };
        let reached = has_reached()?;
        if reached || self.parts.mode == Mode::ReadOnly {
            return Ok(reached); // nobody in this process moves the index
        }
        self.parts.signals.index_wanted.notify_one();
        self.parts.signals.changes.notify_one();
        let followed = async {
            while !has_reached()? && indexed.changed().await.is_ok() {}
            has_reached()
        };
        timeout(limit, followed).await.unwrap_or_else(|_| has_reached())
    }
}

/// Whether an index that is behind for so long does not keep up by itself.
pub(crate) fn is_persistent(waiting: Duration) -> bool {
    waiting > PERSISTENT_LAG
}

/// What is wrong with an index in this condition, and what to do.
pub(crate) fn index_troubles(index: &IndexView) -> Vec<Degradation> {
    let mut troubles = Vec::new();
    let mut trouble = |code: &str, message: String| {
        troubles.push(Degradation {
            code: code.to_owned(),
            message,
        });
    };
    let waiting = Duration::from_millis(index.lag_ms);
    if is_persistent(waiting) {
        let message = format!(
            "search has been behind the library for {} s, and what was saved since cannot be found: a server builds \
             the index by itself; if one runs and this goes on, its log says why",
            waiting.as_secs()
        );
        trouble("index_lag", message);
    }
    if index.unreadable > 0 {
        let message = format!(
            "search goes without {} items whose stored content cannot be read: the log names them, and `atlas \
             doctor` says whether more is damaged",
            index.unreadable
        );
        trouble("index_unreadable", message);
    }
    troubles
}

#[cfg(test)]
mod tests;
