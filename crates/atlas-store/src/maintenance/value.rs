//! Values of a row as SQLite stores them, and what a row is known by. Text is bytes, because nobody guarantees that it
//! is valid.

use std::cmp::Ordering;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as Bound, ValueRef};
use serde::{Deserialize, Serialize};

/// A value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction. Kept as its bits where it is serialised: JSON has no infinity.
    Real(#[serde(with = "bits")] f64),
    /// Text in UTF-8, or what the file holds in its place.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
    /// A text or blob that is too long to be held in memory.
    Long(LongValue),
}

/// The beginning of a long value, and what it is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongValue {
    /// What it is.
    pub kind: LongKind,
    /// Its first bytes; of a text in UTF-8.
    pub prefix: Vec<u8>,
    /// All its bytes; of a text in UTF-8.
    pub length_bytes: u64,
    /// The bytes it takes in the file, which differ for a text in UTF-16.
    pub stored_bytes: u64,
    /// BLAKE3 of all its bytes.
    pub hash: [u8; 32],
}

/// What a long value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LongKind {
    /// A text.
    Text,
    /// Bytes.
    Blob,
}

/// What a row is known by, and where it stands among the others of its table. Can be kept, to go on behind it later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The rowid of an ordinary table.
    Rowid(i64),
    /// The primary key of a table WITHOUT ROWID, in its order.
    Primary(Vec<Value>),
}

impl Key {
    /// As SQLite orders the rows of one table, provided that its primary key has neither a collation of its own nor
    /// descending columns. A rowid comes before a primary key, which never meet.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Rowid(one), Self::Rowid(two)) => one.cmp(two),
            (Self::Rowid(_), Self::Primary(_)) => Ordering::Less,
            (Self::Primary(_), Self::Rowid(_)) => Ordering::Greater,
            (Self::Primary(one), Self::Primary(two)) => one
                .iter()
                .zip(two)
                .map(|(one, two)| one.compare(two))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| one.len().cmp(&two.len())),
        }
    }
}

impl Value {
    /// As SQLite orders: nothing, numbers, texts, blobs. A long value is ordered by its beginning.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(one), Self::Integer(two)) => one.cmp(two),
            (Self::Real(one), Self::Real(two)) => one.total_cmp(two),
            (Self::Integer(one), Self::Real(two)) => compare_mixed(*one, *two),
            (Self::Real(one), Self::Integer(two)) => compare_mixed(*two, *one).reverse(),
            _ => self
                .class()
                .cmp(&other.class())
                .then_with(|| self.bytes().cmp(other.bytes())),
        }
    }

    /// The bytes of a text or blob, as far as they are held; none of other values.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) | Self::Blob(bytes) => bytes,
            Self::Long(long) => &long.prefix,
            _ => &[],
        }
    }

    fn class(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
            Self::Blob(_) => 3,
            Self::Long(long) => match long.kind {
                LongKind::Text => 2,
                LongKind::Blob => 3,
            },
        }
    }

    /// Bytes that it takes in memory besides itself.
    pub(super) fn held_bytes(&self) -> usize {
        self.bytes().len()
    }
}

/// Without the loss that comes with making one of the other.
fn compare_mixed(whole: i64, real: f64) -> Ordering {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if real.is_nan() || real < -LIMIT {
        return Ordering::Greater;
    }
    if real >= LIMIT {
        return Ordering::Less;
    }
    whole
        .cmp(&(real as i64))
        .then_with(|| (whole as f64).total_cmp(&real))
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) => Self::Text(bytes.to_vec()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
        }
    }
}

/// For keys, which are never long.
impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Bound::Null),
            Self::Integer(number) => ToSqlOutput::Owned(Bound::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Owned(Bound::Real(*number)),
            Self::Text(bytes) => ToSqlOutput::Borrowed(ValueRef::Text(bytes)),
            Self::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Long(_) => {
                let error = std::io::Error::other("only the beginning of this value is known");
                return Err(rusqlite::Error::ToSqlConversionFailure(Box::new(error)));
            }
        })
    }
}

mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(number: &f64, to: S) -> Result<S::Ok, S::Error> {
        number.to_bits().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        u64::deserialize(from).map(f64::from_bits)
    }
}
