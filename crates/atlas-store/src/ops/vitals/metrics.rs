//! The history of measurements: rings of packed rows. What may take whose place is decided in `atlas-vitals`.

use atlas_vitals::metrics::{
    Flush, Placement, Plan, SeriesId, StoredKills, StoredMeasurements, StoredSeries, place,
};
use rusqlite::{Connection, OptionalExtension};

use super::super::Ops;
use super::{read_text, text_of};
use crate::error::StoreError;

impl Ops {
    /// What was stored beside the rows of history.
    pub async fn stored_measurements(&self) -> Result<StoredMeasurements, StoreError> {
        self.db
            .read(|sql| {
                Ok(StoredMeasurements {
                    series: read_series(sql)?,
                    kills: read_kills(sql)?,
                })
            })
            .await
    }

    /// The packed rows that a question about the past needs.
    pub async fn metric_rows(&self, plan: &Plan) -> Result<Vec<Vec<u8>>, StoreError> {
        let (resolution, places) = (plan.resolution(), plan.places());
        self.db
            .read(move |sql| {
                let mut packed = Vec::new();
                let mut statement = sql.prepare_cached(
                    "SELECT packed FROM metric_row WHERE resolution = ?1 AND place BETWEEN ?2 AND ?3",
                )?;
                for range in &places {
                    let rows = statement
                        .query_map((resolution.as_str(), range.start(), range.end()), |row| {
                            row.get(0)
                        })?;
                    for row in rows {
                        packed.push(row?);
                    }
                }
                Ok(packed)
            })
            .await
    }
}

/// Writes what a flush hands over.
pub(super) fn write(sql: &Connection, flush: &Flush) -> Result<(), StoreError> {
    for series in &flush.series {
        save_series(sql, series)?;
    }
    for row in &flush.rows {
        let key = (row.resolution.as_str(), row.place);
        let lying: Option<Vec<u8>> = sql
            .prepare_cached("SELECT packed FROM metric_row WHERE resolution = ?1 AND place = ?2")?
            .query_row(key, |row| row.get(0))
            .optional()?;
        write_row(sql, key, lying.as_deref(), &row.bytes, flush.wall_is_steady)?;
    }
    if let Some(kills) = &flush.kills {
        save_kills(sql, kills)?;
    }
    for series in &flush.forgotten {
        sql.execute("DELETE FROM metric_series WHERE number = ?1", [series.0])?;
    }
    Ok(())
}

fn write_row(
    sql: &Connection,
    (resolution, at): (&str, u32),
    lying: Option<&[u8]>,
    bytes: &[u8],
    wall_is_steady: bool,
) -> Result<(), StoreError> {
    match place(lying, bytes, wall_is_steady) {
        Ok(Placement::Write { bytes, unreadable }) => {
            if let Some(problem) = unreadable {
                tracing::warn!(%problem, resolution, at, "measurements that cannot be read are overwritten");
            }
            sql.prepare_cached(
                "INSERT INTO metric_row (resolution, place, packed) VALUES (?1, ?2, ?3)
                 ON CONFLICT (resolution, place) DO UPDATE SET packed = excluded.packed",
            )?
            .execute((resolution, at, bytes))?;
        }
        Ok(Placement::AlreadyThere | Placement::LaterTimeThere) => {}
        Err(problem) => tracing::error!(%problem, resolution, at, "measurements cannot be kept"),
    }
    Ok(())
}

fn save_series(sql: &Connection, series: &StoredSeries) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO metric_series (number, name, kind, label, last_seen_day) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (number) DO UPDATE SET name = excluded.name, kind = excluded.kind, label = excluded.label,
             last_seen_day = excluded.last_seen_day",
    )?
    .execute((
        series.id.0,
        &series.name,
        &series.kind,
        &series.label,
        series.last_seen_day,
    ))?;
    Ok(())
}

fn read_series(sql: &Connection) -> Result<Vec<StoredSeries>, StoreError> {
    let mut statement =
        sql.prepare_cached("SELECT number, name, kind, label, last_seen_day FROM metric_series")?;
    let rows = statement.query_map([], |row| {
        Ok(StoredSeries {
            id: SeriesId(row.get(0)?),
            name: row.get(1)?,
            kind: row.get(2)?,
            label: row.get(3)?,
            last_seen_day: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn save_kills(sql: &Connection, kills: &StoredKills) -> Result<(), StoreError> {
    sql.prepare_cached(
        "INSERT INTO metric_kills (id, boot_id, total, recent) VALUES (1, ?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET boot_id = excluded.boot_id, total = excluded.total, recent = excluded.recent",
    )?
    .execute((&kills.boot_id, kills.total, text_of(&kills.recent)?))?;
    Ok(())
}

fn read_kills(sql: &Connection) -> Result<Option<StoredKills>, StoreError> {
    let stored = sql.query_row("SELECT boot_id, total, recent FROM metric_kills", [], |row| {
        let recent: String = row.get(2)?;
        Ok(StoredKills {
            boot_id: row.get(0)?,
            total: row.get(1)?,
            recent: read_text("kills", "recent", &recent).unwrap_or_default(),
        })
    });
    Ok(stored.optional()?)
}
