//! `Files`: reads small files of the kernel below a root. It keeps one buffer, and takes a file that cannot be read
//! for one that is not there.

use std::fs::File;
use std::io::Read;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fd::AsRawFd;
use rustix::fs::{Mode, OFlags, RawDir};

const BUFFER_BYTES: usize = 16 * 1024;

/// More than any file of the kernel that is read here has: a file that never ends is not read for ever.
const FILE_BYTES_AT_MOST: usize = 4 * 1024 * 1024;

/// Files below a root.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    buffer: Vec<u8>,
    mended: String,
}

impl Files {
    pub(super) fn below(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            buffer: vec![0; BUFFER_BYTES],
            mended: String::new(),
        }
    }

    /// The place of a path below the root.
    pub(super) fn place(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The whole text, or nothing if the file is absent, refuses, or does not support being read.
    pub(super) fn read(&mut self, path: &str) -> Option<&str> {
        let length = self.fill(path)?;
        if let Ok(text) = std::str::from_utf8(&self.buffer[..length]) {
            return Some(text);
        }
        // Names in it may be of any bytes; the figures beside them count none the less.
        self.mended = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        Some(&self.mended)
    }

    fn fill(&mut self, path: &str) -> Option<usize> {
        let mut file = File::open(self.place(path)).ok()?;
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length >= FILE_BYTES_AT_MOST {
                    return None;
                }
                self.buffer.resize(length * 2, 0);
            }
            match file.read(&mut self.buffer[length..]) {
                Ok(0) => return Some(length),
                Ok(count) => length += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }

    /// How many entries a directory has. The one that stands for counting them, where it is among them, is none.
    pub(super) fn count_entries(&self, path: &str) -> Option<u64> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(self.place(path), flags, Mode::empty()).ok()?;
        let own_name = directory.as_raw_fd().to_string();
        let mut buffer = [MaybeUninit::uninit(); 4 * 1024];
        let mut entries = RawDir::new(&directory, &mut buffer);
        let mut count = 0;
        while let Some(entry) = entries.next() {
            let entry = entry.ok()?;
            let name = entry.file_name().to_bytes();
            let is_counted = !name.starts_with(b".") && name != own_name.as_bytes();
            count += u64::from(is_counted);
        }
        Some(count)
    }
}
