//! Takes rows out of a SQLite file that belongs to somebody else, so that each of them can be put back: what has to go is
//! said by whoever calls. Nothing here judges a row.
//!
//! **Sole use.** [`Held`] proves that nobody else has the file open, and keeps it locked until it is let go.
//!
//! **A copy first.** [`Held::back_up`] copies the file, reads the copy again, and compares every row.
//!
//! **A row is in the vault before it is gone.** [`Held::remove`] copies a batch with all that depends on it into a
//! [`Vault`], reads it back, commits and syncs that file; only then the rows are deleted, in one transaction. A crash between
//! leaves a row in both places, never in none. Resuming looks at vault and file alone.
//!
//! **Nothing is ever put in the place of the file.** [`Held::compact`] makes a small copy, verifies it and copies its
//! pages back into the file, as one transaction of that file: inode, owner, links and permissions stay, and a crash
//! leaves the old or the new content.

mod compact;
mod copy;
mod error;
mod follow;
mod hashes;
mod hold;
mod peers;
mod remove;
mod statements;
mod undo;
mod vault;
mod vaulted;
mod words;

pub use compact::Compacted;
pub use copy::Copied;
pub use error::CleaningError;
pub use follow::{Follows, Removal};
pub use hashes::TableHashes;
pub use hold::{Held, Holding, Remembered};
pub use remove::{Batch, Doomed, Removed};
pub use undo::{Conflict, Undone};
pub use vaulted::{Vault, VaultedRow};
