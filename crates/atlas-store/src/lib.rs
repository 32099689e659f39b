//! The only crate with SQL: the library with its jobs, operational state, and blobs.
//!
//! Methods are use cases in domain words: no transaction, row or SQL type leaves this crate, and each write is
//! one transaction. Nothing here fetches, extracts or judges.

mod asked_file;
mod backup;
mod blobs;
mod data_dir;
mod error;
pub mod findings;
mod jobs;
mod library;
pub mod maintenance;
mod ops;
mod reserve;
mod room;
mod schemas;
mod services;
mod sqlite;
mod tx;

pub use asked_file::{AskFailure, AskedValue, Turn, ask_file};
pub use backup::{
    Backup, BackupDestination, BackupError, BackupOrder, BackupRetention, Bytes, Checked, Manifest,
    PackedBlobs, PackedDatabase, Pruned, Restored, TableFigures, VerifyDepth,
};
pub use blobs::PreparedBlob;
pub use data_dir::{DataDir, DataDirError, DataDirLock, Holder};
pub use error::StoreError;
pub use jobs::{
    AttemptRecord, CancelledJob, Companions, CrashRecovery, Crowd, JobFilter, JobPage, JobScope, Places,
    Postponement, Turns, UnreadableJob, WaitedFor,
};
pub use library::{
    AuditEntry, AuditedItem, AuditedPage, CleanAction, Cleaned, CleanupItem, CleanupItemPage, CleanupPlan,
    CleanupRun, Conclusion, Counts, Folding, GivenHtml, HourOfIngest, IndexMaterial, IndexMaterialPage,
    IngestCommit, IngestHistory, IngestMaterial, ItemFilter, ItemPage, Judgement, Library, NewItem,
    OverdueLeases, PlannedItem, QuarantinePage, Quarantined, RetentionPolicy, RetentionReport, Saved,
    SavedAs, StoredBytes, TitleHit, TitleQuery, UndoneItems, UnreadableItem, VaultPage, VaultedItem, Witness,
};
pub use ops::{
    FileCheck, InboxRecord, IncidentQuery, IncidentRecord, IndexGuard, OpenIncidents, Ops, Origin,
    StoredBreakers, StoredHeartbeat, TimelineMark, VitalsRows,
};
pub use reserve::Reserve;
pub use room::free_bytes;
pub use schemas::{SchemaVersion, schema_versions};
pub use services::DatabaseServices;
pub use sqlite::{FileFigures, WriterStats};
