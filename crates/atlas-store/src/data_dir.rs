//! The data directory: where everything lies, and the lock that lets one process write to it.
//!
//! Where nothing can be written, on a full disk or a read-only file system, the lock is taken without writing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sqlite::is_on_read_only_file_system;

/// Where everything of one library lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataDir(PathBuf);

/// Who holds the lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// What it is doing, for example `serve`.
    pub purpose: String,
    /// Where it listens for the command line, when it does.
    pub socket: Option<PathBuf>,
}

/// Why the data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Another process writes to it.
    #[error("the data directory {} is in use by {}", path.display(), describe(holder.as_ref()))]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Who holds it, when that could be read.
        holder: Option<Holder>,
    },
    /// Locks and shared memory do not work there.
    #[error(
        "the data directory {} is on a network file system ({kind}), where SQLite can lose data: \
         choose a local one with --data-dir", path.display()
    )]
    NetworkFileSystem {
        /// The directory.
        path: PathBuf,
        /// For example `NFS`.
        kind: &'static str,
    },
    /// Somebody has other things there, which an Atlas that takes the directory for its own would close to others.
    #[error(
        "the directory {} is not empty and is no Atlas library: choose another with --data-dir, or an empty one",
        path.display()
    )]
    NotOurs {
        /// The directory.
        path: PathBuf,
    },
    /// It cannot be created or written.
    #[error("the data directory {} cannot be used: {source}", path.display())]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn describe(holder: Option<&Holder>) -> String {
    match holder {
        Some(holder) => format!("process {} (atlas {})", holder.pid, holder.purpose),
        None => "another process".to_owned(),
    }
}

impl DataDir {
    /// The data directory at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The library: items, documents, jobs, audit.
    pub fn library_db(&self) -> PathBuf {
        self.0.join("library.db")
    }

    /// Operational state, apart from the library.
    pub fn ops_db(&self) -> PathBuf {
        self.0.join("ops.db")
    }

    /// Content too large for the database.
    pub fn blobs(&self) -> PathBuf {
        self.0.join("blobs")
    }

    /// The search index: derived, can be rebuilt.
    pub fn search(&self) -> PathBuf {
        self.0.join("search")
    }

    /// What audits of the library found: can be found again.
    pub fn audit(&self) -> PathBuf {
        self.0.join("audit")
    }

    /// The bearer token of the TCP listener.
    pub fn token(&self) -> PathBuf {
        self.0.join("token")
    }

    /// The lock, with its holder inside.
    pub fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    /// Space that is kept free for need.
    pub(crate) fn reserve(&self) -> PathBuf {
        self.0.join("reserve")
    }

    /// There while a backup is being restored into it, and after one that was cut short.
    pub(crate) fn restoring(&self) -> PathBuf {
        self.0.join("restoring")
    }

    /// Bytes that are free for this process where the directory lies.
    pub fn free_bytes(&self) -> Option<u64> {
        crate::room::free_bytes(&self.0)
    }

    /// Whether it lies on a file system that nobody can write to.
    pub fn is_read_only(&self) -> bool {
        is_on_read_only_file_system(&self.0)
    }

    /// The first part of it in which this process may not write, if there is one.
    pub fn not_writable(&self) -> Option<PathBuf> {
        let parts = [
            self.0.clone(),
            self.library_db(),
            self.ops_db(),
            self.blobs(),
            self.search(),
        ];
        let is_refused = |path: &PathBuf| {
            let access = rustix::fs::access(path, rustix::fs::Access::WRITE_OK);
            access.is_err_and(|errno| errno != rustix::io::Errno::NOENT)
        };
        parts.into_iter().find(is_refused)
    }

    /// Creates the directory (for its owner only) and takes the lock. It is released with the returned value,
    /// or by the kernel when the process ends in whatever way. A directory that holds other things and no library
    /// is refused as it is.
    pub fn lock(&self, holder: &Holder) -> Result<DataDirLock, DataDirError> {
        let io = |source| DataDirError::Io {
            path: self.0.clone(),
            source,
        };
        create_durably(&self.0).map_err(io)?;
        self.refuse_network_file_system()?;
        let writable = !self.is_read_only();
        if writable && !self.is_ours_or_empty().map_err(io)? {
            return Err(DataDirError::NotOurs { path: self.0.clone() });
        }
        let file = if writable {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .mode(0o600)
                .open(self.lock_file())
                .map_err(io)?
        } else {
            self.something_to_lock().map_err(io)?
        };
        file.try_lock().map_err(|error| self.not_locked(error))?;
        let lock = DataDirLock {
            file,
            dir: self.clone(),
        };
        if writable {
            self.close_to_others().map_err(io)?;
            lock.announce(holder)?;
        }
        Ok(lock)
    }

