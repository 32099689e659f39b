//! Which columns of a table hold a text and what is known about it.

use std::collections::BTreeMap;

use atlas_store::maintenance::Table;

use super::names::{BODIES, DATES, KINDS, METADATA, PATHS, STATES, TITLES, URLS, pick};
use super::order::AuditError;
use super::roles::ContentColumns;
use super::sample::{Sample, Seen};

/// A column with texts of this length on average holds content, whatever it is called.
const LONG_BYTES: usize = 200;
/// Beside an address, less is enough: a bookmark with a sentence.
const BESIDE_BYTES: usize = 60;

/// The columns of a table with texts; `None` if it has none.
pub(super) fn content_columns(table: &Table, sample: &Sample) -> Option<ContentColumns> {
    let columns = about(table);
    let known: Vec<&str> = [
        &columns.title,
        &columns.url,
        &columns.kind,
        &columns.date,
        &columns.metadata,
        &columns.state,
        &columns.path,
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
    .collect();
    let rest: Vec<&Seen> = sample
        .columns
        .iter()
        .filter(|seen| !known.contains(&seen.name.as_str()))
        .collect();
    let body = named(table, &rest).or_else(|| long(table, &rest, columns.url.is_some()))?;
    Some(ContentColumns { body, ..columns })
}

/// As somebody says; what they do not mention is found by name.
pub(super) fn chosen_columns(
    table: &Table,
    chosen: &BTreeMap<String, String>,
) -> Result<ContentColumns, AuditError> {
    let stored = table.stored_columns();
    let mut columns = about(table);
    for (what, name) in chosen {
        if !stored.contains(name) {
            return Err(AuditError::Wrong(format!(
                "the table `{}` has no column `{name}`; it has: {}",
                table.name,
                stored.join(", ")
            )));
        }
        let place = match what.as_str() {
            "body" => {
                columns.body.clone_from(name);
                continue;
            }
            "title" => &mut columns.title,
            "url" => &mut columns.url,
            "kind" => &mut columns.kind,
            "date" => &mut columns.date,
            "metadata" => &mut columns.metadata,
            "state" => &mut columns.state,
            "path" => &mut columns.path,
            other => {
                return Err(AuditError::Wrong(format!(
                    "`{other}` is nothing that a column can hold; say body, title, url, kind, date, metadata, state or path"
                )));
            }
        };
        *place = Some(name.clone());
    }
    if columns.body.is_empty() {
        return Err(AuditError::Wrong(format!(
            "say which column of `{}` holds the text: body:COLUMN",
            table.name
        )));
    }
    Ok(columns)
}

fn about(table: &Table) -> ContentColumns {
    let stored = table.stored_columns();
    let names: Vec<&str> = stored.iter().map(String::as_str).collect();
    let found = |known: &[&str]| pick(&names, known).map(str::to_owned);
    ContentColumns {
        body: String::new(),
        title: found(TITLES),
        url: found(URLS),
        kind: found(KINDS),
        date: found(DATES),
        metadata: found(METADATA),
        state: found(STATES),
        path: found(PATHS),
    }
}

/// A column that is called like a text and does not hold something else. An empty table is taken at its word.
fn named(table: &Table, rest: &[&Seen]) -> Option<String> {
    let fits = |seen: &&&Seen| {
        !is_declared(table, &seen.name, &["INT", "REAL", "BOOL", "NUM"])
            && seen.json * 2 <= seen.filled
            && seen.urls * 2 <= seen.filled
    };
    let candidates: Vec<&&Seen> = rest.iter().filter(fits).collect();
    let in_order = || {
        BODIES
            .iter()
            .filter_map(|known| candidates.iter().find(|seen| seen.name.to_lowercase() == *known))
    };
    in_order()
        .find(|seen| seen.filled > 0)
        .or_else(|| in_order().next())
        .map(|seen| seen.name.clone())
}

fn long(table: &Table, rest: &[&Seen], is_beside: bool) -> Option<String> {
    let least = if is_beside { BESIDE_BYTES } else { LONG_BYTES };
    rest.iter()
        .filter(|seen| holds_text(table, &seen.name))
        .filter(|seen| {
            seen.mean_bytes >= least && seen.json * 2 <= seen.filled && seen.urls * 2 <= seen.filled
        })
        .max_by_key(|seen| seen.mean_bytes)
        .map(|seen| seen.name.clone())
}

/// Whether a column may hold text that nobody called so: bytes and numbers do not.
fn holds_text(table: &Table, column: &str) -> bool {
    !is_declared(table, column, &["INT", "REAL", "BOOL", "NUM", "BLOB", "JSON"])
}

fn is_declared(table: &Table, column: &str, types: &[&str]) -> bool {
    let known = table.columns.iter().find(|known| known.name == column);
    known.is_some_and(|known| {
        let declared = known.declared_type.to_uppercase();
        types.iter().any(|word| declared.contains(word))
    })
}
