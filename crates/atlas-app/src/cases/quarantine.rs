//! The owner's word on suspected junk.

use atlas_domain::Item;
use atlas_store::QuarantinePage;

use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::views::QuarantineQuery;

const MAX_PAGE: u32 = 500;

impl App {
    /// A page of what is in quarantine, with every reason, the newest first.
    pub async fn quarantine(&self, query: QuarantineQuery) -> Result<QuarantinePage, AppError> {
        let limit = page_size(query.limit, 50, MAX_PAGE)?;
        let library = self.library()?;
        Ok(library.list_quarantine(self.user(), limit, query.after).await?)
    }

    /// It is content: process its stored bytes again, whatever the gate says.
    pub async fn keep(&self, item: &str) -> Result<Item, AppError> {
        let id = self.resolve(item).await?;
        let (item, _job) = self.writable()?.keep_quarantined(self.user(), id).await?;
        self.changed();
        Ok(item)
    }

    /// It is junk: the link stays.
    pub async fn discard(&self, item: &str) -> Result<Item, AppError> {
        let id = self.resolve(item).await?;
        Ok(self.writable()?.drop_quarantined(self.user(), id).await?)
    }
}
