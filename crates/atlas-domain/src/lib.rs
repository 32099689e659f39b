//! The vocabulary of Atlas and the ports through which the application meets the outside world.
//!
//! Values only: nothing here does I/O, reads the clock, or knows an async runtime. Every other crate
//! speaks in these words, so one noun has one name at every layer.

mod words;

pub mod alert;
pub mod article;
pub mod canonical;
pub mod change;
pub mod cleanup;
pub mod criteria;
pub mod document;
pub mod fetch;
pub mod health;
pub mod id;
pub mod item;
pub mod job;
pub mod length;
pub mod message;
pub mod model;
pub mod outcome;
pub mod panic;
pub mod probe;
pub mod site;
pub mod snapshot;
pub mod time;
pub mod url;
pub mod verdict;

pub use alert::{
    DeliveryKind, DeliveryState, IncidentEnd, IncidentState, NoticeKind, NoticeState, Suppression,
};
pub use article::{Article, Confidence, FactSource, Link, PageType, Sourced};
pub use canonical::CanonicalUrl;
pub use change::{Change, ChangeOp, ChangePage, Cursor, LibraryIdentity};
pub use cleanup::{CleanupState, CleanupStep};
pub use criteria::{Criteria, Criterion, Standing};
pub use document::Document;
pub use fetch::{
    CopyPlace, CopyRequest, ErrorClass, FetchError, FetchFault, FetchRequest, Fetched, Fetcher, Hop,
    PortFuture, Strategy, StrategyStep,
};
pub use health::{CheckOutcome, HealthStatus, Severity};
pub use id::{BlobHash, CleanupId, DocumentId, Entropy, ItemId, JobId, SnapshotId, UserId};
pub use item::{Item, ItemState};
pub use job::{Attempt, AttemptEnd, Job, JobKind, JobState, Lease, NewJob};
pub use length::{read_length, written_length};
pub use message::{Fate, KnownChannel, Message, Messenger, Missed, Receipt, SendFailure};
pub use model::{Completion, LanguageModel, ModelFailure, ModelFault, Prompt};
pub use outcome::{DuplicateReason, LinkReason, Outcome, OutcomeWord};
pub use panic::panic_message;
pub use probe::{HttpProbe, ProbeAnswer, ProbeTarget, Prober};
pub use site::is_same_site;
pub use snapshot::Snapshot;
pub use time::{Clock, SystemClock, Timestamp};
pub use verdict::{Decision, JunkClass, Reason, Verdict};
pub use words::UnknownWord;
