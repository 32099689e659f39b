//! What outlives a process of health, alerts and measurements. Everything is decided in `atlas-vitals`; here it is
//! written, whole steps in one transaction, and read back.

mod alerts;
mod health;
mod metrics;
mod timeline;

use std::collections::BTreeSet;

use atlas_vitals::alerts::Change;
use atlas_vitals::health::StoredHealth;
use atlas_vitals::metrics::Flush;
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Ops;
use crate::error::StoreError;
pub use alerts::{InboxRecord, IncidentQuery, IncidentRecord, OpenIncidents};
pub(super) use alerts::{keep_inbox, write as write_change};
pub use timeline::TimelineMark;
pub(super) use timeline::read as read_mark;

/// What one step has changed.
#[derive(Debug, Clone)]
pub struct VitalsRows {
    /// How far the time line has come.
    pub mark: TimelineMark,
    /// All of health, and the names of the checks that have changed.
    pub health: Option<(StoredHealth, BTreeSet<String>)>,
    /// What has changed of the alerts.
    pub alerts: Vec<Change>,
    /// What was measured meanwhile: a commit of its own would cost the disk more than these rows.
    pub measured: Flush,
}

impl Ops {
    /// Commits one step in one transaction. What is sent because of it is sent after this. The file's own circuit
    /// breaker is not asked: what is told of a file in trouble is told through this one.
    pub async fn write_vitals(&self, rows: VitalsRows) -> Result<(), StoreError> {
        #[cfg(feature = "failpoints")]
        fail::fail_point!("vitals::commit", |_| std::process::abort());
        self.db.write_past_breaker(move |sql| write(sql, &rows)).await
    }
}

/// Writes one step. The transaction is the caller's.
pub(super) fn write(sql: &Connection, rows: &VitalsRows) -> Result<(), StoreError> {
    timeline::write(sql, &rows.mark)?;
    if let Some((health, changed)) = &rows.health {
        health::write(sql, health, changed)?;
    }
    rows.alerts
        .iter()
        .try_for_each(|change| alerts::write(sql, change))?;
    metrics::write(sql, &rows.measured)
}

/// As the text of a row.
fn text_of<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Io(format!("a row cannot be written: {error}")))
}

/// From the text of a row. One that cannot be read is left where it is, and told.
fn read_text<T: DeserializeOwned>(what: &str, key: &str, text: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::error!(what, key, %error, "a row cannot be read, and is passed over"))
        .ok()
}
