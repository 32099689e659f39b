//! The truth about one row, as it is handed back and written as a line of JSON. README.md says how it is to be read.

use serde::{Deserialize, Serialize};

use crate::kind::{Kind, Label};

/// What is odd about a row besides its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twist {
    /// The address is NULL.
    NoUrl,
    /// The address is the empty string.
    BlankUrl,
    /// The metadata are no valid JSON.
    DamagedMetadata,
    /// There is no title.
    NoTitle,
    /// The body is text that is not UTF-8.
    InvalidUtf8,
}

/// What is true of one row of one table. Virtual tables and views have none of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The table, unquoted.
    pub table: String,
    /// The rowid; in a table without rowids, the place in the order of writing, from 1.
    pub rowid: i64,
    /// The primary key, in tables without reachable rowids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What ought to become of it.
    pub label: Label,
    /// What it holds.
    pub kind: Kind,
    /// The row of the same table that it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<i64>,
    /// Whether the row follows another (a copy or a child), and has no verdict of its own.
    pub derived: bool,
    /// The rowid that a derived row follows, in the table of which [`Truth::derived`] rows are copies or children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<i64>,
    /// Two letters: the language of the body, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What is odd about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub twists: Vec<Twist>,
}
