//! Opening an index: whose it is, how far it reaches, and whether it can be used at all.
//!
//! A directory holds `current/` (the engine's files), `lock` (held by the one writer for its whole life), and
//! at most one `aside/`: a former index that could not be used, with the reason in `reason.txt`. Whatever
//! cannot be used is set aside, never repaired: the change log has everything. Locks and permissions are
//! errors, not damage.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use atlas_domain::{Cursor, LibraryIdentity};
use serde::{Deserialize, Serialize};
use tantivy::Index;

use crate::damage::guarded;
use crate::error::{RebuildReason, SearchError};
use crate::index::SearchIndex;
use crate::read_only::ReadOnlyDirectory;
use crate::reader::SearchReader;
use crate::schema::{Fields, SCHEMA_VERSION, schema};
use crate::text::analyzer::tokenizers;

/// What the owner of a small machine may want to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSettings {
    /// Memory that the writer fills before it writes a segment; less than 15 MB counts as 15 MB.
    pub writer_heap_bytes: usize,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            writer_heap_bytes: 15_000_000,
        }
    }
}

/// An index that was opened for writing.
#[derive(Debug)]
pub struct Opened {
    /// The index.
    pub index: SearchIndex,
    /// Where to go on reading the change log; `None` means from its beginning.
    pub resume: Option<Cursor>,
    /// Why the index starts empty, if it does.
    pub rebuild: Option<RebuildReason>,
}

impl SearchIndex {
    /// Opens the index in `directory` for writing, or starts an empty one there. Fails with
    /// [`SearchError::Locked`] while another writer has it open.
    pub fn open(
        directory: &Path,
        identity: &LibraryIdentity,
        settings: IndexSettings,
    ) -> Result<Opened, SearchError> {
        fs::create_dir_all(directory)?;
        let lock = lock(directory)?;
        let (reader, rebuild) = match inspect(directory, identity, Access::Write)? {
            Ok(reader) => (reader, None),
            Err(reason) => {
                if reason != RebuildReason::New {
                    set_aside(directory, &reason)?;
                }
                let (engine, fields) = create(directory)?;
                let reader = SearchReader::new(engine, fields, current(directory))?;
                (reader, Some(reason))
            }
        };
        let resume = reader.watermark();
        let index = SearchIndex::new(directory, reader, identity.clone(), settings, lock);
        Ok(Opened {
            index,
            resume,
            rebuild,
        })
    }

    /// Opens the index in `directory` for searching only: beside a running writer, or without one. It shows
    /// the last commit; [`SearchReader::reload`] shows later ones. Nothing is written, not even a lock.
    pub fn open_read_only(directory: &Path, identity: &LibraryIdentity) -> Result<SearchReader, SearchError> {
        inspect(directory, identity, Access::Read)?.map_err(SearchError::MustRebuild)
    }
}

/// What travels with each commit: the index and how far it reaches are one write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    pub(crate) schema_version: u32,
    pub(crate) identity: LibraryIdentity,
    /// `None` after the index was cleared.
    pub(crate) cursor: Option<Cursor>,
}

impl Payload {
    /// The payload of the last commit; `None` if there was none.
    pub(crate) fn of_last_commit(index: &Index) -> Result<Option<Self>, SearchError> {
        let meta = index.load_metas()?;
        match meta.payload {
            Some(json) => serde_json::from_str(&json)
                .map(Some)
                .map_err(|error| SearchError::Damaged(format!("its watermark is unreadable: {error}"))),
            None if meta.segments.is_empty() => Ok(None),
            None => Err(SearchError::Damaged(
                "it has documents but no watermark".to_owned(),
            )),
        }
    }
}

/// What is there: an index that can be used, or why not.
type Inspected = Result<SearchReader, RebuildReason>;

/// What the index is opened for.
#[derive(Debug, Clone, Copy)]
enum Access {
    Read,
    Write,
}

/// Looks at what is there, without changing anything.
fn inspect(directory: &Path, identity: &LibraryIdentity, access: Access) -> Result<Inspected, SearchError> {
    let current = current(directory);
    match fs::metadata(current.join("meta.json")) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let is_left_over = current.try_exists()? && fs::read_dir(&current)?.next().is_some();
            let damaged = RebuildReason::Damaged("its list of segments is missing".to_owned());
            return Ok(Err(if is_left_over { damaged } else { RebuildReason::New }));
        }
        Err(error) => return Err(error.into()),
    }
    match guarded(|| open_existing(&current, identity, access)) {
        Err(SearchError::Damaged(what)) => Ok(Err(RebuildReason::Damaged(what))),
        other => other,
    }
}

fn open_existing(
    current: &Path,
    identity: &LibraryIdentity,
    access: Access,
) -> Result<Inspected, SearchError> {
    let mut index = match access {
        Access::Read => Index::open(ReadOnlyDirectory::open(current)?)?,
        Access::Write => Index::open_in_dir(current)?,
    };
    let (schema, fields) = schema();
    let Some(payload) = Payload::of_last_commit(&index)? else {
        return Ok(Err(RebuildReason::New));
    };
    if payload.schema_version != SCHEMA_VERSION || index.schema() != schema {
        return Ok(Err(RebuildReason::OtherSchema));
    }
    if payload.identity != *identity {
        return Ok(Err(RebuildReason::OtherLibrary));
    }
    index.set_tokenizers(tokenizers());
    Ok(Ok(SearchReader::new(index, fields, current.to_owned())?))
}

/// An empty index.
pub(crate) fn create(directory: &Path) -> Result<(Index, Fields), SearchError> {
    let current = current(directory);
    // Without a commit there is nothing worth keeping in it.
    match fs::remove_dir_all(&current) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => fs::create_dir(&current)?,
    }
    let (schema, fields) = schema();
    let index = Index::builder()
        .schema(schema)
        .tokenizers(tokenizers())
        .create_in_dir(&current)?;
    Ok((index, fields))
}

/// Renames the present index to the one place for former ones. A crash in between leaves it where it was.
fn set_aside(directory: &Path, reason: &RebuildReason) -> Result<(), SearchError> {
    let aside = directory.join("aside");
    match fs::remove_dir_all(&aside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        _ => fs::rename(current(directory), &aside)?,
    }
    fs::write(aside.join("reason.txt"), format!("{reason}\n"))?;
    Ok(())
}

/// Where the engine's files lie.
pub(crate) fn current(directory: &Path) -> PathBuf {
    directory.join("current")
}

/// The engine's own lock lasts only as long as its writer, which is released when idle.
pub(crate) fn lock(directory: &Path) -> Result<File, SearchError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(directory.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SearchError::Locked),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
