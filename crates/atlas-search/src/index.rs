//! `SearchIndex`: the one writer. It takes batches with the cursor they end at, commits both in one write,
//! and shows the result to its readers at once. It never decides what belongs in the index.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use atlas_domain::{Cursor, ItemId, LibraryIdentity};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{IndexWriter, Term};

use crate::damage::guarded;
use crate::document::IndexOp;
use crate::error::SearchError;
use crate::open::{IndexSettings, Payload, create, current, lock};
use crate::reader::SearchReader;
use crate::schema::SCHEMA_VERSION;

/// Below this the engine refuses to write.
const LEAST_HEAP_BYTES: usize = 15_000_000;
/// Of a segment, at most this share is deleted documents; then it is merged with others of its size.
const MOST_DELETED_SHARE: f32 = 0.3;

/// An index opened for writing.
pub struct SearchIndex {
    directory: PathBuf,
    reader: SearchReader,
    /// Threads and heap of the engine. `None` while nothing is written.
    writer: Mutex<Option<IndexWriter>>,
    identity: LibraryIdentity,
    settings: IndexSettings,
    /// Held for as long as this lives; `None` only where it could not be taken anew.
    lock: Mutex<Option<File>>,
}

impl SearchIndex {
    pub(crate) fn new(
        directory: &Path,
        reader: SearchReader,
        identity: LibraryIdentity,
        settings: IndexSettings,
        lock: File,
    ) -> Self {
        Self {
            directory: directory.to_owned(),
            reader,
            writer: Mutex::new(None),
            identity,
            settings,
            lock: Mutex::new(Some(lock)),
        }
    }

    /// For searching: cheap to clone, sees each batch as soon as [`apply`](Self::apply) returns.
    pub fn reader(&self) -> &SearchReader {
        &self.reader
    }

    /// Applies `batch` in order and remembers `cursor` as the place it ends at, or changes nothing. Applying
    /// a batch again changes nothing. The caller advances its own watermark afterwards, never before.
    pub fn apply(&self, batch: &[IndexOp], cursor: &Cursor) -> Result<(), SearchError> {
        if batch.is_empty() && self.reader.watermark().as_ref() == Some(cursor) {
            return Ok(());
        }
        self.commit(Some(cursor), |writer| {
            for op in batch {
                match op {
                    IndexOp::Put(document) => {
                        writer.delete_term(self.id_term(document.item_id));
                        writer.add_document(self.reader.fields().engine_document(document))?;
                    }
                    IndexOp::Remove(item_id) => {
                        writer.delete_term(self.id_term(*item_id));
                    }
                }
            }
            Ok(())
        })
    }

    /// Forgets everything, the watermark too: the caller reads the change log from its beginning. Reads no
    /// old files, so it also heals an index that turned out damaged while it was open.
    pub fn clear(&self) -> Result<(), SearchError> {
        self.commit(None, |writer| {
            writer.delete_all_documents()?;
            Ok(())
        })
    }

    /// Begins an empty index in the place of one whose files have vanished; readers show it at once. The caller
    /// reads the change log from its beginning. After a failure the files have still vanished.
    pub fn begin_anew(&self) -> Result<(), SearchError> {
        let mut writer = self.writer();
        if let Some(writer) = writer.take() {
            guarded(|| {
                drop(writer);
                Ok(())
            })?;
        }
        fs::create_dir_all(&self.directory)?;
        let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        *held = None; // the file may still be there, and would be locked by ourselves
        *held = Some(lock(&self.directory)?);
        let begun = guarded(|| {
            let (engine, _) = create(&self.directory)?;
            self.reader.show_instead(engine)
        });
        if begun.is_err() {
            let _ = fs::remove_dir_all(current(&self.directory));
        }
        begun
    }

    /// Gives threads and heap back, after pending merges. The next batch takes them again.
    pub fn release_writer(&self) -> Result<(), SearchError> {
        let Some(writer) = self.writer().take() else {
            return Ok(());
        };
        guarded(|| Ok(writer.wait_merging_threads()?))?;
        self.reader.reload()
    }

    fn commit(
        &self,
        cursor: Option<&Cursor>,
        change: impl FnOnce(&IndexWriter) -> Result<(), SearchError>,
    ) -> Result<(), SearchError> {
        let payload = Payload {
            schema_version: SCHEMA_VERSION,
            identity: self.identity.clone(),
            cursor: cursor.cloned(),
        };
        let payload =
            serde_json::to_string(&payload).map_err(|error| SearchError::Engine(error.to_string()))?;
        let mut slot = self.writer();
        // Taken out: if anything fails, the writer is dropped, and with it all that was not committed.
        let taken = slot.take();
        let writer = guarded(|| {
            let mut writer = match taken {
                Some(writer) => writer,
                None => self.new_writer()?,
            };
            change(&writer)?;
            let mut prepared = writer.prepare_commit()?;
            prepared.set_payload(&payload);
            prepared.commit()?;
            Ok(writer)
        })?;
        *slot = Some(writer);
        self.reader.reload()
    }

    fn new_writer(&self) -> Result<IndexWriter, SearchError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(self.settings.writer_heap_bytes.max(LEAST_HEAP_BYTES))
            .build();
        let writer: IndexWriter = self.reader.engine().writer_with_options(options)?;
        let mut merges = LogMergePolicy::default();
        merges.set_del_docs_ratio_before_merge(MOST_DELETED_SHARE);
        writer.set_merge_policy(Box::new(merges));
        Ok(writer)
    }

    fn writer(&self) -> MutexGuard<'_, Option<IndexWriter>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn id_term(&self, item_id: ItemId) -> Term {
        Term::from_field_bytes(self.reader.fields().item_id, item_id.as_bytes())
    }
}

impl std::fmt::Debug for SearchIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SearchIndex")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
