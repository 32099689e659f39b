//! `Outcome`: how the ingestion of one item ended. Job state, item state, metrics and labels derive from it.

use crate::id::ItemId;
use crate::item::ItemState;
use crate::time::Timestamp;
use crate::words::words;

/// How one run of ingestion ended. Exactly one of these, always with its reason.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The content is in the library and in the search index.
    Stored {
        /// Only the beginning of the content could be had.
        partial: bool,
    },
    /// Fetched again, and nothing had changed.
    Unchanged,
    /// Another item has the same address or the same content.
    Duplicate {
        /// The item that holds the content.
        of: ItemId,
        /// What is the same about them.
        reason: DuplicateReason,
    },
    /// Kept, but suspected to be junk: the owner decides.
    Quarantined {
        /// The class of junk.
        reason: String,
        /// A sentence for people.
        message: String,
    },
    /// Junk on two independent grounds: the link and the reasons stay.
    Rejected {
        /// The class of junk.
        reason: String,
        /// A sentence for people.
        message: String,
    },
    /// No content to be had: the link and its metadata stay.
    LinkOnly {
        /// Why there is none.
        reason: LinkReason,
        /// A sentence for people.
        message: String,
    },
    /// Atlas's own fault: kept as a dead letter until it is retried.
    Failed {
        /// Stable code of the fault.
        reason: String,
        /// A sentence for people.
        message: String,
    },
    /// Not final: it will be tried again.
    Deferred {
        /// When.
        until: Timestamp,
        /// Stable code of what stood in the way.
        reason: String,
        /// A sentence for people.
        message: String,
    },
}

words! {
    /// The word for an outcome in CLI, API and metrics.
    pub enum OutcomeWord {
        /// Saved and waiting for its turn (not final).
        Queued = "queued",
        /// Will be tried again (not final).
        Deferred = "deferred",
        /// In the library.
        Stored = "stored",
        /// In the library, but only the beginning.
        Partial = "partial",
        /// Looked at again: nothing new.
        Unchanged = "unchanged",
        /// Another item holds it.
        Duplicate = "duplicate",
        /// Kept aside as suspected junk.
        Quarantined = "quarantined",
        /// Junk; the link stays.
        Rejected = "rejected",
        /// No content to be had; the link stays.
        LinkOnly = "link_only",
        /// Atlas's own fault.
        Failed = "failed",
    }
}

words! {
    /// Why an item is a duplicate. The names are stable reason codes.
    pub enum DuplicateReason {
        /// The other item has the same canonical address.
        SameUrl = "same_url",
        /// The other item has the same text.
        SameContent = "same_content",
    }
}

words! {
    /// Why only the link of an item is kept. The names are stable reason codes.
    pub enum LinkReason {
        /// Nothing is there: no such name, an error page, or redirects that lead nowhere.
        Dead = "dead",
        /// The server says that it was there once, or is not there (404, 410).
        Gone = "gone",
        /// The server does not let Atlas in.
        Blocked = "blocked",
        /// Content of a kind or a size that Atlas cannot read.
        Unsupported = "unsupported",
        /// Atlas does not ask there: a private address, or one with a password in it.
        Refused = "refused",
        /// The connection could not be trusted.
        Tls = "tls",
        /// Nobody answered, however often Atlas tried.
        Unreachable = "unreachable",
        /// To be read again from stored bytes, of which there are none.
        NoBytes = "no_bytes",
    }
}

impl Outcome {
    /// Its word.
    pub fn word(&self) -> OutcomeWord {
        match self {
            Self::Stored { partial: false } => OutcomeWord::Stored,
            Self::Stored { partial: true } => OutcomeWord::Partial,
            Self::Unchanged => OutcomeWord::Unchanged,
            Self::Duplicate { .. } => OutcomeWord::Duplicate,
            Self::Quarantined { .. } => OutcomeWord::Quarantined,
            Self::Rejected { .. } => OutcomeWord::Rejected,
            Self::LinkOnly { .. } => OutcomeWord::LinkOnly,
            Self::Failed { .. } => OutcomeWord::Failed,
            Self::Deferred { .. } => OutcomeWord::Deferred,
        }
    }

    /// The stable reason code, empty when there is nothing to explain.
    pub fn reason(&self) -> &str {
        match self {
            Self::Stored { .. } | Self::Unchanged => "",
            Self::Duplicate { reason, .. } => reason.as_str(),
            Self::LinkOnly { reason, .. } => reason.as_str(),
            Self::Quarantined { reason, .. }
            | Self::Rejected { reason, .. }
            | Self::Failed { reason, .. }
            | Self::Deferred { reason, .. } => reason,
        }
    }

    /// The state it leaves its item in; `None` when it leaves the state as it was.
    pub fn item_state(&self) -> Option<ItemState> {
        match self {
            Self::Stored { partial: false } => Some(ItemState::Stored),
            Self::Stored { partial: true } => Some(ItemState::Partial),
            Self::Duplicate { .. } => Some(ItemState::Duplicate),
            Self::Quarantined { .. } => Some(ItemState::Quarantined),
            Self::Rejected { .. } => Some(ItemState::Rejected),
            Self::LinkOnly { .. } => Some(ItemState::LinkOnly),
            Self::Failed { .. } => Some(ItemState::Failed),
            Self::Unchanged | Self::Deferred { .. } => None,
        }
    }

    /// A sentence for people.
    pub fn message(&self) -> String {
        match self {
            Self::Stored { partial: false } => "saved and searchable".to_owned(),
            Self::Stored { partial: true } => "saved; only the beginning could be had".to_owned(),
            Self::Unchanged => "nothing has changed since the last time".to_owned(),
            Self::Duplicate { of, reason } => match reason {
                DuplicateReason::SameUrl => format!("the same address as item {of}"),
                DuplicateReason::SameContent => format!("the same content as item {of}"),
            },
            Self::Quarantined { message, .. }
            | Self::Rejected { message, .. }
            | Self::LinkOnly { message, .. }
            | Self::Failed { message, .. } => message.clone(),
            Self::Deferred { until, message, .. } => format!("{message}; next try at {until}"),
        }
    }
}
