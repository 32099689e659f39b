//! How much space must stay free, and what is said when it does not. Whoever saves refuses, whoever looks reports.

use std::fmt;

/// Space is told in these units, as `storage.floor_mb` is set in them.
pub(crate) const MB: u64 = 1024 * 1024;

/// Less is free than must stay free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BelowFloor {
    pub(crate) free_mb: u64,
    pub(crate) floor_mb: u64,
}

impl BelowFloor {
    /// Whether `free_bytes` are too few.
    pub(crate) fn of(free_bytes: u64, floor_bytes: u64) -> Option<Self> {
        (free_bytes < floor_bytes).then_some(Self {
            free_mb: free_bytes / MB,
            floor_mb: floor_bytes / MB,
        })
    }
}

impl fmt::Display for BelowFloor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free_mb, floor_mb } = self;
        write!(
            f,
            "{free_mb} MB are free and {floor_mb} MB must stay free: saving is refused; free some space, or lower \
             `storage.floor_mb`"
        )
    }
}
