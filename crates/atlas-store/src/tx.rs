//! `Tx`: what a use case needs inside its transaction, and what it tells others once that is committed.

use std::cell::RefCell;

use atlas_domain::{Entropy, ItemId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};

use crate::error::StoreError;
use crate::jobs::JobNote;
use crate::sqlite::Column;

/// A write transaction: the connection, one moment for all its rows, and randomness for ids.
pub(crate) struct Tx<'a> {
    pub(crate) sql: &'a Connection,
    pub(crate) now: Timestamp,
    pub(crate) entropy: &'a Entropy,
    /// Kept here until the commit: a transaction that runs again begins with none.
    job_notes: RefCell<Vec<JobNote>>,
}

impl<'a> Tx<'a> {
    /// For a transaction that `sql` has begun.
    pub(crate) fn new(sql: &'a Connection, now: Timestamp, entropy: &'a Entropy) -> Self {
        Self {
            sql,
            now,
            entropy,
            job_notes: RefCell::default(),
        }
    }

    /// The row id of an item.
    pub(crate) fn item_row(&self, item: ItemId) -> Result<i64, StoreError> {
        self.sql
            .prepare_cached("SELECT id FROM item WHERE uuid = ?1")?
            .query_row([item.as_bytes()], |row| row.get(0))
            .optional()?
            .ok_or_else(|| StoreError::not_found("item", item))
    }

    /// Whose an item is.
    pub(crate) fn owner_of(&self, item: ItemId) -> Result<UserId, StoreError> {
        self.sql
            .prepare_cached("SELECT user_id FROM item WHERE uuid = ?1")?
            .query_row([item.as_bytes()], |row| UserId::read(row, "user_id"))
            .optional()?
            .ok_or_else(|| StoreError::not_found("item", item))
    }

    /// Remembers what happened to a job, for when it counts.
    pub(crate) fn note(&self, note: JobNote) {
        self.job_notes.borrow_mut().push(note);
    }

    /// What happened to jobs, in order.
    pub(crate) fn into_job_notes(self) -> Vec<JobNote> {
        self.job_notes.into_inner()
    }
}
