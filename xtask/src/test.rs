//! `cargo xtask test`: every test there is, on a machine that had nothing but Rust.

use crate::command::{self, Failure};
use crate::workspace::Workspace;
use crate::{system, tools};

/// Crash tests stop the process at named steps, which only this feature compiles in.
pub(crate) const FEATURES: [&str; 2] = ["--features", "atlas/failpoints"];

/// Runs every test; with arguments, only those that nextest selects by them.
pub(crate) fn run(workspace: &Workspace, nextest_arguments: &[String]) -> Result<(), Failure> {
    system::ensure_c_compiler(workspace)?;
    let nextest = tools::installed(workspace, &tools::NEXTEST)?;

    let mut tests = workspace.program(nextest);
    command::run(
        tests
            .args(["nextest", "run", "--workspace"])
            .args(FEATURES)
            .args(nextest_arguments),
    )?;
    if nextest_arguments.is_empty() {
        // Examples in documentation, which nextest neither runs nor selects.
        let mut examples = workspace.cargo(["test", "--workspace", "--doc"]);
        command::run(examples.args(FEATURES))?;
    }
    Ok(())
}
