//! Where the server's Unix socket lies: in the data directory, or, where its path would be too long or no socket
//! can be made there, in a private directory for temporary files. Only the holder of the lock removes a stale one.

use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use atlas_store::{DataDir, DataDirLock};
use tokio::net::UnixListener;

use crate::error::{CliError, Exit};

/// The longest path that fits into a socket address.
const PATH_LIMIT: usize = 100;

/// Makes the socket, for its owner only.
pub(super) fn bind_socket(held: &DataDirLock) -> Result<(PathBuf, UnixListener), CliError> {
    let usual = usual_place(held.dir())?;
    if usual.as_os_str().len() <= PATH_LIMIT {
        match bind(&usual) {
            Ok(listener) => return Ok((usual, listener)),
            Err(error) => {
                tracing::debug!(%error, socket = %usual.display(), "no socket can be made in the data directory");
            }
        }
    }
    let folder = runtime_dir(&usual);
    make_private(&folder, held.dir())?;
    let socket = folder.join("socket");
    let listener = bind(&socket).map_err(|error| {
        CliError::new(
            Exit::Failure,
            format!("cannot listen on the socket {}: {error}", socket.display()),
        )
    })?;
    Ok((socket, listener))
}

/// Where a server listens that cannot write down where.
pub(crate) fn unannounced_socket(dir: &DataDir) -> Option<PathBuf> {
    let folder = runtime_dir(&usual_place(dir).ok()?);
    is_private(&folder, dir).ok()?.then(|| folder.join("socket"))
}

fn usual_place(dir: &DataDir) -> std::io::Result<PathBuf> {
    Ok(std::path::absolute(dir.path())?.join("socket"))
}

fn bind(socket: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// The same data directory always gets the same name, so that a stale socket is found and replaced.
fn runtime_dir(usual: &Path) -> PathBuf {
    let name = usual
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
        });
    std::env::temp_dir().join(format!("atlas-{name:016x}"))
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
