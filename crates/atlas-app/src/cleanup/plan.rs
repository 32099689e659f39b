//! The plan: an audit, and from what it found every row that is to go, with why. Changes nothing in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use atlas_domain::{Clock, Criteria, Criterion, Standing, Timestamp};
use atlas_extract::GATE_VERSION;
use atlas_store::findings::Found;
use atlas_store::maintenance::cleaning::CleaningError;
use atlas_store::maintenance::{Key, Looking, Reference, Snapshot, TableHash};
use serde::{Deserialize, Serialize};

use super::ceiling::{Allowance, Ceiling};
use super::error::CleanupError;
use super::run::Run;
use crate::audit::{self, AuditOrder, Audited, Role, audit_file};

const SCHEMA_VERSION: u32 = 1;
/// Rows of findings that are read at once.
const PAGE: usize = 1_000;

/// A plan that somebody wants.
pub struct PlanOrder {
    /// How the file is audited; it names that one file.
    pub audit: AuditOrder,
    /// In which directory the run gets one of its own.
    pub place: PathBuf,
    /// What is to go.
    pub wanted: Wanted,
}

/// What is to go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Wanted {
    /// Rows that may be junk, too.
    pub suspects: bool,
    /// Only rows that meet one of these; none: whatever they meet.
    pub only: Vec<Criterion>,
    /// Tables of which nothing goes.
    pub keep_tables: BTreeSet<String>,
    /// Copies stay.
    pub keep_duplicates: bool,
}

/// What is to be done, with everything by which it is recognised that the file is still the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run it belongs to.
    pub run: String,
    /// The file.
    pub file: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
    /// By which Atlas.
    pub program_version: String,
    /// By which version of the gate.
    pub gate_version: u32,
    /// What was wanted.
    pub wanted: Wanted,
    /// Tables that were judged.
    pub tables: Vec<PlannedTable>,
    /// Rows that go with others.
    pub references: Vec<Reference>,
    /// Rows that are to go, without those that go with them.
    pub rows: u64,
    /// Bytes of their values.
    pub row_bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// BLAKE3 of the file with the rows.
    pub rows_hash: String,
    /// Whether so much may go.
    pub ceiling: Ceiling,
}

/// A table of which rows may go.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlannedTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Those that are to go.
    pub planned: u64,
    /// By what they meet together.
    pub reasons: BTreeMap<String, u64>,
    /// What it held.
    pub fingerprint: TableHash,
}

/// A row that is to go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedRow {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Key,
    /// What it was made of, in hexadecimal digits.
    pub row_hash: String,
    /// Why.
    pub reasons: Criteria,
    /// The verdict.
    pub verdict: Standing,
    /// How sure it is.
    pub confidence: f32,
    /// The better copy, and what that was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survivor: Option<(Key, String)>,
}

/// Audits and plans. Answers the run, the plan, and the report of the audit.
pub fn plan(
    order: &PlanOrder,
    clock: &dyn Clock,
    watch: &audit::Watch<'_>,
) -> Result<(Run, Plan, audit::FileReport), CleanupError> {
    let [path] = order.audit.paths.as_slice() else {
        return Err(CleanupError::Ceiling(
            "a plan is made for one file: name one".to_owned(),
        ));
    };
    let made_at = clock.now();
    let looking = Looking {
        cancel: order.audit.cancel.clone(),
        ..Looking::default()
    };
    if Snapshot::open(path, looking)?.file()?.is_of_atlas() {
        return Err(CleaningError::OfAtlas(path.clone()).into());
    }
    let audited = audit_file(path, &order.audit, watch)?;
    let file = std::path::absolute(&audited.report.file.path).unwrap_or_else(|_| path.clone());
    let run = Run::begin(&order.place, &run_name(made_at, &file))?;
    let (tables, rows_hash) = write_rows(&run, &audited, &order.wanted)?;
    let plan = Plan {
        schema_version: SCHEMA_VERSION,
        run: run.name(),
        made_at,
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
        gate_version: GATE_VERSION,
        wanted: order.wanted.clone(),
        references: references(&audited.report),
        rows: tables.iter().map(|table| table.0.planned).sum(),
        row_bytes: tables.iter().map(|table| table.1).sum(),
        file_bytes: audited.report.file.size_bytes,
        rows_hash,
        ceiling: Ceiling::of(
            &tables.iter().map(|table| table.0.clone()).collect::<Vec<_>>(),
            &Allowance::default(),
        ),
        tables: tables.into_iter().map(|table| table.0).collect(),
        file,
    };
    run.write("plan.json", &plan)?;
    audited.findings.remove();
    Ok((run, plan, audited.report))
}

/// Such as `2026-12-01T09-30-00Z-atlas-1f3a`: the time, the file, and a mark of where that is.
fn run_name(now: Timestamp, file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let stem: String = stem
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(20)
        .collect();
    let mark = blake3::hash(format!("{} {}", file.display(), now.as_millis()).as_bytes()).to_hex();
    let time = now.to_string().replace(':', "-");
    format!("{time}-{stem}-{}", &mark[..4])
}

