//! The reserve: a file that only takes up space, given back when the disk is full.
//!
//! With it, what was begun on a disk that filled up can be finished, and a server can start there. It holds
//! nothing, and whether it exists is asked of the disk each time, so that processes need not agree about it.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use crate::data_dir::DataDir;
use crate::error::StoreError;

/// With less than this, a database cannot be opened safely: its log and the index of the log need room.
pub(crate) const LEAST_ROOM_BYTES: u64 = 4 * 1024 * 1024;

/// The reserve of one data directory.
#[derive(Debug, Clone)]
pub struct Reserve {
    dir: DataDir,
}

impl Reserve {
    /// That of `dir`.
    pub fn of(dir: &DataDir) -> Self {
        Self { dir: dir.clone() }
    }

    /// Whether all of `size_bytes` are set aside.
    pub fn is_held(&self, size_bytes: u64) -> bool {
        std::fs::metadata(self.path()).is_ok_and(|metadata| metadata.len() == size_bytes)
    }

    /// Gives the space back. Whether there was any: then it is worth trying again what just failed.
    pub fn give_back(&self) -> bool {
        if std::fs::remove_file(self.path()).is_err() {
            return false;
        }
        // Some file systems hand freed blocks out only after this.
        if let Err(error) = File::open(self.dir.path()).and_then(|folder| folder.sync_all()) {
            tracing::warn!(%error, "the folder of the reserve could not be synchronised");
        }
        tracing::error!("the disk is full: the reserve was given back; free some space");
        true
    }

    /// Before the databases are opened: gives the space back where there is no room to open them.
    pub fn make_room_to_start(&self) {
        if self.dir.free_bytes().is_some_and(|free| free < LEAST_ROOM_BYTES) {
            self.give_back();
        }
    }

    /// Sets `size_bytes` aside if they are not yet, and if so much more than `floor_bytes` is free that nobody
    /// will miss them; gives them back if there is no room left at all. Blocks.
    pub fn keep(&self, size_bytes: u64, floor_bytes: u64) -> Result<(), StoreError> {
        self.make_room_to_start();
        if self.is_held(size_bytes) {
            return Ok(());
        }
        // One of another size, from another configuration or from a start that was cut short.
        match std::fs::remove_file(self.path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let needed = floor_bytes.saturating_add(2 * size_bytes).max(LEAST_ROOM_BYTES);
        if size_bytes == 0 || self.dir.free_bytes().is_none_or(|free| free < needed) {
            return Ok(());
        }
        let made = self.allocate(size_bytes);
        match &made {
            Ok(()) => tracing::info!(size_bytes, "set space aside against a full disk"),
            // A part of it would be of no use.
            Err(_) => drop(std::fs::remove_file(self.path())),
        }
        made
    }

    fn allocate(&self, size_bytes: u64) -> Result<(), StoreError> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path())?;
        match fallocate(&file, FallocateFlags::empty(), 0, size_bytes) {
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(&mut file, size_bytes)?,
            other => other.map_err(std::io::Error::from)?,
        }
        Ok(file.sync_all()?)
    }

    fn path(&self) -> PathBuf {
        self.dir.reserve()
    }
}

/// Bytes that no file system can compress away.
fn fill(file: &mut File, size_bytes: u64) -> std::io::Result<()> {
    let mut noise = blake3::Hasher::new().finalize_xof();
    let mut block = vec![0; 64 * 1024];
    file.seek(SeekFrom::Start(0))?;
    let mut left = size_bytes;
    while left > 0 {
        let length = left.min(block.len() as u64) as usize;
        noise.fill(&mut block[..length]);
        file.write_all(&block[..length])?;
        left -= length as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use tempfile::TempDir;

    use super::*;

    const SIZE_BYTES: u64 = 1024 * 1024;

    fn reserve() -> (TempDir, Reserve) {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::of(&DataDir::new(folder.path()));
        (folder, reserve)
    }

    fn blocks_bytes(reserve: &Reserve) -> u64 {
        std::fs::metadata(reserve.path()).unwrap().blocks() * 512
    }

    #[test]
    fn takes_up_real_space_until_it_is_given_back_once() {
        let (_folder, reserve) = reserve();
        reserve.keep(SIZE_BYTES, 0).unwrap();
        assert!(reserve.is_held(SIZE_BYTES));
        assert!(blocks_bytes(&reserve) >= SIZE_BYTES, "a hole is no reserve");
        assert!(reserve.give_back());
        assert!(!reserve.is_held(SIZE_BYTES) && !reserve.give_back());
        reserve.keep(SIZE_BYTES, 0).unwrap();
        assert!(reserve.is_held(SIZE_BYTES), "made again when there is room");
    }

    #[test]
    fn takes_nothing_where_that_would_bring_the_floor_near() {
        let (_folder, reserve) = reserve();
        reserve
            .keep(SIZE_BYTES, reserve.dir.free_bytes().unwrap())
            .unwrap();
        assert!(!reserve.path().exists());
    }

    #[test]
    fn follows_its_configured_size() {
        let (_folder, reserve) = reserve();
        for size_bytes in [SIZE_BYTES, 2 * SIZE_BYTES] {
            reserve.keep(size_bytes, 0).unwrap();
            assert!(reserve.is_held(size_bytes));
        }
        reserve.keep(0, 0).unwrap();
        assert!(!reserve.path().exists(), "none is wanted");
    }

    #[test]
    fn a_file_system_that_cannot_promise_blocks_gets_them_filled() {
        let (_folder, reserve) = reserve();
        let mut file = File::create(reserve.path()).unwrap();
        fill(&mut file, SIZE_BYTES + 7).unwrap();
        assert!(reserve.is_held(SIZE_BYTES + 7));
        assert!(blocks_bytes(&reserve) >= SIZE_BYTES);
    }
}
