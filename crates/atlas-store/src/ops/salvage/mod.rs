//! What is saved of a file that is set aside: what somebody has yet to be told, what is wrong now, and what that cannot
//! go on without. It reads the old file and writes into the new one; it changes nothing of the old, and never fails.

mod reading;
mod tables;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_vitals::alerts::{
    Change, Completeness, DeliveryId, InboxRow, IncidentId, Mended, StoredAlerts, StoredDelivery,
    StoredIncident, StoredNotice,
};
use atlas_vitals::health::StoredHealth;
use rusqlite::Connection;
use tokio::time::Instant;

use super::heartbeats::{self, StoredHeartbeat};
use super::put_back;
use super::vitals::{self, InboxRecord, TimelineMark, VitalsRows};
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::sqlite::Wreck;
use reading::{Key, Known, Reading, why_closed};
use tables::{
    DELIVERY, DONE, HEALTH, HEARTBEAT, INBOX, INCIDENT, MEMORY, NEW_IN_INBOX, NOT_DONE, NOT_OVER, NOTICE,
    OF_THESE, TIMELINE,
};
pub(super) use telling::tell;

/// A start waits for it no longer.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Every row.
const ALL: &str = "true";

/// A row that is known, and was not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    /// What it is.
    noun: &'static str,
    /// Its key.
    name: String,
    /// Why.
    why: String,
}

/// What was saved, and what was not.
#[derive(Debug, Default)]
pub(super) struct Salvaged {
    alerts: StoredAlerts,
    /// What open incidents had been told before.
    told: Vec<Change>,
    mark: Option<TimelineMark>,
    health: Option<StoredHealth>,
    heartbeats: BTreeMap<String, StoredHeartbeat>,
    inbox: Vec<InboxRecord>,
    mended: Mended,
    lost: Vec<Lost>,
    /// Tables that held more than is known.
    torn: BTreeSet<&'static str>,
    /// It was an older copy: nothing of it is sent any more.
    was_put_back: bool,
    /// Why not all was looked at.
    short: Vec<String>,
}

/// Saves what can be read of the file of `dir`, which nobody has open. `folder` is for files on the way.
pub(super) fn salvage(dir: &DataDir, folder: &Path, now: Timestamp) -> Salvaged {
    let path = &dir.ops_db();
    let wreck = match Wreck::open(path, folder, Instant::now() + TIME_LIMIT) {
        Ok(wreck) => wreck,
        Err(error) => {
            return Salvaged {
                short: vec![why_closed(&error)],
                ..Salvaged::default()
            };
        }
    };
    let mut reading = Reading::begin(&wreck.sql);
    let mut salvaged = Salvaged {
        mark: timeline(&mut reading),
        was_put_back: put_back::was_put_back(&wreck.sql, path, dir, now),
        ..Salvaged::default()
    };
    remember(&mut reading, &mut salvaged.alerts);
    salvaged.read_alerts(&mut reading);
    salvaged.health = health(&mut reading, salvaged.mark.as_ref());
    salvaged.heartbeats = beats(&mut reading);
    salvaged.read_told(&mut reading);
    salvaged.inbox = inbox(&mut reading, &salvaged.alerts.incidents);
    (salvaged.lost, salvaged.torn) = (reading.lost, reading.torn);
    let without_log = wreck.without_log.as_ref();
    let short = without_log.map(|why| format!("its log could not be read: {why}"));
    let ended = reading.ended.map(|why| format!("not all was looked at: {why}"));
    salvaged.short = short.into_iter().chain(ended).collect();
    salvaged.fit_together(now);
    salvaged
}

impl Salvaged {
    /// Messages before notices before incidents: what is to be told comes first, should there be too much.
    fn read_alerts(&mut self, reading: &mut Reading<'_>) {
        for row in reading.rows(&DELIVERY, NOT_DONE, None) {
            self.alerts.deliveries.extend(message(reading, &row));
        }
        let notices = reading.rows(&NOTICE, NOT_DONE, None);
        for row in &notices {
            self.alerts.notices.extend(notice(reading, row));
        }
        let open = reading.rows(&INCIDENT, NOT_OVER, None).into_iter();
        let mut incidents: BTreeMap<Key, Known> = open.map(|row| (row.key.clone(), row)).collect();
        // Also those that are over, and of which there is something to tell: if only the key of a notice says so.
        let of_notices = notices.iter().filter_map(|row| row.key.first().cloned());
        let messages = self.alerts.deliveries.iter();
        let entries = messages.flat_map(|delivery| &delivery.message.worst);
        for id in of_notices.chain(entries.map(|entry| entry.incident.to_string())) {
            let key = vec![id];
            incidents.entry(key.clone()).or_insert_with(|| Known::by(key));
        }
        for row in incidents.values() {
            let read = reading.body(&INCIDENT, row, |row: &StoredIncident| vec![row.id.to_string()]);
            self.alerts.incidents.extend(read);
        }
    }

