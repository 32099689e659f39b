//! Hands a message to a program of the owner's: as JSON on its standard input, and in a few variables. It gets nothing
//! else of this process: no environment, no open files, no shell.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_domain::{Message, Receipt, SendFailure};
use tokio::io::AsyncWriteExt;

use super::failure::{not_sent, refused, unknown};

/// What a program says that cannot take the message now (`EX_TEMPFAIL` of `sysexits.h`).
const TRY_AGAIN: i32 = 75;
/// How much of what a program says is kept.
const ANSWER_LIMIT_BYTES: usize = 1_000;

/// A program that takes messages.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program, by its whole path.
    pub program: PathBuf,
    /// What it is called with.
    pub arguments: Vec<String>,
}

impl Command {
    /// Runs it once. Whoever gives the time up ends the program with it.
    pub(super) async fn send(
        &self,
        message: &Message,
        handed_over: &AtomicBool,
    ) -> Result<Receipt, SendFailure> {
        let program = self.program.display();
        let mut child = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("ATLAS_DELIVERY_ID", &message.delivery_id)
            .env("ATLAS_SEVERITY", message.severity.as_str())
            .env("ATLAS_TITLE", message.title.replace('\0', ""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| refused(format!("`{program}` cannot be started: {error}")))?;
        handed_over.store(true, Ordering::Relaxed);
        if let Some(mut input) = child.stdin.take() {
            // A program that needs nothing but the variables may close its input at once.
            let _ = input.write_all(message.json.as_bytes()).await;
        }
        let output = child
            .wait_with_output()
            .await
            .map_err(|error| unknown(format!("`{program}` was lost: {error}")))?;
        let said = said(&output);
        match output.status.code() {
            Some(0) => Ok(Receipt { answer: said }),
            Some(TRY_AGAIN) => Err(not_sent(format!("`{program}` cannot take it now: {said}"))),
            Some(code) => Err(refused(format!("`{program}` ended with {code}: {said}"))),
            None => Err(unknown(format!("`{program}` was ended by a signal: {said}"))),
        }
    }
}

fn said(output: &Output) -> String {
    let words = if output.stderr.is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    let words = &words[..words.len().min(ANSWER_LIMIT_BYTES)];
    let text = String::from_utf8_lossy(words);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
