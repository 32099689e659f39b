//! What is kept of health: one row for each check, and one for what belongs to none.

use std::collections::BTreeSet;

use atlas_vitals::health::StoredHealth;
use rusqlite::Connection;

use super::super::Ops;
use super::{read_text, text_of};
use crate::error::StoreError;

/// The name of the row for what belongs to no check.
const FRAME: &str = "";

impl Ops {
    /// What was kept; none when there is nothing. A check whose row cannot be read begins anew.
    pub async fn stored_health(&self) -> Result<Option<StoredHealth>, StoreError> {
        self.db.read(read_all).await
    }
}

/// The frame and the checks of these names. Checks that are not in `health` any more are forgotten.
pub(super) fn write(
    sql: &Connection,
    health: &StoredHealth,
    changed: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let mut write = sql.prepare_cached(
        "INSERT INTO health (name, body) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
    )?;
    let frame = StoredHealth {
        checks: Vec::new(),
        ..health.clone()
    };
    write.execute((FRAME, text_of(&frame)?))?;
    for check in health.checks.iter().filter(|check| changed.contains(&check.name)) {
        write.execute((&check.name, text_of(check)?))?;
    }
    let known: BTreeSet<&str> = health.checks.iter().map(|check| check.name.as_str()).collect();
    let mut names = sql.prepare_cached("SELECT name FROM health WHERE name <> ?1")?;
    let stored = names.query_map([FRAME], |row| row.get::<_, String>(0))?;
    let stored: Vec<String> = stored.collect::<Result<_, _>>()?;
    for name in stored.iter().filter(|name| !known.contains(name.as_str())) {
        sql.execute("DELETE FROM health WHERE name = ?1", [name])?;
    }
    Ok(())
}

fn read_all(sql: &Connection) -> Result<Option<StoredHealth>, StoreError> {
    let mut statement = sql.prepare_cached("SELECT name, body FROM health ORDER BY name")?;
    let mut rows = statement.query([])?;
    let (mut frame, mut checks) = (None::<StoredHealth>, Vec::new());
    while let Some(row) = rows.next()? {
        let (name, body): (String, String) = (row.get(0)?, row.get(1)?);
        if name == FRAME {
            frame = read_text("health", FRAME, &body);
        } else {
            checks.extend(read_text("health of a check", &name, &body));
        }
    }
    Ok(frame.map(|frame| StoredHealth { checks, ..frame }))
}
