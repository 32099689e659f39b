//! Looks into any SQLite file without changing it: what it is, what it holds, where its bytes are, whether it is whole,
//! and each of its rows. Nothing here judges a row, and nothing but [`cleaning`] writes to the file or beside it.
//!
//! **How a file is read.** [`Snapshot::open`] begins one read transaction and keeps it to its end, so that all answers
//! are of one moment, whoever writes meanwhile. Which way the file is opened depends on its log ([`Way`]):
//!
//! - A file with a rollback journal takes part in the locks. Nothing is made beside it. As long as the snapshot lives,
//!   others can read it but not commit.
//! - A file in WAL mode *without* a log (`-wal` is not there, or is empty and has no `-shm`) is read as it lies, without
//!   locks: SQLite would make two files beside it and leave them. Nobody has such a file open; should somebody begin,
//!   and move pages into it, the snapshot notices that and says [`LookError::Changed`] instead of telling a mixture.
//! - A file in WAL mode *with* a log is read beside whoever writes. SQLite needs the `-shm` for that: it changes marks
//!   in it, and makes it where it is missing ([`FileFacts::made_beside`] says so). It is left there, because
//!   somebody may have begun to use it. Where it cannot be made, the file is refused: without its log it would be
//!   an older state than its owner knows.
//!
//! A file with a rollback journal that was left by a crash is refused, because reading it would mean to repair it.
//!
//! **A damaged file** opens as far as it can. [`FileFacts::damage`] says what was wrong at once; tables, bytes and rows
//! that cannot be read are named where they are asked for, and what lies behind them is read.
//!
//! **Memory** is bounded whatever the size of the file and of its rows: a small cache, batches, long values by their
//! beginning and hash. No statement here sorts or builds an index, so there are no temporary files.
//!
//! **Not for files that this process has open**, unless [`Whose::Own`] says so: to look at a file beside SQLite and
//! close it again would release the locks that SQLite holds on it.

mod bytes;
pub mod cleaning;
mod columns;
mod error;
mod facts;
mod hash;
mod header;
mod inspect;
mod integrity;
mod long;
mod looking;
mod open;
mod orphans;
mod quote;
mod rows;
mod schema;
mod select;
mod skip;
mod snapshot;
mod table;
mod utf16;
mod value;
mod virtual_table;

pub use bytes::{Bytes, ObjectBytes, UnreadObject};
pub use columns::{ColumnBytes, ColumnSums};
pub use error::LookError;
pub use facts::FileFacts;
pub use hash::{TableHash, row_hash};
pub use header::{AutoVacuum, Encoding, JournalMode};
pub use integrity::{Depth, ForeignKeyViolations, Integrity, Unchecked};
pub use looking::{Looking, Progress, Symlinks, Way, Whose};
pub use orphans::{Orphans, Reference};
pub use rows::{Batch, Row, RowLimits, RowStream, Unread};
pub use snapshot::Snapshot;
pub use table::{Column, ForeignKey, FtsContent, Generated, Index, IndexColumn, Table, TableKind, Trigger};
pub use value::{Key, LongKind, LongValue, Value};
