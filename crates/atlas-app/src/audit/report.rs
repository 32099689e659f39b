//! What an audit tells: one shape for people, scripts and pages. Scripts rely on its names, so a change that is no
//! addition raises [`SCHEMA_VERSION`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use atlas_domain::{Criteria, Criterion, Standing, Timestamp};
use atlas_store::findings::Sum;
use atlas_store::maintenance::{Bytes, ColumnBytes, FileFacts, Integrity, Key, Orphans};
use serde::{Deserialize, Serialize};

use super::roles::Role;
use super::tree::TreeReport;

/// The version of the shape of [`AuditReport`].
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that an audit found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AuditReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The version of Atlas.
    pub program_version: String,
    /// The version of the junk gate that judged.
    pub gate_version: u32,
    /// When it began.
    pub began_at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Over all files.
    #[serde(flatten)]
    pub totals: Totals,
    /// Bytes by table, its indexes included; of several files `FILE:TABLE`. What belongs to none is under `(free)` and
    /// `(other)`.
    pub bytes: BTreeMap<String, u64>,
    /// Each file.
    pub files: Vec<FileReport>,
    /// Files that could not be looked at, and why.
    pub refused: Vec<Refused>,
    /// The files beside the databases, where somebody asked for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<TreeReport>,
}

/// Sums over rows that were judged. Copies of rows (indexes, derived tables) are not among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Rows that were judged.
    pub rows_total: u64,
    /// Distinct rows that are junk.
    pub rows_junk: u64,
    /// Distinct rows that may be junk.
    pub rows_suspect: u64,
    /// Rows that could not be read or judged. They count as kept.
    pub rows_unread: u64,
    /// Bytes of the values of junk rows.
    pub junk_bytes: u64,
    /// Rows that meet a criterion, whatever else they meet: these overlap, and their sum says nothing.
    pub by_reason: BTreeMap<Criterion, ReasonRows>,
    /// Rows by everything they meet: these do not overlap.
    pub by_combination: Vec<Combination>,
}

/// Rows that meet a criterion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRows {
    /// All of them.
    pub rows: u64,
    /// Those that are junk.
    pub junk: u64,
    /// Those that may be.
    pub suspect: u64,
}

/// Rows that meet the same criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Combination {
    /// All that they meet.
    pub reasons: Criteria,
    /// Their verdict.
    pub verdict: Standing,
    /// How many.
    pub rows: u64,
}

/// A file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileReport {
    /// What it is.
    pub file: FileFacts,
    /// Over its tables.
    #[serde(flatten)]
    pub totals: Totals,
    /// Where its bytes are, page by page.
    pub space: Bytes,
    /// Its tables, those with the most bytes first.
    pub tables: Vec<TableReport>,
    /// Whether it is whole.
    pub integrity: Integrity,
    /// Rows that refer to none, by references that are kept by convention.
    pub orphans: Vec<Orphans>,
    /// What went wrong besides.
    pub notes: Vec<String>,
}

/// A table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TableReport {
    /// Its name.
    pub name: String,
    /// What it was taken for, and why.
    pub role: Role,
    /// Rows, counted; `None` where that was not possible, or where it has none of its own.
    pub rows: Option<u64>,
    /// Bytes of its pages and those of its indexes.
    pub bytes: u64,
    /// Bytes of the pages of its indexes alone.
    pub index_bytes: u64,
    /// Bytes of values by column, where they were counted.
    pub columns: Vec<ColumnBytes>,
    /// Of a table that was judged.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// Some of its rows that are no good, a few for each criterion.
    pub examples: Vec<Example>,
}

/// A row that is no good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Example {
    /// What it is known by.
    pub key: Key,
    /// What speaks against it.
    pub reasons: Criteria,
    /// Its verdict.
    pub verdict: Standing,
    /// How sure that is.
    pub confidence: f32,
    /// The better copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survivor: Option<Key>,
}

/// A file that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub path: PathBuf,
    /// Why, with what to do.
    pub why: String,
}

