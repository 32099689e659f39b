//! The indexer: follows the change log and feeds the search index.
//!
//! The index commits first, with the place in the log inside the same commit, so that a crash at any point
//! only means reading some changes again. It decides nothing about content.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{ChangePage, Cursor, ItemId};
use atlas_search::{IndexOp, IndexedDocument, SearchIndex};
use atlas_store::{IndexMaterialPage, Library};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::AppError;
use crate::signals::Signals;

/// Changes that are read at once, and that share one commit of the index unless their text is very long.
const BATCH: u32 = 500;
/// Changes that come within this time share a commit, which costs as much as a few pages of extraction. It is
/// most of the 300 ms within which search follows.
const GATHER: Duration = Duration::from_millis(200);
/// Without changes for so long, the index writer gives its memory back.
const RELEASE_AFTER: Duration = Duration::from_secs(30);
/// The pause after a failure, doubled with each further one up to the longest, so that a failure that stays
/// does not fill the log.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Feeds the search index.
pub struct Indexer {
    library: Library,
    index: Arc<SearchIndex>,
    signals: Arc<Signals>,
    /// Where it stands; `None` at the beginning of the log. Whoever holds it may apply the next batch, so that two
    /// callers take turns, batch by batch.
    position: Arc<Mutex<Option<Cursor>>>,
}

/// The turn to apply a batch. It travels with the work: a caller who goes away in the middle loses neither the
/// order of batches nor the place in the log.
type Turn = OwnedMutexGuard<Option<Cursor>>;

impl Indexer {
    /// An indexer that goes on at `resume`, or from the beginning of the log without it.
    pub fn new(
        library: Library,
        index: Arc<SearchIndex>,
        signals: Arc<Signals>,
        resume: Option<Cursor>,
    ) -> Self {
        Self {
            library,
            index,
            signals,
            position: Arc::new(Mutex::new(resume)),
        }
    }

    /// Follows the log until `stop`, which is heard between two batches.
    pub async fn run(&self, stop: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            match self.follow(&stop).await {
                Ok(_) => pause = FIRST_PAUSE,
                Err(error) => {
                    tracing::error!(%error, "the search index could not follow; trying again");
                    if matches!(error, AppError::IndexDamaged(_)) {
                        self.start_over().await;
                    }
                    let _: Option<()> = stop.run_until_cancelled(sleep(pause)).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.signals.changes.notified() => self.gather(&stop).await,
                () = sleep(RELEASE_AFTER) => self.close().await,
            }
        }
    }

    /// Applies what the log holds for at most `limit`, give or take a batch. Returns whether that was everything.
    pub async fn catch_up_within(&self, limit: Duration) -> Result<bool, AppError> {
        let stop = CancellationToken::new();
        let mut following = pin!(self.follow(&stop));
        if let Ok(result) = timeout(limit, &mut following).await {
            return result;
        }
        stop.cancel();
        following.await
    }

    /// Gives the memory and the threads of the index writer back.
    pub(crate) async fn close(&self) {
        let index = Arc::clone(&self.index);
        if let Err(error) = blocking(move || Ok(index.release_writer()?)).await {
            tracing::warn!(%error, "the index writer could not be released");
        }
    }

