//! The command line as a whole: what it accepts, what it refuses, and what each command needs.

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::*;

fn parse(line: &[&str]) -> Result<Cli, ErrorKind> {
    Cli::try_parse_from([&["atlas"], line].concat()).map_err(|error| error.kind())
}

#[test]
fn the_definition_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_visible_command_says_what_it_does_and_gives_examples() {
    for command in Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        let after = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            after.starts_with("Examples:\n  atlas "),
            "{}: {after}",
            command.get_name()
        );
    }
}

#[test]
fn reading_never_asks_for_the_right_to_write() {
    let reading: [&[&str]; 12] = [
        &["search", "bread"],
        &["list", "--state", "link_only", "--jsonl"],
        &["show", "https://example.com/", "--why"],
        &["show", "https://example.com/", "--text"],
        &["export", "jsonl"],
        &["export", "markdown", "--to", "notes"],
        &["status", "--watch", "--json"],
        &["doctor"],
        &["quarantine", "ls"],
        &["quarantine", "explain", "id"],
        &["job", "ls", "--state", "dead", "--kind", "ingest_item"],
        &["job", "show", "id"],
    ];
    for line in reading {
        assert_eq!(
            parse(line).unwrap().command.access(),
            Some(Access::Read),
            "{line:?}"
        );
    }
}

#[test]
fn changing_asks_for_the_right_to_write_and_to_work_only_where_there_is_work() {
    let working: [&[&str]; 8] = [
        &[
            "add",
            "https://example.com/",
            "--html",
            "-",
            "--tag",
            "a",
            "-t",
            "b",
        ],
        &["add", "--wait", "https://example.com/"],
        &["rm", "a", "b"],
        &["restore", "a"],
        &["quarantine", "keep", "a", "b"],
        &["job", "retry", "a", "b"],
        &["reprocess"],
        &["reprocess", "--state", "quarantined", "--wait=5"],
    ];
    for line in working {
        assert_eq!(
            parse(line).unwrap().command.access(),
            Some(Access::Work),
            "{line:?}"
        );
    }
    let writing: [&[&str]; 3] = [
        &["tag", "id", "+bread", "-todo"],
        &["quarantine", "drop", "a"],
        &["job", "cancel", "a"],
    ];
    for line in writing {
        assert_eq!(
            parse(line).unwrap().command.access(),
            Some(Access::Write),
            "{line:?}"
        );
    }
}

#[test]
fn rules_are_told_without_a_library() {
    for line in [&["policy", "ls"][..], &["policy", "explain", "api_calls"]] {
        assert_eq!(
            parse(line).unwrap().command.access(),
            Some(Access::None),
            "{line:?}"
        );
    }
}

#[test]
fn the_rest_sees_to_the_library_itself() {
    let others: [&[&str]; 6] = [
        &["serve", "--bind", "127.0.0.1:0"],
        &["demo", "--exit"],
        &[
            "extract",
            "pages",
            "-",
            "--jsonl",
            "--urls",
            "gold.jsonl",
            "--engine",
            "trafilatura",
        ],
        &["config", "show", "--origin"],
        &["completions", "bash"],
        &["extract-child"],
    ];
    for line in others {
        assert_eq!(parse(line).unwrap().command.access(), None, "{line:?}");
    }
}

#[test]
fn refuses_what_contradicts_itself_or_is_unknown() {
    let refused: [(&[&str], ErrorKind); 9] = [
        (&["list", "--state", "lost"], ErrorKind::InvalidValue),
        (&["list", "--limit", "0"], ErrorKind::ValueValidation),
        (&["add"], ErrorKind::MissingRequiredArgument),
        (&["add", "u", "--wait=soon"], ErrorKind::ValueValidation),
        (&["show", "id", "--html", "--text"], ErrorKind::ArgumentConflict),
        (&["show", "id", "--why", "--text"], ErrorKind::ArgumentConflict),
        (
            &["show", "id", "--markdown", "--json"],
            ErrorKind::ArgumentConflict,
        ),
        (
            &["reprocess", "id", "--state", "stored"],
            ErrorKind::ArgumentConflict,
        ),
        (&["status", "-q", "-v"], ErrorKind::ArgumentConflict),
    ];
    for (line, kind) in refused {
        assert_eq!(parse(line).map(|_| ()), Err(kind), "{line:?}");
    }
}

