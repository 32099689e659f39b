//! Tags: the owner's own words for items.

use atlas_domain::{ChangeOp, Item, ItemId, Lane, UserId};

use super::Library;
use super::items::read_item;
use crate::error::StoreError;
use crate::tx::Tx;

impl Library {
    /// Adds and removes tags of an item. Adding one that is there, or removing one that is not, changes nothing.
    pub async fn change_tags(
        &self,
        user: UserId,
        item: ItemId,
        add: Vec<String>,
        remove: Vec<String>,
    ) -> Result<Item, StoreError> {
        self.write(Lane::Interactive, move |tx| {
            read_item(tx.sql, user, item)?;
            tx.add_tags(user, item, &add)?;
            let row = tx.item_row(item)?;
            for name in &remove {
                tx.sql.execute(
                    "DELETE FROM item_tag WHERE item_id = ?1
                     AND tag_id = (SELECT id FROM tag WHERE user_id = ?2 AND name = ?3)",
                    (row, user.0, name),
                )?;
            }
            tx.log_change(item, ChangeOp::Upsert)?;
            read_item(tx.sql, user, item)
        })
        .await
    }
}

impl Tx<'_> {
    pub(crate) fn add_tags(&self, user: UserId, item: ItemId, names: &[String]) -> Result<(), StoreError> {
        let row = self.item_row(item)?;
        for name in names {
            self.sql
                .prepare_cached("INSERT INTO tag (user_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((user.0, name))?;
            self.sql
                .prepare_cached(
                    "INSERT INTO item_tag (item_id, tag_id)
                     SELECT ?1, id FROM tag WHERE user_id = ?2 AND name = ?3 ON CONFLICT DO NOTHING",
                )?
                .execute((row, user.0, name))?;
        }
        Ok(())
    }
}
