//! The audit trail: every decision about an item, automatic or the owner's, with its reason.

use atlas_domain::{ItemId, Timestamp, UserId};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::Library;
use crate::error::StoreError;
use crate::sqlite::Column;
use crate::tx::Tx;

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// `owner`, `ingest`, `retention` or `recovery`.
    pub actor: String,
    /// What was done, for example `stored`.
    pub action: String,
    /// Stable reason code; empty when there is nothing to explain.
    pub reason: String,
    /// The same as a sentence.
    pub detail: String,
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    Owner,
    Ingest,
    Retention,
    Recovery,
}

impl Actor {
    fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Ingest => "ingest",
            Self::Retention => "retention",
            Self::Recovery => "recovery",
        }
    }
}

impl Tx<'_> {
    /// Records a decision, about an item or about work on the whole library.
    pub(crate) fn audit(
        &self,
        user: UserId,
        actor: Actor,
        action: &str,
        item: impl Into<Option<ItemId>>,
        reason: &str,
        detail: &str,
    ) -> Result<(), StoreError> {
        self.sql
            .prepare_cached(
                "INSERT INTO audit (at, user_id, actor, action, item_uuid, reason, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute((
                self.now.as_millis(),
                user.0,
                actor.as_str(),
                action,
                item.into().as_ref().map(ItemId::as_bytes),
                reason,
                detail,
            ))?;
        Ok(())
    }
}

impl Library {
    /// Every decision about an item, the oldest first. Still there when the item is gone.
    pub async fn audit_of(&self, user: UserId, item: ItemId) -> Result<Vec<AuditEntry>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT at, actor, action, reason, detail FROM audit
                     WHERE user_id = ?1 AND item_uuid = ?2 ORDER BY id",
                )?;
                let rows = statement.query_map((user.0, item.as_bytes()), entry)?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        at: Timestamp::read(row, "at")?,
        actor: row.get("actor")?,
        action: row.get("action")?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
    })
}
