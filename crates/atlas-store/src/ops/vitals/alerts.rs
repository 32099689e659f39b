//! Incidents, notices, deliveries and what else alerts remember, as rows.

mod listing;
mod looking;

use atlas_domain::Timestamp;
use atlas_vitals::alerts::{
    Change, IncidentId, NoticeEnd, StoredAlerts, StoredDelivery, StoredGroup, StoredIncident, StoredNotice,
};
use rusqlite::{Connection, Params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::Ops;
use super::{read_text, text_of};
use crate::error::StoreError;
pub use listing::{InboxRecord, IncidentRecord};
pub use looking::{IncidentQuery, OpenIncidents};

impl Ops {
    /// What a start takes up: everything that is not over, or has something left to tell.
    pub async fn stored_alerts(&self) -> Result<StoredAlerts, StoreError> {
        self.db.read(read_all).await
    }
}

pub(in crate::ops) fn write(sql: &Connection, change: &Change) -> Result<(), StoreError> {
    match change {
        Change::Incident(incident) => write_incident(sql, incident),
        Change::Notice(notice) => write_notice(sql, notice),
        Change::NoticeState(end) => end_notice(sql, end),
        Change::Delivery(delivery) => write_delivery(sql, delivery),
        Change::Group(group) => remember(sql, "group", &group_key(group), group),
        Change::GroupGone(group) => {
            sql.prepare_cached("DELETE FROM alert_memory WHERE kind = 'group' AND key = ?1")?
                .execute([group_key(group)])?;
            Ok(())
        }
        Change::Channel(channel) => remember(sql, "channel", &channel.name, channel),
        Change::Silence(silence) => remember(sql, "silence", &silence.number.to_string(), silence),
        Change::Service(service) => remember(sql, "service", &service.name, service),
        Change::Windows(windows) => remember(sql, "windows", "", windows),
        Change::Inbox(row) => {
            sql.prepare_cached(
                "INSERT INTO inbox (incident, ordinal, told_at, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (incident, ordinal) DO NOTHING",
            )?
            .execute((
                row.incident.to_string(),
                row.ordinal,
                row.wall.as_millis(),
                text_of(row)?,
            ))?;
            Ok(())
        }
    }
}

/// A row of the inbox as it was, under its number.
pub(in crate::ops) fn keep_inbox(sql: &Connection, kept: &InboxRecord) -> Result<(), StoreError> {
    let row = &kept.row;
    sql.prepare_cached(
        "INSERT INTO inbox (id, incident, ordinal, told_at, body, read_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
    )?
    .execute((
        kept.id,
        row.incident.to_string(),
        row.ordinal,
        row.wall.as_millis(),
        text_of(row)?,
        kept.read_at.map(Timestamp::as_millis),
    ))?;
    Ok(())
}

fn write_incident(sql: &Connection, incident: &StoredIncident) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO incident (id, state, severity, began_at, fired, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, severity = excluded.severity,
             fired = excluded.fired, body = excluded.body",
    )?
    .execute((
        incident.id.to_string(),
        incident.state.as_str(),
        incident.worst_severity.as_str(),
        incident.began_wall.as_millis(),
        incident.fired_at.is_some(),
        text_of(incident)?,
    ))?;
    Ok(())
}

fn write_notice(sql: &Connection, notice: &StoredNotice) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO notice (incident, channel, ordinal, state, made_at, delivery, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (incident, channel, ordinal) DO UPDATE SET state = excluded.state,
             delivery = excluded.delivery, body = excluded.body",
    )?
    .execute((
        notice.incident.to_string(),
        &notice.channel,
        notice.ordinal,
        notice.state.as_str(),
        notice.wall.as_millis(),
        notice.delivery.map(|delivery| delivery.to_string()),
        text_of(notice)?,
    ))?;
    Ok(())
}

/// The column alone: thousands end at once, and whoever reads a notice takes its state from there.
fn end_notice(sql: &Connection, end: &NoticeEnd) -> Result<(), StoreError> {
    sql.prepare_cached("UPDATE notice SET state = ?4 WHERE incident = ?1 AND channel = ?2 AND ordinal = ?3")?
        .execute((
            end.incident.to_string(),
            &end.channel,
            end.ordinal,
            end.state.as_str(),
        ))?;
    Ok(())
}

fn write_delivery(sql: &Connection, delivery: &StoredDelivery) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO delivery (id, state, made_at, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, body = excluded.body",
    )?
    .execute((
        delivery.id.to_string(),
        delivery.state.as_str(),
        delivery.created_wall.as_millis(),
        text_of(delivery)?,
    ))?;
    Ok(())
}

fn remember<T: Serialize>(sql: &Connection, kind: &str, key: &str, value: &T) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO alert_memory (kind, key, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
    )?
    .execute((kind, key, text_of(value)?))?;
    Ok(())
}

/// No part can run into the next: names hold no control characters.
fn group_key(group: &StoredGroup) -> String {
    format!("{}\n{}\n{:?}", group.channel, group.service, group.class)
}

fn read_all(sql: &Connection) -> Result<StoredAlerts, StoreError> {
    Ok(StoredAlerts {
        incidents: bodies(
            sql,
            "incident",
            "SELECT id, body FROM incident WHERE state <> 'resolved' UNION
             SELECT incident.id, incident.body FROM notice JOIN incident ON incident.id = notice.incident
             WHERE notice.state = 'waiting' OR notice.state = 'held' OR notice.state = 'delivering'
                 OR notice.state = 'dead' OR notice.state = 'unknown_fate'",
            [],
        )?,
        notices: bodies(
            sql,
            "notice",
            "SELECT incident, json_set(body, '$.state', state) FROM notice
             WHERE state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'dead'
                 OR state = 'unknown_fate'",
            [],
        )?,
        deliveries: bodies(
            sql,
            "delivery",
            "SELECT id, body FROM delivery WHERE state IN ('waiting', 'sending', 'dead')",
            [],
        )?,
        groups: memory(sql, "group")?,
        channels: memory(sql, "channel")?,
        silences: memory(sql, "silence")?,
        services: memory(sql, "service")?,
        windows: memory::<Vec<_>>(sql, "windows")?.into_iter().flatten().collect(),
    })
}

fn memory<T: DeserializeOwned>(sql: &Connection, kind: &str) -> Result<Vec<T>, StoreError> {
    bodies(
        sql,
        kind,
        "SELECT key, body FROM alert_memory WHERE kind = ?1",
        [kind],
    )
}

/// The texts of rows, with their keys for the log.
fn bodies<T: DeserializeOwned>(
    sql: &Connection,
    what: &str,
    query: &str,
    parameters: impl Params,
) -> Result<Vec<T>, StoreError> {
    let mut statement = sql.prepare_cached(query)?;
    let mut rows = statement.query(parameters)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, body): (String, String) = (row.get(0)?, row.get(1)?);
        found.extend(read_text(what, &key, &body));
    }
    Ok(found)
}

/// The same, for one incident.
fn of_incident<T: DeserializeOwned>(
    sql: &Connection,
    what: &str,
    query: &str,
    incident: IncidentId,
) -> Result<Vec<T>, StoreError> {
    bodies(sql, what, query, [incident.to_string()])
}
