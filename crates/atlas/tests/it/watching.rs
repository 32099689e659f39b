//! What is measured, as people see it: the live page on a real terminal, tables, and rules that are tried.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Atlas, Site, Sitting, article, eventually};

/// Enough that a chart has several bars, and no row is wider than the terminal.
const COLUMNS: u16 = 80;
/// Less than the time between two looks that nobody asked for.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

async fn page(atlas: &Atlas) -> Sitting {
    let sitting = atlas.sit_at_terminal(COLUMNS, &["status", "--watch"]);
    sitting.sees("background_processing").await;
    sitting
}

/// What somebody does who leaves.
type Act = fn(&mut Sitting);

#[tokio::test(flavor = "multi_thread")]
async fn the_live_page_shows_services_and_gives_the_terminal_back_however_it_ends() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    let ways: [(&str, Act, i32); 4] = [
        ("q", |sitting| sitting.types("q"), 0),
        ("Esc", |sitting| sitting.types("\u{1b}"), 0),
        ("Ctrl-C", |sitting| sitting.types("\u{3}"), 130),
        ("SIGTERM", |sitting| sitting.ask_to_end(), 130),
    ];
    for (way, leave, code) in ways {
        let mut sitting = page(&atlas).await;
        for words in ["system_resources", "disk_space", "CPU", "incidents:", "breakers"] {
            sitting.sees(words).await;
        }
        leave(&mut sitting);
        assert_eq!(sitting.ended().await, code, "{way}");
        assert!(sitting.has_its_terminal_back().await, "{way}");
        let coloured = sitting.drawn().contains("\u{1b}[38;5;");
        assert!(!coloured, "{way}: NO_COLOR was set");
    }
}

/// Many tries: whoever waits for both must not take one for the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_with_another_size_is_not_lost() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    for columns in 81..=100 {
        let mut sitting = page(&atlas).await;
        sitting.resizes_and_types(columns, "q");
        assert_eq!(sitting.ended().await, 0);
    }
}

