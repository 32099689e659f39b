//! The only crate with SQL: the library with its jobs, operational state, and blobs.
//!
//! Methods are use cases in domain words: no transaction, row or SQL type leaves this crate, and each write is
//! one transaction. Nothing here fetches, extracts or judges.

mod asked_file;
mod blobs;
mod data_dir;
mod error;
mod jobs;
mod library;
mod ops;
mod reserve;
mod services;
mod sqlite;
mod tx;

pub use asked_file::{AskFailure, AskedValue, ask_file};
pub use blobs::PreparedBlob;
pub use data_dir::{DataDir, DataDirError, DataDirLock, Holder};
pub use error::StoreError;
pub use jobs::{
    AttemptRecord, CancelledJob, Companions, CrashRecovery, Crowd, JobFilter, JobPage, JobScope, Places,
    Postponement, Turns, UnreadableJob, WaitedFor,
};
pub use library::{
    AuditEntry, Conclusion, Counts, Folding, GivenHtml, HourOfIngest, IndexMaterial, IndexMaterialPage,
    IngestCommit, IngestHistory, IngestMaterial, ItemFilter, ItemPage, Judgement, Library, NewItem,
    OverdueLeases, QuarantinePage, Quarantined, RetentionPolicy, RetentionReport, Saved, SavedAs,
    StoredBytes, TitleHit, TitleQuery, UnreadableItem,
};
pub use ops::{
    InboxRecord, IncidentQuery, IncidentRecord, IndexGuard, OpenIncidents, Ops, StoredBreakers,
    StoredHeartbeat, TimelineMark, VitalsRows,
};
pub use reserve::Reserve;
pub use services::DatabaseServices;
pub use sqlite::{FileFigures, WriterStats};
