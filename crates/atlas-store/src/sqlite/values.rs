//! Reading and writing domain values as columns. Every unreadable value names what it should have been.

use std::str::FromStr;

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, Type, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// A column that holds a domain value in its stored form.
pub(crate) trait Column: Sized {
    /// Reads column `name`.
    fn read(row: &Row<'_>, name: &str) -> rusqlite::Result<Self>;
}

/// UUIDs are 16 bytes, hashes 32, times milliseconds.
macro_rules! column {
    ($type:ty, $stored:ty, $make:expr) => {
        impl Column for $type {
            fn read(row: &Row<'_>, name: &str) -> rusqlite::Result<Self> {
                row.get::<_, $stored>(name).map($make)
            }
        }

        impl Column for Option<$type> {
            fn read(row: &Row<'_>, name: &str) -> rusqlite::Result<Self> {
                row.get::<_, Option<$stored>>(name)
                    .map(|stored| stored.map($make))
            }
        }
    };
}

column!(atlas_domain::ItemId, [u8; 16], atlas_domain::ItemId::from_bytes);
column!(
    atlas_domain::DocumentId,
    [u8; 16],
    atlas_domain::DocumentId::from_bytes
);
column!(
    atlas_domain::SnapshotId,
    [u8; 16],
    atlas_domain::SnapshotId::from_bytes
);
column!(
    atlas_domain::CleanupId,
    [u8; 16],
    atlas_domain::CleanupId::from_bytes
);
column!(atlas_domain::JobId, [u8; 16], atlas_domain::JobId::from_bytes);
column!(atlas_domain::BlobHash, [u8; 32], atlas_domain::BlobHash);
column!(atlas_domain::Timestamp, i64, atlas_domain::Timestamp::from_millis);
column!(atlas_domain::UserId, i64, atlas_domain::UserId);

/// Text as it is stored, even if it is none: to go on with a value that may be damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StoredText(Vec<u8>);

impl StoredText {
    /// Whether it is this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.0 == text.as_bytes()
    }
}

impl FromSql for StoredText {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(bytes) => Ok(Self(bytes.to_vec())),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for StoredText {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(&self.0)))
    }
}

impl std::fmt::Display for StoredText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// A word of a closed vocabulary.
pub(crate) fn parse_column<T>(row: &Row<'_>, name: &str) -> rusqlite::Result<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let word: String = row.get(name)?;
    word.parse().map_err(|error: T::Err| unreadable(error))
}

/// A value kept as JSON.
pub(crate) fn json_column<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> rusqlite::Result<T> {
    let text: String = <String as FromSql>::column_result(row.get_ref(name)?)?;
    serde_json::from_str(&text).map_err(unreadable)
}

/// A value as JSON to keep.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Unreadable(error.to_string()))
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error))
}
