//! Runs a program that knows how something is. It says so by its exit code and in one line, as plug-ins of Nagios do.

use std::path::Path;

use atlas_domain::CheckOutcome;

use super::Finding;
use crate::exec::{Running, command};

/// How much of what a program says is kept.
const ANSWER_LIMIT_BYTES: usize = 500;

/// Runs it once. Whoever gives the time up ends the program with it, and all that it has started.
pub(super) async fn run(program: &Path, arguments: &[String]) -> Finding {
    let ended = match Running::start(&mut command(program, arguments)) {
        Ok(running) => running.finish(&[]).await,
        Err(error) => {
            let message = format!("`{}` cannot be started: {error}", program.display());
            return Finding::new(CheckOutcome::Unknown, message);
        }
    };
    let ended = match ended {
        Ok(ended) => ended,
        Err(error) => {
            let message = format!("`{}` was lost: {error}", program.display());
            return Finding::new(CheckOutcome::Unknown, message);
        }
    };
    let said = &ended.output[..ended.output.len().min(ANSWER_LIMIT_BYTES)];
    let said = String::from_utf8_lossy(said);
    let line = said.lines().next().unwrap_or_default().trim();
    match ended.status.code() {
        Some(0) => Finding::ok(line),
        // What it says may sound well: its code is what counts.
        Some(1) => Finding::warn(with_code(line, 1)),
        Some(2) => Finding::crit(with_code(line, 2)),
        code => {
            let how = code.map_or_else(
                || "was ended by a signal".to_owned(),
                |code| format!("ended with exit code {code}"),
            );
            let colon = if line.is_empty() { "" } else { ": " };
            let message = format!("`{}` {how}{colon}{line}", program.display());
            Finding::new(CheckOutcome::Unknown, message)
        }
    }
}

fn with_code(line: &str, code: i32) -> String {
    format!("{line} (exit code {code})").trim_start().to_owned()
}
