//! What the last look through the library's whole file found, so that a restart neither forgets damage nor begins to
//! wait for the next look anew. It judges nothing.

use atlas_domain::{LibraryIdentity, Timestamp};
use rusqlite::OptionalExtension;

use super::Ops;
use crate::error::StoreError;
use crate::sqlite::Lane;

/// What a look through the library's whole file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCheck {
    /// When it ended.
    pub ended_at: Timestamp,
    /// What was wrong, in a sentence, if something was.
    pub damage: Option<String>,
}

impl Ops {
    /// The last look through this library; nothing if it is another one, or another life of it: an older copy that was
    /// put back has not been looked through. Fails as any read does.
    pub async fn file_check(&self, of: &LibraryIdentity) -> Result<Option<FileCheck>, StoreError> {
        let of = of.clone();
        self.db
            .read(move |sql| {
                Ok(sql
                    .query_row(
                        "SELECT ended_at, damage FROM file_check WHERE library = ?1 AND epoch = ?2",
                        (of.library.as_bytes(), of.epoch.as_bytes()),
                        |row| {
                            Ok(FileCheck {
                                ended_at: Timestamp::from_millis(row.get(0)?),
                                damage: row.get(1)?,
                            })
                        },
                    )
                    .optional()?)
            })
            .await
    }

    /// Writes what a look through this library came to, in place of the one before. Fails as any write does.
    pub async fn keep_file_check(&self, of: &LibraryIdentity, check: FileCheck) -> Result<(), StoreError> {
        let of = of.clone();
        self.db
            .write(Lane::Interactive, move |sql| {
                sql.execute(
                    "INSERT INTO file_check (id, library, epoch, ended_at, damage) VALUES (1, ?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET library = excluded.library, epoch = excluded.epoch,
                         ended_at = excluded.ended_at, damage = excluded.damage",
                    (
                        of.library.as_bytes(),
                        of.epoch.as_bytes(),
                        check.ended_at.as_millis(),
                        &check.damage,
                    ),
                )?;
                Ok(())
            })
            .await
    }
}
