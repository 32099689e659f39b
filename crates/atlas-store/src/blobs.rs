//! Content-addressed bytes: BLAKE3 names, zstd inside. Small blobs lie in the database, large ones in files.
//!
//! A file is on the disk before the row that names it is committed, so a crash leaves only files that nothing
//! refers to. The collector removes those; the two races between it and a writer are closed here and in
//! `library/collect.rs`: a blob that exists already is synced and its grace renewed before it counts as
//! written, and a hash has one writer or collector at a time.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use atlas_domain::{BlobHash, Timestamp};

use crate::error::StoreError;
use crate::reserve::Reserve;

/// Compressed bytes up to this size lie in the database.
const INLINE_LIMIT: usize = 64 * 1024;
/// Level 3 is zstd's default: about 400 MB/s a core, a fifth of the size for HTML.
const COMPRESSION_LEVEL: i32 = 3;
/// Folders, and their locks, by the first byte of the hash.
const SHARDS: usize = 256;

/// Bytes that are safe on the disk, or small enough to travel with their row.
#[derive(Debug, Clone)]
pub struct PreparedBlob {
    pub(crate) hash: BlobHash,
    pub(crate) size_bytes: u64,
    /// The compressed bytes, when they go into the row.
    pub(crate) inline: Option<Arc<[u8]>>,
}

impl PreparedBlob {
    /// The name of the bytes.
    pub fn hash(&self) -> BlobHash {
        self.hash
    }
}

pub(crate) struct BlobFiles {
    folder: PathBuf,
    shards: Vec<Mutex<Shard>>,
    /// Given back when the disk is full. Those who only read have none.
    reserve: Option<Reserve>,
}

/// What is known of one folder of blobs. Who has it locked is the only one at work in that folder.
#[derive(Default)]
pub(crate) struct Shard {
    /// This process has seen to it that the folder is there and stays. That it is there alone says nothing: the
    /// process that made it may have ended before its entry was on the disk.
    is_durable: bool,
}

impl BlobFiles {
    /// For writing: the folder is there for good before anything lies in it.
    pub(crate) fn create(folder: PathBuf, reserve: Reserve) -> Result<Self, StoreError> {
        create_folder(&folder)?;
        Ok(Self {
            reserve: Some(reserve),
            ..Self::at(folder)
        })
    }

    pub(crate) fn at(folder: PathBuf) -> Self {
        Self {
            folder,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            reserve: None,
        }
    }

    /// Makes `bytes` safe. Blocks.
    pub(crate) fn prepare(&self, bytes: &[u8], now: Timestamp) -> Result<PreparedBlob, StoreError> {
        let hash = BlobHash(*blake3::hash(bytes).as_bytes());
        let compressed = zstd::bulk::compress(bytes, COMPRESSION_LEVEL)?;
        let size_bytes = bytes.len() as u64;
        if compressed.len() <= INLINE_LIMIT {
            return Ok(PreparedBlob {
                hash,
                size_bytes,
                inline: Some(compressed.into()),
            });
        }
        let mut shard = self.lock(hash);
        let path = self.path(hash);
        match write(&mut shard, &path, &compressed, now) {
            Err(StoreError::Full(_)) if self.reserve.as_ref().is_some_and(Reserve::give_back) => {
                write(&mut shard, &path, &compressed, now)?;
            }
            other => other?,
        }
        Ok(PreparedBlob {
            hash,
            size_bytes,
            inline: None,
        })
    }

    /// Reads and verifies. Blocks.
    pub(crate) fn read(
        &self,
        hash: BlobHash,
        size_bytes: u64,
        inline: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, StoreError> {
        let compressed = match inline {
            Some(data) => data,
            None => self.compressed(hash)?,
        };
        verified(hash, size_bytes, &compressed)
    }

    fn compressed(&self, hash: BlobHash) -> Result<Vec<u8>, StoreError> {
        std::fs::read(self.path(hash)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => problem(hash, StoreError::MISSING),
            _ => StoreError::from(error),
        })
    }

