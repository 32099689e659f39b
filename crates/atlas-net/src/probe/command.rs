//! Runs a program that knows how something is. It says so by its exit code and in one line, as plug-ins of Nagios do.

use std::path::Path;
use std::process::Stdio;

use atlas_domain::CheckOutcome;

use super::Finding;

/// How much of what a program says is kept.
const ANSWER_LIMIT_BYTES: usize = 500;

/// Runs it once. Whoever gives the time up ends the program with it.
pub(super) async fn run(program: &Path, arguments: &[String]) -> Finding {
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            let message = format!("`{}` cannot be started: {error}", program.display());
            return Finding::new(CheckOutcome::Unknown, message);
        }
    };
    let said = &output.stdout[..output.stdout.len().min(ANSWER_LIMIT_BYTES)];
    let said = String::from_utf8_lossy(said);
    let line = said.lines().next().unwrap_or_default().trim();
    match output.status.code() {
        Some(0) => Finding::ok(line),
        Some(1) => Finding::warn(line),
        Some(2) => Finding::crit(line),
        _ => {
            let message = format!("`{}` ended with {}: {line}", program.display(), output.status);
            Finding::new(CheckOutcome::Unknown, message)
        }
    }
}
