//! A real disk of any size, in memory. Only for a test inside a mount namespace of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk in memory.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn mount(place: PathBuf, size_bytes: u64) -> Self {
        std::fs::create_dir(&place).unwrap();
        let options = format!("size={size_bytes},mode=700");
        run("mount", &["-t", "tmpfs", "-o", &options, "none"], &place);
        Self(place)
    }

    /// Takes every byte that is left.
    pub(crate) fn fill(&self) {
        let mut filler = std::fs::File::create(self.filler()).unwrap();
        for block_bytes in [1024 * 1024, 4096, 1] {
            let block = vec![0x5a; block_bytes];
            while filler.write_all(&block).is_ok() {}
        }
    }

    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    pub(crate) fn remount(&self, how: &str) {
        run("mount", &["-o", &format!("remount,{how}")], &self.0);
    }

    /// Every file with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    files.push((path, bytes));
                }
            }
        }
        files.sort();
        files
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l"], &self.0);
    }
}

fn run(program: &str, arguments: &[&str], place: &Path) {
    let status = Command::new(program).args(arguments).arg(place).status().unwrap();
    assert!(
        status.success() || std::thread::panicking(),
        "{program} {arguments:?}"
    );
}
