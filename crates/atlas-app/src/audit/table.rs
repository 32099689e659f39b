//! Reads one table to its end: one thread reads the next rows while others judge the last.

use std::sync::atomic::Ordering;

use atlas_store::findings::{Finding, Findings, Reached};
use atlas_store::maintenance::{ColumnBytes, ColumnSums, Encoding, Row, RowLimits, Snapshot, Table, Unread};
use serde::{Deserialize, Serialize};

use super::judging::Judge;
use super::order::{AuditError, AuditOrder};

/// Extraction of deeply nested pages needs more than a thread has by itself.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// What was counted on the way, and is kept with how far a table was read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Counted {
    /// Rows that could not be read or judged.
    pub unread: u64,
    /// Why, the first few.
    pub why: Vec<String>,
    /// Bytes by column.
    pub columns: Vec<ColumnBytes>,
}

/// So many reasons are kept.
const MOST_REASONS: usize = 5;

/// Reads tables of one file.
pub(super) struct TableReader<'a> {
    pub snapshot: &'a Snapshot,
    pub order: &'a AuditOrder,
    pub encoding: Encoding,
}

/// Judges all rows behind those that were judged before. `watch` is told how many rows were read.
pub(super) fn read_table(
    reader: &TableReader<'_>,
    (place, table): (u32, &Table),
    judge: &Judge,
    findings: &mut Findings,
    watch: &mut dyn FnMut(u64),
) -> Result<Counted, AuditError> {
    let &TableReader {
        snapshot,
        order,
        encoding,
    } = reader;
    let columns = table.stored_columns();
    let mut reached = findings.reached(place)?.unwrap_or_default();
    let mut counted: Counted = serde_json::from_str(&reached.more).unwrap_or_default();
    if reached.is_over {
        return Ok(counted);
    }
    let mut sums = ColumnSums::new(&columns, encoding);
    sums.go_on(&counted.columns);
    let mut stream = snapshot
        .rows(table, &columns, reached.after.clone(), RowLimits::default())
        .map_err(AuditError::of_look)?;
    let mut batch = stream.next_batch().map_err(AuditError::of_look)?;
    while let Some(read) = batch {
        if order.cancel.load(Ordering::Relaxed) {
            return Err(AuditError::Interrupted);
        }
        let (judged, next) = std::thread::scope(|scope| {
            let judging = judge_in(scope, judge, &read.rows, order.workers.max(1))?;
            let next = stream.next_batch().map_err(AuditError::of_look)?;
            Ok::<_, AuditError>((gather(judging), next))
        })?;
        for row in &read.rows {
            sums.add(&row.values);
        }
        for unread in &read.unread {
            counted.miss(unread);
        }
        let failed = (read.rows.len() - judged.len()) as u64;
        if failed > 0 {
            counted.fail(failed);
        }
        counted.columns.clone_from(&sums.columns);
        reached = Reached {
            after: stream_position(&read.rows, reached.after),
            rows_done: reached.rows_done + read.rows.len() as u64,
            is_over: next.is_none(),
            more: serde_json::to_string(&counted).unwrap_or_default(),
        };
        findings.put(place, &judged, &reached)?;
        watch(reached.rows_done);
        batch = next;
    }
    if !reached.is_over {
        reached.is_over = true;
        findings.put(place, &[], &reached)?;
    }
    Ok(counted)
}

type Judging<'scope> = Vec<std::thread::ScopedJoinHandle<'scope, Vec<Finding>>>;

/// Begins to judge rows in threads, in as many parts, in order.
fn judge_in<'scope, 'env>(
    scope: &'scope std::thread::Scope<'scope, 'env>,
    judge: &'env Judge,
    rows: &'env [Row],
    workers: usize,
) -> Result<Judging<'scope>, AuditError> {
    let part = rows.len().div_ceil(workers).max(1);
    rows.chunks(part)
        .map(|rows| {
            std::thread::Builder::new()
                .name("judge".to_owned())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, move || {
                    rows.iter().filter_map(|row| judge.judge(row)).collect()
                })
                .map_err(|error| AuditError::Wrong(format!("no thread can be started: {error}")))
        })
        .collect()
}

/// A thread that ended early has judged none of its rows; they count as not judged.
fn gather(judging: Judging<'_>) -> Vec<Finding> {
    judging
        .into_iter()
        .flat_map(|thread| thread.join().unwrap_or_default())
        .collect()
}

fn stream_position(
    rows: &[Row],
    before: Option<atlas_store::maintenance::Key>,
) -> Option<atlas_store::maintenance::Key> {
    rows.last().map(|row| row.key.clone()).or(before)
}

impl Counted {
    fn miss(&mut self, unread: &Unread) {
        self.unread += 1;
        let why = match unread {
            Unread::Row { key, why } => format!("row {key:?}: {why}"),
            Unread::Range { after, before, why } => format!("rows between {after:?} and {before:?}: {why}"),
        };
        self.tell(why);
    }

    fn fail(&mut self, rows: u64) {
        self.unread += rows;
        self.tell(format!(
            "the gate failed on {rows} of a thousand rows; they are kept"
        ));
    }

    fn tell(&mut self, why: String) {
        if self.why.len() < MOST_REASONS {
            self.why.push(why);
        }
    }
}
