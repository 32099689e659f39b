//! Takes the power away from SQLite. Everything that it does goes to the real files, so that locks and shared memory are the real
//! ones; what has been synced, and in what order the rest was written, is remembered beside them. A crash then makes the files as
//! a power failure may leave them: all that was synced is there, and of the rest any part, in pieces of a sector, in any order.
//!
//! What it assumes of a disk is what SQLite assumes (<https://sqlite.org/atomiccommit.html>): a sector is written whole or not at
//! all, a sync that has returned holds, and an entry of a directory is sure once the directory is synced. Files that nobody
//! reaches through SQLite are taken over as they are.

mod disk;
mod shim;

use std::path::{Path, PathBuf};

pub use disk::Crash;

/// A directory whose files lose power together. There is one at a time in a process; the rest of the disk is safe.
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// Everything below `root` is safe as it is now, and is followed from here on. From the operation with the number
    /// `fails_after` on nothing reaches the disk any more: SQLite is told of an I/O error.
    ///
    /// Connections must be opened afterwards: the first call makes the VFS the one that SQLite takes by itself.
    pub fn begin(root: &Path, fails_after: Option<u64>) -> std::io::Result<Self> {
        shim::install();
        let root = root.canonicalize()?;
        disk::begin(&root, fails_after)?;
        Ok(Self { root })
    }

    /// Operations that have reached the disk: writes, truncations, syncs, deletions.
    pub fn operations(&self) -> u64 {
        disk::operations()
    }

    /// Takes the power away: `into`, which does not exist, becomes what may be found afterwards. Another seed finds something
    /// else; each finds the same again.
    pub fn lose_power(&self, into: &Path, seed: u64) -> std::io::Result<Crash> {
        disk::lose_power(&self.root, into, seed)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        disk::end();
    }
}
