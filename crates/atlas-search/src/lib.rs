//! The search index: derived from the store's change log, rebuilt from it at any time, the truth about nothing.
//!
//! Synchronous and free of any runtime: callers that are asynchronous use a blocking thread. The crate reads
//! no change log and knows no store; whoever reads the log hands over batches with their cursor.
//!
//! Writing is [`SearchIndex`], reading is [`SearchReader`]; a reader needs neither the writer nor its lock.

mod collect;
mod compile;
mod damage;
mod document;
mod error;
mod index;
mod languages;
mod needles;
mod open;
mod pattern;
mod query;
mod read_only;
mod reader;
mod schema;
mod snippet;
mod text;

pub use document::{IndexOp, IndexedDocument};
pub use error::{RebuildReason, SearchError};
pub use index::SearchIndex;
pub use open::{IndexSettings, Opened};
pub use query::{Clause, FilterField, Operand, Query, QueryError};
pub use reader::{Hit, Hits, SearchReader, SearchRequest};
pub use snippet::{Snippet, SnippetPart};
pub use text::fold::fold;
