//! How much room there is on a file system.

use std::path::Path;

/// Bytes that are free for this process where `path` lies; `None` when that cannot be found out.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}
