//! What is measured, as people see it: the live page on a real terminal, tables, and rules that are tried.

use serde_json::Value;

use crate::support::{Atlas, Sitting};

/// Enough that a chart has several bars, and no row is wider than the terminal.
const COLUMNS: u16 = 80;

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
    crate::support::eventually(
        std::time::Duration::from_secs(30),
        "the disk is measured",
        has_measured,
    )
    .await;

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
