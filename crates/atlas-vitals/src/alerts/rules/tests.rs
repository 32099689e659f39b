//! What a file of rules may say, and how all that is wrong with one is told.

use rstest::rstest;

use super::*;

fn faults(text: &str) -> Vec<String> {
    let faults = RuleSet::parse(text).expect_err("it is wrong");
    faults.iter().map(ToString::to_string).collect()
}

const GOOD: &str = r#"
[[metric]]
name = "queue_long"
service = "background_processing"
severity = "warning"
when = [{ series = "queue_jobs", labels = { state = "ready" }, op = ">=", threshold = 100, exit = 50 }]
for = "5m"
summary = "{value} jobs"
runbook = "queue"
reason = "because"
"#;

#[test]
fn a_rule_is_read_as_it_is_written() {
    let rules = RuleSet::parse(GOOD).unwrap();
    let rule = rules.get("queue_long").unwrap();

    assert_eq!(rule.hold, Duration::from_mins(5));
    assert_eq!(rule.keep_firing, Duration::ZERO);
    let When::Metric { severity, all, .. } = &rule.when else {
        panic!("{rule:?}");
    };
    assert_eq!(*severity, Severity::Warning);
    assert!((all[0].exit - 50.0).abs() < f64::EPSILON);
    assert_eq!(rules.series().into_iter().collect::<Vec<_>>(), ["queue_jobs"]);
}

#[test]
fn all_faults_come_at_once_with_their_lines() {
    let text = r#"colour = "red"
[[metric]]
name = "Bad Name"
service = "database"
severity = "warning"
when = [{ series = "database_wal", op = ">", threshold = 10, exit = 20 }]
for = "five minutes"
summary = "s"
runbook = "r"
reason = ""

[[metric]]
name = "typo"
sevrity = "warning"

[[status]]
name = "status"
severity = { healthy = "info", wobbly = "info" }
summary = "s"
runbook = "r"
reason = "b"

[[status]]
name = "status"
severity = { down = "loud" }
summary = "s"
runbook = "r"
reason = "b"
"#;
    let told = faults(text);

    let has = |part: &str| assert!(told.iter().any(|fault| fault.contains(part)), "{part}: {told:#?}");
    has("line 1: there is no `colour` here");
    has("line 2: rule `Bad Name`: a name is");
    has("line 2: rule `Bad Name`: exit 20 is on the wrong side of > 10");
    has("line 2: rule `Bad Name`: `for`: `five minutes` is no length of time");
    has("line 2: rule `Bad Name`: `reason` is empty");
    has("rule `typo`: unknown field `sevrity`");
    has("line 16: rule `status`: `healthy` is nothing to be told of");
    has("line 16: rule `status`: unknown HealthStatus `wobbly`");
    has("rule `status`: unknown Severity `loud`");
    has("line 23: rule `status`: there is another rule of that name");
    assert_eq!(told.len(), 10, "{told:#?}");
}

#[rstest]
#[case::no_toml("[[metric", "line 1")]
#[case::not_a_list("metric = 3", "`metric` must be written as [[metric]]")]
#[case::off_is_no_list("off = 3", "`off` must be a list")]
fn a_file_of_another_form_says_what_it_should_be(#[case] text: &str, #[case] expected: &str) {
    let told = faults(text);
    assert!(told[0].contains(expected), "{told:?}");
}

#[test]
fn two_rules_of_one_name_are_refused() {
    let told = faults(&format!("{GOOD}{GOOD}"));
    assert_eq!(
        told,
        ["line 12: rule `queue_long`: there is another rule of that name"]
    );
}

#[test]
fn a_rule_of_the_owner_takes_the_place_of_a_builtin_one() {
    let rules = RuleSet::with_builtin(&format!("off = [\"load_high\"]\n{GOOD}")).unwrap();

    assert!(rules.get("load_high").is_none());
    assert_eq!(rules.iter().filter(|rule| &*rule.name == "queue_long").count(), 1);
    assert_eq!(rules.get("queue_long").unwrap().summary, "{value} jobs");
    assert_eq!(rules.iter().count(), RuleSet::builtin().iter().count() - 1);
}

#[test]
fn a_rule_that_is_not_there_cannot_be_switched_off() {
    let faults = RuleSet::with_builtin("\noff = [\"lod_high\"]").unwrap_err();

    assert_eq!(
        faults[0].to_string(),
        "line 2: rule `lod_high`: there is no rule of that name to switch off"
    );
}

#[test]
fn every_builtin_rule_says_why_it_exists_and_what_to_read() {
    let rules = RuleSet::parse(builtin::TEXT).unwrap_or_else(|faults| panic!("{faults:#?}"));

    for rule in rules.iter() {
        assert!(rule.reason.len() > 40, "{}", rule.name);
        assert!(!rule.runbook.is_empty(), "{}", rule.name);
    }
    assert!(rules.iter().count() >= 20);
}

