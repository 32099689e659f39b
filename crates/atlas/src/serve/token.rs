//! The bearer token of the TCP listener: new at every start, readable by its owner only, never logged.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use atlas_store::DataDir;

use crate::error::{CliError, Exit};

const PREFIX: &str = "atlas_";
const RANDOM_BYTES: usize = 32;

/// Writes a new token and returns it. Where nothing can be written, the one of the last start stays valid; if there
/// is none, nobody knows the new one, and only the socket opens the routes.
pub(super) fn write_token(dir: &DataDir) -> Result<String, CliError> {
    let token = new_token()?;
    match replace(&dir.token(), &token) {
        Ok(()) => Ok(token),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            tracing::warn!(%error, "no new token could be written: that of the last start stays valid");
            Ok(last_token(&dir.token()).unwrap_or(token))
        }
        Err(error) => Err(CliError::new(
            Exit::Failure,
            format!(
                "cannot write the token to {}: {error}; mend that, or choose another directory with --data-dir DIR",
                dir.token().display()
            ),
        )),
    }
}

/// Something that nobody can guess.
pub(super) fn new_token() -> Result<String, CliError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        CliError::new(
            Exit::Failure,
            format!("the system gives no random numbers: {error}"),
        )
    })?;
    Ok(bytes
        .iter()
        .fold(PREFIX.to_owned(), |token, byte| format!("{token}{byte:02x}")))
}

/// A new file in the place of the old one, which somebody may have opened up.
fn replace(path: &Path, token: &str) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| file.write_all(token.as_bytes()))
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// The token of the last start, unless others can have read it or it is none.
fn last_token(path: &Path) -> Option<String> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o077 != 0 {
        return None;
    }
    let token = std::fs::read_to_string(path).ok()?;
    let is_token = token.strip_prefix(PREFIX).is_some_and(|random| {
        random.len() == 2 * RANDOM_BYTES && random.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    is_token.then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_has_a_token_of_its_own_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let dir = DataDir::new(folder.path());
        std::fs::write(dir.token(), "old").unwrap();
        std::fs::set_permissions(dir.token(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let tokens = [write_token(&dir).unwrap(), write_token(&dir).unwrap()];
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(last_token(&dir.token()).as_ref(), Some(&tokens[1]));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_cut_off_or_open_to_others_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        assert_eq!(last_token(&path), None);
        replace(&path, "atlas_0123").unwrap();
        assert_eq!(last_token(&path), None);
        replace(&path, &new_token().unwrap()).unwrap();
        assert!(last_token(&path).is_some());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(last_token(&path), None);
    }
}
