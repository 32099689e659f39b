//! Taking rows out of a file that belongs to somebody else, and putting them back: nobody else may use it meanwhile, a
//! row is in the vault before it is gone, and what comes back is what went, byte for byte.

#[cfg(feature = "failpoints")]
mod crashes;
mod full_disk;
mod generated;
mod holding;
mod removing;
mod undoing;

use std::path::PathBuf;
use std::time::Duration;

use atlas_store::maintenance::cleaning::{Batch, Doomed, Held, Holding, Removal, Removed, TableHashes};
use atlas_store::maintenance::{Key, Looking, Reference, RowLimits, Table, row_hash};

use crate::maintenance::Place;

pub(crate) const RUN: &str = "run-1";

pub(crate) fn hold(place: &Place) -> Held {
    Held::take(&place.path(), &impatient(), Looking::default()).unwrap()
}

pub(crate) fn impatient() -> Holding {
    Holding {
        remembered: None,
        recovers: true,
        lock_wait: Duration::from_millis(50),
    }
}

pub(crate) fn vault(place: &Place) -> PathBuf {
    place.beside("vault.db")
}

pub(crate) fn hashes(held: &Held) -> TableHashes {
    TableHashes::of(held.look(), &held.look().tables().unwrap(), &mut |_| {}).unwrap()
}

/// The rows of a table with these rowids, as they are, to be taken out.
pub(crate) fn doomed(held: &Held, table: &str, wanted: impl Fn(&Key) -> bool) -> Vec<Doomed> {
    let tables = held.look().tables().unwrap();
    let table = table_named(&tables, table);
    let columns = table.stored_columns();
    let mut stream = held
        .look()
        .rows(table, &columns, None, RowLimits::default())
        .unwrap();
    let mut doomed = Vec::new();
    while let Some(batch) = stream.next_batch().unwrap() {
        for row in batch.rows.into_iter().filter(|row| wanted(&row.key)) {
            doomed.push(Doomed {
                table: table.name.clone(),
                key: row.key,
                row_hash: row_hash(&row.values),
                why: r#"["stub"]"#.to_owned(),
                survivor: None,
            });
        }
    }
    doomed
}

pub(crate) fn table_named<'t>(tables: &'t [Table], name: &str) -> &'t Table {
    tables.iter().find(|table| table.name == name).unwrap()
}

pub(crate) fn removal(held: &Held, references: &[Reference]) -> Removal {
    Removal::of(held, &held.look().tables().unwrap(), references).unwrap()
}

pub(crate) fn remove(held: &Held, place: &Place, rows: &[Doomed], references: &[Reference]) -> Removed {
    let vault = vault(place);
    let batch = Batch {
        rows,
        vault: &vault,
        run: RUN,
    };
    held.remove(&removal(held, references), batch).unwrap()
}
