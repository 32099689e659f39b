//! The check of the search index: it holds exactly what can be found. An index that is on its way is in order.

use std::collections::HashSet;
use std::time::Duration;

use atlas_domain::{Cursor, ItemId};
use atlas_search::SearchReader;
use atlas_store::Library;
use tokio::time::timeout;

use super::Finding;
use crate::app::{App, Mode, SearchState};
use crate::error::AppError;
use crate::freshness::is_persistent;
use crate::indexer::blocking;

/// How long the check waits for the index to follow what was saved before it.
const WAIT_FOR_INDEX: Duration = Duration::from_secs(2);
/// Changes that are looked at together.
const PAGE: u32 = 1_000;

impl App {
    /// Compares the index with the library, apart from what the index has yet to follow.
    pub(super) async fn check_index(&self) -> Result<Finding, AppError> {
        let reader = match &self.parts.search {
            SearchState::Ready(reader) => (**reader).clone(),
            SearchState::Unavailable(reason) => return Err(AppError::SearchUnavailable(reason.clone())),
        };
        let library = self.library()?;
        self.let_it_follow(library, &reader).await?;
        if reader.has_vanished() {
            return Ok(Finding::Wrong(format!(
                "the files in `{}` have vanished; a server that can write builds them anew by itself",
                self.parts.dir.search().display()
            )));
        }
        let place = reader.watermark();
        let indexed = ids_in(reader).await?;
        let differing = differing_since(library, place.as_ref(), indexed).await?;
        if differing.missing + differing.extra > 0 {
            return Ok(Finding::Wrong(format!(
                "{} documents are missing in the index and {} are too many: stop Atlas, delete `{}`, and start it \
                 again to build the index anew",
                differing.missing,
                differing.extra,
                self.parts.dir.search().display()
            )));
        }
        let waiting = library.oldest_waiting(place.as_ref()).await?;
        Ok(match library.changes_behind(place.as_ref()).await? {
            0 => Finding::InOrder(format!(
                "{} document{}, the same as in the library",
                differing.stored,
                if differing.stored == 1 { "" } else { "s" }
            )),
            behind if is_persistent(waiting) => Finding::Wrong(format!(
                "{behind} changes have been waiting for it for up to {} s: a server builds the index by itself; if \
                 one runs and this goes on, its log says why",
                waiting.as_secs()
            )),
            behind => Finding::InOrder(format!("sound; it has {behind} changes yet to follow")),
        })
    }

    /// Waits until the index has followed what is saved now, for some time at most.
    async fn let_it_follow(&self, library: &Library, reader: &SearchReader) -> Result<(), AppError> {
        if self.parts.mode == Mode::ReadOnly {
            let reader = reader.clone();
            return blocking(move || Ok(reader.reload()?)).await;
        }
        let mut moves = self.parts.signals.indexed();
        if reader.has_vanished() {
            self.parts.signals.index_wanted.notify_one();
            self.parts.signals.changes.notify_one();
            let begun_anew = async { while reader.has_vanished() && moves.changed().await.is_ok() {} };
            if timeout(WAIT_FOR_INDEX, begun_anew).await.is_err() {
                return Ok(());
            }
        }
        let head = library.change_head().await?;
        self.wait_for_index(library, reader, &head, WAIT_FOR_INDEX)
            .await?;
        Ok(())
    }
}

struct Differing {
    stored: usize,
    missing: usize,
    extra: usize,
}

async fn ids_in(reader: SearchReader) -> Result<HashSet<ItemId>, AppError> {
    blocking(move || {
        reader.verify()?;
        let mut indexed = HashSet::new();
        reader.for_each_id(|id| {
            indexed.insert(id);
        })?;
        Ok(indexed)
    })
    .await
}

/// In what an index that stands at `place` differs from the library. What has changed since says nothing.
async fn differing_since(
    library: &Library,
    place: Option<&Cursor>,
    indexed: HashSet<ItemId>,
) -> Result<Differing, AppError> {
    let stored: HashSet<ItemId> = library.searchable_items().await?.into_iter().collect();
    let mut missing: HashSet<ItemId> = stored.difference(&indexed).copied().collect();
    let mut extra: HashSet<ItemId> = indexed.difference(&stored).copied().collect();
    let mut after = place.cloned();
    while !(missing.is_empty() && extra.is_empty()) {
        let page = library.changes_after(after.as_ref(), PAGE).await?;
        for change in &page.changes {
            missing.remove(&change.item_id);
            extra.remove(&change.item_id);
        }
        if page.changes.is_empty() {
            break;
        }
        after = Some(page.next);
    }
    Ok(Differing {
        stored: stored.len(),
        missing: missing.len(),
        extra: extra.len(),
    })
}
