//! One incident with what was told of it, the inbox that is read, and what is let go. Lists are read in `looking`.

use atlas_domain::Timestamp;
use atlas_vitals::alerts::{InboxRow, IncidentId, StoredDelivery, StoredIncident, StoredNotice};

use super::of_incident;
use crate::error::StoreError;
use crate::ops::Ops;
use crate::sqlite::Lane;

/// An incident with what was told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct IncidentRecord {
    /// The incident.
    pub incident: StoredIncident,
    /// Its notices.
    pub notices: Vec<StoredNotice>,
    /// The messages that it was part of.
    pub deliveries: Vec<StoredDelivery>,
}

/// A row of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRecord {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub row: InboxRow,
    /// When it was read.
    pub read_at: Option<Timestamp>,
}

impl Ops {
    /// One incident.
    pub async fn incident(&self, id: IncidentId) -> Result<Option<IncidentRecord>, StoreError> {
        self.db
            .read(move |sql| {
                let query = "SELECT id, body FROM incident WHERE id = ?1";
                let found: Vec<StoredIncident> = of_incident(sql, "incident", query, id)?;
                found
                    .into_iter()
                    .next()
                    .map(|incident| with_messages(sql, incident))
                    .transpose()
            })
            .await
    }

    /// Marks the inbox as read, up to and with the row of that number; returns how many were unread.
    pub async fn read_inbox(&self, up_to: i64) -> Result<usize, StoreError> {
        let now = self.clock.now().as_millis();
        self.db
            .write(Lane::Interactive, move |sql| {
                Ok(sql.execute(
                    "UPDATE inbox SET read_at = ?2 WHERE id <= ?1 AND read_at IS NULL",
                    (up_to, now),
                )?)
            })
            .await
    }

    /// Lets go of incidents that ended before `incidents_before`, and of messages made before `messages_before` that
    /// nobody will send any more, and of silences that ended before `silences_before`, but for the newest; returns how
    /// many rows went.
    pub async fn sweep_alerts(
        &self,
        incidents_before: Timestamp,
        messages_before: Timestamp,
        silences_before: Timestamp,
    ) -> Result<usize, StoreError> {
        self.db
            .write(Lane::Bulk, move |sql| {
                let (incidents, messages) = (incidents_before.as_millis(), messages_before.as_millis());
                let mut gone = 0;
                gone += sql.execute(
                    "DELETE FROM notice WHERE made_at < ?1 AND state NOT IN ('waiting', 'held', 'delivering')",
                    [messages],
                )?;
                gone += sql.execute(
                    "DELETE FROM delivery WHERE made_at < ?1 AND state NOT IN ('waiting', 'sending')",
                    [messages],
                )?;
                gone += sql.execute(
                    "DELETE FROM incident WHERE began_at < ?1 AND state = 'resolved' AND NOT EXISTS
                         (SELECT 1 FROM notice WHERE notice.incident = incident.id)",
                    [incidents],
                )?;
                gone += sql.execute("DELETE FROM inbox WHERE told_at < ?1", [incidents])?;
                gone += sweep_silences(sql, silences_before)?;
                Ok(gone)
            })
            .await
    }
}

/// Both clocks must say that one is over: a calendar that was set ahead takes away none that still holds. The newest
/// stays, because the next one is numbered after it.
fn sweep_silences(sql: &rusqlite::Connection, before: Timestamp) -> Result<usize, StoreError> {
    Ok(sql.execute(
        "DELETE FROM alert_memory WHERE kind = 'silence'
             AND unixepoch(json_extract(body, '$.until_wall')) < ?1
             AND (json_extract(body, '$.ended')
                 OR json_extract(body, '$.until') <= (SELECT max(at_ms) FROM timeline))
             AND CAST(key AS INTEGER) < (SELECT max(CAST(key AS INTEGER)) FROM alert_memory WHERE kind = 'silence')",
        [before.as_millis() / 1_000],
    )?)
}

pub(super) fn with_messages(
    sql: &rusqlite::Connection,
    incident: StoredIncident,
) -> Result<IncidentRecord, StoreError> {
    let id = incident.id;
    Ok(IncidentRecord {
        incident,
        notices: of_incident(
            sql,
            "notice",
            "SELECT incident, json_set(body, '$.state', state) FROM notice WHERE incident = ?1
             ORDER BY made_at, channel, ordinal",
            id,
        )?,
        deliveries: of_incident(
            sql,
            "delivery",
            "SELECT delivery.id, delivery.body FROM delivery WHERE id IN
                 (SELECT delivery FROM notice WHERE incident = ?1 AND delivery IS NOT NULL)
             ORDER BY made_at, id",
            id,
        )?,
    })
}
