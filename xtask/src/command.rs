//! Running other programs: each is shown before it runs, and a failure names the command that failed.
//! None of them gets a standard input, so none can wait for a person who is not there.

use std::ffi::OsStr;
use std::fmt;
use std::process::{Command, Stdio};

/// Why a command of xtask did not succeed, as a sentence for people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs a command to its end, its output going where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let line = shown(command);
    eprintln!("\n+ {line}");
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("`{line}` failed: {status}"))),
        Err(error) => Err(Failure::new(format!("`{line}` did not start: {error}"))),
    }
}

/// Asks a program something and returns its standard output, or nothing if it is not there or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it, with the variables that were set for it alone.
pub(crate) fn shown(command: &Command) -> String {
    let variables = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.to_string_lossy(), quoted(value?))));
    let words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(quoted);
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_a_command_that_can_be_pasted_into_a_shell() {
        let mut command = Command::new("cargo");
        command
            .args(["doc", "--features", "a b", "it's"])
            .env("RUSTDOCFLAGS", "-D warnings");
        command.env_remove("CARGO_PKG_NAME");

        assert_eq!(
            shown(&command),
            r"RUSTDOCFLAGS='-D warnings' cargo doc --features 'a b' 'it'\''s'"
        );
    }

    #[test]
    fn a_failure_names_the_command_and_its_status() {
        let failure = run(Command::new("sh").args(["-c", "exit 3"]))
            .unwrap_err()
            .to_string();

        assert!(
            failure.starts_with("`sh -c 'exit 3'` failed") && failure.ends_with('3'),
            "{failure}"
        );
    }

    #[test]
    fn a_program_that_does_not_exist_is_a_failure() {
        let failure = run(&mut Command::new("/nowhere/to-be-found"))
            .unwrap_err()
            .to_string();

        assert!(
            failure.starts_with("`/nowhere/to-be-found` did not start"),
            "{failure}"
        );
        assert_eq!(answer(&mut Command::new("/nowhere/to-be-found")), None);
    }

    #[test]
    fn gives_no_standard_input() {
        assert_eq!(answer(&mut Command::new("cat")).as_deref(), Some(""));
    }
}
