//! The limits of the pool, and those that a child sets on itself before it sees a page. A limit is never raised
//! by what a page contains.

use std::io;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// The stack of the thread that extracts. Parsers recurse as deep as a page is nested; pages are cut at 512
/// levels before the extractors see them, which needs a small part of this. Only what is touched is used.
pub(super) const STACK_BYTES: usize = 64 << 20;
/// What the allocator reserves for a second thread without using it.
const ALLOCATOR_RESERVE_BYTES: u64 = 128 << 20;
/// Standard input, output and error: a child opens nothing else.
const OPEN_FILES: u64 = 3;

/// How much the extraction of pages may take.
#[derive(Debug, Clone)]
pub struct PoolLimits {
    /// Children at the same time; one a core at most.
    pub processes: usize,
    /// Memory a child may use for its page.
    pub memory_bytes: u64,
    /// Processor time for one page.
    pub cpu_secs: u64,
    /// Time for one page, from the moment a child gets it.
    pub deadline: Duration,
    /// How long a child waits for the next page before it goes.
    pub idle: Duration,
    /// After this many pages a child is replaced, so that nothing can pile up in it.
    pub max_pages_per_child: u32,
    /// Larger pages are not extracted at all.
    pub max_page_bytes: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            processes: 2,
            memory_bytes: 512 << 20,
            cpu_secs: 15,
            deadline: Duration::from_secs(20),
            idle: Duration::from_secs(30),
            max_pages_per_child: 500,
            max_page_bytes: 16 << 20,
        }
    }
}

/// What a child is told to limit itself to: the first frame it gets.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct ChildLimits {
    pub(super) memory_bytes: u64,
    pub(super) cpu_secs: u64,
    pub(super) max_page_bytes: usize,
}

impl From<&PoolLimits> for ChildLimits {
    fn from(limits: &PoolLimits) -> Self {
        Self {
            memory_bytes: limits.memory_bytes,
            cpu_secs: limits.cpu_secs,
            max_page_bytes: limits.max_page_bytes,
        }
    }
}

impl ChildLimits {
    /// Limits this process for the rest of its life.
    pub(super) fn apply(self) -> io::Result<()> {
        // What the process already has mapped is its own size, not the page's.
        let address_space =
            mapped_bytes()? + STACK_BYTES as u64 + ALLOCATOR_RESERVE_BYTES + self.memory_bytes;
        lower(Resource::As, address_space)?;
        lower(Resource::Core, 0)?;
        lower(Resource::Fsize, 0)?;
        lower(Resource::Nofile, OPEN_FILES)
    }

    /// Grants the processor time of one page from now on. Only the soft limit moves, so that it can move again.
    pub(super) fn renew_cpu(self) -> io::Result<()> {
        let used_secs = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
        let maximum = getrlimit(Resource::Cpu).maximum;
        let wanted = used_secs + 1 + self.cpu_secs;
        let current = Some(maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        setrlimit(Resource::Cpu, Rlimit { current, maximum }).map_err(io::Error::from)
    }
}

/// Lowers a limit for good. One that is lower already stays.
fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let to = getrlimit(resource).maximum.map_or(to, |maximum| maximum.min(to));
    setrlimit(
        resource,
        Rlimit {
            current: Some(to),
            maximum: Some(to),
        },
    )
    .map_err(io::Error::from)
}

fn mapped_bytes() -> io::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm
        .split(' ')
        .next()
        .and_then(|pages| pages.parse::<u64>().ok());
    let pages = pages.ok_or_else(|| io::Error::other("the size of this process is unreadable"))?;
    Ok(pages * rustix::param::page_size() as u64)
}
