//! What a table is made of, as found in a file. Only words: how it is found out stands in `schema.rs`.

use serde::Serialize;

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: TableKind,
    /// Whether its rows are kept by their primary key. Never so for views and virtual tables.
    pub without_rowid: bool,
    /// Whether its values have the declared types.
    pub strict: bool,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// Its indexes, those of its unique keys included.
    pub indexes: Vec<Index>,
    /// What it refers to.
    pub foreign_keys: Vec<ForeignKey>,
    /// What runs when it is changed.
    pub triggers: Vec<Trigger>,
    /// Its rows, counted. `None` for views and virtual tables, whose rows are kept elsewhere, and where counting failed.
    pub rows: Option<u64>,
    /// The statement that made it.
    pub sql: Option<String>,
    /// What of this could not be read, and why.
    pub trouble: Vec<String>,
}

/// What a table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum TableKind {
    /// A table that somebody made for records.
    Ordinary,
    /// One that is computed by a module, such as full-text search.
    Virtual {
        /// The module, in small letters.
        module: String,
        /// For full-text search: where the texts are.
        content: Option<FtsContent>,
    },
    /// One in which a virtual table keeps what it needs. Its rows are no records.
    Shadow {
        /// The virtual table.
        of: String,
    },
    /// One of SQLite itself.
    Internal,
    /// A stored query.
    View,
}

/// Where the texts of a full-text table are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "content")]
pub enum FtsContent {
    /// In a table of its own: it is the only copy, or a copy that nothing declares.
    Own,
    /// In another table, whose rows it follows.
    External {
        /// That table.
        table: String,
        /// Its column that equals the rowid of the full-text table, where one is named.
        rowid_column: Option<String>,
    },
    /// Nowhere: only the index is kept.
    Contentless,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as it was declared, or nothing.
    pub declared_type: String,
    /// Whether it was declared without NOT NULL.
    pub nullable: bool,
    /// The expression for what is not given.
    pub default: Option<String>,
    /// Its place in the primary key, from 1.
    pub primary_key_position: Option<u32>,
    /// Whether it is computed.
    pub generated: Generated,
    /// Whether it is hidden, as in a virtual table.
    pub hidden: bool,
}

/// Whether a column is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Generated {
    /// No: it is given.
    No,
    /// Whenever it is read.
    Virtual,
    /// When its row is written.
    Stored,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Whether no two rows may be equal in it. As in SQLite, rows with a NULL in it never are.
    pub unique: bool,
    /// Whether it is that of the primary key.
    pub primary_key: bool,
    /// Whether it holds only some of the rows.
    pub partial: bool,
    /// What it is ordered by.
    pub columns: Vec<IndexColumn>,
}

/// A part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IndexColumn {
    /// The column. `None` for an expression, or the rowid.
    pub name: Option<String>,
    /// Whether it is ordered from the largest to the smallest.
    pub descending: bool,
    /// How its texts are compared.
    pub collation: String,
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ForeignKey {
    /// Its number in its table, by which violations name it.
    pub id: i64,
    /// The table it refers to, which need not exist.
    pub parent: String,
    /// From which column to which; the primary key where none is named.
    pub columns: Vec<(String, Option<String>)>,
    /// What becomes of the row when its parent is deleted.
    pub on_delete: String,
}

/// Something that runs when a table is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The statement that made it.
    pub sql: String,
}

impl Table {
    /// Whether its rows are records that somebody may want back.
    pub fn holds_records(&self) -> bool {
        self.kind == TableKind::Ordinary
    }

    /// Whether its rows lie in the file, and can be read one by one.
    pub fn has_stored_rows(&self) -> bool {
        !matches!(self.kind, TableKind::View | TableKind::Virtual { .. })
    }

    /// The names of the columns that are given and stored, in their order: what a row hash is made of.
    pub fn stored_columns(&self) -> Vec<String> {
        let given = self
            .columns
            .iter()
            .filter(|column| column.generated == Generated::No);
        given.map(|column| column.name.clone()).collect()
    }

    /// The columns of its primary key, in their order.
    pub fn primary_key(&self) -> Vec<&str> {
        let mut key: Vec<_> = self
            .columns
            .iter()
            .filter_map(|column| Some((column.primary_key_position?, column.name.as_str())))
            .collect();
        key.sort_unstable();
        key.into_iter().map(|(_, name)| name).collect()
    }

    /// The keys in which no two rows may be equal, by their columns. Those with expressions or a condition are left out.
    pub fn unique_keys(&self) -> Vec<Vec<&str>> {
        let unique = self.indexes.iter().filter(|index| index.unique && !index.partial);
        let mut keys: Vec<Vec<&str>> = unique
            .filter_map(|index| {
                index
                    .columns
                    .iter()
                    .map(|column| column.name.as_deref())
                    .collect()
            })
            .collect();
        let primary = self.primary_key();
        if !primary.is_empty() && !keys.contains(&primary) {
            keys.insert(0, primary);
        }
        keys
    }

    /// Whether it has columns that are computed.
    pub(super) fn has_generated_columns(&self) -> bool {
        self.columns
            .iter()
            .any(|column| column.generated != Generated::No)
    }
}
