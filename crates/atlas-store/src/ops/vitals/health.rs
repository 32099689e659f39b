//! What is kept of health: one row for each check, and one for what belongs to none.

use std::collections::BTreeSet;

use atlas_vitals::health::{StoredCheck, StoredHealth};
use rusqlite::Connection;

use super::super::Ops;
use super::{read_text, text_of, timeline};
use crate::error::StoreError;

/// The name of the row for what belongs to no check.
const FRAME: &str = "";

impl Ops {
    /// What was kept; none when there is nothing. A check whose row cannot be read begins anew, and no other does.
    pub async fn stored_health(&self) -> Result<Option<StoredHealth>, StoreError> {
        self.db.read(read_all).await
    }
}

/// The frame and the checks of these names. Checks that are not in `health` any more are forgotten. When all this was
/// true is said by the time line alone, which every write marks: a row that says what it said before is left as it is.
pub(super) fn write(
    sql: &Connection,
    health: &StoredHealth,
    changed: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let mut write = sql.prepare_cached(
        "INSERT INTO health (name, body) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET body = excluded.body WHERE body <> excluded.body",
    )?;
    let frame = StoredHealth {
        at_ms: 0,
        checks: Vec::new(),
        not_monitored: health.not_monitored.clone(),
        announced: health.announced.clone(),
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
    if frame.is_none() && checks.is_empty() {
        return Ok(None);
    }
    // Without its frame every check is still what it was; only when that was is known from elsewhere.
    let frame = frame.unwrap_or_default();
    let heard = checks.iter().map(|check: &StoredCheck| check.heard_at_ms).max();
    let marked = timeline::read(sql)?.map(|mark| mark.at_ms);
    let at_ms = frame.at_ms.max(marked.or(heard).unwrap_or_default());
    Ok(Some(StoredHealth {
        at_ms,
        checks,
        ..frame
    }))
}