    /// Keeps every other writer and collector of this hash out while the guard lives.
    pub(crate) fn lock(&self, hash: BlobHash) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(hash.0[0])]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the file of a blob if it was written or renewed within `span`. The caller holds the lock of the hash
    /// and has just seen that nothing refers to it.
    pub(crate) fn remove_if_of(&self, hash: BlobHash, span: &Range<Timestamp>) -> Result<bool, StoreError> {
        let path = self.path(hash);
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let written_at = metadata.modified()?;
        if written_at < system_time(span.start) || written_at >= system_time(span.end) {
            return Ok(false);
        }
        std::fs::remove_file(&path)?;
        Ok(true)
    }

    /// Puts compressed bytes, whose hash the caller has verified, into their file, and makes it safe. Blocks.
    pub(crate) fn place(&self, hash: BlobHash, compressed: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let mut shard = self.lock(hash);
        write(&mut shard, &self.path(hash), compressed, now)
    }

    /// The compressed bytes of a file, once they have proved to be what they are named by. Blocks.
    pub(crate) fn read_compressed(&self, hash: BlobHash, size_bytes: u64) -> Result<Vec<u8>, StoreError> {
        let compressed = self.compressed(hash)?;
        verified(hash, size_bytes, &compressed)?;
        Ok(compressed)
    }

    /// How large the file of these bytes is; `None` where there is none. Blocks.
    pub(crate) fn file_bytes(&self, hash: BlobHash) -> Option<u64> {
        Some(std::fs::metadata(self.path(hash)).ok()?.len())
    }

    /// Removes the file of these bytes. The caller knows that nothing refers to it. Blocks.
    pub(crate) fn remove(&self, hash: BlobHash) -> Result<(), StoreError> {
        let _alone = self.lock(hash);
        match std::fs::remove_file(self.path(hash)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Whether there is a file for these bytes. Blocks.
    pub(crate) fn has_file(&self, hash: BlobHash) -> bool {
        self.path(hash).is_file()
    }

    /// Whether there are any bytes at all. Blocks.
    pub(crate) fn holds_any(&self) -> Result<bool, StoreError> {
        for shard in read_dir_or_empty(&self.folder)? {
            if read_dir_or_empty(&shard)?
                .iter()
                .any(|file| hash_of(file).is_some())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every hash that has a file. Blocks.
    pub(crate) fn all(&self) -> Result<Vec<BlobHash>, StoreError> {
        let mut hashes = Vec::new();
        for shard in read_dir_or_empty(&self.folder)? {
            for file in read_dir_or_empty(&shard)? {
                hashes.extend(hash_of(&file));
            }
        }
        Ok(hashes)
    }

    /// Removes what interrupted writes left behind before `grace_start`. Blocks.
    pub(crate) fn remove_temporary_files(&self, grace_start: Timestamp) -> Result<u64, StoreError> {
        let mut removed = 0;
        for shard in read_dir_or_empty(&self.folder)? {
            for file in read_dir_or_empty(&shard)? {
                let Some(hash) = temporary_of(&file) else { continue };
                let _alone = self.lock(hash); // nobody may take it up again between the two looks
                match std::fs::metadata(&file) {
                    Ok(metadata) if metadata.modified()? < system_time(grace_start) => {
                        std::fs::remove_file(&file)?;
                        removed += 1;
                    }
                    Ok(_) => {}
                    // Its writer has given it its name since the folder was read.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(removed)
    }

    /// Where the file of a blob lies, or would lie.
    pub(crate) fn path(&self, hash: BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(name)
    }
}

/// What is inside, if it has the hash that it is named by.
fn verified(hash: BlobHash, size_bytes: u64, compressed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let bytes = zstd::bulk::decompress(compressed, size_bytes as usize)
        .map_err(|error| problem(hash, format!("damaged: {error}")))?;
    if blake3::hash(&bytes).as_bytes() != &hash.0 {
        return Err(problem(hash, "damaged: its bytes have another hash"));
    }
    Ok(bytes)
}

fn problem(hash: BlobHash, problem: impl Into<String>) -> StoreError {
    StoreError::Blob {
        hash: hash.to_string(),
        problem: problem.into(),
    }
}

fn write(shard: &mut Shard, path: &Path, compressed: &[u8], now: Timestamp) -> Result<(), StoreError> {
    if !shard.is_durable {
        create_folder(path.parent().unwrap_or(path))?;
        shard.is_durable = true;
    }
    // What cannot be read, or is not what it should be, is damaged; the good bytes take its place.
    if std::fs::read(path).is_ok_and(|there| there == compressed) {
        renew(path, now)
    } else {
        write_new(path, compressed, now)
    }
}

/// The file is there, but maybe not yet on the disk, and maybe old enough to be collected.
fn renew(path: &Path, now: Timestamp) -> Result<(), StoreError> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_modified(system_time(now))?;
    file.sync_all()?;
    sync_folder(path)
}

fn write_new(path: &Path, bytes: &[u8], now: Timestamp) -> Result<(), StoreError> {
    let temporary = path.with_extension("tmp");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.set_modified(system_time(now))?; // the grace is measured by our clock
    file.sync_all()?;
    #[cfg(feature = "failpoints")]
    fail::fail_point!("blob::before_rename", |_| std::process::abort());
    std::fs::rename(&temporary, path)?;
    sync_folder(path)?;
    #[cfg(feature = "failpoints")]
    fail::fail_point!("blob::after_rename", |_| std::process::abort());
    Ok(())
}

/// A folder's entry is durable before anything in it counts, whoever made it.
fn create_folder(folder: &Path) -> Result<(), StoreError> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        other => other?,
    }
    sync_folder(folder)
}

/// The hash whose bytes a file holds.
fn hash_of(file: &Path) -> Option<BlobHash> {
    file.file_name()?.to_str()?.parse().ok()
}

/// The hash whose writing a temporary file began.
fn temporary_of(file: &Path) -> Option<BlobHash> {
    let temporary = file.extension().is_some_and(|extension| extension == "tmp");
    temporary
        .then(|| file.file_stem()?.to_str()?.parse().ok())
        .flatten()
}

/// Makes the entry of `path` in its folder durable.
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    Ok(File::open(path.parent().unwrap_or(path))?.sync_all()?)
}

fn read_dir_or_empty(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.as_millis()).unwrap_or(0))
}