/// What a series is now, as whoever watches asks for it.
async fn watched(atlas: &Atlas, series: &str) -> Option<f64> {
    let range = atlas
        .get(&format!("/api/v1/metrics/range?series={series}&watch=true"))
        .await?;
    range["series"][0]["value"].as_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_watches_the_machine_is_measured_every_second() {
    let atlas = Atlas::new().with("ATLAS_HEALTH_MEASURE_EVERY", "1m");
    let _server = atlas.serve().await;
    let mut looks: Vec<f64> = Vec::new();
    eventually(HALF_A_MINUTE, "four looks are taken", async || {
        let look = watched(&atlas, "monitoring_look").await;
        looks.extend(look.filter(|look| looks.last() != Some(look)));
        looks.len() >= 4
    })
    .await;
}

/// Counted once a minute, the second page could not be seen half a minute after the first.
#[tokio::test(flavor = "multi_thread")]
async fn while_somebody_watches_the_library_is_counted_every_few_seconds() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let _server = atlas.serve().await;
    for number in 1..=2 {
        let page = article(&format!("Page {number}"), &format!("word{number}"));
        atlas.add(&site.put(&format!("/{number}"), page)).await;
        eventually(HALF_A_MINUTE, "what was stored is counted", async || {
            watched(&atlas, "library_items:stored").await == Some(f64::from(number))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_one_hears_what_the_last_one_left_and_that_nobody_outside_is_told() {
    let atlas = Atlas::new();
    let server = atlas.serve().await;
    let is_measured = async || watched(&atlas, "memory_used").await.is_some();
    eventually(HALF_A_MINUTE, "memory is measured", is_measured).await;
    assert_eq!(server.terminate().await, 0);

    let status = atlas.run(&["status"]).await;
    assert!(
        status.stdout.contains("none set up: nobody outside"),
        "{status:?}"
    );
    let doctor = atlas.run(&["doctor"]).await;
    assert!(
        doctor.stdout.contains("none is set up: nobody outside"),
        "{doctor:?}"
    );

    let range = atlas.json(&["metrics", "memory_used", "--since", "5m"]).await;
    let points = range["series"][0]["points"].as_array().unwrap();
    assert!(points.iter().any(|point| point["mean"].is_number()), "{range}");
    assert!(range["series"][0]["value"].is_null(), "{range}");
    let listed = atlas.run(&["metrics"]).await;
    assert!(listed.stdout.contains("memory_used"), "{listed:?}");
    assert!(listed.stderr.contains("`atlas serve` starts one"), "{listed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_waited_for() {
    let atlas = Atlas::new();
    let server = atlas.serve().await;
    let mut sitting = page(&atlas).await;
    server.kill();
    sitting.sees_drawn_anew("no answer since").await;
    sitting.types("q");
    assert_eq!(sitting.ended().await, 0);
    assert!(sitting.has_its_terminal_back().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_terminal_or_server_there_is_no_page_and_one_hears_what_to_do() {
    let atlas = Atlas::new();
    let server = atlas.serve().await;
    let piped = atlas.run(&["status", "--watch"]).await;
    assert_eq!(piped.code, 2, "{piped:?}");
    assert!(
        piped.stderr.contains("`atlas status` says the same once"),
        "{piped:?}"
    );
    assert_eq!(piped.stdout, "");
    assert_eq!(server.terminate().await, 0);

    let mut sitting = atlas.sit_at_terminal(COLUMNS, &["status", "--watch"]);
    assert_eq!(sitting.ended().await, 8);
    assert!(!sitting.drawn().contains("\u{1b}[?1049h"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_measured_is_listed_and_charted() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    let has_measured = async || {
        let list = atlas.get("/api/v1/metrics").await.unwrap_or_default();
        let all = list["series"].as_array().cloned().unwrap_or_default();
        all.iter()
            .any(|series| series["name"] == "mount_used" && series["value"].is_number())
    };
    eventually(HALF_A_MINUTE, "the disk is measured", has_measured).await;

    let view: Value = atlas
        .json(&["metrics", "mount_used:data", "--since", "30m"])
        .await;
    let points = view["series"][0]["points"].as_array().unwrap();
    assert!(points.iter().any(|point| point["mean"].is_number()), "{view}");
    assert!(
        points[0]["mean"].is_null(),
        "nobody measured half an hour ago: {view}"
    );
    let shown = atlas.run(&["metrics", "mount_used:data"]).await.stdout;
    assert!(
        shown.contains("mount_used:data") && shown.contains('·'),
        "{shown}"
    );
    let listed = atlas.run(&["metrics"]).await;
    assert!(listed.stdout.contains("mount_used:data"), "{listed:?}");

    let wrong = atlas.run(&["metrics", "no_such_series"]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.stderr.contains("there is no series `no_such_series`"),
        "{wrong:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_tried_without_library_and_server() {
    let atlas = Atlas::new();
    let rules = atlas.folder().join("rules.toml");
    let trial = atlas.folder().join("trial.toml");
    std::fs::write(&rules, "off = [\"service_status\"]\n").unwrap();
    let silent = "[[service]]\nname = \"search\"\nevery = \"1m\"\nstatuses = \"down*30\"\n\n\
                  [[expect]]\nat = \"20m\"\nrule = \"status_unknown\"\nmessages = 0\n";
    std::fs::write(&trial, silent).unwrap();
    let (rules, trial) = (rules.to_str().unwrap(), trial.to_str().unwrap());
    let passed = atlas.run(&["monitor", "test", rules, trial]).await;
    assert_eq!(passed.code, 0, "{passed:?}");
    assert!(!atlas.data_dir().exists());

    std::fs::write(rules, "").unwrap();
    let missed = atlas.run(&["monitor", "test", rules, trial]).await;
    assert_eq!(missed.code, 7, "{missed:?}");
    assert!(
        missed.stderr.contains(&format!("{trial}:6: until 20m ")),
        "{missed:?}"
    );
    std::fs::write(rules, "off = 7\n").unwrap();
    let wrong = atlas.run(&["monitor", "test", rules]).await;
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(wrong.stderr.contains(&format!("{rules}:1: ")), "{wrong:?}");
}
