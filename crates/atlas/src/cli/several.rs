//! One piece of work for each of several names: a failure is reported and the rest goes on.

use crate::cli::output::Output;
use crate::error::{CliError, Exit};

/// What came of each name, and how the command ends: with the first error's code when nothing worked, with
/// `Partial` when some did. A single name's error is the command's own.
pub(super) async fn for_each<T>(
    names: &[String],
    output: &Output,
    work: impl AsyncFn(&str) -> Result<T, CliError>,
) -> Result<(Vec<T>, Exit), CliError> {
    let mut done = Vec::with_capacity(names.len());
    let mut first_error = None;
    for name in names {
        match work(name).await {
            Ok(result) => done.push(result),
            Err(error) if names.len() == 1 => return Err(error),
            Err(error) => {
                output.problem(&format!("{name}: {error}"));
                first_error.get_or_insert(error.exit);
            }
        }
    }
    let exit = match first_error {
        None => Exit::Ok,
        Some(exit) if done.is_empty() => exit,
        Some(_) => Exit::Partial,
    };
    Ok((done, exit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::captured;

    async fn run(names: &[&str]) -> (Result<(Vec<String>, Exit), CliError>, String) {
        let (output, _, talk) = captured(false);
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let result = for_each(&names, &output, async |name| match name {
            "missing" => Err(CliError::new(Exit::NotFound, "there is no such item")),
            "locked" => Err(CliError::new(Exit::Busy, "somebody else has it")),
            name => Ok(name.to_uppercase()),
        })
        .await;
        (result, talk.text())
    }

    #[tokio::test]
    async fn carries_on_after_an_error_and_reports_it() {
        let (result, talk) = run(&["a", "missing", "b"]).await;
        assert_eq!(
            result.unwrap(),
            (vec!["A".to_owned(), "B".to_owned()], Exit::Partial)
        );
        assert_eq!(talk, "atlas: missing: there is no such item\n");
    }

    #[tokio::test]
    async fn ends_with_the_first_error_when_nothing_worked() {
        let (result, talk) = run(&["locked", "missing"]).await;
        assert_eq!(result.unwrap(), (Vec::new(), Exit::Busy));
        assert_eq!(talk.lines().count(), 2);
    }

    #[tokio::test]
    async fn one_name_fails_with_its_own_error() {
        let (result, talk) = run(&["missing"]).await;
        assert_eq!(result.unwrap_err().exit, Exit::NotFound);
        assert_eq!(talk, "", "whoever gets the error says it");
    }

    #[tokio::test]
    async fn is_well_when_all_is_well() {
        assert_eq!(run(&["a"]).await.0.unwrap().1, Exit::Ok);
    }
}