    /// What was told of the incidents that are saved: for whoever wants to look, and no loss if it is gone.
    fn read_told(&mut self, reading: &mut Reading<'_>) {
        let before = (reading.lost.len(), reading.torn.clone());
        let condition = format!("{DONE} AND {OF_THESE}");
        let saved = list_of(&self.alerts.incidents);
        let rows = reading.rows(&NOTICE, &condition, Some(&saved));
        let notices: Vec<StoredNotice> = rows.iter().filter_map(|row| notice(reading, row)).collect();
        let ids: BTreeSet<DeliveryId> = notices.iter().filter_map(|notice| notice.delivery).collect();
        for id in ids {
            let read = message(reading, &Known::by(vec![id.to_string()]));
            self.told.extend(read.map(Change::Delivery));
        }
        self.told.extend(notices.into_iter().map(Change::Notice));
        reading.lost.truncate(before.0);
        reading.torn = before.1;
    }

    fn fit_together(&mut self, now: Timestamp) {
        let is_known = [&DELIVERY, &NOTICE].iter().all(|table| {
            let is_lost = self.lost.iter().any(|lost| lost.noun == table.noun);
            !is_lost && !self.torn.contains(table.noun)
        });
        let complete = if is_known && self.short.is_empty() {
            Completeness::Known
        } else {
            Completeness::Doubtful
        };
        self.mended = self.alerts.mend(complete, now);
        if self.mark.is_none() {
            self.mark = latest_mark(&self.alerts, now);
        }
    }

    /// How far the time line has come.
    fn at_ms(&self) -> u64 {
        self.mark.as_ref().map_or(0, |mark| mark.at_ms)
    }

    /// Writes everything into the new file, with `word` for the inbox. All of it is one transaction of the caller's.
    pub(super) fn write(
        &self,
        sql: &Connection,
        word: Option<(StoredIncident, InboxRow)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let health = self.health.clone().map(|health| {
            let names = health.checks.iter().map(|check| check.name.clone()).collect();
            (health, names)
        });
        let mut alerts = changes(&self.alerts);
        alerts.extend(self.told.iter().cloned());
        let (incident, word) = word.unzip();
        alerts.extend(incident.map(Change::Incident));
        let rows = VitalsRows {
            mark: self.mark.clone().unwrap_or(TimelineMark {
                at_ms: 0,
                wall: now,
                uptime_ms: 0,
                boot_id: String::new(),
            }),
            health,
            alerts,
            measured: atlas_vitals::metrics::Flush::default(),
        };
        vitals::write(sql, &rows)?;
        if self.was_put_back {
            put_back::mark_as_put_back(sql)?;
        }
        for (check, heartbeat) in &self.heartbeats {
            heartbeats::write(sql, check, *heartbeat)?;
        }
        self.inbox
            .iter()
            .try_for_each(|row| vitals::keep_inbox(sql, row))?;
        // After what was told before.
        word.map_or(Ok(()), |word| vitals::write_change(sql, &Change::Inbox(word)))
    }
}

/// As a query takes them.
fn list_of(incidents: &[StoredIncident]) -> String {
    let ids: Vec<String> = incidents
        .iter()
        .map(|incident| format!("\"{}\"", incident.id))
        .collect();
    format!("[{}]", ids.join(","))
}

fn message(reading: &mut Reading<'_>, row: &Known) -> Option<StoredDelivery> {
    reading.body(&DELIVERY, row, |row: &StoredDelivery| vec![row.id.to_string()])
}

fn notice(reading: &mut Reading<'_>, row: &Known) -> Option<StoredNotice> {
    reading.body(&NOTICE, row, |row: &StoredNotice| {
        vec![
            row.incident.to_string(),
            row.channel.clone(),
            row.ordinal.to_string(),
        ]
    })
}

fn timeline(reading: &mut Reading<'_>) -> Option<TimelineMark> {
    let row = reading.rows(&TIMELINE, ALL, None).into_iter().next()?;
    reading.row(&TIMELINE, &row, "at_ms, wall, uptime_ms, boot_id", |row| {
        Ok(TimelineMark {
            at_ms: row.get(0)?,
            wall: Timestamp::from_millis(row.get(1)?),
            uptime_ms: row.get(2)?,
            boot_id: row.get(3)?,
        })
    })
}

