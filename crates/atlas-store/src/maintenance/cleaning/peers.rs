//! Who else has a file open. SQLite cannot tell of a process that waits between two transactions on a file with a
//! rollback journal; Linux can, as far as this user may look at the other's processes.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Other processes that have the file of `metadata` open, as `4711 (python3)`, at most a few. Empty also where that cannot
/// be seen.
pub(super) fn peers(metadata: &Metadata) -> Vec<String> {
    const MOST: usize = 5;
    let own = std::process::id();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            (pid != own && has_open(&entry.path(), metadata)).then(|| named(pid, &entry.path()))
        })
        .take(MOST)
        .collect()
}

fn has_open(process: &Path, wanted: &Metadata) -> bool {
    let Ok(open) = std::fs::read_dir(process.join("fd")) else {
        return false;
    };
    open.flatten().any(|file| {
        std::fs::metadata(file.path())
            .is_ok_and(|file| (file.dev(), file.ino()) == (wanted.dev(), wanted.ino()))
    })
}

fn named(pid: u32, process: &Path) -> String {
    let name = std::fs::read_to_string(process.join("comm")).unwrap_or_default();
    format!("process {pid} ({})", name.trim())
}
