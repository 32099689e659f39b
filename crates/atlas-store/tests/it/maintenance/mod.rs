//! Looking into SQLite files that other programs wrote: nothing about them is changed, everything in them is found, and
//! what cannot be read is said.

mod checking;
mod damaged;
mod describing;
mod long_rows;
mod measuring;
mod opening;
mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atlas_store::maintenance::{Key, Looking, Row, RowLimits, Snapshot, Table, Unread, Value};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// A folder with a database in it.
pub(crate) struct Place {
    folder: PathBuf,
    /// Goes with it, unless somebody else made it.
    _made: Option<TempDir>,
}

impl Place {
    /// A database that these statements made, and that nobody has open.
    pub(crate) fn with(sql: &str) -> Self {
        let place = Self::empty();
        place.writer().execute_batch(sql).unwrap();
        place
    }

    /// Without one.
    pub(crate) fn empty() -> Self {
        let made = tempfile::tempdir().unwrap();
        Self {
            folder: made.path().to_owned(),
            _made: Some(made),
        }
    }

    /// A folder that somebody else looks after.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            _made: None,
        }
    }

    /// The current directory.
    #[cfg(feature = "failpoints")]
    pub(crate) fn here() -> Self {
        Self {
            folder: std::env::current_dir().unwrap(),
            _made: None,
        }
    }

    #[cfg(feature = "failpoints")]
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("foreign.db")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Another program that has it open.
    pub(crate) fn writer(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Connection::open_with_flags(self.path(), flags).unwrap()
    }

    pub(crate) fn look(&self) -> Snapshot {
        Snapshot::open(&self.path(), impatient()).unwrap()
    }

    /// All files, with their bytes.
    pub(crate) fn listing(&self) -> BTreeMap<String, Vec<u8>> {
        let files = std::fs::read_dir(&self.folder).unwrap();
        files
            .map(|file| {
                let file = file.unwrap();
                let name = file.file_name().into_string().unwrap();
                (name, std::fs::read(file.path()).unwrap())
            })
            .collect()
    }

    /// Writes over a page, counted from 1.
    pub(crate) fn overwrite_page(&self, page: u64, page_size_bytes: usize) {
        let mut bytes = std::fs::read(self.path()).unwrap();
        let at = (page as usize - 1) * page_size_bytes;
        bytes[at..at + page_size_bytes].fill(0);
        std::fs::write(self.path(), bytes).unwrap();
    }
}

/// Nobody who has the file locked is waited for.
pub(crate) fn impatient() -> Looking {
    Looking {
        lock_wait: Duration::ZERO,
        ..Looking::default()
    }
}

pub(crate) fn table(snapshot: &Snapshot, name: &str) -> Table {
    let tables = snapshot.tables().unwrap();
    tables
        .into_iter()
        .find(|table| table.name == name)
        .unwrap_or_else(|| panic!("no table {name}"))
}

/// All stored values of a table, and what could not be read.
pub(crate) fn read_all(snapshot: &Snapshot, name: &str, limits: RowLimits) -> (Vec<Row>, Vec<Unread>) {
    let table = table(snapshot, name);
    let mut stream = snapshot
        .rows(&table, &table.stored_columns(), None, limits)
        .unwrap();
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    while let Some(batch) = stream.next_batch().unwrap() {
        rows.extend(batch.rows);
        unread.extend(batch.unread);
    }
    (rows, unread)
}

/// The same where everything can be read.
pub(crate) fn rows(snapshot: &Snapshot, name: &str) -> Vec<Row> {
    let (rows, unread) = read_all(snapshot, name, RowLimits::default());
    assert_eq!(unread, []);
    rows
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.into())
}

pub(crate) fn rowids(rows: &[Row]) -> Vec<i64> {
    rows.iter()
        .map(|row| match row.key {
            Key::Rowid(rowid) => rowid,
            Key::Primary(_) => panic!("{:?}", row.key),
        })
        .collect()
}

/// Asks whatever can be asked.
pub(crate) fn ask_everything(snapshot: &Snapshot) {
    use atlas_store::maintenance::Depth;
    snapshot.file().unwrap();
    for table in snapshot.tables().unwrap() {
        if table.has_stored_rows() {
            read_all(snapshot, &table.name, RowLimits::default());
            snapshot.column_bytes(&table, &mut |_| ()).unwrap();
        }
    }
    snapshot.bytes().unwrap();
    snapshot.integrity(Depth::Quick, 10).unwrap();
    snapshot.integrity(Depth::Full, 10).unwrap();
}

/// Copies a database as it lies there, its log with it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        if name(from).exists() {
            std::fs::copy(name(from), name(to)).unwrap();
        }
    }
}
