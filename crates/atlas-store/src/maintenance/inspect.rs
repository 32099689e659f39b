//! Looks at a path from outside before SQLite opens it: what is there, and which way it is to be read. Only for files
//! that this process has not open (see the module).

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::error::LookError;
use super::header::{Header, JournalMode};
use super::looking::{Looking, Symlinks, Way, Whose};

/// So much of the beginning is looked at.
const START_BYTES: u64 = 4096;
/// In so many bytes of noise nearly all values occur; in text and tables they do not.
const NOISE_BYTES: usize = 1024;
const NOISE_VALUES: usize = 220;
/// An encrypted database still consists of pages.
const SMALLEST_PAGE_BYTES: u64 = 512;

/// What begins like this is no noise, although it looks so further on.
const OTHER_KINDS: [(&[u8], &str); 10] = [
    (b"PK\x03\x04", "it is a ZIP archive"),
    (b"\x1f\x8b", "it is compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd"),
    (b"\xfd7zXZ", "it is compressed with xz"),
    (b"BZh", "it is compressed with bzip2"),
    (b"7z\xbc\xaf", "it is a 7-Zip archive"),
    (b"%PDF", "it is a PDF document"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (
        b"** This file contains an SQLite",
        "it is a very old SQLite 2 database",
    ),
];

/// A file that is worth opening.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The file itself, where links have led.
    pub(super) path: PathBuf,
    /// The link by which it was named.
    pub(super) link: Option<PathBuf>,
    /// `None` for a file of our own, and where the header makes no sense.
    pub(super) header: Option<Header>,
    pub(super) way: Way,
    pub(super) identity: Identity,
}

/// What differs once somebody else has put another file there or has written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified_at: (i64, i64),
}

impl Identity {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.len(),
            modified_at: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// Finds out what is at `path`.
pub(super) fn inspect(path: &Path, looking: &Looking) -> Result<Found, LookError> {
    let (path, link) = follow(path, looking.symlinks)?;
    let metadata = std::fs::metadata(&path).map_err(|error| LookError::of_system(&path, &error))?;
    refuse_what_is_no_file(&path, &metadata)?;
    let (header, way) = match looking.whose {
        Whose::Own => (None, Way::Shared),
        Whose::Foreign => {
            let header = Header::parse(&database_start(&path, metadata.len())?);
            (header, way_to_read(&path, header))
        }
    };
    Ok(Found {
        identity: Identity::of(&metadata),
        path,
        link,
        header,
        way,
    })
}

fn follow(path: &Path, symlinks: Symlinks) -> Result<(PathBuf, Option<PathBuf>), LookError> {
    let failed = |error| LookError::of_system(path, &error);
    let is_link = std::fs::symlink_metadata(path).map_err(failed)?.is_symlink();
    if !is_link {
        return Ok((path.to_owned(), None));
    }
    let written = std::fs::read_link(path).map_err(failed)?;
    let leads_to = path.parent().unwrap_or(Path::new("")).join(written);
    if symlinks == Symlinks::Refuse {
        let leads_to = std::fs::canonicalize(path).unwrap_or(leads_to);
        return Err(LookError::Symlink {
            path: path.to_owned(),
            leads_to,
        });
    }
    let target = std::fs::canonicalize(path).map_err(|error| LookError::of_system(&leads_to, &error))?;
    Ok((target, Some(path.to_owned())))
}

fn refuse_what_is_no_file(path: &Path, metadata: &Metadata) -> Result<(), LookError> {
    let kind = metadata.file_type();
    let what = if kind.is_dir() {
        return Err(LookError::Directory(path.to_owned()));
    } else if kind.is_file() {
        return match metadata.len() {
            0 => Err(LookError::Empty(path.to_owned())),
            _ => Ok(()),
        };
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(LookError::NotAFile {
        path: path.to_owned(),
        what,
    })
}

/// The first bytes, if they are those of a database.
fn database_start(path: &Path, size_bytes: u64) -> Result<Vec<u8>, LookError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(START_BYTES).read_to_end(&mut start))
        .map_err(|error| LookError::of_system(path, &error))?;
    if Header::is_magic(&start) {
        return Ok(start);
    }
    let path = path.to_owned();
    let not_a_database = |what: &str| LookError::NotADatabase {
        path: path.clone(),
        what: what.to_owned(),
    };
    Err(
        match OTHER_KINDS.iter().find(|(magic, _)| start.starts_with(magic)) {
            Some((_, what)) => not_a_database(what),
            None if size_bytes.is_multiple_of(SMALLEST_PAGE_BYTES) && is_noise(&start) => {
                LookError::Encrypted(path)
            }
            None => not_a_database("it does not begin like one"),
        },
    )
}

fn is_noise(start: &[u8]) -> bool {
    let Some(start) = start.get(..NOISE_BYTES.min(start.len())) else {
        return false;
    };
    let mut is_there = [false; 256];
    for byte in start {
        is_there[usize::from(*byte)] = true;
    }
    let values = is_there.iter().filter(|is_there| **is_there).count();
    // Of a short file less can be expected.
    values * NOISE_BYTES >= NOISE_VALUES * start.len()
}

fn way_to_read(path: &Path, header: Option<Header>) -> Way {
    if header.is_none_or(|header| header.journal_mode == JournalMode::Rollback) {
        return Way::Shared;
    }
    match std::fs::metadata(beside(path, "-wal")) {
        Err(_) => Way::Still,
        Ok(log) if log.len() == 0 && !is_there(&beside(path, "-shm")) => Way::Still,
        Ok(_) => Way::Shared,
    }
}

/// A file that SQLite keeps beside the one at `path`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Whether there is a file.
pub(super) fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_told_from_text_and_from_zeros() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(2_048)
        .collect();
        assert!(is_noise(&noise));
        assert!(!is_noise(&[0; 2_048]));
        assert!(!is_noise(
            "A plain sentence, again and again. ".repeat(80).as_bytes()
        ));
    }
}