#[test]
fn a_wait_may_name_its_unit() {
    let waits = |wait: &str| match parse(&["add", "u", wait]).unwrap().command {
        Command::Routed(RoutedCommand::Add(args)) => args.wait.wait,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [waits("--wait=90"), waits("--wait=5m"), waits("--wait")],
        [Some(90), Some(300), Some(60)]
    );
    assert_eq!(
        parse(&["add", "u", "--wait=2d"]).map(|_| ()),
        Err(ErrorKind::ValueValidation)
    );
}

#[test]
fn an_empty_scope_of_a_breaker_is_not_told_as_an_item() {
    let line = ["atlas", "breaker", "show", "article_processing", ""];
    let told = Cli::try_parse_from(line).unwrap_err().to_string();
    assert!(
        told.contains("atlas breaker ls") && !told.contains("items"),
        "{told}"
    );
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    for line in [
        &["--json", "--data-dir", "d", "doctor"],
        &["doctor", "--json", "--data-dir", "d"],
    ] {
        let global = parse(line).unwrap().global;
        assert!(global.json);
        assert_eq!(global.data_dir, Some(PathBuf::from("d")));
    }
}

#[test]
fn exit_codes_are_what_scripts_were_promised() {
    let promised = [
        (Exit::Ok, 0),
        (Exit::Failure, 1),
        (Exit::Usage, 2),
        (Exit::Partial, 3),
        (Exit::Authentication, 4),
        (Exit::NotFound, 5),
        (Exit::Busy, 6),
        (Exit::Unhealthy, 7),
        (Exit::Unreachable, 8),
        (Exit::Damaged, 9),
        (Exit::Interrupted, 130),
    ];
    for (exit, code) in promised {
        assert_eq!(exit as u8, code);
    }
}

#[test]
fn a_problem_of_a_route_ends_with_its_exit_code() {
    let cases = [
        ("not_found", 404, Exit::NotFound),
        ("no_library", 404, Exit::NotFound),
        ("invalid_request", 400, Exit::Usage),
        ("busy", 503, Exit::Busy),
        ("damaged", 500, Exit::Damaged),
        ("other_version", 500, Exit::Damaged),
        ("library_unavailable", 503, Exit::Damaged),
        ("stopped_by_hand", 503, Exit::Failure),
        ("unauthorized", 401, Exit::Authentication),
        ("disk_full", 507, Exit::Failure),
    ];
    for (code, status, exit) in cases {
        assert_eq!(
            CliError::from_problem(code, status, String::new()).exit,
            exit,
            "{code}"
        );
    }
}

/// Of commands that take something more, the first words must be right: who runs them is told what is missing.
#[test]
fn what_a_rule_says_to_run_can_be_run() {
    // Made together with the channels; until it is there, nothing that it could be asked about is told outside.
    const NOT_YET: [&str; 1] = ["alert"];
    let known: Vec<String> = Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let rules = atlas_vitals::alerts::RuleSet::builtin();
    let mut tried = 0;
    for rule in rules.iter() {
        let Some(command) = &rule.command else { continue };
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "atlas", "{}: {command}", rule.name);
        if NOT_YET.contains(&words[1]) && !known.iter().any(|name| name == words[1]) {
            continue;
        }
        let error = Cli::try_parse_from(&words).err().map(|error| error.kind());
        assert!(
            matches!(error, None | Some(ErrorKind::MissingRequiredArgument)),
            "{}: `{command}` is no command: {error:?}",
            rule.name
        );
        tried += 1;
    }
    assert!(tried > 10, "the rules name what to run");
}
