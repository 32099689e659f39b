//! The command line of `atlas tag`, where `-word` takes a tag away: the parser of command lines takes everything
//! after the first tag for a tag, so options that stand there are put before it. Judges no tag.

use std::ffi::{OsStr, OsString};

use clap::{Arg, Command as Definition, CommandFactory, Parser};

use super::{Cli, Command, RoutedCommand};

/// Understands any command line.
pub(super) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let cli = Cli::try_parse_from(arguments)?;
    let Command::Routed(RoutedCommand::Tag(tag)) = &cli.command else {
        return Ok(cli);
    };
    let first_tag = arguments.len().saturating_sub(tag.changes.len());
    match options_first(arguments, first_tag) {
        Some(arguments) => Cli::try_parse_from(arguments),
        None => Ok(cli),
    }
}

/// The same with the options that come after the first tag before it; none when there are none.
fn options_first(arguments: &[OsString], first_tag: usize) -> Option<Vec<OsString>> {
    let (before, after) = arguments.split_at(first_tag);
    let mut definition = Cli::command();
    definition.build(); // every command knows the global options then
    let definition = definition.find_subcommand("tag")?;
    let (mut options, mut tags) = (Vec::new(), Vec::new());
    let mut words = after.iter();
    while let Some(word) = words.next() {
        let Some(option) = option(definition, word) else {
            tags.push(word.clone());
            continue;
        };
        options.push(word.clone());
        let has_value = word.to_string_lossy().contains('=');
        if option.get_action().takes_values() && !has_value {
            options.extend(words.next().cloned());
        }
    }
    (!options.is_empty()).then(|| [before, &options, &tags].concat())
}

/// The option that the word names.
pub(super) fn option<'a>(definition: &'a Definition, word: &OsStr) -> Option<&'a Arg> {
    let word = word.to_str()?;
    let long = word.strip_prefix("--").and_then(|word| word.split('=').next());
    let short = word.strip_prefix('-');
    definition.get_arguments().find(|argument| {
        let is_long = long.is_some() && argument.get_long() == long;
        let is_short = argument
            .get_short()
            .is_some_and(|letter| short == Some(letter.encode_utf8(&mut [0; 4])));
        is_long || is_short
    })
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn tag(line: &[&str]) -> (Cli, Vec<String>) {
        let arguments = ["atlas", "tag"].iter().chain(line).map(OsString::from);
        let cli = parse(&arguments.collect::<Vec<_>>()).unwrap();
        let Command::Routed(RoutedCommand::Tag(tag)) = &cli.command else {
            panic!("{line:?} is no command about tags");
        };
        let changes = tag.changes.clone();
        (cli, changes)
    }

    #[test]
    fn options_may_stand_among_tags_and_after_them() {
        for line in [
            &["--json", "--data-dir", "d", "item", "+bread", "-todo"][..],
            &["item", "+bread", "--json", "-todo", "--data-dir", "d"],
            &["item", "-todo", "+bread", "--data-dir=d", "--json"],
        ] {
            let (cli, mut changes) = tag(line);
            changes.sort();
            assert_eq!(changes, ["+bread", "-todo"], "{line:?}");
            assert!(cli.global.json, "{line:?}");
            assert_eq!(cli.global.data_dir, Some("d".into()), "{line:?}");
        }
    }

    #[test]
    fn the_value_of_an_option_is_no_tag_though_it_looks_like_one() {
        let (cli, changes) = tag(&["item", "+bread", "--add", "+plus", "-q"]);
        assert_eq!(changes, ["+bread"]);
        assert!(cli.global.quiet);
        let Command::Routed(RoutedCommand::Tag(tag)) = cli.command else {
            panic!("it is a command about tags");
        };
        assert_eq!(tag.add, ["+plus"]);
    }

    #[test]
    fn a_tag_may_look_like_an_option_where_only_a_tag_can_stand() {
        for line in [&["item", "--add", "-q"][..], &["item", "--add=-q"]] {
            let (cli, changes) = tag(line);
            assert!(changes.is_empty() && !cli.global.quiet, "{line:?}");
            let Command::Routed(RoutedCommand::Tag(tag)) = cli.command else {
                panic!("it is a command about tags");
            };
            assert_eq!(tag.add, ["-q"]);
        }
    }

    #[test]
    fn what_is_no_option_is_left_for_the_command_to_refuse() {
        assert_eq!(tag(&["item", "+bread", "--jsn"]).1, ["+bread", "--jsn"]);
        let help = ["atlas", "tag", "item", "+bread", "--help"].map(OsString::from);
        assert_eq!(parse(&help).unwrap_err().kind(), ErrorKind::DisplayHelp);
    }
}
