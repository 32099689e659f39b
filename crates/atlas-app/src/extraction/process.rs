//! The parent's hold on one child process: start it, give it a page, find out how it died. Always reaped: a
//! process that is dropped is killed. Decides nothing about which child gets which page.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use atlas_extract::{Extracted, PageInput};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::failure::{ExtractFailure, ExtractFault};
use super::limits::ChildLimits;
use super::protocol::{self, Greeting, MAX_HEADER_BYTES, MAX_REPLY_BYTES, Receipt, Reply, VERSION};

/// A child greets within milliseconds; on a starved machine it may take a while.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a child may take to end after its pipe is closed or broken.
const END_TIMEOUT: Duration = Duration::from_secs(2);
/// Of what a child writes to standard error, the end is kept: there it says what it dies of.
const LAST_WORDS_BYTES: usize = 8 << 10;

/// How to start a child: this very program, with the arguments that make it call [`run_child`](super::run_child).
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// Absolute path of the program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment: nothing is inherited, so that no secret is.
    pub env: Vec<(OsString, OsString)>,
}

/// A child that waits for a page.
#[derive(Debug)]
pub(super) struct ChildProcess {
    child: Child,
    requests: ChildStdin,
    replies: ChildStdout,
    last_words: JoinHandle<String>,
    /// Pages it has extracted.
    pub(super) pages: u32,
    /// When it became idle.
    pub(super) idle_since: Instant,
}

/// Why there is no result. The process is of no more use.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It was dead before it had the whole page: the page is innocent.
    NotDelivered,
    /// It died with the page.
    Died,
    /// It answered that extraction panicked.
    Panicked(String),
    /// Its answer makes no sense.
    Garbled(String),
}

impl ChildProcess {
    /// Starts a child and waits until it lives within its limits.
    pub(super) async fn start(command: &ChildCommand, limits: ChildLimits) -> Result<Self, ExtractFailure> {
        let mut process = Self::spawn(command)
            .map_err(|error| unavailable(format!("{}: {error}", command.program.display())))?;
        match timeout(START_TIMEOUT, process.greet(limits)).await {
            Ok(Ok(greeting)) if greeting.version == VERSION => Ok(process),
            Ok(Ok(greeting)) => {
                process.kill().await;
                let reason = format!(
                    "it is version {}, this is {VERSION}; restart to use it",
                    greeting.version
                );
                Err(unavailable(reason))
            }
            Ok(Err(error)) => {
                let failure = process.autopsy(Trouble::Died).await;
                Err(unavailable(format!("{error}; {failure}")))
            }
            Err(_) => {
                process.kill().await;
                Err(unavailable(format!(
                    "it did not answer within {} s",
                    START_TIMEOUT.as_secs()
                )))
            }
        }
    }

    fn spawn(command: &ChildCommand) -> io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .envs(command.env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            // Ctrl-C in a terminal goes to the whole group; the parent decides when its children end.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipes = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .zip(child.stderr.take());
        let ((requests, replies), errors) = pipes.ok_or_else(|| io::Error::other("no pipes"))?;
        let last_words = tokio::spawn(collect_last_words(errors));
        Ok(Self {
            child,
            requests,
            replies,
            last_words,
            pages: 0,
            idle_since: Instant::now(),
        })
    }

    async fn greet(&mut self, limits: ChildLimits) -> io::Result<Greeting> {
        self.requests.write_all(&protocol::frame(&limits)?).await?;
        let greeting = protocol::receive(&mut self.replies, MAX_HEADER_BYTES).await?;
        Ok(serde_json::from_slice(
            &greeting.ok_or(io::ErrorKind::UnexpectedEof)?,
        )?)
    }

    /// Has one page extracted.
    pub(super) async fn extract(&mut self, page: &PageInput) -> Result<Extracted, Trouble> {
        self.pages += 1;
        self.deliver(page).await.map_err(|_| Trouble::NotDelivered)?;
        let reply = protocol::receive(&mut self.replies, MAX_REPLY_BYTES).await;
        let reply = reply
            .map_err(|error| Trouble::Garbled(error.to_string()))?
            .ok_or(Trouble::Died)?;
        match serde_json::from_slice(&reply) {
            Ok(Reply::Extracted(extracted)) => Ok(*extracted),
            Ok(Reply::Panicked(message)) => Err(Trouble::Panicked(message)),
            Err(error) => Err(Trouble::Garbled(error.to_string())),
        }
    }

    async fn deliver(&mut self, page: &PageInput) -> io::Result<()> {
        self.requests.write_all(&protocol::page_preamble(page)?).await?;
        self.requests.write_all(&page.bytes).await?;
        self.requests.flush().await?;
        let receipt = protocol::receive(&mut self.replies, MAX_HEADER_BYTES).await?;
        let receipt: Receipt = serde_json::from_slice(&receipt.ok_or(io::ErrorKind::UnexpectedEof)?)?;
        if receipt.page_bytes == page.bytes.len() {
            Ok(())
        } else {
            Err(io::ErrorKind::InvalidData.into())
        }
    }

    /// Whether it can still be given a page. One that was killed while idle must not be blamed on the next page.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Lets it go: its pipe is closed, and it ends by itself or is made to.
    pub(super) async fn end(self) {
        let Self {
            mut child, requests, ..
        } = self;
        drop(requests);
        if timeout(END_TIMEOUT, child.wait()).await.is_err() {
            kill_and_reap(&mut child).await;
        }
    }

    /// Ends it at once.
    pub(super) async fn kill(mut self) {
        kill_and_reap(&mut self.child).await;
    }

    /// What went wrong, from what it left behind.
    pub(super) async fn autopsy(self, trouble: Trouble) -> ExtractFailure {
        let Self {
            mut child,
            requests,
            replies,
            last_words,
            ..
        } = self;
        match trouble {
            Trouble::Panicked(message) => {
                kill_and_reap(&mut child).await;
                return ExtractFailure::new(ExtractFault::Crashed, format!("extraction panicked: {message}"));
            }
            Trouble::Garbled(message) => {
                kill_and_reap(&mut child).await;
                let message = format!("extraction gave an answer that makes no sense: {message}");
                return ExtractFailure::new(ExtractFault::Crashed, message);
            }
            Trouble::NotDelivered | Trouble::Died => {}
        }
        drop((requests, replies));
        let status = timeout(END_TIMEOUT, child.wait()).await;
        if status.is_err() {
            kill_and_reap(&mut child).await;
        }
        let status = status.ok().and_then(Result::ok);
        let last_words = timeout(END_TIMEOUT, last_words).await;
        let last_words = last_words.ok().and_then(Result::ok).unwrap_or_default();
        ExtractFailure::of_death(status, &last_words)
    }
}

/// Waiting can only fail when there is nothing left to wait for.
async fn kill_and_reap(child: &mut Child) {
    let _ = child.kill().await;
}

fn unavailable(reason: impl std::fmt::Display) -> ExtractFailure {
    let message = format!("the extraction process could not be started: {reason}");
    ExtractFailure::new(ExtractFault::Unavailable, message)
}

/// Reads until the child is gone and keeps the end.
async fn collect_last_words(mut errors: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = errors.read(&mut chunk).await {
        kept.extend_from_slice(&chunk[..read]);
        if kept.len() > LAST_WORDS_BYTES {
            kept.drain(..kept.len() - LAST_WORDS_BYTES);
        }
    }
    String::from_utf8_lossy(&kept).into_owned()
}
