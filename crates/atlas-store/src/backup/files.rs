//! Files of a backup: written whole and synced, compressed with a hash of both sides, and read back only as far as the
//! manifest says.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use atlas_domain::BlobHash;

use super::error::{BackupError, at};
use super::manifest::Bytes;
use crate::room::free_bytes;

/// zstd's default: about as fast as a disk.
const COMPRESSION_LEVEL: i32 = 3;
const CHUNK_BYTES: usize = 128 * 1024;

/// Writes a new file, for its owner only.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = create(path)?;
    file.write_all(bytes).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

/// Makes what was created, renamed or removed in `folder` durable.
pub(super) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at(folder))
}

/// Makes a folder for its owner only, and those above it that are missing.
pub(super) fn create_folder(folder: &Path) -> Result<(), BackupError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_folder(parent)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => other.map_err(at(folder))?,
    }
    sync_folder(parent)
}

/// Removes a folder with all that is in it; one that is not there is removed already.
pub(super) fn remove_folder(folder: &Path) -> Result<(), BackupError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(at(folder)),
    }
}

/// Removes a file; one that is not there is removed already.
pub(super) fn remove_file(path: &Path) -> Result<(), BackupError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map_err(at(path)),
    }
}

/// How many bytes lie in a folder, those below it included.
pub(super) fn size_of_folder(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() {
                size_of_folder(&entry.path())
            } else {
                metadata.len()
            })
        })
        .sum()
}

/// Fails where so much would bring the floor near. What cannot be found out is not in the way.
pub(super) fn require_room(path: &Path, needed_bytes: u64, floor_bytes: u64) -> Result<(), BackupError> {
    match free_bytes(path) {
        Some(free_bytes) if free_bytes < needed_bytes.saturating_add(floor_bytes) => {
            Err(BackupError::NoRoom {
                path: path.to_owned(),
                needed_bytes,
                free_bytes,
                floor_bytes,
            })
        }
        _ => Ok(()),
    }
}

/// Compresses `from`, reads the result back, and returns what proves the compressed bytes and what proves the raw ones.
pub(super) fn pack(from: &Path, to: &Path) -> Result<(Bytes, Bytes), BackupError> {
    let raw = {
        let mut source = File::open(from).map_err(at(from))?;
        let mut encoder =
            zstd::stream::write::Encoder::new(create(to)?, COMPRESSION_LEVEL).map_err(at(to))?;
        let raw = copy_hashed(
            |chunk| source.read(chunk).map_err(at(from)),
            |bytes| encoder.write_all(bytes).map_err(at(to)),
        )?;
        let file = encoder.finish().map_err(at(to))?;
        file.sync_all().map_err(at(to))?;
        raw
    };
    let packed = bytes_of(to)?;
    let mut decoder = zstd::stream::read::Decoder::new(File::open(to).map_err(at(to))?).map_err(at(to))?;
    let again = copy_hashed(|chunk| decoder.read(chunk).map_err(at(to)), |_| Ok(()))?;
    if again != raw {
        return Err(BackupError::File {
            path: to.to_owned(),
            problem:
                "what was written cannot be read back; the disk or the memory of this machine is failing"
                    .to_owned(),
        });
    }
    Ok((packed, raw))
}

/// What proves the bytes of a file.
pub(super) fn bytes_of(path: &Path) -> Result<Bytes, BackupError> {
    let mut file = File::open(path).map_err(at(path))?;
    copy_hashed(|chunk| file.read(chunk).map_err(at(path)), |_| Ok(()))
}

/// Where something is read from in a backup, so that what is wrong with it can be named.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) backup: &'a str,
    pub(super) name: &'a str,
}

impl Part<'_> {
    pub(super) fn unusable(self, problem: impl Into<String>) -> BackupError {
        BackupError::Unusable {
            backup: self.backup.to_owned(),
            part: self.name.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Fails unless the file at `path` is what was written once.
pub(super) fn check_packed(part: Part<'_>, path: &Path, expected: Bytes) -> Result<(), BackupError> {
    let size_bytes = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(part.unusable("is missing")),
        other => other.map_err(at(path))?.len(),
    };
    if size_bytes < expected.size_bytes {
        let expected = expected.size_bytes;
        return Err(part.unusable(format!(
            "is truncated: {size_bytes} of {expected} bytes are there"
        )));
    }
    if bytes_of(path)? != expected {
        return Err(part.unusable("is damaged: its bytes have another hash"));
    }
    Ok(())
}

/// Decompresses what [`check_packed`] has found sound into `write`, and never more than `expected` says.
pub(super) fn unpack(
    part: Part<'_>,
    path: &Path,
    expected: Bytes,
    write: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let file = BufReader::new(File::open(path).map_err(at(path))?);
    let decoder = zstd::stream::read::Decoder::with_buffer(file).map_err(at(path))?;
    let mut bounded = decoder.take(expected.size_bytes.saturating_add(1));
    let read = |chunk: &mut [u8]| {
        bounded
            .read(chunk)
            .map_err(|error| part.unusable(format!("cannot be decompressed: {error}")))
    };
    if copy_hashed(read, write)? != expected {
        return Err(part.unusable("does not hold what was put into it"));
    }
    Ok(())
}

/// The same into a new file.
pub(super) fn unpack_to(
    part: Part<'_>,
    path: &Path,
    expected: Bytes,
    target: &Path,
) -> Result<(), BackupError> {
    let mut file = create(target)?;
    unpack(part, path, expected, |bytes| {
        file.write_all(bytes).map_err(at(target))
    })?;
    file.sync_all().map_err(at(target))
}

fn create(path: &Path) -> Result<File, BackupError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(at(path))
}

fn copy_hashed(
    mut read: impl FnMut(&mut [u8]) -> Result<usize, BackupError>,
    mut write: impl FnMut(&[u8]) -> Result<(), BackupError>,
) -> Result<Bytes, BackupError> {
    let mut hasher = blake3::Hasher::new();
    let (mut chunk, mut size_bytes) = (vec![0; CHUNK_BYTES], 0);
    loop {
        let length = read(&mut chunk)?;
        if length == 0 {
            break;
        }
        hasher.update(&chunk[..length]);
        write(&chunk[..length])?;
        size_bytes += length as u64;
    }
    Ok(Bytes {
        size_bytes,
        hash: BlobHash(*hasher.finalize().as_bytes()),
    })
}
