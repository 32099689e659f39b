//! Rows that refer to none, where no foreign key says that they refer: which columns do is told by whoever asks. What
//! would take a search through the whole parent for every row is not done, and said.

use serde::{Deserialize, Serialize};

use super::error::LookError;
use super::quote::quoted;
use super::schema::{ask, described};
use super::select::{Reading, Select};
use super::snapshot::Snapshot;
use super::table::Table;
use super::value::Key;

/// So many rows are named.
const EXAMPLES: usize = 10;

/// A reference by convention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The table whose rows refer.
    pub child: String,
    /// By which column.
    pub child_column: String,
    /// The table they refer to.
    pub parent: String,
    /// By which column.
    pub parent_column: String,
}

/// Rows that refer to none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Orphans {
    /// By which reference.
    pub reference: Reference,
    /// How many; rows with a NULL refer to nothing, and are none of them. `None` where it was not found out.
    pub rows: Option<u64>,
    /// The first of them.
    pub examples: Vec<Key>,
    /// Why it was not found out.
    pub unchecked: Option<String>,
}

/// Looks for them, one reference after another.
pub(super) fn orphans(snapshot: &Snapshot, references: &[Reference]) -> Result<Vec<Orphans>, LookError> {
    let tables = described(snapshot)?;
    references
        .iter()
        .map(|reference| {
            let mut orphans = Orphans {
                reference: reference.clone(),
                rows: None,
                examples: Vec::new(),
                unchecked: None,
            };
            match look(snapshot, &tables, reference, &mut orphans.examples) {
                Ok(rows) => orphans.rows = Some(rows),
                Err(
                    LookError::Damaged { detail: why, .. }
                    | LookError::Sqlite { detail: why, .. }
                    | LookError::Io { detail: why, .. }
                    | LookError::Unfit { what: why, .. },
                ) => orphans.unchecked = Some(why),
                Err(error) => return Err(error),
            }
            Ok(orphans)
        })
        .collect()
}

fn look(
    snapshot: &Snapshot,
    tables: &[Table],
    reference: &Reference,
    examples: &mut Vec<Key>,
) -> Result<u64, LookError> {
    let child = with_column(snapshot, tables, &reference.child, &reference.child_column)?;
    let parent = with_column(snapshot, tables, &reference.parent, &reference.parent_column)?;
    let key = Select::of(snapshot, child, &[], Reading::Sizes)?.key;
    let (child_column, parent_column) = (quoted(&reference.child_column), quoted(&reference.parent_column));
    let sql = format!(
        "SELECT {} FROM main.{} AS c WHERE c.{child_column} IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM main.{} AS p WHERE p.{parent_column} = c.{child_column})",
        key.list("c."),
        quoted(&child.name),
        quoted(&parent.name),
    );
    let plan = ask(snapshot, &format!("EXPLAIN QUERY PLAN {sql}"), |row| {
        row.get::<_, String>("detail")
    })?;
    if plan
        .iter()
        .any(|step| step == "SCAN p" || step.starts_with("SCAN p "))
    {
        let what = "has no index that finds the row a value refers to: not looked at, it would take too long";
        return Err(snapshot.unfit(format!("`{}`.`{}` {what}", parent.name, reference.parent_column)));
    }
    let read = snapshot.sql().prepare(&sql).and_then(|mut statement| {
        let (mut rows, mut count) = (statement.raw_query(), 0);
        while let Some(row) = rows.next()? {
            count += 1;
            if examples.len() < EXAMPLES {
                examples.push(key.read(row)?);
            }
        }
        Ok(count)
    });
    read.map_err(|error| snapshot.failed(&error))
}

fn with_column<'t>(
    snapshot: &Snapshot,
    tables: &'t [Table],
    name: &str,
    column: &str,
) -> Result<&'t Table, LookError> {
    let table = tables.iter().find(|table| table.name == name);
    let table = table.ok_or_else(|| snapshot.unfit(format!("there is no table `{name}`")))?;
    if table.columns.iter().any(|known| known.name == column) {
        return Ok(table);
    }
    Err(snapshot.unfit(format!("the table `{name}` has no column `{column}`")))
}
