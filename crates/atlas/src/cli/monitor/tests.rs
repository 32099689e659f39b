//! Rules tried as a person tries them: two files, what is printed, and how it ends.

use super::*;
use crate::cli::output::tests::captured;

/// The example of the guide: two files.
const GUIDE: &str = include_str!("../../../../../docs/guide/monitoring.md");

fn tried(rules: &str, trial: Option<&str>, json: bool) -> (Exit, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let args = MonitorArgs {
        command: MonitorCommand::Test {
            rules: file("rules.toml", rules),
            trial: trial.map(|trial| file("trial.toml", trial)),
        },
    };
    let (output, data, talk) = captured(json);
    let exit = run(&args, &output).unwrap();
    let place = format!("{}/", folder.path().display());
    (
        exit,
        data.text().replace(&place, ""),
        talk.text().replace(&place, ""),
    )
}

/// The block of the guide that begins with this comment.
fn from_guide(first_line: &str) -> String {
    let blocks = GUIDE.split("```toml\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split("```").next());
    let block = blocks.find(|block| block.starts_with(first_line));
    block
        .unwrap_or_else(|| panic!("the guide has no block {first_line}"))
        .to_owned()
}

#[test]
fn the_example_of_the_guide_does_what_the_guide_says() {
    let (rules, trial) = (from_guide("# rules.toml"), from_guide("# trial.toml"));
    let (exit, told, problems) = tried(&rules, Some(&trial), false);
    assert_eq!((exit, problems.as_str()), (Exit::Ok, ""), "{told}");
    let in_guide = GUIDE
        .split("```text\n")
        .skip(1)
        .filter_map(|block| block.split("```").next());
    let shown: Vec<&str> = in_guide.collect();
    assert!(
        shown.contains(&told.as_str()),
        "the guide shows something else than:\n{told}"
    );
}

#[test]
fn rules_alone_are_checked() {
    let (exit, told, problems) = tried(&from_guide("# rules.toml"), None, false);
    assert_eq!((exit, problems.as_str()), (Exit::Ok, ""));
    assert!(
        told == "rules.toml: 1 rule, beside those that come with Atlas\n",
        "{told}"
    );
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let (exit, told, problems) = tried("off = [\"no_such\"]\n\n[[metric]]\nnam = \"x\"\n", None, false);
    assert_eq!((exit, told.as_str()), (Exit::Usage, ""));
    assert!(problems.starts_with("atlas: rules.toml:4: "), "{problems}");

    let (exit, _, problems) = tried("off = [\"no_such\"]\n", None, false);
    assert_eq!(exit, Exit::Usage);
    assert!(
        problems.starts_with("atlas: rules.toml:1: rule `no_such`: there is no rule of that name"),
        "{problems}"
    );

    let (exit, _, problems) = tried(
        "",
        Some("[[series]]\nname = \"x\"\nevery = \"1m\"\nvalues = \"one\"\n"),
        false,
    );
    assert_eq!(exit, Exit::Usage);
    assert!(
        problems.starts_with("atlas: trial.toml:1: `one` is no number"),
        "{problems}"
    );
}

#[test]
fn a_rule_about_what_nobody_measures_is_wrong() {
    let rules = from_guide("# rules.toml").replace("\"queue_jobs\"", "\"queue_job\"");
    let (exit, _, problems) = tried(&rules, None, false);
    assert_eq!(exit, Exit::Usage);
    assert!(
        problems.contains("nothing of the name `queue_job` is measured"),
        "{problems}"
    );
    let line = rules.lines().position(|line| line.contains("queue_job")).unwrap() + 1;
    assert!(
        problems.starts_with(&format!("atlas: rules.toml:{line}: ")),
        "{problems}"
    );
}

#[test]
fn what_is_missed_is_told_with_its_place_and_fails() {
    let trial = "[[service]]\nname = \"search\"\nevery = \"1m\"\nstatuses = \"healthy*3 down*3\"\n\n\
                 [[expect]]\nat = \"2m\"\nrule = \"service_status\"\nstate = \"firing\"\n";
    let (exit, told, problems) = tried("", Some(trial), false);
    assert_eq!(exit, Exit::Unhealthy);
    assert!(told.contains("firing      service_status"), "{told}");
    assert!(
        told.ends_with("trial.toml: one thing is not as expected\n"),
        "{told}"
    );
    assert_eq!(
        problems,
        "atlas: trial.toml:6: at 2m service_status is inactive, not firing\n"
    );

    let (exit, told, problems) = tried("", Some(trial), true);
    let report: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((exit, problems.as_str()), (Exit::Unhealthy, ""));
    assert_eq!(report["passed"], false);
    assert_eq!(report["events"][0]["kind"], "incident");
    assert_eq!(report["events"][0]["at_secs"], 180.0);
    assert_eq!(report["events"][0]["labels"]["service"], "search");
    assert_eq!(
        report["missed"][0],
        "trial.toml:6: at 2m service_status is inactive, not firing"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let args = MonitorArgs {
        command: MonitorCommand::Test {
            rules: PathBuf::from("/nowhere/rules.toml"),
            trial: None,
        },
    };
    let error = run(&args, &captured(false).0).unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    assert!(
        error.message.starts_with("/nowhere/rules.toml cannot be read: "),
        "{}",
        error.message
    );
}