/// Where the time line was lost: the latest of all moments of which the wall clock's is known, too.
fn latest_mark(alerts: &StoredAlerts, now: Timestamp) -> Option<TimelineMark> {
    let deliveries = alerts.deliveries.iter();
    let of_deliveries = deliveries.map(|delivery| (delivery.created, delivery.created_wall));
    let of_notices = alerts.notices.iter().map(|notice| (notice.at, notice.wall));
    let of_incidents = alerts.incidents.iter().map(|row| (row.began, row.began_wall));
    let (at_ms, wall) = of_deliveries
        .chain(of_notices)
        .chain(of_incidents)
        .max_by_key(|(at, _)| *at)?;
    Some(TimelineMark {
        at_ms,
        // A clock that was set back since says nothing of how long ago it was.
        wall: wall.min(now),
        uptime_ms: 0,
        boot_id: String::new(),
    })
}

fn remember(reading: &mut Reading<'_>, alerts: &mut StoredAlerts) {
    for row in reading.rows(&MEMORY, ALL, None) {
        // The key follows from the row; nothing else has that kind.
        let same = row.key.clone();
        match row.key.first().map(String::as_str) {
            Some("group") => alerts.groups.extend(reading.body(&MEMORY, &row, |_| same)),
            Some("channel") => alerts.channels.extend(reading.body(&MEMORY, &row, |_| same)),
            Some("silence") => alerts.silences.extend(reading.body(&MEMORY, &row, |_| same)),
            Some("service") => alerts.services.extend(reading.body(&MEMORY, &row, |_| same)),
            Some("windows") => {
                let windows: Option<Vec<_>> = reading.body(&MEMORY, &row, |_| same);
                alerts.windows.extend(windows.into_iter().flatten());
            }
            _ => {}
        }
    }
}

/// Without what belongs to no check, checks are known all the same.
fn health(reading: &mut Reading<'_>, mark: Option<&TimelineMark>) -> Option<StoredHealth> {
    let (mut frame, mut checks) = (None::<StoredHealth>, Vec::new());
    for row in reading.rows(&HEALTH, ALL, None) {
        let same = row.key.clone();
        if row.key.first().is_some_and(String::is_empty) {
            frame = reading.body(&HEALTH, &row, |_| same);
        } else {
            checks.extend(reading.body(&HEALTH, &row, |_| same));
        }
    }
    if frame.is_none() && checks.is_empty() {
        return None;
    }
    let frame = frame.unwrap_or_else(|| StoredHealth {
        at_ms: mark.map_or(0, |mark| mark.at_ms),
        ..StoredHealth::default()
    });
    Some(StoredHealth { checks, ..frame })
}

fn beats(reading: &mut Reading<'_>) -> BTreeMap<String, StoredHeartbeat> {
    let mut beats = BTreeMap::new();
    for row in reading.rows(&HEARTBEAT, ALL, None) {
        let beat = reading.row(&HEARTBEAT, &row, "awaited_since, beat_at, failed", |row| {
            Ok(StoredHeartbeat {
                awaited_since_ms: row.get(0)?,
                beat_at_ms: row.get(1)?,
                failed: row.get(2)?,
            })
        });
        beats.extend(row.key.into_iter().next().zip(beat));
    }
    beats
}

/// What nobody has read, and what was said of the incidents that are saved.
fn inbox(reading: &mut Reading<'_>, incidents: &[StoredIncident]) -> Vec<InboxRecord> {
    let mut rows = Vec::new();
    for row in reading.rows(&INBOX, NEW_IN_INBOX, Some(&list_of(incidents))) {
        let read = reading.row(&INBOX, &row, "id, body, read_at", |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
        });
        rows.extend(read.and_then(|(id, body, read_at): (i64, String, Option<i64>)| {
            Some(InboxRecord {
                id,
                row: serde_json::from_str(&body).ok()?,
                read_at: read_at.map(Timestamp::from_millis),
            })
        }));
    }
    rows
}

fn changes(alerts: &StoredAlerts) -> Vec<Change> {
    let mut changes: Vec<Change> = alerts.incidents.iter().cloned().map(Change::Incident).collect();
    changes.extend(alerts.deliveries.iter().cloned().map(Change::Delivery));
    changes.extend(alerts.notices.iter().cloned().map(Change::Notice));
    changes.extend(alerts.groups.iter().cloned().map(Change::Group));
    changes.extend(alerts.channels.iter().cloned().map(Change::Channel));
    changes.extend(alerts.silences.iter().cloned().map(Change::Silence));
    changes.extend(alerts.services.iter().cloned().map(Change::Service));
    if !alerts.windows.is_empty() {
        changes.push(Change::Windows(alerts.windows.clone()));
    }
    changes
}

/// The incident that the word to the inbox belongs to: one for each file that was set aside.
pub(super) fn id_of_word(name: &str) -> Option<IncidentId> {
    let hash = blake3::hash(name.as_bytes()).to_hex();
    hash.get(..16).and_then(|digits| digits.parse().ok())
}
