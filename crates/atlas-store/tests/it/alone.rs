//! Scenarios that end or limit their whole process, and so run in one of their own: the test that starts one names it,
//! and gives it a folder to work in.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the ignored test `scenario` in `folder`, inside `wrapper` if that names a command.
pub(crate) fn run(wrapper: &[&str], scenario: &str, folder: &Path) -> Output {
    let tests = std::env::current_exe().unwrap();
    let arguments = [
        "--exact",
        scenario,
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ];
    let mut command = match wrapper.split_first() {
        Some((program, rest)) => {
            let mut command = Command::new(program);
            command.args(rest).arg(tests);
            command
        }
        None => Command::new(tests),
    };
    // What it leaves when it is killed is in there, too.
    command.args(arguments).current_dir(folder).env("TMPDIR", folder);
    command.output().unwrap()
}

/// `cargo test -- --ignored` would run the scenarios beside other tests, which they would harm.
pub(crate) fn runs_alone() -> bool {
    std::env::args().any(|argument| argument == "--exact")
}
