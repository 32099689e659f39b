//! Runs a program of the owner's once, with bounds: it keeps only the beginning of what the program prints, and whoever
//! gives up ends the program with all that it has started. No shell, and nothing of our environment.

use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};

/// How much of each output is kept. The rest is read and thrown away: a program that cannot print would hang.
const KEPT_BYTES: u64 = 64 * 1_024;
/// Where programs find others.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// A program that is at work. Dropped, it is ended.
pub(crate) struct Running {
    group: Group,
    child: Child,
}

/// What a program that has ended has said.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The beginning of what it printed.
    pub(crate) output: Vec<u8>,
    /// The beginning of what it complained of.
    pub(crate) complaints: Vec<u8>,
}

impl Running {
    /// Starts it, with the variables of `command` and no others.
    pub(crate) fn start(command: &mut Command) -> std::io::Result<Self> {
        let child = command
            .env("PATH", PATH)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            group: Group::of(&child),
            child,
        })
    }

    /// Hands `input` over and hears it to its end, which is that of everything it has started and lets print.
    pub(crate) async fn finish(mut self, input: &[u8]) -> std::io::Result<Ended> {
        let (to, from, complaints) = (
            self.child.stdin.take(),
            self.child.stdout.take(),
            self.child.stderr.take(),
        );
        // All at once: a program may print more than a pipe holds before it reads a word.
        let ((), output, complaints, status) = tokio::join!(
            hand_over(to, input),
            hear(from),
            hear(complaints),
            self.child.wait()
        );
        let ended = Ended {
            status: status?,
            output: output?,
            complaints: complaints?,
        };
        self.group.0 = None;
        Ok(ended)
    }
}

/// A command that inherits nothing.
pub(crate) fn command(program: &std::path::Path, arguments: &[String]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command
}

/// A program that needs no input may close it at once.
async fn hand_over(to: Option<ChildStdin>, input: &[u8]) {
    if let Some(mut to) = to {
        let _ = to.write_all(input).await;
    }
}

async fn hear(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        (&mut from).take(KEPT_BYTES).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    }
    Ok(kept)
}

/// A program and what it has started. Dropped while it holds them it ends them all: a script that is killed alone would
/// leave what it waits for behind, once for each run.
struct Group(Option<Pid>);

impl Group {
    fn of(leader: &Child) -> Self {
        let leader = leader.id().and_then(|pid| i32::try_from(pid).ok());
        Self(leader.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // None of them may be left by now.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
