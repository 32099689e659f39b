//! Takes rows out, batch by batch: first into the vault, read again and synced, then out of the file.

use super::error::CleaningError;
use super::follow::{Gathered, Removal};
use super::hold::Held;
use super::vault::OpenVault;
use crate::maintenance::Key;

/// A row that has to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Doomed {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Key,
    /// What it was made of when that was decided: if it is something else now, it stays.
    pub row_hash: [u8; 32],
    /// Why, kept in the vault.
    pub why: String,
    /// The row of the same table that it repeats, and what that was made of: if that is not so any more, it stays.
    pub survivor: Option<(Key, [u8; 32])>,
}

/// Rows that go together.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'b> {
    /// The rows.
    pub rows: &'b [Doomed],
    /// Where the vault is, and whose.
    pub vault: &'b std::path::Path,
    /// The run that the vault belongs to.
    pub run: &'b str,
}

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Rows that were to go and are gone.
    pub rows: u64,
    /// Rows that went with them.
    pub followed: u64,
    /// Rows that stay, with why: by their place in the batch.
    pub kept: Vec<(usize, String)>,
    /// Rows that were gone before.
    pub gone_before: u64,
}

/// A row with all that goes with it, as it lies in the vault.
struct Kept {
    gathered: Gathered,
}

impl Held {
    /// Takes a batch out. It is safe to repeat it after a crash at any moment.
    pub fn remove(&self, removal: &Removal, batch: Batch<'_>) -> Result<Removed, CleaningError> {
        let vault = self.open_vault(batch.vault, batch.run)?;
        let mut removed = Removed::default();
        let mut doomed = Vec::new();
        for (at, row) in batch.rows.iter().enumerate() {
            match self.may_go(removal, row)? {
                May::Go(gathered) => doomed.push((row, gathered)),
                May::BeGone => removed.gone_before += 1,
                May::Stay(why) => removed.kept.push((at, why)),
            }
        }
        let kept = keep(removal, &vault, doomed, &mut removed)?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("cleaning::vault_committed", |_| std::process::abort());
        self.delete(removal, &kept).map_err(|error| self.failed(&error))?;
        #[cfg(feature = "failpoints")]
        fail::fail_point!("cleaning::batch_committed", |_| std::process::abort());
        Ok(removed)
    }

    fn may_go(&self, removal: &Removal, row: &Doomed) -> Result<May, CleaningError> {
        let rows = removal.rows_of(self, &row.table)?;
        let hash = |key: &Key| rows.hash(self.sql(), key).map_err(|error| self.failed(&error));
        match hash(&row.key)? {
            None => return Ok(May::BeGone),
            Some(found) if found != row.row_hash => return Ok(May::Stay("it was changed".to_owned())),
            Some(_) => {}
        }
        if let Some((survivor, known)) = &row.survivor
            && hash(survivor)? != Some(*known)
        {
            return Ok(May::Stay("the better copy is gone or was changed".to_owned()));
        }
        let gathered = removal.gather(self, &row.table, &row.key)?;
        Ok(match gathered.held_by.clone() {
            Some(why) => May::Stay(why),
            None => May::Go(gathered),
        })
    }

    /// Out of the file, in one transaction of it.
    fn delete(&self, removal: &Removal, kept: &[Kept]) -> rusqlite::Result<()> {
        let transaction = self.sql().unchecked_transaction()?;
        for Kept { gathered } in kept {
            for (table, key, columns) in &gathered.nulled {
                removal.rows[table].set(&transaction, key, columns, None)?;
            }
            for (table, key) in &gathered.goes {
                if let Key::Rowid(rowid) = key {
                    for words in removal.words.get(table).into_iter().flatten() {
                        words.forget(&transaction, table, *rowid)?;
                    }
                }
                removal.rows[table].delete(&transaction, key)?;
            }
        }
        #[cfg(feature = "failpoints")]
        fail::fail_point!("cleaning::in_batch", |_| std::process::abort());
        transaction.commit()
    }
}

/// Into the vault, in one transaction of that file alone, and read again.
fn keep(
    removal: &Removal,
    vault: &OpenVault<'_>,
    doomed: Vec<(&Doomed, Gathered)>,
    removed: &mut Removed,
) -> Result<Vec<Kept>, CleaningError> {
    let mut ids = Vec::new();
    let copy = || -> rusqlite::Result<Vec<Kept>> {
        let transaction = vault.sql().unchecked_transaction()?;
        let mut kept = Vec::new();
        for (row, gathered) in doomed {
            let owner = vault.keep(&removal.rows[&row.table], &row.key, &row.row_hash, &row.why, None)?;
            ids.push((owner, row.table.clone()));
            for (table, key) in &gathered.goes {
                if (table, key) == (&row.table, &row.key) {
                    continue;
                }
                let rows = &removal.rows[table];
                if let Some(hash) = rows.hash(vault.sql(), key)? {
                    ids.push((vault.keep(rows, key, &hash, "", Some(owner))?, table.clone()));
                    removed.followed += 1;
                }
            }
            for (table, key) in &gathered.goes {
                for words in removal
                    .words
                    .get(table)
                    .into_iter()
                    .flatten()
                    .filter(|words| words.keeps_texts())
                {
                    vault.keep_words(words, key, owner)?;
                }
            }
            for (table, key, columns) in &gathered.nulled {
                vault.keep_reference(&removal.rows[table], key, columns, owner)?;
            }
            removed.rows += 1;
            kept.push(Kept { gathered });
        }
        #[cfg(feature = "failpoints")]
        fail::fail_point!("cleaning::in_vault", |_| std::process::abort());
        transaction.commit()?;
        Ok(kept)
    };
    let kept = copy().map_err(|error| vault.failed(&error))?;
    for (id, table) in ids {
        let is_kept = vault.is_kept(id, &removal.rows[&table]);
        if !is_kept.map_err(|error| vault.failed(&error))? {
            return Err(vault.wrong(format!(
                "row {id} of `{table}` was read again and differs; nothing was deleted"
            )));
        }
    }
    Ok(kept)
}

enum May {
    Go(Gathered),
    BeGone,
    Stay(String),
}
