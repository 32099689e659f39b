//! What a running server measures of itself, as whoever watches it reads it.

use std::path::Path;
use std::time::Duration;

use atlas_vitals::alerts::{Condition, RuleSet, When};
use atlas_vitals::metrics::catalogue::find;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::support::{Answer, Atlas, Site, article, eventually};

/// One a second. Most is measured within seconds; how many requests fail is known after a minute, and so is what is
/// concluded once a minute. A busy machine may take its time.
const LOOKS: u32 = 120;
/// Of fewer requests nobody says how many fail.
const REQUESTS: usize = 120;
/// Failures in a row that open a breaker.
const OPENS_AFTER: usize = 5;

/// What rules judge by and no healthy server shows, with the reason.
const ABSENT: [(&str, &str); 2] = [
    ("mount_full_in", "the disk under this test does not fill up"),
    ("audit_growth", "audits are compared that have a day between them"),
];

/// Everything that the built-in rules judge by is there, or is known to be absent: a rule whose series nobody measures
/// would be silent for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_measures_what_every_built_in_rule_judges_by() {
    let atlas = Atlas::new()
        .with("ATLAS_ARTICLE_PROCESSING_ATTEMPTS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_SECS", "3600");
    let server = atlas.serve().await;
    let (well, broken) = (Site::start().await, Site::start_on("127.0.0.2").await);
    for number in 0..10 {
        let page = article(&format!("Page {number}"), &format!("word{number}"));
        let added = atlas.add(&well.put(&format!("/{number}"), page)).await;
        assert_eq!(added["outcome"], "stored", "{added}");
    }
    // A breaker that is open, and pages that wait for it.
    for number in 0..=OPENS_AFTER {
        let page = Answer::page("broken").with_status(500);
        atlas.add(&broken.put(&format!("/{number}"), page)).await;
    }
    assert_eq!(server.terminate().await, 0);

    let _server = atlas.serve().await;
    let audited = atlas
        .post("/api/v1/audit", &json!({"wait_secs": 60}))
        .await
        .unwrap();
    assert_eq!(audited["report"]["rows_junk"], 0);
    for _ in 0..REQUESTS {
        atlas.get("/api/v1/metrics").await.unwrap();
    }
    let (wanted, mut all) = (wanted(&atlas.data_dir()), Value::Null);
    let (mut missing, mut looks) = (Vec::new(), 0);
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    eventually(LOOKS * 2 * seconds.period(), "it is looked at", async || {
        seconds.tick().await;
        looks += 1;
        all = atlas.get("/api/v1/metrics").await.unwrap();
        let is_missing = |condition: &&Condition| !is_measured(&all, condition);
        missing = wanted.iter().filter(is_missing).map(told).collect();
        missing.is_empty() || looks == LOOKS
    })
    .await;
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(
        value(&all, "library_items", "stored"),
        Some(10.0),
        "the canary is no item"
    );
    let scope = broken
        .url("")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let breaker = format!("article_processing/{scope}");
    assert!(value(&all, "breaker_open_age", &breaker).is_some(), "{all}");
}

/// What the built-in rules look at on this machine.
fn wanted(data: &Path) -> Vec<Condition> {
    let rules = RuleSet::builtin();
    let conditions = rules.iter().flat_map(|rule| match &rule.when {
        When::Metric { all, .. } => all.clone(),
        When::Status { .. } => Vec::new(),
    });
    conditions
        .filter(|condition| {
            let series = &*condition.series;
            // What channels say of themselves, alerts know without measuring.
            let is_of_channels = series.starts_with("notifier_");
            assert_ne!(find(series).is_some(), is_of_channels, "{series}");
            !is_of_channels
                && is_told_by_machine(series, data)
                && ABSENT.iter().all(|(absent, _)| *absent != series)
        })
        .collect()
}

/// Kernels and file systems need not tell everything.
fn is_told_by_machine(series: &str, data: &Path) -> bool {
    match series {
        "pressure_some" | "pressure_full" => std::fs::read_to_string("/proc/pressure/memory").is_ok(),
        "oom_kills_last_hour" => {
            std::fs::read_to_string("/proc/vmstat").is_ok_and(|text| text.contains("oom_kill "))
        }
        "mount_inodes_used" => rustix::fs::statvfs(data).unwrap().f_files > 0,
        _ => true,
    }
}

fn is_measured(all: &Value, condition: &Condition) -> bool {
    let is_meant = |series: &&Value| {
        series["name"] == *condition.series
            && condition
                .labels
                .iter()
                .all(|(key, value)| series["label_key"] == **key && series["label"] == **value)
    };
    let all = all["series"].as_array().unwrap();
    all.iter()
        .filter(is_meant)
        .any(|series| series["value"].is_number())
}

fn told(condition: &Condition) -> String {
    let labels: Vec<String> = condition
        .labels
        .iter()
        .map(|(_, value)| value.to_string())
        .collect();
    format!("{}:{}", condition.series, labels.join(","))
}

/// The value of one series now.
fn value(all: &Value, name: &str, label: &str) -> Option<f64> {
    let mut all = all["series"].as_array().unwrap().iter();
    let found = all.find(|series| series["name"] == name && series["label"] == label);
    found.and_then(|series| series["value"].as_f64())
}