#[rstest]
#[case(HealthStatus::Healthy, OfStatus::Well)]
#[case(HealthStatus::Degraded, OfStatus::Wrong(Severity::Warning))]
#[case(HealthStatus::Critical, OfStatus::Wrong(Severity::Critical))]
#[case(HealthStatus::Down, OfStatus::Wrong(Severity::Critical))]
#[case::whoever_cannot_look_knows_nothing(HealthStatus::Unknown, OfStatus::Nothing)]
fn the_hard_status_is_told_by_its_badness(#[case] status: HealthStatus, #[case] expected: OfStatus) {
    let rules = RuleSet::builtin();
    assert_eq!(
        rules.get("service_status").unwrap().of_status("search", status),
        expected
    );
}

/// Rules name series by word; a word that nobody measures would be a rule that never speaks.
#[test]
fn every_builtin_rule_is_about_what_is_measured() {
    for rule in RuleSet::builtin().iter() {
        assert_eq!(vocabulary::faults(rule), Vec::new(), "{}", rule.name);
    }
}

fn about(when: &str) -> Result<RuleSet, Vec<RuleFault>> {
    RuleSet::with_builtin(&format!(
        "\n[[metric]]\nname = \"own\"\nservice = \"s\"\nseverity = \"info\"\nwhen = [{when}]\n\
         summary = \"s\"\nrunbook = \"r\"\nreason = \"b\"\n"
    ))
}

#[rstest]
#[case::a_name_that_nobody_measures(
    6,
    r#"{ series = "mount_usd", op = ">", threshold = 1 }"#,
    "nothing of the name `mount_usd` is measured, so this could never fire; `atlas metrics --all` lists what is"
)]
#[case::a_label_that_it_has_not(
    6,
    r#"{ series = "mount_used", labels = { disk = "data" }, op = ">", threshold = 1 }"#,
    "`mount_used` has no label `disk`, so this could never fire; it has `mount`"
)]
#[case::a_label_where_there_is_none(
    6,
    r#"{ series = "memory_used", labels = { of = "us" }, op = ">", threshold = 1 }"#,
    "`memory_used` has no label `of`, so this could never fire; it has none"
)]
#[case::values_that_do_not_belong_together(
    2,
    r#"{ series = "mount_used", op = ">", threshold = 1 }, { series = "memory_used", op = ">", threshold = 1 }"#,
    "its series are divided by nothing and by mount, so no two of their values belong together and this could never \
     fire; say with `labels` which of them are meant"
)]
fn a_rule_that_could_never_fire_is_refused(#[case] line: usize, #[case] when: &str, #[case] expected: &str) {
    let faults = about(when).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told, [format!("line {line}: rule `own`: {expected}")]);
}

#[rstest]
#[case(r#"{ series = "notifier_failing_seconds", op = ">=", threshold = 60 }"#)]
#[case(
    r#"{ series = "notifier_failing_seconds", labels = { channel = "mail" }, op = ">=", threshold = 60 }"#
)]
#[case(r#"{ series = "mount_used", labels = { mount = "data" }, op = ">", threshold = 1 }, { series = "memory_used", op = ">", threshold = 1 }"#)]
fn what_is_measured_and_what_channels_say_can_be_ruled_about(#[case] when: &str) {
    assert!(about(when).is_ok());
}

#[rstest]
#[case("", Absent::Holds)]
#[case("absent = \"holds\"\n", Absent::Holds)]
#[case("absent = \"ends\"\n", Absent::Ends)]
fn a_rule_says_what_it_means_that_a_value_is_not_there(#[case] line: &str, #[case] expected: Absent) {
    let rules = RuleSet::parse(&GOOD.replace("for = ", &format!("{line}for = "))).unwrap();
    let When::Metric { absent, .. } = &rules.get("queue_long").unwrap().when else {
        panic!("it is about a measurement");
    };
    assert_eq!(*absent, expected);
}

#[test]
fn a_rule_in_which_nothing_is_right_is_told_as_a_whole() {
    let text = r#"
[[metric]]
name = "x y"
service = "nosuch"
severity = "bad"
colour = "red"
when = [
    { series = "queue_jobs", op = "=>", threshold = "5", exit = 3 },
    { series = "queue_jobs", op = ">", threshold = 5, limit = 3 },
]
absent = "maybe"
for = 5
summary = "s"
runbook = "r"
reason = " "
"#;
    let told = faults(text);
    let has = |part: &str| assert!(told.iter().any(|fault| fault.contains(part)), "{part}: {told:#?}");
    has("line 2: rule `x y`: a name is");
    has("line 2: rule `x y`: `reason` is empty");
    has("line 5: rule `x y`: unknown Severity `bad`");
    has("line 6: rule `x y`: unknown field `colour`");
    has("line 8: rule `x y`: unknown variant `=>`");
    has("line 8: rule `x y`: invalid type: string \"5\"");
    has("line 9: rule `x y`: unknown field `limit`");
    has("line 11: rule `x y`: unknown variant `maybe`");
    has("line 12: rule `x y`: invalid type: integer `5`");
    assert_eq!(told.len(), 9, "{told:#?}");
}
