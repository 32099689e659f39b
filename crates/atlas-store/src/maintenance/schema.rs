//! Finds out which tables a file has and what they are made of. It asks SQLite, which knows; only the arguments of
//! virtual tables have to be read from their statement. A table that cannot be read does not hide the others.

use std::collections::BTreeMap;

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::error::LookError;
use super::quote::{itself, quoted};
use super::snapshot::Snapshot;
use super::table::{Column, ForeignKey, Generated, Index, IndexColumn, Table, TableKind, Trigger};
use super::virtual_table::declaration;

/// All tables of the file, with the numbers of their rows.
pub(super) fn tables(snapshot: &Snapshot) -> Result<Vec<Table>, LookError> {
    let mut tables = described(snapshot)?;
    for table in tables.iter_mut().filter(|table| table.has_stored_rows()) {
        let rows = count(snapshot, table).map(Some);
        table.rows = or_trouble(rows, "the number of its rows", &mut table.trouble)?;
    }
    Ok(tables)
}

/// All tables of the file, without counting.
pub(super) fn described(snapshot: &Snapshot) -> Result<Vec<Table>, LookError> {
    let statements = statements(snapshot)?;
    let listed = ask(snapshot, "PRAGMA main.table_list", listed)?;
    let virtual_tables: Vec<String> = listed
        .iter()
        .filter(|listed| listed.kind == "virtual")
        .map(|listed| listed.name.clone())
        .collect();
    let mut tables: Vec<Table> = listed
        .into_iter()
        .map(|listed| {
            let sql = statements.tables.get(&listed.name).cloned().flatten();
            let triggers = statements.triggers.get(&listed.name).cloned().unwrap_or_default();
            begun(listed, &virtual_tables, sql, triggers)
        })
        .collect();
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    for table in &mut tables {
        snapshot.still_holds()?;
        complete(snapshot, table)?;
    }
    Ok(tables)
}

/// A row of the list of tables.
struct Listed {
    name: String,
    kind: String,
    without_rowid: bool,
    strict: bool,
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        name: text(row, "name")?,
        kind: text(row, "type")?,
        without_rowid: row.get("wr")?,
        strict: row.get("strict")?,
    })
}

#[derive(Default)]
struct Statements {
    tables: BTreeMap<String, Option<String>>,
    triggers: BTreeMap<String, Vec<Trigger>>,
}

fn statements(snapshot: &Snapshot) -> Result<Statements, LookError> {
    let mut statements = Statements::default();
    let all = ask(
        snapshot,
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema",
        |row| {
            Ok((
                text(row, "type")?,
                text(row, "name")?,
                text(row, "tbl_name")?,
                optional_text(row, "sql")?,
            ))
        },
    )?;
    for (kind, name, table, sql) in all {
        match kind.as_str() {
            "table" | "view" => drop(statements.tables.insert(name, sql)),
            "trigger" => statements.triggers.entry(table).or_default().push(Trigger {
                name,
                sql: sql.unwrap_or_default(),
            }),
            _ => {}
        }
    }
    Ok(statements)
}

fn begun(listed: Listed, virtual_tables: &[String], sql: Option<String>, triggers: Vec<Trigger>) -> Table {
    let kind = match listed.kind.as_str() {
        "view" => TableKind::View,
        "virtual" => virtual_kind(sql.as_deref()),
        "shadow" => shadow_kind(&listed.name, virtual_tables),
        _ if listed.name.starts_with("sqlite_") => TableKind::Internal,
        _ => TableKind::Ordinary,
    };
    Table {
        name: listed.name,
        kind,
        without_rowid: listed.without_rowid,
        strict: listed.strict,
        columns: Vec::new(),
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        triggers,
        rows: None,
        sql,
        trouble: Vec::new(),
    }
}

fn virtual_kind(sql: Option<&str>) -> TableKind {
    match sql.and_then(declaration) {
        Some(declaration) => TableKind::Virtual {
            content: declaration.content(),
            module: declaration.module,
        },
        None => TableKind::Virtual {
            module: "unknown".to_owned(),
            content: None,
        },
    }
}

/// Its name begins with that of its owner; where several do, the longest is meant.
fn shadow_kind(name: &str, virtual_tables: &[String]) -> TableKind {
    let owner = virtual_tables
        .iter()
        .filter(|owner| {
            name.strip_prefix(owner.as_str())
                .is_some_and(|rest| rest.starts_with('_'))
        })
        .max_by_key(|owner| owner.len());
    TableKind::Shadow {
        of: owner.cloned().unwrap_or_default(),
    }
}

