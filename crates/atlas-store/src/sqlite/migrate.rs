//! Schema migrations: numbered, forward only, hash-checked, one transaction each, after a verified backup.

use std::fs::File;
use std::path::{Path, PathBuf};

use atlas_domain::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use super::backup::verified_backup;
use super::connection::at;
use crate::error::StoreError;

/// One step of a schema. Its SQL never changes once a release carried it.
pub(crate) struct Migration {
    /// Its name, for the record.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) sql: &'static str,
}

/// All steps of one file's schema, in order; step `n` leads to version `n + 1`.
pub(crate) struct Schema(pub(crate) &'static [Migration]);

impl Schema {
    /// Its steps, by name, in order.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|step| step.name)
    }

    fn latest(&self) -> i64 {
        self.0.len() as i64
    }

    /// Fails unless the file has exactly the schema that this build reads: its version, and the very steps that lead
    /// there.
    pub(crate) fn check(&self, connection: &Connection, path: &Path) -> Result<(), StoreError> {
        self.check_version(connection, path)?;
        check_applied(connection, path, self, self.latest())
    }

    /// Fails unless the file has exactly the version that this build reads.
    fn check_version(&self, connection: &Connection, path: &Path) -> Result<(), StoreError> {
        let (found, known) = (
            version_of(connection).map_err(|error| at(path, error))?,
            self.latest(),
        );
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(StoreError::OlderSchema {
                path: path.to_owned(),
                found,
                known,
            }),
            std::cmp::Ordering::Greater => Err(StoreError::NewerSchema {
                path: path.to_owned(),
                found,
                known,
            }),
        }
    }
}

/// Brings the file to the newest version. A file that needs no step is not written to.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    schema: &Schema,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found = version_of(connection).map_err(|error| at(path, error))?;
    if found > schema.latest() {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            known: schema.latest(),
        });
    }
    check_applied(connection, path, schema, found)?;
    if found == schema.latest() {
        return Ok(());
    }
    if found > 0 {
        back_up_before(connection, path, found, now)?;
    }
    for (index, step) in schema.0.iter().enumerate().skip(found as usize) {
        apply(connection, index as i64 + 1, step, now)?;
        tracing::info!(path = %path.display(), version = index + 1, step = step.name, "migrated");
    }
    Ok(())
}

fn version_of(connection: &Connection) -> Result<i64, rusqlite::Error> {
    // Reading the schema first makes a damaged file show itself here and not in the middle of a step.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// A step that was changed after it had been applied means two schemas under one number.
fn check_applied(
    connection: &Connection,
    path: &Path,
    schema: &Schema,
    found: i64,
) -> Result<(), StoreError> {
    if found == 0 {
        return Ok(());
    }
    let mut statement = connection.prepare("SELECT version, hash FROM schema_migration ORDER BY version")?;
    let applied = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
    for row in applied {
        let (version, hash) = row?;
        let same = usize::try_from(version - 1)
            .ok()
            .and_then(|index| schema.0.get(index))
            .is_some_and(|step| hash == *blake3::hash(step.sql.as_bytes()).as_bytes());
        if !same {
            return Err(StoreError::MigrationChanged {
                path: path.to_owned(),
                version,
            });
        }
    }
    Ok(())
}

/// The copies of the file at `path` that were made before migrations. A folder that cannot be read holds none.
pub(crate) fn backups_of(path: &Path) -> Vec<PathBuf> {
    let prefix = backup_prefix(path);
    let entries = std::fs::read_dir(backups(path)).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .map(|entry| entry.path())
        .collect()
}

fn backups(path: &Path) -> PathBuf {
    path.with_file_name("backups")
}

fn backup_prefix(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("{stem}-before-migration-v")
}

fn back_up_before(
    connection: &Connection,
    path: &Path,
    found: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let folder = backups(path);
    std::fs::create_dir_all(&folder)?;
    // Else a power cut could take the new folder away, with the copy in it, after the step has been taken.
    File::open(folder.parent().unwrap_or(&folder))?.sync_all()?;
    let target = folder.join(format!("{}{found}-{}.db", backup_prefix(path), now.as_millis()));
    verified_backup(connection, &target)?;
    tracing::info!(backup = %target.display(), "backed up before the migration");
    Ok(())
}

fn apply(
    connection: &mut Connection,
    version: i64,
    step: &Migration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migration (
            version INTEGER PRIMARY KEY, name TEXT NOT NULL, hash BLOB NOT NULL, applied_at INTEGER NOT NULL
        ) STRICT",
    )?;
    transaction.execute_batch(step.sql)?;
    transaction.execute(
        "INSERT INTO schema_migration (version, name, hash, applied_at) VALUES (?1, ?2, ?3, ?4)",
        (
            version,
            step.name,
            blake3::hash(step.sql.as_bytes()).as_bytes(),
            now.as_millis(),
        ),
    )?;
    transaction.pragma_update(None, "user_version", version)?;
    transaction.commit()?;
    Ok(())
}
