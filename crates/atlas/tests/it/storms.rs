//! A server that has the same to complain of again and again: its log stays short, and tells what it left out.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Atlas, eventually};

const COMPLAINTS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_one_error_does_not_fill_the_log() {
    let atlas = Atlas::new();
    let config = atlas.folder().join("config.toml");
    std::fs::write(&config, "[log]\nformat = \"json\"\n").unwrap();
    let config_flag = config.display().to_string();
    let server = atlas.start(&["serve", "--bind", "127.0.0.1:0", "--config", &config_flag]);
    let reload = async || atlas.post("/api/v1/config/reload", &json!({})).await;
    eventually(Duration::from_mins(1), "the server serves", async || {
        reload().await.is_some()
    })
    .await;

    std::fs::write(&config, "[log]\nformat = \"json\"\nlevel = \"loud\"\n").unwrap();
    for _ in 0..COMPLAINTS {
        reload().await.expect("the server serves on");
    }
    let stderr = server.interrupt().await.stderr;
    let lines: Vec<Value> = stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let with = |message: &str| -> Vec<&Value> {
        let fits = |line: &&Value| {
            line["fields"]["message"]
                .as_str()
                .is_some_and(|text| text.starts_with(message))
        };
        lines.iter().filter(fits).collect()
    };
    // Twice as many where a minute ended on the way.
    let said = with("the configuration was not changed").len();
    assert!([10, 20].contains(&said), "{stderr}");
    let told = with("said the same again");
    let example = |line: &&&Value| {
        let example = line["fields"]["example"].as_str();
        example.is_some_and(|text| text.starts_with("the configuration was not changed"))
    };
    let left_out: u64 = told
        .iter()
        .filter(example)
        .filter_map(|line| line["fields"]["times"].as_u64())
        .sum();
    assert_eq!(left_out, (COMPLAINTS - said) as u64, "{stderr}");
    for line in &lines {
        let has = |key: &str| line.get(key).is_some();
        assert!(
            has("timestamp") && has("level") && has("fields") && has("target"),
            "{line}"
        );
    }
}
