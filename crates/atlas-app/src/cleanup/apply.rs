//! Carries a plan out: exactly that plan, on a file that nobody else can use meanwhile. Safe to repeat after a crash at
//! any moment: what was done is found in file and vault.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::Clock;
use atlas_store::free_bytes;
use atlas_store::maintenance::cleaning::{
    Batch, Doomed, Held, Holding, Remembered, Removal, TableHashes, Vault,
};
use atlas_store::maintenance::{Depth, JournalMode, Looking, Snapshot, Symlinks, Table};

use super::Watch;
use super::ceiling::{Allowance, Ceiling};
use super::error::CleanupError;
use super::plan::{Plan, PlannedRow, of_hex};
use super::report::{CleanedTable, CleanupReport, Left};
use super::run::{Run, RunState, Stage};

/// So much stays free besides what is needed.
pub(super) const RESERVE_BYTES: u64 = 64 * 1024 * 1024;
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);

/// How a plan is carried out.
#[derive(Debug, Clone)]
pub struct ApplyOrder {
    /// How much may go.
    pub allowance: Allowance,
    /// Where the verified copy goes, if not into the run's directory.
    pub backup_dir: Option<PathBuf>,
    /// Rows in a batch.
    pub batch_rows: usize,
    /// Whether free bytes are given back at the end.
    pub compacts: bool,
    /// Ends it after the batch.
    pub cancel: Arc<AtomicBool>,
}

/// Carries out the plan of a run, from where it is.
pub fn apply(
    run: &Run,
    order: &ApplyOrder,
    clock: &dyn Clock,
    watch: &mut Watch<'_>,
) -> Result<CleanupReport, CleanupError> {
    let began_at = clock.now();
    let plan = run.plan()?;
    plan.check(run)?;
    let _lock = run.lock()?;
    let mut state = run.state()?;
    if state.stage == Stage::RolledBack {
        return Err(run.wrong("it was rolled back; plan again, and see report.json for why"));
    }
    if state.stage == Stage::Done {
        return Err(run.wrong("it was carried out already; atlas db undo takes it back"));
    }
    within_ceiling(&plan, order)?;
    let held = begin(run, &plan, &mut state)?;
    let work = Work {
        run,
        plan: &plan,
        order,
    };
    let done = work.carry_out(held, &mut state, watch);
    let mut report = match done {
        Ok(report) => report,
        Err(error) => {
            if matches!(error, CleanupError::RolledBack { .. }) {
                state.stage = Stage::RolledBack;
                run.keep(&state)?;
            }
            return Err(error);
        }
    };
    report.took_ms = (clock.now().as_millis() - began_at.as_millis()).max(0) as u64;
    run.write("report.json", &report)?;
    state.stage = Stage::Done;
    run.keep(&state)?;
    Ok(report)
}

fn within_ceiling(plan: &Plan, order: &ApplyOrder) -> Result<(), CleanupError> {
    let ceiling = Ceiling::of(&plan.tables, &order.allowance);
    if ceiling.stops.is_empty() {
        return Ok(());
    }
    let allow = match ceiling.allow.as_slice() {
        [] => String::new(),
        allow => format!("; if that is what you want, say {}", allow.join(" ")),
    };
    Err(CleanupError::Ceiling(format!(
        "{}: nothing was changed{allow}",
        ceiling.stops.join("; ")
    )))
}

/// Locks the file. How it was journalled is remembered before that changes.
fn begin(run: &Run, plan: &Plan, state: &mut RunState) -> Result<Held, CleanupError> {
    let is_resumed = state.remembered.is_some();
    if !is_resumed {
        let looking = Looking {
            symlinks: Symlinks::Refuse,
            ..Looking::default()
        };
        let facts = Snapshot::open(&plan.file, looking)?.file()?;
        state.remembered = Some(match facts.journal_mode {
            JournalMode::Wal => Remembered::Wal,
            JournalMode::Rollback => Remembered::Rollback,
        });
        state.stage = Stage::Begun;
        run.keep(state)?;
    }
    let holding = Holding {
        remembered: state.remembered,
        recovers: is_resumed,
        lock_wait: LOCK_WAIT,
    };
    Ok(Held::take(&plan.file, &holding, Looking::default())?)
}

struct Work<'a> {
    run: &'a Run,
    plan: &'a Plan,
    order: &'a ApplyOrder,
}

