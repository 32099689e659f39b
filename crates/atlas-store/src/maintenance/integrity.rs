//! Whether a file is whole: its structure, its full-text indexes, and its foreign keys. What could not be looked at is
//! named; it does not count as whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::LookError;
use super::quote::quoted;
use super::schema::{described, text};
use super::snapshot::Snapshot;
use super::table::Table;
use super::value::Key;

/// So many rows are named for each foreign key.
const EXAMPLES: usize = 10;

/// How closely the structure is looked at. Both read every page, and both look into full-text indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Without looking up each row in each index.
    Quick,
    /// With all there is: several times as long.
    Full,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Integrity {
    /// How closely the structure was looked at.
    pub depth: Depth,
    /// What is wrong with the structure, in SQLite's words.
    pub findings: Vec<String>,
    /// Whether there may be more findings than were asked for.
    pub has_more: bool,
    /// Rows whose foreign key leads to nothing, by key.
    pub foreign_keys: Vec<ForeignKeyViolations>,
    /// What could not be looked at.
    pub unchecked: Vec<Unchecked>,
}

/// Rows of a table that refer to none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForeignKeyViolations {
    /// The table whose rows refer.
    pub table: String,
    /// The table they refer to.
    pub parent: String,
    /// Which of its foreign keys: [`super::ForeignKey::id`].
    pub foreign_key: i64,
    /// How many rows.
    pub rows: u64,
    /// The first of them; none of a table WITHOUT ROWID.
    pub examples: Vec<Key>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Integrity {
    /// Whether everything was looked at, and nothing is wrong with the structure. Foreign keys that lead to nothing are
    /// the affair of whoever wrote the rows.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty() && self.unchecked.is_empty()
    }
}

/// Looks at everything.
pub(super) fn integrity(snapshot: &Snapshot, depth: Depth, most: usize) -> Result<Integrity, LookError> {
    let mut integrity = Integrity {
        depth,
        findings: snapshot.opened().damage.clone().into_iter().collect(),
        has_more: false,
        foreign_keys: Vec::new(),
        unchecked: Vec::new(),
    };
    check_structure(snapshot, most.max(1), &mut integrity)?;
    match described(snapshot) {
        Ok(tables) => {
            for table in &tables {
                check_foreign_keys(snapshot, table, &mut integrity)?;
            }
        }
        Err(error) => integrity.leave_out("foreign keys", error)?,
    }
    Ok(integrity)
}

fn check_structure(snapshot: &Snapshot, most: usize, integrity: &mut Integrity) -> Result<(), LookError> {
    let check = match integrity.depth {
        Depth::Quick => "quick_check",
        Depth::Full => "integrity_check",
    };
    let mut checked = Vec::new();
    let read = snapshot
        .sql()
        .prepare(&format!("PRAGMA main.{check}({most})"))
        .and_then(|mut statement| {
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                checked.push(text(row, check)?);
            }
            Ok(())
        });
    integrity.has_more = checked.len() >= most && checked != ["ok"];
    integrity
        .findings
        .extend(checked.into_iter().filter(|finding| finding != "ok"));
    integrity.findings.truncate(most);
    match read.map_err(|error| snapshot.failed(&error)) {
        Ok(()) => Ok(()),
        // Damage may end the check itself.
        Err(LookError::Damaged { detail, .. }) => {
            integrity.findings.push(detail);
            integrity.has_more = true;
            Ok(())
        }
        Err(error) => integrity.leave_out("structure", error),
    }
}

fn check_foreign_keys(
    snapshot: &Snapshot,
    table: &Table,
    integrity: &mut Integrity,
) -> Result<(), LookError> {
    if table.foreign_keys.is_empty() {
        return Ok(());
    }
    let mut found: BTreeMap<i64, ForeignKeyViolations> = BTreeMap::new();
    let sql = format!("PRAGMA main.foreign_key_check({})", quoted(&table.name));
    let read = snapshot.sql().prepare(&sql).and_then(|mut statement| {
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let (foreign_key, parent) = (row.get("fkid")?, text(row, "parent")?);
            let violations = found.entry(foreign_key).or_insert_with(|| ForeignKeyViolations {
                table: table.name.clone(),
                parent,
                foreign_key,
                rows: 0,
                examples: Vec::new(),
            });
            violations.rows += 1;
            let rowid: Option<i64> = row.get("rowid")?;
            let has_room = violations.examples.len() < EXAMPLES;
            violations
                .examples
                .extend(rowid.filter(|_| has_room).map(Key::Rowid));
        }
        Ok(())
    });
    integrity.foreign_keys.extend(found.into_values());
    match read.map_err(|error| snapshot.failed(&error)) {
        Ok(()) => Ok(()),
        Err(error) => integrity.leave_out(&format!("foreign keys of `{}`", table.name), error),
    }
}

impl Integrity {
    /// Only a look that is over ends everything.
    fn leave_out(&mut self, what: &str, error: LookError) -> Result<(), LookError> {
        match error {
            LookError::Damaged { detail: why, .. }
            | LookError::Io { detail: why, .. }
            | LookError::Sqlite { detail: why, .. } => {
                self.unchecked.push(Unchecked {
                    what: what.to_owned(),
                    why,
                });
                Ok(())
            }
            over => Err(over),
        }
    }
}
