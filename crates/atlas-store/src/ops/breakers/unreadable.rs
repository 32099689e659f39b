//! Rows of breakers that cannot be read: each is kept beside, for whoever wants to know, and gives way to one that says
//! no more than that the next call is a probe.

use std::fmt::Write;

use atlas_domain::Timestamp;
use atlas_resilience::BreakerKey;
use atlas_resilience::breaker::{OverlayMode, Phase, StoredBreaker};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value, json};

use super::{read_all, save};
use crate::error::StoreError;
use crate::sqlite::StoredText;

/// Rows that are kept beside.
const KEPT: i64 = 1_000;

/// A row that cannot be read.
pub(super) struct Unreadable {
    /// Whose it is, as far as its name can be shown.
    pub(super) key: BreakerKey,
    /// Whether it is the name of a breaker that somebody could ask for.
    pub(super) is_named: bool,
    /// What is wrong with it.
    pub(super) problem: String,
    service: StoredText,
    scope: StoredText,
    row: Value,
}

impl Unreadable {
    pub(super) fn of(row: &Row<'_>, problem: String) -> Result<Self, StoreError> {
        let (service, scope): (StoredText, StoredText) = (row.get("service")?, row.get("scope")?);
        let key = BreakerKey {
            service: service.to_string().into(),
            scope: scope.to_string().into(),
        };
        let is_named = service.is(&key.service) && scope.is(&key.scope);
        Ok(Self {
            key,
            is_named,
            problem,
            service,
            scope,
            row: to_json(row)?,
        })
    }

    /// What takes its place: open, with its time over.
    pub(super) fn due(&self, now: Timestamp) -> StoredBreaker {
        StoredBreaker {
            phase: Phase::HalfOpen,
            since: now.as_millis(),
            open_since: None,
            open_for_ms: 0,
            not_before: None,
            trips: 1,
            succeeded: 0,
            generation: 0,
            overlay: OverlayMode::Auto,
            overlay_since: now.as_millis(),
            overlay_for_ms: None,
            overlay_reason: String::new(),
            reason: format!("what was kept of it could not be read: {}", self.problem),
        }
    }

    fn remove(&self, sql: &Connection) -> Result<(), StoreError> {
        sql.prepare_cached("DELETE FROM breaker WHERE service = ?1 AND scope = ?2")?
            .execute((&self.service, &self.scope))?;
        Ok(())
    }
}

/// Moves every row that cannot be read out of the way.
pub(super) fn set_aside(sql: &Connection, now: Timestamp) -> Result<(), StoreError> {
    for row in read_all(sql)?.unreadable {
        sql.execute(
            "INSERT INTO breaker_set_aside (at, service, scope, problem, row) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                now.as_millis(),
                &*row.key.service,
                &*row.key.scope,
                &row.problem,
                row.row.to_string(),
            ),
        )?;
        row.remove(sql)?;
        if row.is_named {
            // Without it, a process that ends before the next call would leave a breaker that seems to be well.
            save(sql, &row.key, 0, &row.due(now))?;
        }
    }
    sql.execute(
        "DELETE FROM breaker_set_aside WHERE id <= (SELECT max(id) FROM breaker_set_aside) - ?1",
        [KEPT],
    )?;
    Ok(())
}

/// Removes every row that cannot be read, and keeps nothing of it.
pub(in crate::ops) fn remove_unreadable(sql: &Connection) -> Result<(), StoreError> {
    read_all(sql)?
        .unreadable
        .iter()
        .try_for_each(|row| row.remove(sql))
}

/// The row as it is. Bytes that are no text are shown as such.
fn to_json(row: &Row<'_>) -> Result<Value, StoreError> {
    let mut object = Map::new();
    for (index, name) in row.as_ref().column_names().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text.into(),
                Err(_) => json!({ "bytes_hex": hex(bytes) }),
            },
            ValueRef::Blob(bytes) => json!({ "bytes_hex": hex(bytes) }),
        };
        object.insert(name.to_owned(), value);
    }
    Ok(Value::Object(object))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