impl Work<'_> {
    /// From the preflight to the report. Whatever goes wrong, the file is let go as it was found, sound.
    fn carry_out(
        &self,
        mut held: Held,
        state: &mut RunState,
        watch: &mut Watch<'_>,
    ) -> Result<CleanupReport, CleanupError> {
        let done = self.in_hold(&mut held, state, watch);
        // That the file cannot be let go in good order says less than what came before.
        match (done, held.let_go()) {
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(error.into()),
            (Ok(report), Ok(())) => Ok(report),
        }
    }

    fn in_hold(
        &self,
        held: &mut Held,
        state: &mut RunState,
        watch: &mut Watch<'_>,
    ) -> Result<CleanupReport, CleanupError> {
        watch("checking the file", 0, self.plan.rows);
        let broken = preflight(held)?;
        if state.before.is_none() {
            self.has_room(held)?;
            watch("copying the file", 0, self.plan.rows);
            self.back_up(held, state, broken)?;
        }
        let tables = held.look().tables()?;
        let removal = Removal::of(held, &tables, &self.plan.references)?;
        let left = self.take_out(held, &removal, watch)?;
        watch("verifying", self.plan.rows, self.plan.rows);
        let (before, backup) = match (&state.before, &state.backup) {
            (Some(before), Some(backup)) => (before.clone(), backup.clone()),
            _ => return Err(self.run.wrong("it has no verified copy: plan again")),
        };
        let expected = Vault::open(&self.vault(held)?)?.subtracted_from(&before)?;
        let finished = self.finish(held, &tables, &expected, state.broken_references, watch);
        if let Err(error) = finished {
            watch("putting the file back", self.plan.rows, self.plan.rows);
            held.roll_back(&backup, &before)?;
            return Err(CleanupError::RolledBack {
                why: error.to_string(),
                backup,
            });
        }
        self.report(held, &tables, state, &before, &expected, left)
    }

    fn has_room(&self, held: &Held) -> Result<(), CleanupError> {
        let size = held.size()?;
        let directory = self.order.backup_dir.as_deref();
        // The copy, then the vault, then the small copy, which is no larger than the file.
        let run_needs = self.plan.row_bytes * 2 + if self.order.compacts { size } else { 0 } + RESERVE_BYTES;
        let places: Vec<(&Path, u64)> = match directory {
            Some(directory) => vec![
                (directory, size + RESERVE_BYTES),
                (self.run.directory(), run_needs),
            ],
            None => vec![(self.run.directory(), size + run_needs)],
        };
        for (path, needed_bytes) in places {
            let free = free_bytes(path);
            if let Some(free_bytes) = free.filter(|free| *free < needed_bytes) {
                return Err(CleanupError::Room {
                    path: path.to_owned(),
                    needed_bytes,
                    free_bytes,
                });
            }
        }
        Ok(())
    }

    fn back_up(&self, held: &Held, state: &mut RunState, broken: u64) -> Result<(), CleanupError> {
        let path = self.run.backup_file(self.order.backup_dir.as_deref());
        // What an earlier try has left was never verified.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(self.run.wrong(error.to_string()));
            }
            _ => {}
        }
        let copied = held.back_up(&path, &mut |_| {})?;
        state.bytes_before = held.size()?;
        state.before = Some(copied.hashes);
        state.backup = Some(copied.path);
        state.broken_references = broken;
        self.run.keep(state)
    }

    fn take_out(
        &self,
        held: &Held,
        removal: &Removal,
        watch: &mut Watch<'_>,
    ) -> Result<Vec<Left>, CleanupError> {
        let (vault, run) = (self.vault(held)?, self.run.name());
        let (mut done, mut left) = (0, BTreeMap::<String, u64>::new());
        for batch in Plan::batches(self.run, self.order.batch_rows)? {
            let batch = batch?;
            let rows = doomed(&batch)
                .ok_or_else(|| self.run.wrong("a row of its plan cannot be read: plan again"))?;
            let removed = held.remove(
                removal,
                Batch {
                    rows: &rows,
                    vault: &vault,
                    run: &run,
                },
            )?;
            for (_, why) in removed.kept {
                *left.entry(why).or_default() += 1;
            }
            done += batch.len() as u64;
            watch("taking rows out", done, self.plan.rows);
            if self.order.cancel.load(Ordering::Relaxed) && done < self.plan.rows {
                return Err(CleanupError::Interrupted { removed: done });
            }
        }
        Ok(left.into_iter().map(|(why, rows)| Left { why, rows }).collect())
    }

    /// The vault, made where nothing was taken out yet.
    fn vault(&self, held: &Held) -> Result<PathBuf, CleanupError> {
        let path = self.run.vault_file();
        held.vault(&path, &self.run.name())?;
        Ok(path)
    }

    fn finish(
        &self,
        held: &mut Held,
        tables: &[Table],
        expected: &TableHashes,
        broken_before: u64,
        watch: &mut Watch<'_>,
    ) -> Result<(), CleanupError> {
        held.verify(expected)?;
        if self.order.compacts {
            watch("giving bytes back", self.plan.rows, self.plan.rows);
            let scratch = self.run.scratch_file();
            match std::fs::remove_file(&scratch) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(self.run.wrong(error.to_string()));
                }
                _ => {}
            }
            held.compact(&scratch, tables, expected)?;
        }
        let broken = preflight(held)?;
        if broken > broken_before {
            return Err(self.run.wrong(format!(
                "{} rows refer to rows that are gone, and did not before",
                broken - broken_before
            )));
        }
        Ok(())
    }

    fn report(
        &self,
        held: &Held,
        tables: &[Table],
        state: &RunState,
        before: &TableHashes,
        after: &TableHashes,
        left: Vec<Left>,
    ) -> Result<CleanupReport, CleanupError> {
        let vault = Vault::open(&self.vault(held)?)?;
        let counts = vault.counts()?;
        let is_record = |name: &String| {
            tables
                .iter()
                .any(|table| table.name == *name && table.holds_records())
        };
        let cleaned: Vec<CleanedTable> = before
            .tables
            .iter()
            .filter(|(name, _)| is_record(name))
            .map(|(name, hash)| CleanedTable {
                name: name.clone(),
                before: hash.rows,
                after: after.tables.get(name).map_or(0, |after| after.rows),
            })
            .collect();
        let mut reasons = BTreeMap::new();
        for table in &self.plan.tables {
            for (reason, rows) in &table.reasons {
                *reasons.entry(reason.clone()).or_default() += rows;
            }
        }
        let changed_since = self
            .plan
            .tables
            .iter()
            .filter(|table| before.tables.get(&table.name) != Some(&table.fingerprint))
            .map(|table| table.name.clone())
            .collect();
        Ok(CleanupReport {
            schema_version: 1,
            run: self.run.name(),
            file: self.plan.file.clone(),
            removed: counts.values().map(|(own, _)| own).sum(),
            followed: counts.values().map(|(_, followed)| followed).sum(),
            kept: cleaned.iter().map(|table| table.after).sum(),
            bytes_before: state.bytes_before,
            bytes_after: held.size()?,
            tables: cleaned,
            reasons,
            left,
            changed_since,
            not_done: if self.order.compacts {
                Vec::new()
            } else {
                vec!["bytes were not given back, as was asked for".to_owned()]
            },
            took_ms: 0,
            backup: state.backup.clone().unwrap_or_default(),
            vault: self.run.vault_file(),
            undo: format!("atlas db undo {}", self.run.name()),
        })
    }
}

/// Whether the file is sound, and how many of its foreign keys lead to nothing.
pub(super) fn preflight(held: &Held) -> Result<u64, CleanupError> {
    let integrity = held.look().integrity(Depth::Full, 10)?;
    if let Some(finding) = integrity.findings.first() {
        return Err(CleanupError::Damaged {
            path: held.path().to_owned(),
            finding: finding.clone(),
        });
    }
    Ok(integrity.foreign_keys.iter().map(|keys| keys.rows).sum())
}

fn doomed(batch: &[PlannedRow]) -> Option<Vec<Doomed>> {
    batch
        .iter()
        .map(|row| {
            let survivor = match &row.survivor {
                Some((key, hash)) => Some((key.clone(), of_hex(hash)?)),
                None => None,
            };
            Some(Doomed {
                table: row.table.clone(),
                key: row.key.clone(),
                row_hash: of_hex(&row.row_hash)?,
                why: serde_json::to_string(&row.reasons).ok()?,
                survivor,
            })
        })
        .collect()
}
