//! Tools from crates.io at pinned versions, compiled once into the cache, and components of the toolchain.
//! A tool of another version elsewhere on the machine is neither used nor touched.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{self, Failure, answer};
use crate::workspace::Workspace;

/// Runs each test in a process of its own: one that hangs or aborts takes no other with it.
pub(crate) const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    version: "0.9.143",
    purpose: "the test runner",
};

/// Checks licences, banned crates and sources of every dependency.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    purpose: "the check of dependencies",
};

/// A program from crates.io.
pub(crate) struct Tool {
    /// The crate, and the program it installs.
    name: &'static str,
    version: &'static str,
    purpose: &'static str,
}

/// A program with its path, installed if it is missing or has another version.
pub(crate) fn installed(workspace: &Workspace, tool: &Tool) -> Result<PathBuf, Failure> {
    let program = workspace.tools().join("bin").join(tool.name);
    if has_version(
        answer(Command::new(&program).arg("--version")).as_deref(),
        tool.version,
    ) {
        return Ok(program);
    }
    eprintln!(
        "Missing: {} {}, {}. Installing it into the cache.",
        tool.name, tool.version, tool.purpose
    );
    // A folder that stays until the end: an interrupted installation goes on where it was, and a small
    // temporary file system does not fill up.
    let build = workspace.tools().join("build");
    command::run(install(workspace, tool).env("CARGO_TARGET_DIR", &build))?;
    fs::remove_dir_all(&build)
        .map_err(|error| Failure::new(format!("cannot remove {}: {error}", build.display())))?;
    Ok(program)
}

/// Makes sure that `cargo SUBCOMMAND` works, which a component of the toolchain brings.
pub(crate) fn ensure_component(
    workspace: &Workspace,
    subcommand: &str,
    component: &str,
) -> Result<(), Failure> {
    if answer(&mut workspace.cargo([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    eprintln!("Missing: {component}, a component of the Rust toolchain. Installing it through rustup.");
    command::run(workspace.program("rustup").args(["component", "add", component]))
}

fn install(workspace: &Workspace, tool: &Tool) -> Command {
    let version = format!("={}", tool.version);
    let mut command = workspace.cargo(["install", "--locked", "--force", "--root"]);
    command
        .arg(workspace.tools())
        .args(["--version", &version, tool.name]);
    // These tools mostly wait for others: what counts is how soon they are there.
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    command
}

/// Whether `NAME VERSION ...`, as a program answers `--version`, tells this version.
fn has_version(answer: Option<&str>, version: &str) -> bool {
    answer.and_then(|text| text.split_whitespace().nth(1)) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_tool_of_the_pinned_version() {
        assert!(has_version(
            Some("cargo-nextest 0.9.143 (0c5d 2026-01-01)\nrelease: 0.9.143"),
            "0.9.143"
        ));
        assert!(has_version(Some("cargo-deny 0.20.2\n"), "0.20.2"));
    }

    #[test]
    fn replaces_a_tool_that_is_missing_or_of_another_version() {
        assert!(!has_version(None, "0.9.143"));
        assert!(!has_version(Some(""), "0.9.143"));
        assert!(!has_version(Some("cargo-nextest 0.9.14"), "0.9.143"));
        assert!(!has_version(Some("cargo-nextest 0.9.143-rc.1"), "0.9.143"));
    }
}
