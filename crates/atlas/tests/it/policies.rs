//! Policies of the real server: every service has one, the file sets its numbers, and a running server follows.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Atlas, Site, article, eventually};

/// The index answers every search with an error, at once.
const BREAKS: (&str, &str) = ("FAILPOINTS", "search::read=return");

/// One that reads its configuration from a file, and what writes that.
fn with_file() -> (Atlas, impl Fn(&str)) {
    let atlas = Atlas::new();
    let path = atlas.folder().join("config.toml");
    let atlas = atlas.with("ATLAS_CONFIG", path.to_str().unwrap());
    (atlas, move |text: &str| std::fs::write(&path, text).unwrap())
}

async fn explained(atlas: &Atlas, service: &str) -> Value {
    atlas.json(&["policy", "explain", service]).await
}

async fn state_of_the_index(atlas: &Atlas) -> Value {
    let shown = atlas
        .json(&["breaker", "show", "search_operations", "index"])
        .await;
    json!([shown["state"], shown["failures_in_a_row"]])
}

/// Searches, each of which fails, until the breaker of the index is in that state. A search that a busy machine cuts
/// short says nothing of the index.
async fn search_until(atlas: &Atlas, wanted: &Value) {
    eventually(
        Duration::from_secs(30),
        "the breaker is as it should be",
        async || {
            atlas.run(&["search", "otters"]).await;
            state_of_the_index(atlas).await == *wanted
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_follows_the_numbers_of_every_service() {
    let (site, (atlas, write)) = (Site::start().await, with_file());
    write("[search_operations]\nopen_after_failures = 50\n");
    atlas.add(&site.put("/otters", article("Otters", "hands"))).await;
    let server = atlas.serve_with(&[BREAKS]).await;
    search_until(&atlas, &json!(["closed", 6])).await; // of itself it opens after five

    write(
        "[search_operations]\nopen_after_failures = 7\nopen_secs = 3600\nopen_cap_secs = 3600\n\
         [database_operations]\nopen_after_failures = 9\n\
         [llm_operations]\nattempts = 1\n[api_calls.scopes.\"archive\"]\nprobes = 2\n",
    );
    server.hang_up();
    eventually(Duration::from_secs(30), "SIGHUP is heard", async || {
        explained(&atlas, "search_operations").await["breaker"]["consecutive_failures"] == 7
    })
    .await;
    let databases = explained(&atlas, "database_operations").await;
    assert_eq!(databases["breaker"]["consecutive_failures"], 9);
    let models = explained(&atlas, "llm_operations").await;
    assert_eq!(models["worst_case"].as_array().unwrap().len(), 1, "{models}");
    let api = explained(&atlas, "api_calls").await;
    assert_eq!(api["breaker"]["own_rules_for"], json!(["archive"]));

    search_until(&atlas, &json!(["open", 0])).await;

    write("[search_operations]\n[llm_operations]\nprobes = 3\n[worker]\nslots = 3\n");
    let changed = atlas.json(&["config", "reload"]).await;
    let applied = [
        "api_calls.scopes.\"archive\".probes",
        "database_operations.open_after_failures",
        "llm_operations.attempts",
        "llm_operations.probes",
        "search_operations.open_after_failures",
        "search_operations.open_cap_secs",
        "search_operations.open_secs",
    ];
    assert_eq!(
        changed,
        json!({"applied": applied, "restart_needed": ["worker.slots"]})
    );
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn policies_are_told_without_a_library() {
    let (atlas, write) = with_file();
    write("[notifications]\nopen_secs = 7\n[fetch]\nattempt_timeout_secs = 9\n");
    let listed = atlas.json(&["policy", "ls"]).await;
    let names: Vec<_> = listed["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| &policy["name"])
        .collect();
    let every = [
        "article_processing",
        "api_calls",
        "llm_operations",
        "notifications",
        "health_probes",
        "background_processing",
        "search_operations",
        "database_operations",
        "database_maintenance",
    ];
    assert_eq!(json!(names), json!(every));
    assert_eq!(
        explained(&atlas, "notifications").await["breaker"]["open_ms"],
        7_000
    );
    assert_eq!(
        explained(&atlas, "article_processing").await["attempt_timeout_ms"],
        9_000
    );
    let homeless = atlas
        .run_with(&["policy", "ls"], &[("ATLAS_DATA_DIR", ""), ("HOME", "")])
        .await;
    assert_eq!(homeless.code, 0, "{homeless:?}");
    let unknown = atlas.run(&["policy", "explain", "letters"]).await;
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(
        unknown
            .stderr
            .contains("there are: article_processing, api_calls"),
        "{unknown:?}"
    );
    assert!(!atlas.data_dir().exists(), "asking makes no library");
}