/// What cannot be read is put on record; only a look that is over ends everything.
fn complete(snapshot: &Snapshot, table: &mut Table) -> Result<(), LookError> {
    let name = quoted(&table.name);
    let mut trouble = Vec::new();
    table.columns = or_trouble(columns(snapshot, &name), "its columns", &mut trouble)?;
    table.indexes = or_trouble(indexes(snapshot, &name), "its indexes", &mut trouble)?;
    table.foreign_keys = or_trouble(foreign_keys(snapshot, &name), "its foreign keys", &mut trouble)?;
    table.trouble = trouble;
    Ok(())
}

fn or_trouble<T: Default>(
    read: Result<T, LookError>,
    what: &str,
    trouble: &mut Vec<String>,
) -> Result<T, LookError> {
    match read {
        Ok(read) => Ok(read),
        Err(
            LookError::Damaged { detail, .. }
            | LookError::Sqlite { detail, .. }
            | LookError::Io { detail, .. },
        ) => {
            trouble.push(format!("{what} cannot be read: {detail}"));
            Ok(T::default())
        }
        Err(error) => Err(error),
    }
}

fn columns(snapshot: &Snapshot, table: &str) -> Result<Vec<Column>, LookError> {
    ask(snapshot, &format!("PRAGMA main.table_xinfo({table})"), |row| {
        let hidden: i64 = row.get("hidden")?;
        let position: u32 = row.get("pk")?;
        Ok(Column {
            name: text(row, "name")?,
            declared_type: text(row, "type")?,
            nullable: !row.get::<_, bool>("notnull")?,
            default: optional_text(row, "dflt_value")?,
            primary_key_position: (position > 0).then_some(position),
            generated: match hidden {
                2 => Generated::Virtual,
                3 => Generated::Stored,
                _ => Generated::No,
            },
            hidden: hidden == 1,
        })
    })
}

fn indexes(snapshot: &Snapshot, table: &str) -> Result<Vec<Index>, LookError> {
    let mut indexes = ask(snapshot, &format!("PRAGMA main.index_list({table})"), |row| {
        Ok(Index {
            name: text(row, "name")?,
            unique: row.get("unique")?,
            primary_key: text(row, "origin")? == "pk",
            partial: row.get("partial")?,
            columns: Vec::new(),
        })
    })?;
    for index in &mut indexes {
        let statement = format!("PRAGMA main.index_xinfo({})", quoted(&index.name));
        let parts = ask(snapshot, &statement, |row| {
            let is_key: bool = row.get("key")?;
            Ok(is_key.then_some(IndexColumn {
                name: optional_text(row, "name")?,
                descending: row.get("desc")?,
                collation: optional_text(row, "coll")?.unwrap_or_default(),
            }))
        })?;
        index.columns = parts.into_iter().flatten().collect();
    }
    indexes.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(indexes)
}

fn foreign_keys(snapshot: &Snapshot, table: &str) -> Result<Vec<ForeignKey>, LookError> {
    let mut keys: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    // In the order of their columns, one row for each.
    let parts = ask(
        snapshot,
        &format!("PRAGMA main.foreign_key_list({table})"),
        |row| {
            let columns = (text(row, "from")?, optional_text(row, "to")?);
            Ok((
                row.get("id")?,
                text(row, "table")?,
                columns,
                text(row, "on_delete")?,
            ))
        },
    )?;
    for (id, parent, columns, on_delete) in parts {
        let key = keys.entry(id).or_insert_with(|| ForeignKey {
            id,
            parent,
            columns: Vec::new(),
            on_delete,
        });
        key.columns.push(columns);
    }
    Ok(keys.into_values().collect())
}

fn count(snapshot: &Snapshot, table: &Table) -> Result<u64, LookError> {
    let sql = format!("SELECT count(*) FROM {}", itself(table));
    let counted = snapshot.sql().query_row(&sql, [], |row| row.get::<_, i64>(0));
    counted
        .map(|rows| rows as u64)
        .map_err(|error| snapshot.failed(&error))
}

/// All rows of an answer that is short.
pub(super) fn ask<T>(
    snapshot: &Snapshot,
    sql: &str,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, LookError> {
    let answer = snapshot
        .sql()
        .prepare(sql)
        .and_then(|mut statement| statement.query_map([], read)?.collect());
    answer.map_err(|error| snapshot.failed(&error))
}

/// A name of a foreign file, which need not be valid text.
pub(super) fn text(row: &Row<'_>, column: &str) -> rusqlite::Result<String> {
    Ok(optional_text(row, column)?.unwrap_or_default())
}

fn optional_text(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<String>> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    })
}