impl AuditReport {
    /// Of one file, which was judged from `began_at` to `ended_at`.
    pub(crate) fn of_one(file: FileReport, began_at: Timestamp, ended_at: Timestamp) -> Self {
        let files = vec![file];
        Self {
            schema_version: SCHEMA_VERSION,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            gate_version: atlas_extract::GATE_VERSION,
            began_at,
            took_ms: ended_at.since(began_at).as_millis() as u64,
            totals: files[0].totals.clone(),
            bytes: super::bytes_by_table(&files),
            files,
            refused: Vec::new(),
            tree: None,
        }
    }
}

impl Totals {
    /// The totals of sums that are distinct.
    pub(crate) fn of(sums: &[Sum], rows_unread: u64) -> Self {
        let mut totals = Self {
            rows_unread,
            rows_total: rows_unread,
            ..Self::default()
        };
        for sum in sums {
            totals.rows_total += sum.rows;
            match sum.standing {
                Standing::Keep => {}
                Standing::Suspect => totals.rows_suspect += sum.rows,
                Standing::Junk => {
                    totals.rows_junk += sum.rows;
                    totals.junk_bytes += sum.bytes;
                }
            }
            for criterion in sum.criteria.iter() {
                totals
                    .by_reason
                    .entry(criterion)
                    .or_default()
                    .add(sum.standing, sum.rows);
            }
            if !sum.criteria.is_empty() {
                totals.combine(sum.criteria, sum.standing, sum.rows);
            }
        }
        totals.order();
        totals
    }

    /// Adds those of another table or file.
    pub(super) fn add(&mut self, other: &Self) {
        self.rows_total += other.rows_total;
        self.rows_junk += other.rows_junk;
        self.rows_suspect += other.rows_suspect;
        self.rows_unread += other.rows_unread;
        self.junk_bytes += other.junk_bytes;
        for (criterion, rows) in &other.by_reason {
            let sum = self.by_reason.entry(*criterion).or_default();
            sum.rows += rows.rows;
            sum.junk += rows.junk;
            sum.suspect += rows.suspect;
        }
        for combination in &other.by_combination {
            self.combine(combination.reasons, combination.verdict, combination.rows);
        }
        self.order();
    }

    fn combine(&mut self, reasons: Criteria, verdict: Standing, rows: u64) {
        let known = self
            .by_combination
            .iter_mut()
            .find(|known| (known.reasons, known.verdict) == (reasons, verdict));
        match known {
            Some(known) => known.rows += rows,
            None => self.by_combination.push(Combination {
                reasons,
                verdict,
                rows,
            }),
        }
    }

    fn order(&mut self) {
        self.by_combination
            .sort_by_key(|one| (std::cmp::Reverse(one.rows), one.reasons, one.verdict));
    }
}

impl ReasonRows {
    fn add(&mut self, standing: Standing, rows: u64) {
        self.rows += rows;
        match standing {
            Standing::Keep => {}
            Standing::Suspect => self.suspect += rows,
            Standing::Junk => self.junk += rows,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(criteria: &[Criterion], standing: Standing, rows: u64) -> Sum {
        Sum {
            criteria: criteria.iter().copied().collect(),
            standing,
            rows,
            bytes: rows * 10,
        }
    }

    #[test]
    fn rows_that_meet_two_criteria_are_counted_once() {
        use Criterion::{Interface, Stub};
        let sums = [
            sum(&[Interface, Stub], Standing::Junk, 8_216),
            sum(&[Stub], Standing::Suspect, 3),
            sum(&[], Standing::Keep, 100),
        ];
        let mut totals = Totals::of(&sums, 1);
        assert_eq!(
            (totals.rows_total, totals.rows_junk, totals.rows_suspect),
            (8_320, 8_216, 3)
        );
        assert_eq!(totals.by_reason[&Interface].rows, 8_216);
        assert_eq!(totals.by_reason[&Stub].rows, 8_219);
        assert_eq!(totals.by_combination.len(), 2);
        let same = totals.clone();
        totals.add(&same);
        assert_eq!(totals.rows_junk, 2 * 8_216);
        assert_eq!(totals.by_combination.len(), 2);
    }
}
