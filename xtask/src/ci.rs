//! `cargo xtask ci`: all that a change must pass. Every step runs even if an earlier one failed, so that one
//! run tells all; the end is a table with the time of each, and the commands that failed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::command::{self, Failure};
use crate::workspace::Workspace;
use crate::{test, tools};

/// A part of the run, with its name in the table.
struct Step {
    name: &'static str,
    run: fn(&Workspace) -> Result<(), Failure>,
}

/// What a step came to.
struct Report {
    name: &'static str,
    took: Duration,
    outcome: Result<(), Failure>,
}

/// Paths and links in documents, dependency edges and the form of files are tests: see `tests/workspace/`.
const STEPS: [Step; 7] = [
    Step {
        name: "format",
        run: check_format,
    },
    Step {
        name: "test",
        run: |workspace| test::run(workspace, &[]),
    },
    Step {
        name: "clippy",
        run: check_lints,
    },
    Step {
        name: "clippy, as shipped",
        run: check_lints_as_shipped,
    },
    Step {
        name: "dependencies",
        run: check_dependencies,
    },
    Step {
        name: "documentation",
        run: build_documentation,
    },
    Step {
        name: "benches",
        run: check_benches,
    },
];

/// Runs all steps and prints the table.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let reports = STEPS.map(|step| {
        eprintln!("\n=== {} ===", step.name);
        let started = now();
        let outcome = (step.run)(workspace);
        if let Err(failure) = &outcome {
            eprintln!("\nerror: {failure}");
        }
        Report {
            name: step.name,
            took: now() - started,
            outcome,
        }
    });
    eprintln!("\n{}", table(&reports));
    verdict(&reports)
}

fn check_format(workspace: &Workspace) -> Result<(), Failure> {
    tools::ensure_component(workspace, "fmt", "rustfmt")?;
    command::run(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

fn check_lints(workspace: &Workspace) -> Result<(), Failure> {
    tools::ensure_component(workspace, "clippy", "clippy")?;
    let mut clippy = workspace.cargo(["clippy", "--workspace", "--all-targets"]);
    command::run(clippy.args(test::FEATURES).args(["--", "-D", "warnings"]))
}

/// Without the features of the tests: what is left out of a release must not break it.
fn check_lints_as_shipped(workspace: &Workspace) -> Result<(), Failure> {
    command::run(&mut workspace.cargo(["clippy", "--workspace", "--", "-D", "warnings"]))
}

/// Known vulnerabilities are not among the checks: their database is not on crates.io, and a change must
/// not fail because a machine cannot reach it.
fn check_dependencies(workspace: &Workspace) -> Result<(), Failure> {
    let deny = tools::installed(workspace, &tools::DENY)?;
    command::run(
        workspace
            .program(deny)
            .args(["check", "bans", "licenses", "sources"]),
    )
}

fn build_documentation(workspace: &Workspace) -> Result<(), Failure> {
    let mut documentation = workspace.cargo(["doc", "--workspace", "--no-deps"]);
    command::run(
        documentation
            .args(test::FEATURES)
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// They are a package of their own, outside the workspace, and would rot unseen. They are looked at with the crates that
/// they measure and compare; nothing is measured.
fn check_benches(workspace: &Workspace) -> Result<(), Failure> {
    let manifest = ["--manifest-path", "benches/Cargo.toml"];
    command::run(workspace.cargo(["check", "--locked"]).args(manifest))
}

fn table(reports: &[Report]) -> String {
    let mut table = String::new();
    for Report { name, took, outcome } in reports {
        let word = if outcome.is_ok() { "passed" } else { "FAILED" };
        let _ = writeln!(table, "{name:<20} {word} {:>8.1} s", took.as_secs_f64());
    }
    let total: Duration = reports.iter().map(|report| report.took).sum();
    let _ = writeln!(table, "{:<27} {:>8.1} s", "total", total.as_secs_f64());
    table
}

fn verdict(reports: &[Report]) -> Result<(), Failure> {
    let failures: Vec<String> = reports
        .iter()
        .filter_map(|report| Some(format!("{}: {}", report.name, report.outcome.as_ref().err()?)))
        .collect();
    if failures.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(failures.join("\n       ")))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "durations shown to people; nothing is decided by them"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports() -> [Report; 3] {
        let failed = |command: &str| Err(Failure::new(format!("`{command}` failed: exit status: 1")));
        [
            Report {
                name: "format",
                took: Duration::from_millis(1_240),
                outcome: failed("cargo fmt"),
            },
            Report {
                name: "test",
                took: Duration::from_secs(61),
                outcome: Ok(()),
            },
            Report {
                name: "clippy",
                took: Duration::from_secs(2),
                outcome: failed("cargo clippy"),
            },
        ]
    }

    #[test]
    fn the_table_tells_each_step_with_its_time() {
        let expected = "\
format               FAILED      1.2 s
test                 passed     61.0 s
clippy               FAILED      2.0 s
total                           64.2 s
";
        assert_eq!(table(&reports()), expected);
    }

    #[test]
    fn a_run_with_failed_steps_fails_with_every_command_that_failed() {
        let failure = verdict(&reports()).unwrap_err().to_string();

        let expected = "\
format: `cargo fmt` failed: exit status: 1
       clippy: `cargo clippy` failed: exit status: 1";
        assert_eq!(failure, expected);
    }

    #[test]
    fn a_run_without_failed_steps_passes() {
        assert_eq!(verdict(&reports()[1..2]), Ok(()));
    }
}
