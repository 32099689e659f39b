//! Gives back the free bytes of a database that belongs to somebody else. No row goes, so there is neither a plan nor a vault;
//! the file is held alone, every row is compared before and after, and the pages go back in by one transaction.

use std::path::{Path, PathBuf};

use atlas_store::free_bytes;
use atlas_store::maintenance::cleaning::{Compacted, Held, Holding, Remembered, TableHashes};
use atlas_store::maintenance::{JournalMode, Looking, Snapshot, Symlinks};

use super::apply::{LOCK_WAIT, RESERVE_BYTES, preflight};
use super::{CleanupError, Watch};

/// Compacts the file at `path`; a small copy lies in `scratch` meanwhile, a directory, made where it is missing.
pub fn compact(path: &Path, scratch: &Path, watch: &mut Watch<'_>) -> Result<Compacted, CleanupError> {
    let looking = Looking {
        symlinks: Symlinks::Refuse,
        ..Looking::default()
    };
    let facts = Snapshot::open(path, looking)?.file()?;
    let holding = Holding {
        remembered: Some(match facts.journal_mode {
            JournalMode::Wal => Remembered::Wal,
            JournalMode::Rollback => Remembered::Rollback,
        }),
        recovers: false,
        lock_wait: LOCK_WAIT,
    };
    let mut held = Held::take(path, &holding, Looking::default())?;
    let done = in_hold(&mut held, scratch, watch);
    // That the file cannot be let go in good order says less than what came before.
    match (done, held.let_go()) {
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(error.into()),
        (Ok(compacted), Ok(())) => Ok(compacted),
    }
}

fn in_hold(held: &mut Held, scratch: &Path, watch: &mut Watch<'_>) -> Result<Compacted, CleanupError> {
    watch("checking the file", 0, 0);
    preflight(held)?;
    let wrong = |what: String| CleanupError::Run {
        path: scratch.to_owned(),
        what,
    };
    std::fs::create_dir_all(scratch).map_err(|error| wrong(error.to_string()))?;
    let needed_bytes = held.size()? + RESERVE_BYTES;
    if let Some(free_bytes) = free_bytes(scratch).filter(|free| *free < needed_bytes) {
        return Err(CleanupError::Room {
            path: scratch.to_owned(),
            needed_bytes,
            free_bytes,
        });
    }
    let tables = held.look().tables()?;
    let total = tables.iter().filter_map(|table| table.rows).sum();
    let hashes = TableHashes::of(held.look(), &tables, &mut |rows| watch("reading", rows, total))?;
    watch("giving bytes back", total, total);
    Ok(held.compact(&copy_in(scratch), &tables, &hashes)?)
}

/// A name that no other run on this machine has.
fn copy_in(scratch: &Path) -> PathBuf {
    scratch.join(format!("compact-{}.db", std::process::id()))
}
