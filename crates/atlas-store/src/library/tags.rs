//! Tags: the owner's own words for items.

use atlas_domain::{ChangeOp, Item, ItemId, UserId};

use super::Library;
use super::audit::Actor;
use super::items::read_item;
use crate::error::StoreError;
use crate::sqlite::Lane;
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
            let mut changes = tx.add_tags(user, item, &add)?;
            changes.extend(tx.remove_tags(user, item, &remove)?);
            if !changes.is_empty() {
                tx.log_change(item, ChangeOp::Upsert)?; // search knows tags
                tx.audit(user, Actor::Owner, "tagged", item, "", &changes.join(", "))?;
            }
            read_item(tx.sql, user, item)
        })
        .await
    }
}

impl Tx<'_> {
    /// Returns what changed, for the audit trail: `+tag` each.
    pub(crate) fn add_tags(
        &self,
        user: UserId,
        item: ItemId,
        names: &[String],
    ) -> Result<Vec<String>, StoreError> {
        let row = self.item_row(item)?;
        let mut changes = Vec::new();
        for name in names {
            self.sql
                .prepare_cached("INSERT INTO tag (user_id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
                .execute((user.0, name))?;
            let added = self
                .sql
                .prepare_cached(
                    "INSERT INTO item_tag (item_id, tag_id)
                     SELECT ?1, id FROM tag WHERE user_id = ?2 AND name = ?3 ON CONFLICT DO NOTHING",
                )?
                .execute((row, user.0, name))?;
            if added > 0 {
                changes.push(format!("+{name}"));
            }
        }
        Ok(changes)
    }

    /// Returns what changed, for the audit trail: `-tag` each.
    fn remove_tags(&self, user: UserId, item: ItemId, names: &[String]) -> Result<Vec<String>, StoreError> {
        let row = self.item_row(item)?;
        let mut changes = Vec::new();
        for name in names {
            let removed = self.sql.execute(
                "DELETE FROM item_tag WHERE item_id = ?1
                 AND tag_id = (SELECT id FROM tag WHERE user_id = ?2 AND name = ?3)",
                (row, user.0, name),
            )?;
            if removed > 0 {
                changes.push(format!("-{name}"));
            }
        }
        Ok(changes)
    }
}
