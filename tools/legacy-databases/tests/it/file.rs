//! A generated file that a test looks into.

use std::collections::BTreeMap;
use std::path::PathBuf;

use legacy_databases::{Label, Recipe, Summary, Truth, generate_with_truth};
use rusqlite::Connection;
use rusqlite::types::Value;

/// A file in a folder that goes with it.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) summary: Summary,
    pub(crate) truths: Vec<Truth>,
    _folder: tempfile::TempDir,
}

impl File {
    pub(crate) fn of(recipe: &Recipe) -> Self {
        let folder = tempfile::tempdir().expect("a folder for a test");
        let path = folder.path().join("legacy.db");
        let (summary, truths) = generate_with_truth(recipe, &path).expect("a file");
        Self {
            path,
            summary,
            truths,
            _folder: folder,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "a test looks into a foreign file")]
    pub(crate) fn open(&self) -> Connection {
        Connection::open(&self.path).expect("an answer")
    }

    /// Names of the tables that hold rows of their own: no virtual ones, none of SQLite's.
    pub(crate) fn tables(&self) -> Vec<String> {
        let connection = self.open();
        let mut statement = connection
            .prepare("SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name")
            .expect("an answer");
        let names = statement.query_map([], |row| row.get(0)).expect("an answer");
        names.map(|row| row.expect("a row")).collect()
    }

    pub(crate) fn number(&self, statement: &str) -> u64 {
        let number: i64 = self
            .open()
            .query_row(statement, [], |row| row.get(0))
            .expect("an answer");
        u64::try_from(number).expect("an answer")
    }

    /// Every value of a table, in the order of its rows.
    pub(crate) fn dump(&self, table: &str) -> Vec<Vec<Value>> {
        let connection = self.open();
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {}", quoted(table)))
            .expect("an answer");
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                (0..columns)
                    .map(|column| {
                        // Text that is not UTF-8 is compared as bytes.
                        let value = row.get_ref(column)?;
                        Ok(match value.as_bytes() {
                            Ok(bytes) => Value::Blob(bytes.to_vec()),
                            Err(_) => value.try_into()?,
                        })
                    })
                    .collect()
            })
            .expect("an answer");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// A text column by rowid.
    pub(crate) fn column(&self, table: &str, column: &str) -> BTreeMap<i64, Option<String>> {
        let connection = self.open();
        let mut statement = connection
            .prepare(&format!(
                "SELECT rowid, {} FROM {}",
                quoted(column),
                quoted(table)
            ))
            .expect("an answer");
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("an answer");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// The truths about a table's rows that follow no other.
    pub(crate) fn own(&self, table: &str) -> impl Iterator<Item = &Truth> {
        self.truths
            .iter()
            .filter(move |truth| truth.table == table && !truth.derived)
    }

    pub(crate) fn count(&self, table: &str, label: Label) -> usize {
        self.own(table).filter(|truth| truth.label == label).count()
    }
}

pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The main table of each shape with its column of bodies and that of addresses.
pub(crate) const MAINS: [(&str, &str, &str, Option<&str>); 8] = [
    ("mixed-a", "content", "content", Some("source_url")),
    ("mixed-b", "content", "content", Some("url")),
    ("mixed-c", "content", "content", Some("url")),
    ("mixed-d", "content", "content", Some("url")),
    ("mixed-segments", "transcript_segments", "content", None),
    ("mixed-search", "enhanced_content_index", "content", Some("url")),
    ("mixed-index", "content_index", "search_text", Some("source_url")),
    ("mixed-inbox", "inbox", "content", None),
];
