//! What commands read: files, and standard input where `-` stands for it. Never more than its caller can use:
//! a device or a pipe may have no end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use crate::error::{CliError, Exit};

/// The bytes of a file, or of standard input for `-`. More than `most_bytes` are refused.
pub(super) async fn read_bytes(path: &Path, most_bytes: u64) -> Result<Vec<u8>, CliError> {
    let bytes = read_aside(path.to_owned(), most_bytes)
        .await
        .map_err(|error| unreadable(path, &error.to_string()))?;
    if bytes.len() as u64 > most_bytes {
        let why = format!("it has more than {most_bytes} bytes, which is the limit");
        return Err(unreadable(path, &why));
    }
    Ok(bytes)
}

/// The text of a file, or of standard input for `-`. More than `most_bytes` are refused.
pub(super) async fn read_text(path: &Path, most_bytes: u64) -> Result<String, CliError> {
    String::from_utf8(read_bytes(path, most_bytes).await?)
        .map_err(|_| unreadable(path, "it is not UTF-8; convert it first, for example with iconv"))
}

/// A thread of its own reads: Ctrl-C must get through while nothing comes, and the process must not wait for the
/// thread when it ends.
async fn read_aside(path: PathBuf, most_bytes: u64) -> io::Result<Vec<u8>> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || {
            // One byte more than may be, to know that it is too much.
            let limit = most_bytes.saturating_add(1);
            let read = if path == Path::new("-") {
                read_to_end(io::stdin().lock(), limit)
            } else {
                File::open(path).and_then(|file| read_to_end(file, limit))
            };
            // Nobody waits for it when the command was interrupted.
            let _ = tell.send(read);
        })?;
    told.await.map_err(io::Error::other)?
}

fn read_to_end(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, why: &str) -> CliError {
    CliError::new(Exit::Usage, format!("cannot read {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn says_which_file_it_could_not_read_and_why() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing.txt");
        let error = read_text(&missing, 100).await.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("missing.txt"), "{error}");

        let latin = dir.path().join("latin.txt");
        std::fs::write(&latin, b"caf\xe9").unwrap();
        let error = read_text(&latin, 100).await.unwrap_err();
        assert!(error.message.contains("not UTF-8"), "{error}");
        assert_eq!(read_bytes(&latin, 4).await.unwrap(), b"caf\xe9");
    }

    #[tokio::test]
    async fn what_has_no_end_is_refused_at_the_limit() {
        let error = read_bytes(Path::new("/dev/zero"), 1_000).await.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("more than 1000 bytes"), "{error}");
    }
}