    /// Whether nobody else has anything in it. Another process may be making its lock at this moment: what it has
    /// made is looked at after the list, so that it is not taken for somebody else's.
    pub fn is_ours_or_empty(&self) -> std::io::Result<bool> {
        let mut is_empty = true;
        for entry in std::fs::read_dir(&self.0)? {
            is_empty &= entry?.file_name() == "lost+found"; // every new ext4 has one
        }
        let is_new_lock = || std::fs::metadata(self.lock_file()).is_ok_and(|lock| lock.len() == 0);
        Ok(is_empty
            || self.library_db().try_exists()?
            || self.ops_db().try_exists()?
            || self.holder().is_some()
            || is_new_lock())
    }

    /// One that was there before may be open to others; what lies in it is not for them.
    fn close_to_others(&self) -> std::io::Result<()> {
        let mut permissions = std::fs::metadata(&self.0)?.permissions();
        let is_open = permissions.mode() & 0o077 != 0;
        if is_open {
            permissions.set_mode(0o700);
            std::fs::set_permissions(&self.0, permissions)?;
        }
        Ok(())
    }

    /// Keeps every writer out for as long as the returned file is open, without writing anything. Others may do
    /// the same at the same time.
    pub(crate) fn keep_still(&self) -> Result<File, DataDirError> {
        let file = self.something_to_lock().map_err(|source| DataDirError::Io {
            path: self.0.clone(),
            source,
        })?;
        file.try_lock_shared().map_err(|error| self.not_locked(error))?;
        Ok(file)
    }

    /// The lock file, or the directory where nobody has ever made one and nobody can.
    fn something_to_lock(&self) -> std::io::Result<File> {
        match File::open(self.lock_file()) {
            Err(error) if error.kind() == ErrorKind::NotFound => File::open(&self.0),
            other => other,
        }
    }

    fn not_locked(&self, error: TryLockError) -> DataDirError {
        match error {
            TryLockError::WouldBlock => DataDirError::Locked {
                path: self.0.clone(),
                holder: self.holder(),
            },
            TryLockError::Error(source) => DataDirError::Io {
                path: self.0.clone(),
                source,
            },
        }
    }

    /// Who holds the lock, or held it last: a hint to look for a server, never a proof that one runs.
    pub fn holder(&self) -> Option<Holder> {
        let mut text = String::new();
        File::open(self.lock_file())
            .ok()?
            .read_to_string(&mut text)
            .ok()?;
        serde_json::from_str(&text).ok()
    }

    fn refuse_network_file_system(&self) -> Result<(), DataDirError> {
        let stat = rustix::fs::statfs(&self.0).map_err(|errno| DataDirError::Io {
            path: self.0.clone(),
            source: errno.into(),
        })?;
        // Magic numbers from statfs(2).
        let kind = match stat.f_type & 0xffff_ffff {
            0x6969 => "NFS",
            0xff53_4d42 | 0xfe53_4d42 | 0x517b => "SMB",
            0x0102_1997 => "9P",
            0x00c3_6400 => "Ceph",
            _ => return Ok(()),
        };
        Err(DataDirError::NetworkFileSystem {
            path: self.0.clone(),
            kind,
        })
    }
}

/// Creates the directory and those above it that are missing, so that a power cut cannot take them away again
/// with everything that was acknowledged in them.
fn create_durably(path: &Path) -> std::io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return match File::open(parent).and_then(|parent| parent.sync_all()) {
            // Whoever made it may have ended before its entry was on the disk; but where we could not have made it,
            // it was not us.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                Ok(())
            }
            other => other,
        };
    }
    create_durably(parent)?;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
        other => other?,
    }
    File::open(parent)?.sync_all()
}

/// Writes over what is there before it cuts the rest off: on a full disk only the old space is there to be used.
fn write_holder(mut file: &File, holder: &Holder) -> std::io::Result<()> {
    let text = serde_json::to_string(holder)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// The right to write to a data directory.
#[derive(Debug)]
pub struct DataDirLock {
    file: File,
    dir: DataDir,
}

impl DataDirLock {
    /// The directory.
    pub fn dir(&self) -> &DataDir {
        &self.dir
    }

    /// Tells others where this process listens. Where that cannot be written down, they look at the usual
    /// places, and the lock holds all the same.
    pub fn announce(&self, holder: &Holder) -> Result<(), DataDirError> {
        match write_holder(&self.file, holder) {
            Err(error) if self.dir.is_read_only() || error.kind() == ErrorKind::StorageFull => {
                tracing::warn!(%error, "the lock does not name its holder");
                Ok(())
            }
            other => other.map_err(|source| DataDirError::Io {
                path: self.dir.lock_file(),
                source,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