/// Rows that follow others: copies and children, as the audit has found them.
fn references(report: &audit::FileReport) -> Vec<Reference> {
    let mut references = Vec::new();
    for table in &report.tables {
        let followed = match &table.role {
            Role::Copy { by } => std::slice::from_ref(by),
            Role::Child { by } => by.as_slice(),
            _ => continue,
        };
        references.extend(followed.iter().map(|by| Reference {
            child: table.name.clone(),
            child_column: by.column.clone(),
            parent: by.table.clone(),
            parent_column: by.of.clone(),
        }));
    }
    references
}

/// Writes the rows that are to go, and answers what that is by table, with bytes, and the hash of all.
fn write_rows(
    run: &Run,
    audited: &Audited,
    wanted: &Wanted,
) -> Result<(Vec<(PlannedTable, u64)>, String), CleanupError> {
    let failed = |error: std::io::Error| CleanupError::Run {
        path: run.rows_file(),
        what: error.to_string(),
    };
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(run.rows_file());
    let mut file = BufWriter::new(file.map_err(failed)?);
    let (mut hasher, mut tables) = (blake3::Hasher::new(), Vec::new());
    let least = if wanted.suspects {
        Standing::Suspect
    } else {
        Standing::Junk
    };
    for (place, table) in &audited.judged {
        let mut planned = PlannedTable {
            name: table.name.clone(),
            rows: table.rows.unwrap_or(0),
            fingerprint: audited.findings.table_hash(*place)?,
            ..PlannedTable::default()
        };
        let (mut after, mut bytes) = (None, 0);
        loop {
            let page = audited.findings.page(*place, least, after, PAGE)?;
            for found in page.rows.iter().filter(|found| wanted.takes(&table.name, found)) {
                let mut line = serde_json::to_vec(&PlannedRow::of(&table.name, found))
                    .map_err(|error| failed(error.into()))?;
                line.push(b'\n');
                hasher.update(&line);
                file.write_all(&line).map_err(failed)?;
                planned.planned += 1;
                bytes += found.bytes;
                *planned.reasons.entry(found.criteria.to_string()).or_default() += 1;
            }
            after = page.after;
            if after.is_none() {
                break;
            }
        }
        tables.push((planned, bytes));
    }
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok((tables, hasher.finalize().to_hex().to_string()))
}

impl Wanted {
    fn takes(&self, table: &str, found: &Found) -> bool {
        let is_copy = found.survivor.is_some();
        let is_asked_for =
            self.only.is_empty() || self.only.iter().any(|only| found.criteria.contains(*only));
        !self.keep_tables.contains(table) && is_asked_for && !(is_copy && self.keep_duplicates)
    }
}

impl PlannedRow {
    fn of(table: &str, found: &Found) -> Self {
        Self {
            table: table.to_owned(),
            key: found.key.clone(),
            row_hash: hex(&found.row_hash),
            reasons: found.criteria,
            verdict: found.standing,
            confidence: found.confidence,
            survivor: found
                .survivor
                .as_ref()
                .map(|better| (better.key.clone(), hex(&better.row_hash))),
        }
    }
}

impl Plan {
    /// Whether this Atlas understands it, and the rows are those that were planned.
    pub(super) fn check(&self, run: &Run) -> Result<(), CleanupError> {
        if self.schema_version != SCHEMA_VERSION {
            return Err(run.wrong(format!(
                "its plan is of version {}, and this Atlas reads {SCHEMA_VERSION}: plan again",
                self.schema_version
            )));
        }
        if self.run != run.name() {
            return Err(run.wrong(format!(
                "its plan belongs to the run {}: leave it in its directory",
                self.run
            )));
        }
        let failed = |error: std::io::Error| CleanupError::Run {
            path: run.rows_file(),
            what: error.to_string(),
        };
        let mut file = std::fs::File::open(run.rows_file()).map_err(failed)?;
        let (mut hasher, mut piece) = (blake3::Hasher::new(), vec![0; 64 * 1024]);
        loop {
            match file.read(&mut piece).map_err(failed)? {
                0 => break,
                read => drop(hasher.update(&piece[..read])),
            }
        }
        if hasher.finalize().to_hex().as_str() == self.rows_hash {
            return Ok(());
        }
        Err(run.wrong("its rows are not those that were planned: plan again"))
    }

    /// The rows, batch by batch.
    pub(super) fn batches(run: &Run, batch_rows: usize) -> Result<Batches, CleanupError> {
        let file = std::fs::File::open(run.rows_file()).map_err(|error| run.wrong(error.to_string()))?;
        Ok(Batches {
            lines: BufReader::new(file).lines(),
            batch_rows: batch_rows.max(1),
            run: run.clone(),
        })
    }
}

/// The rows of a plan.
pub(super) struct Batches {
    lines: std::io::Lines<BufReader<std::fs::File>>,
    batch_rows: usize,
    run: Run,
}

impl Iterator for Batches {
    type Item = Result<Vec<PlannedRow>, CleanupError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Vec::new();
        for line in self.lines.by_ref().take(self.batch_rows) {
            let row = line.and_then(|line| serde_json::from_str(&line).map_err(std::io::Error::other));
            match row {
                Ok(row) => batch.push(row),
                Err(error) => return Some(Err(self.run.wrong(error.to_string()))),
            }
        }
        (!batch.is_empty()).then_some(Ok(batch))
    }
}

/// As digits.
fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

/// From digits.
pub(super) fn of_hex(digits: &str) -> Option<[u8; 32]> {
    blake3::Hash::from_hex(digits).ok().map(|hash| *hash.as_bytes())
}
