//! Looking at items, and the owner's word on them: trash, restore, tag.

use atlas_domain::{Item, ItemId};
use atlas_store::{ItemFilter, ItemPage, Library, StoreError, UnreadableItem};

use super::add::clean_tags;
use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ExportPage, ItemView, ListQuery, TagRequest, Why};

const MAX_PAGE: u32 = 500;
const EXPORT_PAGE: u32 = 50;

impl App {
    /// A page of items, the newest first.
    pub async fn list(&self, query: ListQuery) -> Result<ItemPage, AppError> {
        let filter = ItemFilter {
            state: query.state,
            tag: query.tag,
            trashed: query.trashed,
            limit: page_size(query.limit, 50, MAX_PAGE)?,
            after: query.after,
        };
        Ok(self.library()?.list_items(self.user(), filter).await?)
    }

    /// Everything about one item, by its id or its address.
    pub async fn show(&self, item: &str) -> Result<ItemView, AppError> {
        let id = self.resolve(item).await?;
        self.view(self.library()?, id).await
    }

    /// A page of whole items.
    pub async fn export(&self, after: Option<String>) -> Result<ExportPage, AppError> {
        let library = self.library()?;
        let filter = ItemFilter {
            limit: EXPORT_PAGE,
            after,
            ..ItemFilter::default()
        };
        let page = library.list_items(self.user(), filter).await?;
        let (mut items, mut unreadable) = (Vec::with_capacity(page.items.len()), page.unreadable);
        for item in page.items {
            match self.view(library, item.id).await {
                Ok(view) => items.push(view),
                // One damaged item must not keep the others from being brought to safety.
                Err(AppError::Store(error @ StoreError::Unreadable(_))) => unreadable.push(UnreadableItem {
                    id: item.id,
                    problem: error.to_string(),
                }),
                Err(error) => return Err(error),
            }
        }
        Ok(ExportPage {
            items,
            unreadable,
            next: page.next,
        })
    }

    /// Puts an item in the trash.
    pub async fn remove(&self, item: &str) -> Result<Item, AppError> {
        let id = self.resolve(item).await?;
        let item = self.writable()?.trash_item(self.user(), id).await?;
        self.changed();
        Ok(item)
    }

    /// Takes an item out of the trash.
    pub async fn restore(&self, item: &str) -> Result<Item, AppError> {
        let id = self.resolve(item).await?;
        let item = self.writable()?.restore_item(self.user(), id).await?;
        self.changed();
        Ok(item)
    }

    /// Adds and removes tags.
    pub async fn tag(&self, item: &str, request: TagRequest) -> Result<Item, AppError> {
        let (add, remove) = (clean_tags(&request.add)?, clean_tags(&request.remove)?);
        let id = self.resolve(item).await?;
        let item = self.writable()?.change_tags(self.user(), id, add, remove).await?;
        self.changed();
        Ok(item)
    }

    /// Wakes whoever follows the library.
    pub(super) fn changed(&self) {
        self.parts.signals.jobs.notify_one();
        self.parts.signals.changes.notify_one();
    }

    async fn view(&self, library: &Library, id: ItemId) -> Result<ItemView, AppError> {
        let user = self.user();
        Ok(ItemView {
            item: library.item(user, id).await?,
            document: library.current_document(user, id).await?,
            why: Why {
                judgement: library.latest_judgement(user, id).await?,
                snapshot: library.latest_snapshot(id).await?,
                attempts: library.attempts_of_item(id).await?,
                audit: library.audit_of(user, id).await?,
            },
        })
    }
}