    /// Lets some more changes come, unless somebody waits for those that are here.
    async fn gather(&self, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.signals.index_wanted.notified() => {}
            () = sleep(GATHER) => {}
        }
    }

    /// Applies batch after batch. Returns whether it came to the end of the log before `stop`.
    async fn follow(&self, stop: &CancellationToken) -> Result<bool, AppError> {
        while !stop.is_cancelled() {
            let turn = self.turn().await?;
            let page = self.library.changes_after(turn.as_ref(), BATCH).await?;
            let is_last = page.changes.len() < BATCH as usize;
            // A new index is committed even when there is nothing to put in: from then on it can be read.
            if !page.changes.is_empty() || turn.is_none() {
                self.apply(page, turn, stop).await?;
            }
            if is_last {
                self.signals.index_is_complete();
                return Ok(!stop.is_cancelled());
            }
        }
        Ok(false)
    }

    /// Waits for its turn. An index whose files have vanished is begun anew first.
    async fn turn(&self) -> Result<Turn, AppError> {
        let mut turn = Arc::clone(&self.position).lock_owned().await;
        let index = Arc::clone(&self.index);
        if !index.reader().has_vanished() {
            return Ok(turn);
        }
        tracing::warn!("the files of the search index have vanished: building it anew from the library");
        self.signals.index_begins_anew();
        blocking(move || {
            index.begin_anew()?;
            *turn = None;
            Ok(turn)
        })
        .await
    }

    /// Applies one page of changes, in as many commits as its text is long. Only the last moves the place in the
    /// log: applying the page again changes nothing.
    async fn apply(
        &self,
        page: ChangePage,
        mut turn: Turn,
        stop: &CancellationToken,
    ) -> Result<(), AppError> {
        // The newest state of an item counts, however often it changed.
        let mut left: HashSet<ItemId> = page.changes.iter().map(|change| change.item_id).collect();
        loop {
            let found = self
                .library
                .index_material(left.iter().copied().collect())
                .await?;
            let later: HashSet<ItemId> = found.remaining.iter().copied().collect();
            left.retain(|item| !later.contains(item));
            self.report_unreadable(&left, &found);
            let is_complete = later.is_empty();
            let place = if is_complete {
                page.next.clone()
            } else {
                // No changes are asked for: this is the place where the page begins.
                self.library.changes_after(turn.as_ref(), 0).await?.next
            };
            let index = Arc::clone(&self.index);
            turn = blocking(move || {
                index.apply(&operations(left, &found), &place)?;
                if is_complete {
                    *turn = Some(place);
                }
                Ok(turn)
            })
            .await?;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("index::after_commit", |_| std::process::abort());
            self.signals.index_moved();
            if is_complete || stop.is_cancelled() {
                return Ok(());
            }
            left = later;
        }
    }

    /// What cannot be read is passed over, so that one damaged row does not keep the rest from being found.
    fn report_unreadable(&self, looked_at: &HashSet<ItemId>, found: &IndexMaterialPage) {
        for (item, reason) in &found.unreadable {
            tracing::warn!(%item, reason, "the content of an item cannot be read; search goes without it");
        }
        let unreadable: Vec<ItemId> = found.unreadable.iter().map(|(item, _)| *item).collect();
        self.signals.index_looked_at(looked_at, &unreadable);
    }

    /// Empties a damaged index, and reads the log from its beginning.
    async fn start_over(&self) {
        let mut turn = Arc::clone(&self.position).lock_owned().await;
        self.signals.index_begins_anew();
        let index = Arc::clone(&self.index);
        let emptied = blocking(move || {
            index.clear()?;
            *turn = None;
            Ok(())
        });
        if let Err(error) = emptied.await {
            tracing::error!(%error, "the damaged search index could not be emptied");
        }
    }
}

/// Items that cannot be found any more are removed, the others put. Those that cannot be read stay as they are.
fn operations(mut items: HashSet<ItemId>, found: &IndexMaterialPage) -> Vec<IndexOp> {
    for (item, _) in &found.unreadable {
        items.remove(item);
    }
    let mut operations: Vec<IndexOp> = Vec::with_capacity(items.len());
    for material in &found.material {
        items.remove(&material.item.id);
        let document = IndexedDocument::of(&material.item, &material.article);
        operations.push(IndexOp::Put(Box::new(document)));
    }
    operations.extend(items.into_iter().map(IndexOp::Remove));
    operations
}

/// Runs what blocks on a thread made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "work on the search index panicked");
        Err(AppError::SearchUnavailable(
            "it failed by a fault of its own; the log says why".to_owned(),
        ))
    })
}

#[cfg(test)]
mod tests;
