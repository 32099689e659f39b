//! What goes with a row: rows that belong to it, rows that only point at it, and its words in full-text indexes. A row
//! that is still needed stays, and keeps the row it needs.

use std::collections::{BTreeMap, HashSet};

use super::error::CleaningError;
use super::hold::Held;
use super::statements::Rows;
use super::words::{Words, words_of};
use crate::maintenance::quote::quoted;
use crate::maintenance::{Key, Reference, Table};

/// What becomes of a row that refers to one that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// It goes too.
    Goes,
    /// It stays, and refers to nothing.
    PointsNowhere,
    /// It stays, and so does the row that it refers to.
    Holds,
}

/// Rows of one table that refer to those of another.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    parent: String,
    parent_columns: Vec<String>,
    child: String,
    child_columns: Vec<String>,
    follows: Follows,
    /// Keys and references beside the file, where no index finds them in it.
    copied: Option<String>,
}

/// All that has to be known to take rows out of a file.
pub struct Removal {
    pub(super) rows: BTreeMap<String, Rows>,
    pub(super) words: BTreeMap<String, Vec<Words>>,
    edges: Vec<Edge>,
}

/// What goes with one row, itself first.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Tables and keys.
    pub(super) goes: Vec<(String, Key)>,
    /// Rows that lose a reference: table, key, columns.
    pub(super) nulled: Vec<(String, Key, Vec<String>)>,
    /// Why the row has to stay.
    pub(super) held_by: Option<String>,
}

impl Removal {
    /// Looks at the tables of a held file. `references` are rows that go with others though no foreign key says so; of
    /// those that one declares, they say that the rows go instead of staying.
    pub fn of(held: &Held, tables: &[Table], references: &[Reference]) -> Result<Self, CleaningError> {
        let mut removal = Self {
            rows: BTreeMap::new(),
            words: BTreeMap::new(),
            edges: declared(tables, references),
        };
        for table in tables.iter().filter(|table| table.holds_records()) {
            // One whose rows cannot be told apart loses none; what refers from it holds nothing.
            if let Ok(rows) = Rows::of(held, table) {
                removal.rows.insert(table.name.clone(), rows);
            }
            removal.words.insert(table.name.clone(), words_of(table, tables));
        }
        let known =
            |edge: &Edge| removal.rows.contains_key(&edge.child) && removal.rows.contains_key(&edge.parent);
        let edges: Vec<Edge> = removal.edges.iter().filter(|edge| known(edge)).cloned().collect();
        removal.edges = edges;
        removal.make_findable(held)?;
        Ok(removal)
    }

    /// The table, if its rows can be found one by one.
    pub(super) fn rows_of(&self, held: &Held, table: &str) -> Result<&Rows, CleaningError> {
        self.rows.get(table).ok_or_else(|| {
            held.refused(format!(
                "the rows of `{table}` cannot be told apart, so none of them can be taken out"
            ))
        })
    }

    /// Everything that goes with a row, by way of as many tables as there are.
    pub(super) fn gather(&self, held: &Held, table: &str, key: &Key) -> Result<Gathered, CleaningError> {
        let (mut gathered, mut seen) = (Gathered::default(), HashSet::new());
        let mut open = vec![(table.to_owned(), key.clone())];
        while let Some((table, key)) = open.pop() {
            if !seen.insert(format!("{table}\0{key:?}")) {
                continue;
            }
            for edge in self.edges.iter().filter(|edge| edge.parent == table) {
                let referring = self.referring(held, edge, &key)?;
                for child in referring {
                    match edge.follows {
                        Follows::Goes => open.push((edge.child.clone(), child)),
                        Follows::PointsNowhere => {
                            gathered
                                .nulled
                                .push((edge.child.clone(), child, edge.child_columns.clone()));
                        }
                        Follows::Holds if seen.contains(&format!("{}\0{child:?}", edge.child)) => {}
                        Follows::Holds => {
                            gathered.held_by = Some(format!("a row of `{}` needs it", edge.child));
                            return Ok(gathered);
                        }
                    }
                }
            }
            gathered.goes.push((table, key));
        }
        let goes: HashSet<String> = gathered
            .goes
            .iter()
            .map(|(table, key)| format!("{table}\0{key:?}"))
            .collect();
        gathered
            .nulled
            .retain(|(table, key, _)| !goes.contains(&format!("{table}\0{key:?}")));
        Ok(gathered)
    }

    fn referring(&self, held: &Held, edge: &Edge, key: &Key) -> Result<Vec<Key>, CleaningError> {
        let find = || -> rusqlite::Result<Vec<Key>> {
            let (parent, child) = (&self.rows[&edge.parent], &self.rows[&edge.child]);
            let Some(values) = parent.values(held.sql(), key, &edge.parent_columns)? else {
                return Ok(Vec::new());
            };
            child.keys_where(held.sql(), &edge.child_columns, &values, edge.copied.as_deref())
        };
        find().map_err(|error| held.failed(&error))
    }

    /// Where no index finds the rows that refer to another, each of them would take a look at the whole table: keys and
    /// references are copied beside the file, with an index, for as long as the connection lives.
    fn make_findable(&mut self, held: &Held) -> Result<(), CleaningError> {
        for (number, edge) in self.edges.iter_mut().enumerate() {
            let child = &self.rows[&edge.child];
            let make = || -> rusqlite::Result<Option<String>> {
                if !child.is_scanned(held.sql(), &edge.child_columns)? {
                    return Ok(None);
                }
                let name = format!("temp.{}", quoted(&format!("referring {number}")));
                child.copy_references(held.sql(), &name, number, &edge.child_columns)?;
                Ok(Some(name))
            };
            edge.copied = make().map_err(|error| held.failed(&error))?;
        }
        Ok(())
    }
}

/// References that foreign keys declare, and those that somebody names.
fn declared(tables: &[Table], references: &[Reference]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for child in tables {
        for key in &child.foreign_keys {
            let Some(parent) = tables
                .iter()
                .find(|table| table.name.eq_ignore_ascii_case(&key.parent))
            else {
                continue;
            };
            let primary = parent.primary_key();
            let parent_columns: Option<Vec<String>> = key
                .columns
                .iter()
                .enumerate()
                .map(|(at, (_, of))| {
                    of.clone()
                        .or_else(|| primary.get(at).map(|name| (*name).to_owned()))
                })
                .collect();
            let Some(parent_columns) = parent_columns else {
                continue;
            };
            let child_columns: Vec<String> = key.columns.iter().map(|(column, _)| column.clone()).collect();
            let is_named = references.iter().any(|reference| {
                reference.child == child.name
                    && reference.parent == parent.name
                    && child_columns == [reference.child_column.clone()]
            });
            edges.push(Edge {
                parent: parent.name.clone(),
                parent_columns,
                child: child.name.clone(),
                child_columns,
                follows: match key.on_delete.to_ascii_uppercase().as_str() {
                    "CASCADE" => Follows::Goes,
                    "SET NULL" if !is_named => Follows::PointsNowhere,
                    _ if is_named => Follows::Goes,
                    _ => Follows::Holds,
                },
                copied: None,
            });
        }
    }
    for reference in references {
        let is_known = edges.iter().any(|edge| {
            edge.child == reference.child && edge.child_columns == [reference.child_column.clone()]
        });
        if !is_known {
            edges.push(Edge {
                parent: reference.parent.clone(),
                parent_columns: vec![reference.parent_column.clone()],
                child: reference.child.clone(),
                child_columns: vec![reference.child_column.clone()],
                follows: Follows::Goes,
                copied: None,
            });
        }
    }
    edges
}
