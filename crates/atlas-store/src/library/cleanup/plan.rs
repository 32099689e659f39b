//! Making a plan of what an audit found: every item with what speaks against it. A plan changes nothing.

use atlas_domain::{CleanupId, Criteria, ItemId, UserId};
use rusqlite::OptionalExtension;

use super::super::Library;
use super::CleanupRun;
use super::read::read_run;
use crate::error::StoreError;
use crate::sqlite::{Column, Lane};
use crate::tx::Tx;

/// Items that one transaction writes down.
const BATCH: usize = 500;
/// Plans that nobody carries out are forgotten but for so many.
const UNUSED_PLANS: u32 = 10;

/// What is to be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct CleanupPlan {
    /// Whose items they are.
    pub user: UserId,
    /// What was asked for, in the words of whoever plans.
    pub wanted: serde_json::Value,
    /// Items with content that were judged.
    pub items_total: u64,
    /// The version of the gate by which they were.
    pub gate_version: u32,
}

/// An item to be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedItem {
    /// The number of its row.
    pub row: i64,
    /// What speaks against it.
    pub criteria: Criteria,
    /// The number of its better copy's row.
    pub survivor: Option<i64>,
    /// What it was like when it was judged.
    pub stamp: [u8; 32],
}

impl Library {
    /// Writes a plan down. Items that are gone by now are left out.
    pub async fn plan_cleanup(
        &self,
        plan: CleanupPlan,
        items: Vec<PlannedItem>,
    ) -> Result<CleanupRun, StoreError> {
        let user = plan.user;
        let run = self
            .write(Lane::Interactive, move |tx| tx.begin_plan(&plan))
            .await?;
        for batch in items.chunks(BATCH) {
            let batch = batch.to_vec();
            self.write(Lane::Bulk, move |tx| {
                batch.iter().try_for_each(|item| tx.plan_item(user, run, item))
            })
            .await?;
        }
        self.db.read(move |sql| read_run(sql, user, run)).await
    }
}

impl Tx<'_> {
    fn begin_plan(&self, plan: &CleanupPlan) -> Result<CleanupId, StoreError> {
        self.sql.execute(
            "DELETE FROM cleanup WHERE state = 'planned' AND user_id = ?1 AND id NOT IN (
                 SELECT id FROM cleanup WHERE state = 'planned' AND user_id = ?1 ORDER BY id DESC LIMIT ?2)",
            (plan.user.0, UNUSED_PLANS - 1),
        )?;
        let run = CleanupId::generate(self.now, self.entropy);
        self.sql
            .prepare_cached(
                "INSERT INTO cleanup (uuid, user_id, state, wanted, items_total, gate_version, planned_at)
                 VALUES (?1, ?2, 'planned', ?3, ?4, ?5, ?6)",
            )?
            .execute((
                run.as_bytes(),
                plan.user.0,
                plan.wanted.to_string(),
                plan.items_total,
                plan.gate_version,
                self.now.as_millis(),
            ))?;
        Ok(run)
    }

    fn plan_item(&self, user: UserId, run: CleanupId, item: &PlannedItem) -> Result<(), StoreError> {
        let named = |row: i64| -> Result<Option<ItemId>, StoreError> {
            let mut statement = self
                .sql
                .prepare_cached("SELECT uuid FROM item WHERE id = ?1 AND user_id = ?2")?;
            Ok(statement
                .query_row((row, user.0), |row| ItemId::read(row, "uuid"))
                .optional()?)
        };
        let Some(id) = named(item.row)? else {
            return Ok(());
        };
        let survivor = item.survivor.map(named).transpose()?.flatten();
        self.sql
            .prepare_cached(
                "INSERT INTO cleanup_item (cleanup_id, item_uuid, survivor_uuid, criteria, stamp)
                 VALUES ((SELECT id FROM cleanup WHERE uuid = ?1), ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            )?
            .execute((
                run.as_bytes(),
                id.as_bytes(),
                survivor.as_ref().map(ItemId::as_bytes),
                item.criteria.bits(),
                item.stamp,
            ))?;
        Ok(())
    }
}
