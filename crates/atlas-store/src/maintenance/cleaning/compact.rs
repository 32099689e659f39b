//! Gives back what is free: a small copy is made and verified, then its pages are copied back into the file.

use std::path::Path;

use super::copy::{remove, sync, verify};
use super::error::CleaningError;
use super::hashes::TableHashes;
use super::hold::Held;
use super::words::optimize;
use crate::maintenance::Table;

/// What compacting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Compacted {
    /// Bytes before.
    pub before_bytes: u64,
    /// Bytes after.
    pub after_bytes: u64,
}

impl Held {
    /// Compacts the file by way of `scratch`, where nothing is. `hashes` is what it holds, and holds afterwards.
    pub fn compact(
        &mut self,
        scratch: &Path,
        tables: &[Table],
        hashes: &TableHashes,
    ) -> Result<Compacted, CleaningError> {
        let before_bytes = self.size()?;
        optimize(self, tables)?;
        let made = self.make_small_copy(scratch, hashes);
        let done = made.and_then(|()| {
            #[cfg(feature = "failpoints")]
            fail::fail_point!("cleaning::compact_copied", |_| std::process::abort());
            self.copy_from(scratch)
        });
        remove(scratch);
        done?;
        self.verify(hashes)?;
        Ok(Compacted {
            before_bytes,
            after_bytes: self.size()?,
        })
    }

    fn make_small_copy(&self, scratch: &Path, hashes: &TableHashes) -> Result<(), CleaningError> {
        let text = scratch.to_str().ok_or_else(|| CleaningError::Failed {
            path: scratch.to_owned(),
            detail: "its name is no Unicode: name another directory".to_owned(),
        })?;
        let has_statistics = self
            .sql()
            .query_row(
                "SELECT count(*) FROM main.sqlite_schema WHERE name LIKE 'sqlite\\_stat_' ESCAPE '\\'",
                [],
                |row| row.get::<_, i64>(0),
            )
            .map_err(|error| self.failed(&error))?;
        if has_statistics > 0 {
            let analyzed = self.sql().execute_batch("ANALYZE main");
            analyzed.map_err(|error| self.failed(&error))?;
        }
        let vacuumed = self.sql().execute("VACUUM main INTO ?1", [text]);
        vacuumed.map_err(|error| CleaningError::of_sqlite(scratch, &error))?;
        sync(scratch)?;
        // A row is found by its key afterwards as before, or the copy is not used.
        verify(scratch, hashes)
    }

    /// Bytes of the file.
    pub fn size(&self) -> Result<u64, CleaningError> {
        let metadata = std::fs::metadata(self.path());
        metadata
            .map(|metadata| metadata.len())
            .map_err(|error| CleaningError::of_system(self.path(), &error))
    }
}
