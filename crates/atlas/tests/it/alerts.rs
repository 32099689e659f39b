//! Alerts of the real server, as its owner meets them: a disk that is too full for the owner's taste, and everything
//! that can be said to that.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Atlas, eventually};

/// No disk has so much space: it is critical at the first look.
const TOO_FULL: &str = r#"
[health]
measure_every = "1s"

[health.disk_space]
every = "1s"
warn_least_free_gib = 2000000
crit_least_free_gib = 1000000
"#;

/// An address at which nobody listens.
const DEAF_CHANNEL: &str = r#"
[[alerts.channels]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/hook"
"#;

fn configured(text: &str) -> Atlas {
    let atlas = Atlas::new();
    let path = atlas.folder().join("config.toml");
    std::fs::write(&path, text).unwrap();
    atlas.with("ATLAS_CONFIG", path.to_str().unwrap())
}

async fn incidents(atlas: &Atlas, more: &[&str]) -> Vec<Value> {
    let list = atlas.json(&[&["alert", "ls"], more].concat()).await;
    list["incidents"].as_array().unwrap().clone()
}

/// The incident of a disk that has been critical long enough to be sure.
async fn full_disk(atlas: &Atlas) -> Value {
    let mut found = Value::Null;
    eventually(
        Duration::from_mins(1),
        "the disk is told to be full",
        async || {
            let listed = incidents(atlas, &["--service", "disk_space"]).await;
            let status = listed
                .into_iter()
                .find(|incident| incident["rule"] == "service_status" && incident["severity"] == "critical");
            found = status.unwrap_or_default();
            !found.is_null()
        },
    )
    .await;
    found
}

fn id(incident: &Value) -> &str {
    incident["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_sees_what_is_wrong_and_decides_about_it() {
    let atlas = configured(TOO_FULL);
    let server = atlas.serve().await;
    let incident = full_disk(&atlas).await;
    assert_eq!(incident["acknowledged"], false);
    let short = &id(&incident)[..8];

    let taken = atlas
        .json(&["alert", "ack", short, "--comment", "a new one comes"])
        .await;
    assert_eq!(
        (&taken["acknowledged"], &taken["acknowledgement"]["comment"]),
        (&json!(true), &json!("a new one comes"))
    );
    let again = atlas.run(&["alert", "ack", short, "--by", "Zoe"]).await;
    assert!(again.stderr.contains("a new one comes"), "{again:?}");
    let silence = [
        "alert",
        "silence",
        "add",
        "service=disk_space",
        "--for",
        "2h",
        "--comment",
        "known",
    ];
    assert_eq!(atlas.json(&silence).await["number"], 1);
    let shown = atlas.run(&["alert", "show", short]).await;
    assert!(shown.stdout.contains("Kept back by  silence"), "{}", shown.stdout);
    assert!(shown.stdout.contains("by Zoe at"), "{}", shown.stdout);
    assert_eq!(
        atlas.json(&["alert", "silence", "end", "1"]).await["state"],
        "ended"
    );
    let unacked = atlas.json(&["alert", "unack", short]).await;
    assert_eq!(unacked["acknowledged"], false);

    let inbox = atlas.json(&["alert", "inbox", "--unread"]).await;
    let told = inbox["notices"].as_array().unwrap();
    assert!(
        told.iter().any(|notice| notice["incident"] == incident["id"]),
        "{inbox}"
    );
    atlas.run(&["alert", "inbox", "--read"]).await;

    let closed = atlas.json(&["alert", "close", short]).await;
    assert_eq!(
        (&closed["id"], &closed["end"]),
        (&incident["id"], &json!("closed"))
    );
    let again = atlas.run(&["alert", "close", short]).await;
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("is over"), "{again:?}");
    let all = incidents(&atlas, &["--all"]).await;
    assert!(all.iter().any(|listed| listed["id"] == incident["id"]), "{all:?}");

    // What is there outlives the server, and is seen without one.
    assert_eq!(server.terminate().await, 0);
    let later = atlas.json(&["alert", "show", short]).await;
    assert_eq!(
        (&later["end"], &later["server"]),
        (&json!("closed"), &json!(false))
    );
    for line in [
        &["alert", "ls"][..],
        &["alert", "ls", "--all"],
        &["alert", "show", short],
    ] {
        let looked = atlas.run(line).await;
        assert_eq!(looked.code, 0, "{looked:?}");
        assert!(!looked.stderr.contains("nothing is wrong"), "{looked:?}");
        assert!(
            looked.stderr.contains("no server runs, so nobody looks since 20"),
            "{looked:?}"
        );
    }
    assert!(atlas.json(&["alert", "ls"]).await["looked_at"].is_string());
    assert_eq!(
        atlas.json(&["alert", "silence", "ls", "--all"]).await["silences"][0]["number"],
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_has_ever_looked_nothing_is_called_well() {
    let atlas = Atlas::new();
    atlas.run(&["add", "http://127.0.0.1:9/page"]).await;
    let looked = atlas.run(&["alert", "ls"]).await;
    assert_eq!(looked.code, 0, "{looked:?}");
    assert!(looked.stderr.contains("nobody has ever looked"), "{looked:?}");
    assert!(looked.stderr.contains("nothing is known yet"), "{looked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_ends_with_a_code_that_scripts_can_use() {
    let atlas = configured(TOO_FULL);
    let without = atlas.run(&["health"]).await;
    assert_eq!(without.code, 8, "{without:?}");
    assert!(without.stderr.contains("atlas serve"), "{without:?}");

    let _server = atlas.serve().await;
    full_disk(&atlas).await;
    let ill = atlas.run(&["health", "--json"]).await;
    assert_eq!(ill.code, 7, "{ill:?}");
    let health: Value = serde_json::from_str(&ill.stdout).unwrap();
    let services = health["services"].as_array().unwrap();
    let disk = services
        .iter()
        .find(|service| service["name"] == "disk_space")
        .unwrap();
    assert_eq!(
        (&health["overall"], &disk["status"]),
        (&json!("critical"), &json!("critical"))
    );

    let status = atlas.json(&["status"]).await;
    assert_eq!(status["overall"], "critical");
    assert_eq!(status["services"].as_array().unwrap().len(), services.len());
    assert!(status["alerts"]["open"].as_u64().unwrap() >= 1, "{status}");
    let shown = atlas.run(&["status"]).await;
    assert!(
        shown.stdout.contains("nobody outside this machine is told"),
        "{}",
        shown.stdout
    );
}

#[tokio::test]
async fn a_decision_without_a_server_says_what_to_do() {
    let atlas = Atlas::new();
    atlas.run(&["add", "http://127.0.0.1:9/"]).await;
    for line in [
        &["alert", "ack", "3f2a"][..],
        &["alert", "close", "3f2a"],
        &[
            "alert",
            "silence",
            "add",
            "service=search",
            "--for",
            "2h",
            "--comment",
            "work",
        ],
        &["alert", "inbox", "--read"],
    ] {
        let refused = atlas.run(line).await;
        assert_eq!(refused.code, 8, "{line:?}: {refused:?}");
        assert!(refused.stderr.contains("atlas serve"), "{line:?}: {refused:?}");
    }
    let listed = atlas.json(&["alert", "ls"]).await;
    assert_eq!(
        listed,
        json!({ "incidents": [], "server": false, "looked_at": null })
    );
    let missing = atlas.run(&["alert", "show", "3f2a"]).await;
    assert_eq!(missing.code, 5, "{missing:?}");
}

#[tokio::test]
async fn a_directory_without_anything_is_not_taken_for_one_where_all_is_well() {
    let atlas = Atlas::new();
    let listed = atlas.run(&["alert", "ls"]).await;
    assert_eq!(listed.code, 5, "{listed:?}");
    assert!(!atlas.data_dir().exists(), "and nothing is made there");
}

#[tokio::test]
async fn a_channel_that_nobody_listens_to_is_a_failure_with_its_reason() {
    let atlas = configured(DEAF_CHANNEL);
    let test = atlas.run(&["alert", "test", "hook"]).await;
    assert_eq!(test.code, 1, "{test:?}");
    assert!(
        test.stderr.contains("refused") || test.stderr.contains("connect"),
        "{test:?}"
    );
    let unknown = atlas.run(&["alert", "test", "mail"]).await;
    assert_eq!(unknown.code, 5, "{unknown:?}");
    assert!(unknown.stderr.contains("hook"), "{unknown:?}");
}

/// A server goes on by what it read; whoever asks it may have broken the file since, or may not read its secrets.
#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_configuration_does_not_keep_anybody_from_asking_a_server_that_runs() {
    let atlas = configured("");
    let server = atlas.serve().await;
    let path = atlas.folder().join("config.toml");
    std::fs::write(&path, "[alerts]\nremindr = '8h'\n").unwrap();
    for line in [
        &["alert", "ls"][..],
        &["alert", "silence", "ls"],
        &["status"],
        &["metrics"],
    ] {
        let asked = atlas.run(line).await;
        assert_eq!(asked.code, 0, "{line:?}: {asked:?}");
        assert!(
            asked.stderr.contains("warning: the configuration has 1 mistake:")
                && asked
                    .stderr
                    .contains("config.toml:2: there is no setting `alerts.remindr`"),
            "{line:?}: {asked:?}"
        );
    }
    let reloaded = atlas.run(&["config", "reload"]).await;
    assert_eq!(reloaded.code, 2, "{reloaded:?}");
    assert_eq!(reloaded.stderr.matches("remindr").count(), 1, "{reloaded:?}");
    assert_eq!(server.terminate().await, 0);
    let alone = atlas.run(&["alert", "ls"]).await;
    assert_eq!(alone.code, 2, "{alone:?}");
    std::fs::write(&path, "").unwrap();
    let nobody = atlas.run(&["config", "reload"]).await;
    assert_eq!(nobody.code, 8, "{nobody:?}");
}

/// A library without what is kept of operations is no missing library, and what is damaged names the next step.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_at_says_why_and_what_comes_next() {
    let atlas = Atlas::new();
    assert_eq!(atlas.serve().await.terminate().await, 0);
    let ops = |end: &str| atlas.data_dir().join(format!("ops.db{end}"));
    std::fs::write(
        ops(""),
        "nothing of a database, in more bytes than its head has".repeat(100),
    )
    .unwrap();
    let damaged = atlas.run(&["alert", "ls"]).await;
    assert_eq!(damaged.code, 9, "{damaged:?}");
    assert!(
        damaged.stderr.contains("the next start of `atlas serve`"),
        "{damaged:?}"
    );

    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(ops(end));
    }
    for line in [
        &["alert", "ls"][..],
        &["alert", "inbox"],
        &["alert", "silence", "ls"],
    ] {
        let missing = atlas.run(line).await;
        assert_eq!(missing.code, 5, "{missing:?}");
        assert!(
            missing.stderr.contains("has a library and no ops.db"),
            "{missing:?}"
        );
    }
}
