//! Looking at items, and the owner's word on them: trash, restore, tag.

use std::io::Write;

use atlas_domain::{Item, ItemId};
use atlas_store::{ItemFilter, ItemPage, Library, StoreError, UnreadableItem, VaultPage};

use super::add::clean_tags;
use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::views::{ExportPage, ItemView, ListQuery, QuarantineQuery, TagRequest, Why};

const MAX_PAGE: u32 = 500;
const EXPORT_PAGE: u32 = 50;
/// A page of an export ends with the item that makes it this long, as JSON.
const EXPORT_PAGE_BYTES: usize = 16 * 1024 * 1024;

impl App {
    /// A page of items, the newest first.
    pub async fn list(&self, query: ListQuery) -> Result<ItemPage, AppError> {
        let filter = ItemFilter {
            state: query.state,
            tag: query.tag,
            trashed: query.trashed,
            limit: page_size(query.limit, 50, MAX_PAGE)?,
            after: query.after,
            uncounted: false,
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
        self.export_up_to(EXPORT_PAGE_BYTES, after).await
    }

    async fn export_up_to(&self, page_bytes: usize, after: Option<String>) -> Result<ExportPage, AppError> {
        let library = self.library()?;
        let filter = ItemFilter {
            limit: EXPORT_PAGE,
            after,
            uncounted: true,
            ..ItemFilter::default()
        };
        let page = library.list_items(self.user(), filter).await?;
        let (mut items, mut unreadable) = (Vec::with_capacity(page.items.len()), page.unreadable);
        let (mut size_bytes, count, mut next) = (0, page.items.len(), page.next);
        for (index, item) in page.items.into_iter().enumerate() {
            match self.view(library, item.id).await {
                Ok(view) => {
                    size_bytes += json_bytes(&view);
                    items.push(view);
                    if size_bytes >= page_bytes && index + 1 < count {
                        next = Some(library.cursor_after(self.user(), item.id).await?);
                        break;
                    }
                }
                // One damaged item must not keep the others from being brought to safety.
                Err(AppError::Store(error @ StoreError::Unreadable(_))) => unreadable.push(UnreadableItem {
                    id: Some(item.id),
                    problem: error.to_string(),
                }),
                Err(error) => return Err(error),
            }
        }
        Ok(ExportPage {
            items,
            unreadable,
            next,
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

    /// What was deleted from the trash and can be put back, the last deleted first.
    pub async fn vault(&self, query: QuarantineQuery) -> Result<VaultPage, AppError> {
        let limit = page_size(query.limit, 50, 500)?;
        Ok(self.library()?.vault(self.user(), limit, query.after).await?)
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
                snapshot: library.latest_snapshot(user, id).await?,
                attempts: library.attempts_of_item(user, id).await?,
                audit: library.audit_of(user, id).await?,
                not_before: library.not_before_of_item(user, id).await?,
            },
        })
    }
}

/// How long it is as JSON, without making it.
fn json_bytes(view: &ItemView) -> usize {
    struct Counter(usize);
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // What has no JSON form fails where it is sent, and is no reason to end the page here.
    let _ = serde_json::to_writer(&mut counter, view);
    counter.0
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;

    #[tokio::test]
    async fn a_page_of_an_export_ends_when_it_is_long_enough_and_the_next_goes_on_there() {
        let process = TestApp::open();
        for n in 0..3 {
            let text = format!("words of {n} {}", "long ".repeat(1_000));
            process.store(&format!("https://example.com/{n}"), &text).await;
        }
        let app = process.app();
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let page = app.export_up_to(12_000, after).await.unwrap();
            pages.push(page.items.len());
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, [2, 1]);
        let one_by_one = app.export_up_to(1, None).await.unwrap();
        assert_eq!(
            one_by_one.items.len(),
            1,
            "the longest item goes out all the same"
        );
    }
}
