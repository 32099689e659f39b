//! Where the server's Unix socket lies: in the data directory, or, where its path would be too long or no socket
//! can be made there, in a private directory below `/tmp`. Only the holder of the lock removes a stale one.
//!
//! The places follow from the data directory alone, never from the environment: a command that was started in another
//! one than the server must come to the same.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use atlas_store::{DataDir, DataDirLock};
use tokio::net::UnixListener;

use crate::error::{CliError, Exit};

/// The longest path that fits into a socket address.
const PATH_LIMIT: usize = 100;
/// Everybody may make directories here, and the system clears it when it starts.
const SHORT_PLACE: &str = "/tmp";

/// The file of a socket. Gone when dropped.
pub(super) struct Socket(PathBuf);

impl Socket {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it for its owner only, in the place of a stale one.
    fn bind(place: PathBuf) -> std::io::Result<(Self, UnixListener)> {
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&place)?;
        let socket = Self(place);
        std::fs::set_permissions(socket.path(), std::fs::Permissions::from_mode(0o600))?;
        Ok((socket, listener))
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Makes the socket, for its owner only.
pub(super) fn bind_socket(held: &DataDirLock) -> Result<(Socket, UnixListener), CliError> {
    let usual = usual_place(held.dir())?;
    if usual.as_os_str().len() <= PATH_LIMIT {
        match Socket::bind(usual) {
            Ok(bound) => return Ok(bound),
            Err(error) => {
                tracing::debug!(%error, "no socket can be made in the data directory");
            }
        }
    }
    let folder = short_folder(held.dir())?;
    make_private(&folder, held.dir())?;
    let place = folder.join("socket");
    Socket::bind(place.clone()).map_err(|error| {
        CliError::new(
            Exit::Failure,
            format!("cannot listen on the socket {}: {error}", place.display()),
        )
    })
}

/// Where the server of this data directory listens, if there is one. Others could listen at none of these places.
pub(crate) fn socket_places(dir: &DataDir) -> Vec<PathBuf> {
    let short = short_folder(dir).ok();
    let short = short.filter(|folder| is_private(folder, dir).unwrap_or(false));
    let usual = usual_place(dir).ok();
    usual
        .into_iter()
        .chain(short.map(|folder| folder.join("socket")))
        .collect()
}

fn usual_place(dir: &DataDir) -> std::io::Result<PathBuf> {
    Ok(std::path::absolute(dir.path())?.join("socket"))
}

/// The same data directory always gets the same name, by whatever path it is named, so that a stale socket is found
/// and replaced. Each owner has names of their own.
fn short_folder(dir: &DataDir) -> std::io::Result<PathBuf> {
    let owner = std::fs::metadata(dir.path())?.uid();
    let name = std::fs::canonicalize(dir.path())?
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
        });
    Ok(Path::new(SHORT_PLACE).join(format!("atlas-{owner}-{name:016x}")))
}

fn make_private(folder: &Path, dir: &DataDir) -> Result<(), CliError> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    if is_private(folder, dir)? {
        return Ok(());
    }
    Err(CliError::new(
        Exit::Failure,
        format!(
            "{} exists but is not private; remove it, or choose a shorter data directory",
            folder.display()
        ),
    ))
}

/// Anybody may make a folder of that name; only one that belongs to whom the data belongs is trusted.
fn is_private(folder: &Path, dir: &DataDir) -> std::io::Result<bool> {
    let metadata = std::fs::symlink_metadata(folder)?;
    let owner = std::fs::metadata(dir.path())?.uid();
    Ok(metadata.is_dir() && metadata.uid() == owner && metadata.permissions().mode() & 0o777 == 0o700)
}
