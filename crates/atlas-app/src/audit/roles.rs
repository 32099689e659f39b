//! What each table of a file is for: content to be judged, a copy or child that follows its owner, or something else.
//! Found from the schema and the first rows, never from the name of the file. The report shows what was taken for what.

use std::collections::BTreeMap;

use atlas_store::maintenance::{
    FtsContent, Key, LookError, Orphans, Reference, RowLimits, Snapshot, Table, TableKind, Value,
};
use serde::{Deserialize, Serialize};

use super::content::content_columns;
use super::names::{refers_by_name, sounds_like_copy};
use super::order::AuditError;
use super::sample::Sample;

/// What a table is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "role")]
pub enum Role {
    /// Its rows have texts of their own: they are judged.
    Content(ContentColumns),
    /// Its rows repeat those of another table, and follow their verdicts.
    Copy {
        /// By which column.
        by: Followed,
    },
    /// Its rows belong to those of another table, and go where these go.
    Child {
        /// By which column, perhaps several.
        by: Vec<Followed>,
    },
    /// An index of words. It has no rows of its own.
    FullText {
        /// Over which table; `None` if over texts that it keeps itself, or that nobody keeps.
        of: Option<String>,
    },
    /// A part of an index of words, or of SQLite.
    Internal,
    /// A stored query.
    View,
    /// Rows without texts: they are left alone.
    Other,
    /// Left alone because somebody said so.
    Ignored,
}

/// What a table was taken for, in words.
impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Content(columns) => write!(f, "content, text in {}", columns.body),
            Self::Copy { by } => write!(f, "copies of {}, by {}", by.table, by.column),
            Self::Child { by } => {
                let mut owners: Vec<&str> = by.iter().map(|by| by.table.as_str()).collect();
                owners.dedup();
                write!(f, "belongs to {}", owners.join(", "))
            }
            Self::FullText { of: Some(of) } => write!(f, "index of words over {of}"),
            Self::FullText { of: None } => f.write_str("index of words"),
            Self::Internal => f.write_str("internal"),
            Self::View => f.write_str("view"),
            Self::Other => f.write_str("records without texts"),
            Self::Ignored => f.write_str("ignored, as you said"),
        }
    }
}

/// A table whose rows decide about these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The table.
    pub table: String,
    /// The column here.
    pub column: String,
    /// The column there.
    pub of: String,
    /// Whether a foreign key declares it.
    pub declared: bool,
}

/// Which column of a table with content holds what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentColumns {
    /// The text.
    pub body: String,
    /// What it is called.
    pub title: Option<String>,
    /// Where it came from.
    pub url: Option<String>,
    /// A word that says what a row is.
    pub kind: Option<String>,
    /// When it was saved.
    pub date: Option<String>,
    /// JSON about it.
    pub metadata: Option<String>,
    /// A word that says how fetching it ended.
    pub state: Option<String>,
    /// A file that holds the text.
    pub path: Option<String>,
}

/// What somebody says a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// It is left alone.
    Ignore,
    /// Its columns, by what they hold: `body`, `title`, `url`, `kind`, `date`, `metadata`, `state`, `path`.
    Content(BTreeMap<String, String>),
}

/// The tables of a file with their roles.
pub(super) struct Roles {
    pub tables: Vec<(Table, Role)>,
    /// Rows that refer to none.
    pub orphans: Vec<Orphans>,
    /// Tables that could not be looked at.
    pub notes: Vec<String>,
}

