//! Space on the file systems that we write to. It asks the file systems themselves, which may take long when one is
//! far away: keep it off threads that must not wait.

use std::path::{Path, PathBuf};

use crate::metrics::Sample;
use crate::metrics::catalogue::machine as series;

/// A directory that we write to, by the name it has in series: `data`, `backup`, `temp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPlace {
    /// The label.
    pub name: &'static str,
    /// The directory itself, not the root of its file system.
    pub directory: PathBuf,
}

/// Space and files of one file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Space {
    total_bytes: u64,
    free_bytes: u64,
    available_bytes: u64,
    files: u64,
    files_free: u64,
    files_available: u64,
}

/// Adds what is left at each place. One that does not answer is absent.
pub fn look_at_space(places: &[WrittenPlace], sample: &mut Sample) {
    for place in places {
        if let Some(space) = ask(&place.directory) {
            space.tell(place.name, sample);
        }
    }
}

fn ask(directory: &Path) -> Option<Space> {
    let stat = rustix::fs::statvfs(directory).ok()?;
    // Some file systems leave the size of fragments empty; then blocks are counted.
    let block = if stat.f_frsize > 0 {
        stat.f_frsize
    } else {
        stat.f_bsize
    };
    Some(Space {
        total_bytes: stat.f_blocks.checked_mul(block)?,
        free_bytes: stat.f_bfree.checked_mul(block)?,
        available_bytes: stat.f_bavail.checked_mul(block)?,
        files: stat.f_files,
        files_free: stat.f_ffree,
        files_available: stat.f_favail,
    })
}

impl Space {
    fn tell(&self, name: &'static str, sample: &mut Sample) {
        // A file system that has no size, or no number of files, does not count them: it is not full of them.
        if self.total_bytes > 0 {
            sample.add_for(&series::MOUNT_TOTAL, name, self.total_bytes as f64);
            sample.add_for(&series::MOUNT_AVAILABLE, name, self.available_bytes as f64);
            let used = used_share(self.total_bytes, self.free_bytes, self.available_bytes);
            sample.add_for(&series::MOUNT_USED, name, used);
        }
        if self.files > 0 {
            sample.add_for(&series::MOUNT_INODES_AVAILABLE, name, self.files_available as f64);
            let used = used_share(self.files, self.files_free, self.files_available);
            sample.add_for(&series::MOUNT_INODES_USED, name, used);
        }
    }
}

/// What is used, of that and what is left for us: what the administrator alone may use counts for neither.
fn used_share(total: u64, free: u64, available: u64) -> Option<f64> {
    let used = total.saturating_sub(free);
    let ours = used.saturating_add(available);
    (ours > 0).then(|| used as f64 / ours as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const GIB: u64 = 1 << 30;

    fn told(space: Space) -> Sample {
        let mut sample = Sample::of("space", Duration::from_secs(10));
        space.tell("data", &mut sample);
        sample
    }

    fn value(sample: &Sample, name: &str) -> Option<f64> {
        let reading = sample
            .readings()
            .iter()
            .find(|reading| reading.definition.name == name)?;
        Some(reading.value)
    }

    const HALF: Space = Space {
        total_bytes: 100 * GIB,
        free_bytes: 55 * GIB,
        available_bytes: 45 * GIB,
        files: 1_000,
        files_free: 250,
        files_available: 250,
    };

    #[test]
    fn what_is_reserved_for_the_administrator_is_neither_used_nor_ours() {
        let sample = told(HALF);

        assert_eq!(value(&sample, "mount_used"), Some(0.5));
        assert_eq!(value(&sample, "mount_available"), Some((45 * GIB) as f64));
        assert_eq!(value(&sample, "mount_inodes_used"), Some(0.75));
    }

    #[test]
    fn a_file_system_without_a_number_of_files_has_no_inodes_to_run_out_of() {
        let sample = told(Space {
            files: 0,
            files_free: 0,
            files_available: 0,
            ..HALF
        });

        assert_eq!(value(&sample, "mount_inodes_used"), None);
        assert_eq!(value(&sample, "mount_inodes_available"), None);
        assert!(value(&sample, "mount_used").is_some());
    }

    #[test]
    fn a_place_that_does_not_exist_is_absent_and_hides_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let places = [
            WrittenPlace {
                name: "backup",
                directory: directory.path().join("gone"),
            },
            WrittenPlace {
                name: "data",
                directory: directory.path().to_owned(),
            },
        ];
        let mut sample = Sample::of("space", Duration::from_secs(10));
        look_at_space(&places, &mut sample);

        let labels: Vec<_> = sample
            .readings()
            .iter()
            .filter_map(|reading| reading.label.as_deref())
            .collect();
        assert!(
            labels.contains(&"data") && !labels.contains(&"backup"),
            "{labels:?}"
        );
    }
}
