//! Finds the next row behind a place that cannot be read, by trying rowids: a seek to a number on another page does not
//! touch the damaged one. It reads one row at a time, and never tells that there is none where it could not look.

use super::error::LookError;
use super::rows::{Stop, bind};
use super::select::Select;
use super::snapshot::Snapshot;
use super::value::Key;

/// What is found from a number on.
enum From {
    /// This row comes first.
    Row(i64),
    /// There is none.
    Nothing,
    /// It cannot be read.
    Damage,
}

/// The first row behind `after` that can be read, and for which all in front of it cannot. `None` if none is found.
/// With several damaged places near each other, rows between them may be passed over.
pub(super) fn behind_damage(
    snapshot: &Snapshot,
    select: &Select,
    after: Option<i64>,
) -> Result<Option<i64>, LookError> {
    // Without a row in front, the damage is at the beginning. Rowids begin at 1 unless somebody chose otherwise.
    let base = i128::from(after.unwrap_or(-1));
    let Some((mut damaged, mut readable)) = bracket(snapshot, select, base)? else {
        return Ok(None);
    };
    while readable - damaged > 1 {
        let middle = i128::midpoint(damaged, readable);
        match first_from(snapshot, select, middle)? {
            From::Damage => damaged = middle,
            From::Row(_) | From::Nothing => readable = middle,
        }
    }
    Ok(match first_from(snapshot, select, readable)? {
        From::Row(rowid) => Some(rowid),
        From::Nothing | From::Damage => None,
    })
}

/// A number from which nothing can be read, and a larger one from which something can.
fn bracket(snapshot: &Snapshot, select: &Select, base: i128) -> Result<Option<(i128, i128)>, LookError> {
    let last = last_rowid(snapshot, select)?;
    let (mut damaged, mut step) = (base, 1);
    while base + step < last {
        match first_from(snapshot, select, base + step)? {
            From::Damage => damaged = base + step,
            From::Row(_) | From::Nothing => return Ok(Some((damaged, base + step))),
        }
        step *= 2;
    }
    if last <= damaged {
        return Ok(None);
    }
    Ok(match first_from(snapshot, select, last)? {
        From::Damage => None,
        From::Row(_) | From::Nothing => Some((damaged, last)),
    })
}

/// The largest rowid, or the largest that there can be.
fn last_rowid(snapshot: &Snapshot, select: &Select) -> Result<i128, LookError> {
    let sql = format!(
        "SELECT max({}) FROM main.{} NOT INDEXED",
        select.key.list(""),
        super::quote::quoted(&select.table)
    );
    let last = snapshot
        .sql()
        .query_row(&sql, [], |row| row.get::<_, Option<i64>>(0));
    match last.map_err(|error| Stop::of(snapshot, &error)) {
        Ok(last) => Ok(i128::from(last.unwrap_or(i64::MAX))),
        Err(Stop::Damage(_)) => Ok(i128::from(i64::MAX)),
        Err(Stop::Over(error)) => Err(error),
    }
}

fn first_from(snapshot: &Snapshot, select: &Select, rowid: i128) -> Result<From, LookError> {
    // The statement reads behind a key.
    let Ok(before) = i64::try_from(rowid - 1) else {
        return Ok(From::Nothing);
    };
    let after = Key::Rowid(before);
    let first = snapshot
        .sql()
        .prepare_cached(select.statement(Some(&after)))
        .and_then(|mut statement| {
            bind(&mut statement, Some(&after))?;
            let mut rows = statement.raw_query();
            rows.next()?.map(|row| row.get(0)).transpose()
        });
    match first.map_err(|error| Stop::of(snapshot, &error)) {
        Ok(Some(rowid)) if rowid > before => Ok(From::Row(rowid)),
        Ok(Some(_)) | Err(Stop::Damage(_)) => Ok(From::Damage),
        Ok(None) => Ok(From::Nothing),
        Err(Stop::Over(error)) => Err(error),
    }
}
