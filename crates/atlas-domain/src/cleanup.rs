//! Cleanups of the library: where one stands, and where each of its items does.

use crate::words::words;

words! {
    /// Where a cleanup stands.
    pub enum CleanupState {
        /// It says what would be done; nothing was.
        Planned = "planned",
        /// It is being carried out, or was interrupted in that.
        Applying = "applying",
        /// It was carried out.
        Applied = "applied",
        /// Everything that could be undone was.
        Undone = "undone",
        /// It did not come to what was planned and was undone; no other begins until somebody has taken note.
        Failed = "failed",
    }
}

words! {
    /// Where an item of a cleanup stands.
    pub enum CleanupStep {
        /// It is to be done.
        Planned = "planned",
        /// It was done.
        Done = "done",
        /// It was left as it was; the message says why.
        Skipped = "skipped",
        /// It was done and undone.
        Undone = "undone",
        /// It was done, and cannot be undone as things are; the message says why.
        Conflict = "conflict",
    }
}
