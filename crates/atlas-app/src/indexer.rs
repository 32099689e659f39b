//! The indexer: follows the change log and keeps the search index equal to it.
//!
//! It commits the index with the cursor inside and forgets the cursor otherwise, so that a crash at any point
//! only means reading some changes again. It decides nothing about content.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Cursor, ItemId};
use atlas_search::{IndexOp, IndexedDocument, SearchIndex};
use atlas_store::{IndexMaterial, Library};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::error::AppError;
use crate::signals::Signals;

/// Changes that share one commit of the index.
const BATCH: u32 = 500;
/// Changes that come within this time share a commit, which costs as much as a few pages of extraction. It is
/// most of the 300 ms within which search follows.
const GATHER: Duration = Duration::from_millis(200);
/// Without changes for so long, the index writer gives its memory back.
const RELEASE_AFTER: Duration = Duration::from_secs(30);

/// Feeds the search index.
pub struct Indexer {
    library: Library,
    index: Arc<SearchIndex>,
    signals: Arc<Signals>,
    /// Where it stands; `None` at the beginning of the log. Held while a batch is applied, so that two callers
    /// take turns.
    position: Mutex<Option<Cursor>>,
}

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
            position: Mutex::new(resume),
        }
    }

    /// Follows the log until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::error!(%error, "the search index could not follow; trying again");
                if matches!(error, AppError::IndexDamaged(_)) {
                    self.start_over().await;
                }
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(Duration::from_secs(1)) => continue,
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.signals.changes.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(RELEASE_AFTER) => self.close().await,
            }
        }
    }

    /// Empties a damaged index, and reads the log from its beginning.
    async fn start_over(&self) {
        let mut position = self.position.lock().await;
        let index = Arc::clone(&self.index);
        match blocking(move || Ok(index.clear()?)).await {
            Ok(()) => *position = None,
            Err(error) => tracing::error!(%error, "the damaged search index could not be emptied"),
        }
    }

    /// Applies everything that the log holds now.
    pub async fn catch_up(&self) -> Result<(), AppError> {
        let mut position = self.position.lock().await;
        loop {
            let page = self.library.changes_after(position.as_ref(), BATCH).await?;
            let is_last = page.changes.len() < BATCH as usize;
            // A new index is committed even when there is nothing to put in: from then on it can be read.
            if !page.changes.is_empty() || position.is_none() {
                // The newest state of an item counts, however often it changed.
                let items: HashSet<ItemId> = page.changes.iter().map(|change| change.item_id).collect();
                self.apply(items, &page.next).await?;
                *position = Some(page.next);
            }
            if is_last {
                self.signals.caught_up();
                return Ok(());
            }
        }
    }

    async fn apply(&self, items: HashSet<ItemId>, cursor: &Cursor) -> Result<(), AppError> {
        let material = self
            .library
            .index_material(items.iter().copied().collect())
            .await?;
        let (index, cursor) = (Arc::clone(&self.index), cursor.clone());
        blocking(move || Ok(index.apply(&operations(items, &material), &cursor)?)).await?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("index::after_commit", |_| std::process::abort());
        Ok(())
    }

    /// Gives the memory and the threads of the index writer back.
    pub(crate) async fn close(&self) {
        let index = Arc::clone(&self.index);
        if let Err(error) = blocking(move || Ok(index.release_writer()?)).await {
            tracing::warn!(%error, "the index writer could not be released");
        }
    }
}

/// Items that cannot be found any more are removed, the others put.
fn operations(mut items: HashSet<ItemId>, material: &[IndexMaterial]) -> Vec<IndexOp> {
    let mut operations: Vec<IndexOp> = material
        .iter()
        .map(|IndexMaterial { item, article }| {
            items.remove(&item.id);
            IndexOp::Put(Box::new(IndexedDocument::of(item, article)))
        })
        .collect();
    operations.extend(items.into_iter().map(IndexOp::Remove));
    operations
}

/// Runs what blocks on a thread made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(AppError::SearchUnavailable(error.to_string())))
}