impl Roles {
    /// Of a file whose rows are judged elsewhere.
    pub(super) fn without_content(tables: Vec<Table>) -> Self {
        let role = |table: &Table| match table.kind {
            TableKind::Shadow { .. } | TableKind::Internal => Role::Internal,
            TableKind::View => Role::View,
            _ => Role::Other,
        };
        Self {
            tables: tables
                .into_iter()
                .map(|table| {
                    let role = role(&table);
                    (table, role)
                })
                .collect(),
            orphans: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Finds them.
    pub(super) fn find(
        snapshot: &Snapshot,
        tables: Vec<Table>,
        choices: &BTreeMap<String, Choice>,
    ) -> Result<Self, AuditError> {
        let (mut samples, mut notes) = (BTreeMap::new(), Vec::new());
        for table in tables.iter().filter(|table| table.holds_records()) {
            match Sample::of(snapshot, table) {
                Ok(sample) => drop(samples.insert(table.name.clone(), sample)),
                Err(LookError::Cancelled(_)) => return Err(AuditError::Interrupted),
                Err(error) => notes.push(format!("{} is not judged: {error}", table.name)),
            }
        }
        let content = with_content(&tables, &samples, choices)?;
        let (mut orphans, mut roles) = (Vec::new(), Vec::new());
        for table in tables {
            let role = match (&table.kind, choices.get(&table.name)) {
                (_, Some(Choice::Ignore)) => Role::Ignored,
                (TableKind::Shadow { .. } | TableKind::Internal, _) => Role::Internal,
                (TableKind::View, _) => Role::View,
                (TableKind::Virtual { content, .. }, _) => Role::FullText {
                    of: match content {
                        Some(FtsContent::External { table, .. }) => Some(table.clone()),
                        _ => None,
                    },
                },
                (TableKind::Ordinary, choice) => {
                    let follows = follows(snapshot, &table, &content, &mut orphans)?;
                    let own = content.iter().find(|(owner, _)| owner.name == table.name);
                    match own {
                        Some((_, columns)) if choice.is_some() => Role::Content(columns.clone()),
                        Some((_, columns)) => {
                            match copied(snapshot, &table, columns, &follows, &content, &samples) {
                                Some(by) => Role::Copy { by },
                                None => Role::Content(columns.clone()),
                            }
                        }
                        None if !follows.is_empty() => Role::Child { by: follows },
                        None => Role::Other,
                    }
                }
            };
            roles.push((table, role));
        }
        Ok(Self {
            tables: roles,
            orphans,
            notes,
        })
    }
}

type WithContent = Vec<(Table, ContentColumns)>;

/// Tables that have a column with texts, as somebody says, or as it looks.
fn with_content(
    tables: &[Table],
    samples: &BTreeMap<String, Sample>,
    choices: &BTreeMap<String, Choice>,
) -> Result<WithContent, AuditError> {
    for name in choices.keys() {
        if !tables.iter().any(|table| table.name == *name) {
            let known: Vec<&str> = tables
                .iter()
                .filter(|table| table.holds_records())
                .map(|table| table.name.as_str())
                .collect();
            return Err(AuditError::Wrong(format!(
                "there is no table `{name}`; there are: {}",
                known.join(", ")
            )));
        }
    }
    let mut content = Vec::new();
    for table in tables.iter().filter(|table| table.holds_records()) {
        let columns = match choices.get(&table.name) {
            Some(Choice::Ignore) => None,
            Some(Choice::Content(chosen)) => Some(super::content::chosen_columns(table, chosen)?),
            None => samples
                .get(&table.name)
                .and_then(|sample| content_columns(table, sample)),
        };
        content.extend(columns.map(|columns| (table.clone(), columns)));
    }
    Ok(content)
}

/// Which content tables the rows of a table refer to: by foreign key, or by a name whose values really are there.
fn follows(
    snapshot: &Snapshot,
    table: &Table,
    content: &WithContent,
    orphans: &mut Vec<Orphans>,
) -> Result<Vec<Followed>, AuditError> {
    let mut follows = Vec::new();
    for column in table.stored_columns() {
        for (owner, _) in content.iter().filter(|(owner, _)| owner.name != table.name) {
            let Some((of, declared)) = referred(table, &column, owner) else {
                continue;
            };
            let reference = Reference {
                child: table.name.clone(),
                child_column: column.clone(),
                parent: owner.name.clone(),
                parent_column: of.clone(),
            };
            let looked = snapshot
                .orphans(std::slice::from_ref(&reference))
                .map_err(AuditError::of_look)?;
            let missing = looked.iter().filter_map(|orphans| orphans.rows).sum::<u64>();
            // A number that is no reference finds a row by chance now and then.
            if declared || missing * 2 <= table.rows.unwrap_or(0) {
                orphans.extend(looked.into_iter().filter(|looked| looked.rows != Some(0)));
                follows.push(Followed {
                    table: owner.name.clone(),
                    column: column.clone(),
                    of,
                    declared,
                });
                break;
            }
        }
    }
    Ok(follows)
}

/// To which column of `owner` a column may refer, and whether that is declared.
fn referred(table: &Table, column: &str, owner: &Table) -> Option<(String, bool)> {
    let primary = match owner.primary_key().as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    let declared = table
        .foreign_keys
        .iter()
        .filter(|key| key.parent.eq_ignore_ascii_case(&owner.name) && key.columns.len() == 1)
        .find(|key| key.columns[0].0.eq_ignore_ascii_case(column));
    if let Some(key) = declared {
        return key.columns[0].1.clone().or(primary).map(|of| (of, true));
    }
    // A number of its own is no reference, though it is called as over there.
    let is_own = table
        .primary_key()
        .iter()
        .any(|own| own.eq_ignore_ascii_case(column));
    let is_same = primary
        .as_deref()
        .is_some_and(|primary| primary.eq_ignore_ascii_case(column));
    if !is_own && (is_same || refers_by_name(column, &owner.name)) {
        return primary.map(|of| (of, false));
    }
    None
}

/// Whether a table with texts only repeats those of another: half of its first rows have the text of the row that they
/// refer to, or its name says so.
fn copied(
    snapshot: &Snapshot,
    table: &Table,
    columns: &ContentColumns,
    follows: &[Followed],
    content: &WithContent,
    samples: &BTreeMap<String, Sample>,
) -> Option<Followed> {
    let sample = samples.get(&table.name)?;
    follows.iter().find_map(|followed| {
        let (owner, owners) = content.iter().find(|(owner, _)| owner.name == followed.table)?;
        let same = share_of_same(snapshot, sample, columns, followed, owner, &owners.body);
        let is_copy = sounds_like_copy(&table.name) || same.is_some_and(|same| same >= 0.5);
        is_copy.then(|| followed.clone())
    })
}

/// The share of rows in the sample whose text is that of their owner; `None` where it cannot be found out cheaply.
fn share_of_same(
    snapshot: &Snapshot,
    sample: &Sample,
    columns: &ContentColumns,
    followed: &Followed,
    owner: &Table,
    owner_body: &str,
) -> Option<f64> {
    const ROWS: usize = 40;
    let (reference, body) = (sample.place(&followed.column)?, sample.place(&columns.body)?);
    let (mut same, mut compared) = (0_u32, 0_u32);
    for row in sample.rows.iter().take(ROWS) {
        let Value::Integer(rowid) = row.values[reference] else {
            continue;
        };
        let limits = RowLimits {
            rows: 1,
            row_bytes: 256 * 1024,
            prefix_bytes: 4 * 1024,
            ..RowLimits::default()
        };
        let wanted = [owner_body.to_owned()];
        let mut stream = snapshot
            .rows(owner, &wanted, rowid.checked_sub(1).map(Key::Rowid), limits)
            .ok()?;
        let found = stream.next_batch().ok()??.rows.into_iter().next()?;
        if found.key != Key::Rowid(rowid) {
            continue;
        }
        compared += 1;
        same += u32::from(found.values[0] == row.values[body]);
    }
    (compared > 0).then(|| f64::from(same) / f64::from(compared))
}
