//! The command line of `atlas search`, where `-word` leaves a word out: the parser of command lines takes it for an
//! option, so what is none is put behind `--`. Judges no query.

use std::ffi::{OsStr, OsString};

use clap::{Command as Definition, CommandFactory};

use super::Cli;
use super::tag_line::option;

const NAME: &str = "search";

/// The same command line, with what is to be searched behind all options.
pub(super) fn arranged(arguments: Vec<OsString>) -> Vec<OsString> {
    if !arguments.iter().any(|argument| argument == NAME) {
        return arguments;
    }
    let mut definition = Cli::command();
    definition.build(); // every command knows the global options then
    let command = place_of_command(&definition, &arguments);
    match (command, definition.find_subcommand(NAME)) {
        (Some(place), Some(search)) if arguments[place] == NAME => words_last(search, &arguments, place + 1),
        _ => arguments,
    }
}

/// Where the name of the command stands, behind options for all commands.
fn place_of_command(definition: &Definition, arguments: &[OsString]) -> Option<usize> {
    let mut place = 1;
    loop {
        let word = arguments.get(place)?;
        if !word.as_encoded_bytes().starts_with(b"-") {
            return Some(place);
        }
        place += if takes_the_next(definition, word) { 2 } else { 1 };
    }
}

fn words_last(search: &Definition, arguments: &[OsString], begin: usize) -> Vec<OsString> {
    let (before, after) = arguments.split_at(begin);
    let (mut options, mut words) = (Vec::new(), Vec::new());
    let mut rest = after.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            words.extend(rest.by_ref().cloned());
        } else if may_be_option(search, word) {
            options.push(word.clone());
            if takes_the_next(search, word) {
                options.extend(rest.next().cloned());
            }
        } else {
            words.push(word.clone());
        }
    }
    if !words.is_empty() {
        words.insert(0, "--".into());
    }
    [before, &options, &words].concat()
}

/// No query begins with two hyphens: whoever mistypes an option hears of it.
fn may_be_option(search: &Definition, word: &OsStr) -> bool {
    let Some(word) = word.to_str() else { return false };
    let is_short = |letter: char| {
        search
            .get_arguments()
            .any(|known| known.get_short() == Some(letter))
    };
    word.starts_with("--")
        || word
            .strip_prefix('-')
            .is_some_and(|letters| !letters.is_empty() && letters.chars().all(is_short))
}

fn takes_the_next(definition: &Definition, word: &OsStr) -> bool {
    let has_value = word.as_encoded_bytes().contains(&b'=');
    !has_value && option(definition, word).is_some_and(|option| option.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;
    use rstest::rstest;

    use super::*;
    use crate::cli::{Cli, Command, RoutedCommand};

    fn understand(line: &[&str]) -> Result<Cli, clap::Error> {
        Cli::understand(["atlas"].iter().chain(line).map(OsString::from))
    }

    fn query(line: &[&str]) -> Vec<String> {
        match understand(line).unwrap().command {
            Command::Routed(RoutedCommand::Search(search)) => search.query,
            other => panic!("{line:?} is no search: {other:?}"),
        }
    }

    #[rstest]
    #[case::alone(&["search", "-river"], &["-river"])]
    #[case::within_one_word(&["search", "-tag:rust river"], &["-tag:rust river"])]
    #[case::at_the_end(&["search", "river", "-tag:rust"], &["river", "-tag:rust"])]
    #[case::of_a_phrase(&["search", "-\"rye bread\"", "yeast"], &["-\"rye bread\"", "yeast"])]
    #[case::begins_like_an_option(&["search", "river", "-quiet"], &["river", "-quiet"])]
    #[case::after_what_ends_options(&["search", "--", "river", "-q"], &["river", "-q"])]
    #[case::without_any(&["search", "rye", "bread"], &["rye", "bread"])]
    fn what_cannot_be_an_option_is_searched(#[case] line: &[&str], #[case] expected: &[&str]) {
        assert_eq!(query(line), expected);
    }

    #[test]
    fn options_stand_anywhere_among_the_words() {
        for line in [
            &[
                "--data-dir",
                "search",
                "search",
                "-a",
                "--limit",
                "5",
                "b",
                "-q",
                "--json",
            ][..],
            &[
                "--data-dir=search",
                "search",
                "-q",
                "--json",
                "-a",
                "b",
                "--limit=5",
            ],
        ] {
            assert_eq!(query(line), ["-a", "b"], "{line:?}");
            let cli = understand(line).unwrap();
            assert!(cli.global.json && cli.global.quiet, "{line:?}");
            assert_eq!(cli.global.data_dir, Some("search".into()), "{line:?}");
        }
    }

    #[rstest]
    #[case(&["search", "river", "--limt", "5"], ErrorKind::UnknownArgument)]
    #[case(&["search", "-river", "--limit"], ErrorKind::InvalidValue)]
    #[case(&["search", "-river", "--help"], ErrorKind::DisplayHelp)]
    #[case(&["search", "-q"], ErrorKind::MissingRequiredArgument)]
    #[case(&["list", "-river"], ErrorKind::UnknownArgument)]
    fn what_is_a_mistake_stays_one(#[case] line: &[&str], #[case] expected: ErrorKind) {
        assert_eq!(understand(line).unwrap_err().kind(), expected);
    }
}
