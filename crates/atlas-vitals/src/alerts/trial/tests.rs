//! Trials of the built-in rules, and of what is wrong with a trial.

use super::*;

fn timeline(trial: &str) -> Timeline {
    try_rules(&RuleSet::builtin(), trial).unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn a_disk_that_fills_is_told_and_so_is_its_end() {
    let timeline = timeline(
        r#"
        run = "40m"

        [[series]]
        name = "mount_used"
        labels = { mount = "/data" }
        every = "30s"
        values = "0.963*20 0.5*40"

        [[series]]
        name = "mount_available"
        labels = { mount = "/data" }
        every = "30s"
        values = "7_000_000_000*20 90000000000*40"

        [[expect]]
        at = "1m"
        rule = "disk_nearly_full"
        state = "pending"
        messages = 0

        [[expect]]
        at = "3m"
        rule = "disk_nearly_full"
        labels = { mount = "/data" }
        state = "firing"
        messages = 1
        "#
        .replace("7_000_000_000", "7000000000")
        .as_str(),
    );

    assert_eq!(timeline.failures, Vec::<String>::new());
    let lines: Vec<String> = timeline.events.iter().map(ToString::to_string).collect();
    let text = lines.join("\n");
    assert!(
        text.contains("      2m  firing      disk_nearly_full{mount=\"/data\"}  mount_used 96.3 % >= 95 %"),
        "{text}"
    );
    assert!(
        text.contains("   2m10s  message     [Atlas] 1 critical: the disk at /data is nearly full: 96.3 %"),
        "{text}"
    );
    assert!(text.contains("     15m  resolved    disk_nearly_full"), "{text}");
}

#[test]
fn what_is_absent_neither_fires_nor_ends() {
    let timeline = timeline(
        r#"
        [[series]]
        name = "database_damaged"
        labels = { database = "library" }
        every = "1m"
        values = "_*5 1 _*30 0*3"

        [[expect]]
        at = "4m"
        rule = "database_damaged"
        state = "inactive"

        [[expect]]
        at = "34m"
        rule = "database_damaged"
        state = "firing"

        [[expect]]
        at = "37m"
        rule = "database_damaged"
        state = "inactive"
        "#,
    );

    assert_eq!(timeline.failures, Vec::<String>::new());
}

#[test]
fn what_did_not_come_as_expected_is_told_with_its_line() {
    let timeline = timeline(
        "[[service]]\nname = \"search\"\nevery = \"1m\"\nstatuses = \"healthy*3 down*3\"\n\
         [[expect]]\nat = \"2m\"\nrule = \"service_status\"\nstate = \"firing\"\nmessages = 1\n",
    );

    assert_eq!(
        timeline.failures,
        [
            "line 5: at 2m service_status is inactive, not firing",
            "line 5: until 2m 0 messages were sent, not 1",
        ]
    );
}

#[test]
fn all_that_is_wrong_with_a_trial_is_told_at_once() {
    let faults = try_rules(
        &RuleSet::builtin(),
        "runs = 1\n[[series]]\nname = \"a\"\nevery = \"0s\"\nvalues = \"1\"\n\
         [[service]]\nname = \"b\"\nevery = \"1m\"\nstatuses = \"well\"\n\
         [[expect]]\nat = \"1m\"\nrule = \"no_such\"\nstate = \"firing\"\n",
    )
    .unwrap_err();

    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(told[0].starts_with("line 1: there is no `runs` here"), "{told:?}");
    assert!(told[1].starts_with("line 2: `every` must be longer"), "{told:?}");
    assert!(
        told[2].starts_with("line 6: unknown HealthStatus `well`"),
        "{told:?}"
    );
    assert_eq!(told[3], "line 10: there is no rule `no_such`");
}
