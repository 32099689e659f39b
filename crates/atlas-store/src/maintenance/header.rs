//! The first hundred bytes of a database file, which tell much even if nothing behind them can be read. The layout is
//! part of SQLite's documented file format.

use serde::{Deserialize, Serialize};

/// Bytes of the header.
pub(super) const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How a file keeps what a crash would tear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalMode {
    /// In a journal of old pages, beside the file while a change goes on.
    Rollback,
    /// In a log of new pages.
    Wal,
}

/// How text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
}

/// What becomes of free pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoVacuum {
    /// They are kept.
    None,
    /// They are given back at each commit.
    Full,
    /// They are given back on demand.
    Incremental,
}

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) page_size_bytes: u64,
    pub(super) reserved_bytes: u64,
    pub(super) journal_mode: JournalMode,
    pub(super) pages: u64,
    pub(super) free_pages: u64,
    pub(super) schema_version: i64,
    pub(super) encoding: Encoding,
    pub(super) auto_vacuum: AutoVacuum,
    pub(super) user_version: i64,
    pub(super) application_id: i64,
    /// As SQLite writes it: 3045001 is 3.45.1.
    pub(super) written_by: u32,
}

impl Header {
    /// Whether these are the first bytes of a database.
    pub(super) fn is_magic(start: &[u8]) -> bool {
        start.starts_with(MAGIC)
    }

    /// Reads it. `None` where it is too short, begins otherwise, or has no possible page size.
    pub(super) fn parse(start: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEADER_BYTES] = start.first_chunk()?;
        if !Self::is_magic(bytes) {
            return None;
        }
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let long = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let signed = |at: usize| i64::from(long(at) as i32);
        let page_size_bytes = match short(16) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => u64::from(size),
            _ => return None,
        };
        Some(Self {
            page_size_bytes,
            reserved_bytes: u64::from(bytes[20]),
            journal_mode: if bytes[18] == 2 {
                JournalMode::Wal
            } else {
                JournalMode::Rollback
            },
            pages: u64::from(long(28)),
            free_pages: u64::from(long(36)),
            schema_version: signed(40),
            encoding: match long(56) {
                2 => Encoding::Utf16Le,
                3 => Encoding::Utf16Be,
                _ => Encoding::Utf8,
            },
            auto_vacuum: match (long(52), long(64)) {
                (0, _) => AutoVacuum::None,
                (_, 0) => AutoVacuum::Full,
                _ => AutoVacuum::Incremental,
            },
            user_version: signed(60),
            application_id: signed(68),
            written_by: long(96),
        })
    }
}
