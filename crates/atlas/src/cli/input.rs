//! What commands read: files, and standard input where `-` stands for it.

use std::io::Read;
use std::path::Path;

use tokio::sync::oneshot;

use crate::error::{CliError, Exit};

/// The text of a file, or of standard input for `-`.
pub(super) async fn read_text(path: &Path) -> Result<String, CliError> {
    let bytes = if path == Path::new("-") {
        read_stdin().await
    } else {
        std::fs::read(path)
    };
    let unreadable =
        |why: String| CliError::new(Exit::Usage, format!("cannot read {}: {why}", path.display()));
    let bytes = bytes.map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes)
        .map_err(|_| unreadable("it is not UTF-8; convert it first, for example with iconv".to_owned()))
}

/// A thread of its own waits for standard input: Ctrl-C must get through while nothing comes, and the process
/// must not wait for the thread when it ends.
async fn read_stdin() -> std::io::Result<Vec<u8>> {
    let (tell, told) = oneshot::channel();
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes);
            // Nobody waits for it when the command was interrupted.
            let _ = tell.send(read);
        })?;
    told.await.map_err(std::io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn says_which_file_it_could_not_read_and_why() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing.html");
        let error = read_text(&missing).await.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.message.contains("missing.html"), "{error}");

        let latin = dir.path().join("latin.html");
        std::fs::write(&latin, b"caf\xe9").unwrap();
        let error = read_text(&latin).await.unwrap_err();
        assert!(error.message.contains("not UTF-8"), "{error}");
    }
}
