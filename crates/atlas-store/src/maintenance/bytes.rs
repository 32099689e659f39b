//! Where the bytes of a file are: pages by table and index, and those that hold nothing. Every page is accounted for;
//! what cannot be is named.

use serde::{Deserialize, Serialize};

use super::error::LookError;
use super::header::AutoVacuum;
use super::schema::{ask, text};
use super::snapshot::Snapshot;

/// SQLite leaves the page with this byte alone, to have something to lock.
const LOCK_BYTE_AT: u64 = 0x4000_0000;
/// An entry of a page that says who uses which page, in files that give free pages back.
const MAP_ENTRY_BYTES: u64 = 5;

/// All pages of a file, by their use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Bytes of a page.
    pub page_size_bytes: u64,
    /// All pages.
    pub pages: u64,
    /// By table and index, in the order of the schema.
    pub objects: Vec<ObjectBytes>,
    /// Pages that hold nothing.
    pub free_pages: u64,
    /// Pages that say who uses which page; only in files that give free pages back.
    pub map_pages: u64,
    /// The page that is left alone for locks; only in files over one GiB.
    pub lock_pages: u64,
    /// Bytes of the log, which come to those of the pages until they are moved there.
    pub wal_bytes: u64,
    /// Tables and indexes that could not be measured.
    pub unread: Vec<UnreadObject>,
    /// Pages that belong to nothing that could be measured. 0 in a file that is whole.
    pub unaccounted_pages: i64,
}

/// The pages of one table or index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectBytes {
    /// Its name.
    pub name: String,
    /// The table it belongs to: itself, unless it is an index.
    pub table: String,
    /// Whether it is an index.
    pub is_index: bool,
    /// Pages it takes.
    pub pages: u64,
    /// Bytes in them that somebody has put there.
    pub payload_bytes: u64,
    /// Bytes in them that hold nothing.
    pub unused_bytes: u64,
}

/// A table or index that could not be measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadObject {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Measures everything.
pub(super) fn bytes(snapshot: &Snapshot) -> Result<Bytes, LookError> {
    let file = snapshot.file()?;
    let (mut objects, mut unread) = (Vec::new(), Vec::new());
    for (name, table, is_index) in named(snapshot)? {
        match measure(snapshot, &name) {
            Ok((pages, payload_bytes, unused_bytes)) => objects.push(ObjectBytes {
                name,
                table,
                is_index,
                pages,
                payload_bytes,
                unused_bytes,
            }),
            Err(
                LookError::Damaged { detail, .. }
                | LookError::Io { detail, .. }
                | LookError::Sqlite { detail, .. },
            ) => {
                unread.push(UnreadObject { name, why: detail });
            }
            Err(error) => return Err(error),
        }
    }
    let lock_page = LOCK_BYTE_AT / file.page_size_bytes + 1;
    let lock_pages = u64::from(file.pages >= lock_page);
    let map_pages = match file.auto_vacuum {
        AutoVacuum::None => 0,
        _ => map_pages(file.pages, file.page_size_bytes - file.reserved_bytes),
    };
    let used: u64 = objects.iter().map(|object| object.pages).sum();
    Ok(Bytes {
        page_size_bytes: file.page_size_bytes,
        pages: file.pages,
        free_pages: file.free_pages,
        map_pages,
        lock_pages,
        wal_bytes: file.wal_bytes,
        unaccounted_pages: file.pages as i64 - (used + file.free_pages + map_pages + lock_pages) as i64,
        objects,
        unread,
    })
}

/// What has pages: name, table, and whether it is an index.
fn named(snapshot: &Snapshot) -> Result<Vec<(String, String, bool)>, LookError> {
    let sql = "SELECT name, tbl_name, type FROM main.sqlite_schema WHERE rootpage > 0 ORDER BY rowid";
    let schema = "sqlite_schema".to_owned();
    let mut named = vec![(schema.clone(), schema, false)];
    named.extend(ask(snapshot, sql, |row| {
        Ok((
            text(row, "name")?,
            text(row, "tbl_name")?,
            text(row, "type")? == "index",
        ))
    })?);
    Ok(named)
}

/// Pages, bytes that are used and unused. Page by page: in one step it could not be called off.
fn measure(snapshot: &Snapshot, name: &str) -> Result<(u64, u64, u64), LookError> {
    let sql = "SELECT count(*), coalesce(sum(payload), 0), coalesce(sum(unused), 0) \
               FROM dbstat WHERE schema = 'main' AND aggregate = 0 AND name = ?1";
    let measured = snapshot.sql().prepare_cached(sql).and_then(|mut statement| {
        statement.query_row([name], |row| {
            Ok((
                row.get::<_, i64>(0)? as u64,
                row.get::<_, i64>(1)? as u64,
                row.get::<_, i64>(2)? as u64,
            ))
        })
    });
    measured.map_err(|error| snapshot.failed(&error))
}

/// The first of them is page 2, and each is followed by as many pages as it has entries.
fn map_pages(pages: u64, usable_bytes: u64) -> u64 {
    let span = usable_bytes / MAP_ENTRY_BYTES + 1;
    pages.saturating_sub(1).div_ceil(span)
}
