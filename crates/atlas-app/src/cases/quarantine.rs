//! The owner's word on suspected junk.

use atlas_domain::Item;

use crate::app::App;
use crate::error::AppError;
use crate::views::QuarantineList;

const MAX_LISTED: u32 = 500;

impl App {
    /// What is in quarantine, with every reason.
    pub async fn quarantine(&self) -> Result<QuarantineList, AppError> {
        Ok(QuarantineList {
            items: self.library()?.list_quarantine(self.user(), MAX_LISTED).await?,
        })
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
