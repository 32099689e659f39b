//! The project's own commands, behind `cargo xtask`. Without dependencies, because a fresh machine compiles
//! this first. What must hold for the repository as a whole is tested in `tests/workspace/`, not here.
#![expect(
    clippy::print_stderr,
    reason = "a tool for people: all it says is talk, and goes to stderr"
)]

mod ci;
mod command;
mod system;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use crate::command::Failure;
use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

Commands:
  test [-- ARGUMENTS]   run every test; with ARGUMENTS, which `cargo nextest run` gets, only those it selects
  ci                    all that a change must pass, every test included, with the time of each step

What is missing is installed: a C compiler by apt-get (through sudo when not root), the rest by cargo.
Tools and build products are kept in $ATLAS_CACHE_DIR, by default ~/.cache/atlas; CARGO_TARGET_DIR, if set,
is where build products go instead.";

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
enum Request {
    Test { nextest_arguments: Vec<String> },
    Ci,
    Help,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let request = match parse(&arguments) {
        Ok(request) => request,
        Err(complaint) => {
            eprintln!("error: {complaint}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match perform(&request) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nerror: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[&str]) -> Result<Request, String> {
    match arguments {
        ["test"] => Ok(Request::Test {
            nextest_arguments: Vec::new(),
        }),
        ["test", "--", rest @ ..] => Ok(Request::Test {
            nextest_arguments: rest.iter().map(ToString::to_string).collect(),
        }),
        ["test", stray, ..] => Err(format!("`{stray}`: arguments for nextest go after `--`")),
        ["ci"] => Ok(Request::Ci),
        ["ci", stray, ..] => Err(format!("`ci` takes no arguments, and got `{stray}`")),
        ["help" | "--help" | "-h", ..] => Ok(Request::Help),
        [] => Err("a command is missing".to_owned()),
        [unknown, ..] => Err(format!("there is no command `{unknown}`")),
    }
}

fn perform(request: &Request) -> Result<(), Failure> {
    if *request == Request::Help {
        eprintln!("{USAGE}");
        return Ok(());
    }
    let workspace = Workspace::locate()?;
    // Two runs in one cache would replace each other's binaries under the tests that start them.
    let _alone = workspace.lock_cache()?;
    match request {
        Request::Test { nextest_arguments } => test::run(&workspace, nextest_arguments),
        Request::Ci => ci::run(&workspace),
        Request::Help => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_what_follows_two_dashes_to_nextest() {
        let request = parse(&["test", "--", "--no-capture", "login"]);

        let nextest_arguments = vec!["--no-capture".to_owned(), "login".to_owned()];
        assert_eq!(request, Ok(Request::Test { nextest_arguments }));
    }

    #[test]
    fn refuses_a_filter_without_the_two_dashes() {
        let complaint = parse(&["test", "login"]).unwrap_err();

        assert!(
            complaint.contains("`login`") && complaint.contains("after `--`"),
            "{complaint}"
        );
    }

    #[test]
    fn refuses_a_command_it_does_not_know() {
        assert_eq!(parse(&["tset"]), Err("there is no command `tset`".to_owned()));
        assert_eq!(parse(&[]), Err("a command is missing".to_owned()));
        assert_eq!(
            parse(&["ci", "fast"]),
            Err("`ci` takes no arguments, and got `fast`".to_owned())
        );
    }
}
