//! `cargo xtask test`: every test there is, on a machine that had nothing but Rust.

use crate::command::{self, Failure};
use crate::workspace::Workspace;
use crate::{system, tools};

/// Crash tests stop the process at named steps, which only this feature compiles in.
pub(crate) const FEATURES: [&str; 2] = ["--features", "atlas/failpoints"];

/// The circuit breaker in every order in which threads can meet. Under the feature nothing else of the crate works,
/// so it is a run of its own.
const INTERLEAVINGS: [&str; 6] = [
    "--package",
    "atlas-resilience",
    "--features",
    "loom",
    "--test",
    "loom",
];

/// Runs every test; with arguments, only those that nextest selects by them.
pub(crate) fn run(workspace: &Workspace, nextest_arguments: &[String]) -> Result<(), Failure> {
    system::ensure_c_compiler(workspace)?;
    system::ensure_mail_server()?;
    system::ensure_shifting_of_clocks()?;
    system::ensure_systemd_analyze()?;
    let nextest = tools::installed(workspace, &tools::NEXTEST)?;

    let mut tests = workspace.program(&nextest);
    command::run(
        tests
            .args(["nextest", "run", "--workspace"])
            .args(FEATURES)
            .args(nextest_arguments),
    )?;
    if nextest_arguments.is_empty() {
        let mut interleavings = workspace.program(&nextest);
        command::run(interleavings.args(["nextest", "run"]).args(INTERLEAVINGS))?;
        // Examples in documentation, which nextest neither runs nor selects.
        let mut examples = workspace.cargo(["test", "--workspace", "--doc"]);
        command::run(examples.args(FEATURES))?;
    }
    Ok(())
}
