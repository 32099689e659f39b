//! What people ask about alerts: incidents by what is known of them or by the beginning of their id, what was told of
//! one, silences, and the inbox page by page. It only reads.

use std::sync::Arc;

use atlas_domain::{Clock, Severity, Timestamp};
use atlas_vitals::alerts::{InboxRow, IncidentId, StoredIncident, StoredSilence};
use rusqlite::OptionalExtension;

use super::super::read_text;
use super::listing::with_messages;
use super::{InboxRecord, IncidentRecord, bodies, memory, of_incident};
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::ops::{Ops, SCHEMA};
use crate::services::DatabaseServices;
use crate::sqlite::{Database, Reading};

/// Which incidents to list. Those that cleared before they fired are never told of, and never listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncidentQuery {
    /// Also those that are over.
    pub all: bool,
    /// Only those that are told this loudly now, or were at their end.
    pub severity: Option<Severity>,
    /// Only those of this service.
    pub service: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Only those after this one in the list.
    pub after: Option<IncidentId>,
}

impl IncidentQuery {
    /// Those that are not over.
    pub fn open(limit: u32) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// All that ever fired.
    pub fn all(limit: u32) -> Self {
        Self {
            all: true,
            ..Self::open(limit)
        }
    }
}

/// How many incidents are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenIncidents {
    /// All of them.
    pub all: u64,
    /// Those that are critical now.
    pub critical: u64,
    /// Those that nobody has taken on.
    pub unacknowledged: u64,
}

impl Ops {
    /// Opens what is kept beside whoever writes, to look and nothing else; none where nothing was ever kept. Blocks.
    pub fn open_read_only(
        dir: &DataDir,
        clock: Arc<dyn Clock>,
        services: &DatabaseServices,
    ) -> Result<Option<Self>, StoreError> {
        let path = dir.ops_db();
        if !path.exists() {
            return Ok(None);
        }
        let db = Database::open_read_only(&path, &SCHEMA, 1, Reading::Shared, services)?;
        Ok(Some(Self {
            db,
            clock,
            in_memory: None,
            witness: None,
        }))
    }

    /// What the clock says by which everything here is written.
    pub fn wall(&self) -> Timestamp {
        self.clock.now()
    }

    /// Incidents, the newest first.
    pub async fn incidents(&self, asked: IncidentQuery) -> Result<Vec<IncidentRecord>, StoreError> {
        const QUERY: &str = "SELECT id, body FROM incident
             WHERE fired = 1 AND (?1 OR state <> 'resolved')
                 AND (?2 IS NULL OR json_extract(body, '$.severity') = ?2)
                 AND (?3 IS NULL OR json_extract(body, '$.service') = ?3)
                 AND (?4 IS NULL OR began_at < ?4 OR (began_at = ?4 AND id > ?5))
             ORDER BY began_at DESC, id LIMIT ?6";
        self.db
            .read(move |sql| {
                let (after_time, after_id) = match asked.after {
                    Some(id) => (Some(began_at(sql, id)?), Some(id.to_string())),
                    None => (None, None),
                };
                let severity = asked.severity.map(Severity::as_str);
                let parameters = (
                    asked.all,
                    severity,
                    &asked.service,
                    after_time,
                    after_id,
                    asked.limit,
                );
                let incidents: Vec<StoredIncident> = bodies(sql, "incident", QUERY, parameters)?;
                incidents
                    .into_iter()
                    .map(|incident| with_messages(sql, incident))
                    .collect()
            })
            .await
    }

    /// The ids that begin with `prefix`, which holds nothing but digits of an id; at most `limit`, the newest first.
    pub async fn incidents_named(&self, prefix: &str, limit: u32) -> Result<Vec<IncidentId>, StoreError> {
        let prefix = prefix.to_owned();
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT id FROM incident WHERE substr(id, 1, length(?1)) = ?1
                     ORDER BY began_at DESC, id LIMIT ?2",
                )?;
                let mut rows = statement.query((&prefix, limit))?;
                let mut ids = Vec::new();
                while let Some(row) = rows.next()? {
                    let id: String = row.get(0)?;
                    ids.extend(id.parse::<IncidentId>());
                }
                Ok(ids)
            })
            .await
    }

    /// How many incidents are open.
    pub async fn open_incidents(&self) -> Result<OpenIncidents, StoreError> {
        self.db
            .read(|sql| {
                let query = "SELECT count(*),
                         count(*) FILTER (WHERE json_extract(body, '$.severity') = 'critical'),
                         count(*) FILTER (WHERE json_extract(body, '$.acknowledged') IS NULL)
                     FROM incident WHERE state <> 'resolved' AND fired = 1";
                Ok(sql.prepare_cached(query)?.query_row([], |row| {
                    Ok(OpenIncidents {
                        all: row.get(0)?,
                        critical: row.get(1)?,
                        unacknowledged: row.get(2)?,
                    })
                })?)
            })
            .await
    }

    /// What was told of an incident on this machine itself, the oldest first.
    pub async fn told_of(&self, incident: IncidentId) -> Result<Vec<InboxRow>, StoreError> {
        self.db
            .read(move |sql| {
                let query = "SELECT incident, body FROM inbox WHERE incident = ?1 ORDER BY ordinal";
                of_incident(sql, "inbox", query, incident)
            })
            .await
    }

    /// Every silence that is remembered, the newest first.
    pub async fn silences(&self) -> Result<Vec<StoredSilence>, StoreError> {
        self.db
            .read(|sql| {
                let mut silences: Vec<StoredSilence> = memory(sql, "silence")?;
                silences.sort_by_key(|silence| std::cmp::Reverse(silence.number));
                Ok(silences)
            })
            .await
    }

    /// The inbox below the row of number `before`, the newest first; unread rows alone, if asked.
    pub async fn inbox(
        &self,
        unread: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<InboxRecord>, StoreError> {
        self.db
            .read(move |sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT id, body, read_at FROM inbox
                     WHERE (?1 IS NULL OR id < ?1) AND (NOT ?2 OR read_at IS NULL) ORDER BY id DESC LIMIT ?3",
                )?;
                let mut rows = statement.query((before, unread, limit))?;
                let mut inbox = Vec::new();
                while let Some(row) = rows.next()? {
                    let (id, body): (i64, String) = (row.get(0)?, row.get(1)?);
                    let read_at: Option<i64> = row.get(2)?;
                    let told = read_text("inbox", &id.to_string(), &body);
                    inbox.extend(told.map(|row| InboxRecord {
                        id,
                        row,
                        read_at: read_at.map(Timestamp::from_millis),
                    }));
                }
                Ok(inbox)
            })
            .await
    }

    /// How many rows of the inbox nobody has read.
    pub async fn unread_in_inbox(&self) -> Result<u64, StoreError> {
        let query = "SELECT count(*) FROM inbox WHERE read_at IS NULL";
        self.db
            .read(move |sql| Ok(sql.prepare_cached(query)?.query_row([], |row| row.get(0))?))
            .await
    }
}

/// Where a list goes on: after what is gone, it begins again.
fn began_at(sql: &rusqlite::Connection, id: IncidentId) -> Result<i64, StoreError> {
    let began = sql
        .prepare_cached("SELECT began_at FROM incident WHERE id = ?1")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    began.ok_or_else(|| StoreError::BadCursor(id.to_string()))
}
