//! What the kernel counts of one process: time on a processor, to hundredths of a second and with threads that have ended,
//! memory, bytes that went to a disk, and whether it had children.

use std::fmt::{Display, Formatter};
use std::fs;
use std::io;
use std::time::Duration;

const MIB: f64 = 1024.0 * 1024.0;
/// Of the clock of `/proc`, on every Linux that Atlas runs on.
const TICKS_A_SECOND: f64 = 100.0;

/// Counters of a process at one moment.
pub struct Reading {
    ran_ticks: u64,
    resident_bytes: u64,
    anonymous_bytes: u64,
    written_bytes: u64,
    /// Page faults of children that have ended: a child that did nothing but start has some.
    faults_of_children: u64,
}

/// What happened between two moments.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    core_percent: f64,
    resident_mib: f64,
    anonymous_mib: f64,
    written_kib_per_min: f64,
    had_children: bool,
}

impl Reading {
    /// As of now.
    pub fn of(pid: u32) -> io::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let io_counts = fs::read_to_string(format!("/proc/{pid}/io"))?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name may hold spaces; after it come the fields from the third on.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let field = |number: usize| {
            fields
                .get(number - 3)
                .and_then(|text| text.parse().ok())
                .unwrap_or(0)
        };
        Ok(Self {
            ran_ticks: field(14) + field(15),
            resident_bytes: number_after(&status, "VmRSS:") * 1024,
            anonymous_bytes: number_after(&status, "RssAnon:") * 1024,
            written_bytes: number_after(&io_counts, "write_bytes:"),
            faults_of_children: field(11),
        })
    }
}

impl Figures {
    /// Between two readings that lie `span` apart.
    pub fn between(before: &Reading, after: &Reading, span: Duration) -> Self {
        let ran = after.ran_ticks.saturating_sub(before.ran_ticks) as f64 / TICKS_A_SECOND;
        let written = after.written_bytes.saturating_sub(before.written_bytes) as f64;
        Self {
            core_percent: 100.0 * ran / span.as_secs_f64(),
            resident_mib: after.resident_bytes as f64 / MIB,
            anonymous_mib: after.anonymous_bytes as f64 / MIB,
            written_kib_per_min: written / 1024.0 * 60.0 / span.as_secs_f64(),
            had_children: after.faults_of_children > before.faults_of_children,
        }
    }

    /// What these have more than others.
    pub fn minus(&self, other: &Self) -> Self {
        Self {
            core_percent: self.core_percent - other.core_percent,
            resident_mib: self.resident_mib - other.resident_mib,
            anonymous_mib: self.anonymous_mib - other.anonymous_mib,
            written_kib_per_min: self.written_kib_per_min - other.written_kib_per_min,
            had_children: self.had_children && !other.had_children,
        }
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:7.3} % of a core  {:7.2} MiB resident ({:.2} its own)  {:7.1} KiB/min written  {}",
            self.core_percent,
            self.resident_mib,
            self.anonymous_mib,
            self.written_kib_per_min,
            if self.had_children {
                "children"
            } else {
                "no children"
            }
        )
    }
}

fn number_after(text: &str, name: &str) -> u64 {
    let line = text
        .lines()
        .find(|line| line.starts_with(name))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
