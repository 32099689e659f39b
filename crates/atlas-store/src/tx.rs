//! `Tx`: what a use case needs inside its transaction.

use atlas_domain::{Entropy, ItemId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreError;

/// A write transaction: the connection, one moment for all its rows, and randomness for ids.
pub(crate) struct Tx<'a> {
    pub(crate) sql: &'a Connection,
    pub(crate) now: Timestamp,
    pub(crate) entropy: &'a Entropy,
}

impl Tx<'_> {
    /// The row id of an item.
    pub(crate) fn item_row(&self, item: ItemId) -> Result<i64, StoreError> {
        self.sql
            .prepare_cached("SELECT id FROM item WHERE uuid = ?1")?
            .query_row([item.as_bytes()], |row| row.get(0))
            .optional()?
            .ok_or_else(|| StoreError::not_found("item", item))
    }
}
