//! Hands a message to a program of the owner's: as JSON on its standard input, and in a few variables. It gets nothing
//! else of this process: no environment, no open files, no shell.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use atlas_domain::{Message, Receipt, SendFailure};

use super::failure::{not_sent, refused, unknown};
use crate::exec::{Ended, Running, command};

/// What a program says that cannot take the message now (`EX_TEMPFAIL` of `sysexits.h`).
const TRY_AGAIN: i32 = 75;
/// How much of what a program says is kept.
const ANSWER_LIMIT_BYTES: usize = 1_000;

/// A program that takes messages.
#[derive(Clone)]
pub struct Command {
    /// The program, by its whole path.
    pub program: PathBuf,
    /// What it is called with.
    pub arguments: Vec<String>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Without the arguments: people put tokens there.
        write!(f, "Command({})", self.program.display())
    }
}

impl Command {
    /// Runs it once. Whoever gives the time up ends the program with it, and all that it has started.
    pub(super) async fn send(
        &self,
        message: &Message,
        handed_over: &AtomicBool,
    ) -> Result<Receipt, SendFailure> {
        let program = self.program.display();
        let mut command = command(&self.program, &self.arguments);
        command
            .env("ATLAS_DELIVERY_ID", &message.delivery_id)
            .env("ATLAS_SEVERITY", message.severity.as_str())
            .env("ATLAS_TITLE", message.title.replace('\0', ""));
        let running = Running::start(&mut command)
            .map_err(|error| refused(format!("`{program}` cannot be started: {error}")))?;
        handed_over.store(true, Ordering::Relaxed);
        let ended = running.finish(message.json.as_bytes()).await;
        let ended = ended.map_err(|error| unknown(format!("`{program}` was lost: {error}")))?;
        let said = said(&ended);
        match ended.status.code() {
            Some(0) => Ok(Receipt::of_all(said)),
            Some(TRY_AGAIN) => Err(not_sent(format!("`{program}` cannot take it now: {said}"))),
            Some(code) => Err(refused(format!("`{program}` ended with {code}: {said}"))),
            None => Err(unknown(format!("`{program}` was ended by a signal: {said}"))),
        }
    }
}

fn said(ended: &Ended) -> String {
    let words = if ended.complaints.is_empty() {
        &ended.output
    } else {
        &ended.complaints
    };
    let words = &words[..words.len().min(ANSWER_LIMIT_BYTES)];
    let text = String::from_utf8_lossy(words);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
