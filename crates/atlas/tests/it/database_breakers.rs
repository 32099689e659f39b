//! Circuit breakers of the databases, as the owner sees and decides them: of the real server.

use serde_json::json;

use crate::support::{Atlas, Site, article};

const SERVICE: &str = "database_operations";
const WRITING: &str = "library.write";

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_stops_saving_by_hand_and_whoever_saves_reads_why() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let saved = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let other = site.put("/b", article("B", "beta"));
    let server = atlas.serve().await;

    let listed = atlas.json(&["breaker", "ls", "--all"]).await;
    let scopes: Vec<_> = listed["breakers"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|breaker| breaker["service"] == SERVICE)
        .map(|breaker| (breaker["scope"].clone(), breaker["state"].clone()))
        .collect();
    let closed = |scope: &str| (json!(scope), json!("closed"));
    assert_eq!(
        scopes,
        ["library.read", "library.write", "ops.read", "ops.write"].map(closed)
    );

    let stop = [
        "breaker",
        "open",
        SERVICE,
        WRITING,
        "--reason",
        "the disk is copied",
    ];
    assert_eq!(atlas.json(&stop).await["overlay"], "forced_open");
    let refused = atlas.run(&["add", &other]).await;
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(
        format!("{refused:?}").contains("stopped by hand (the disk is copied)"),
        "{refused:?}"
    );
    assert_eq!(
        atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
        saved["id"],
        "reading goes on"
    );
    atlas.json(&["breaker", "auto", SERVICE, WRITING]).await;
    assert_eq!(atlas.add(&other).await["outcome"], "stored");
    assert_eq!(
        atlas.json(&["breaker", "reset", SERVICE, WRITING]).await["state"],
        "closed"
    );
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_decides_about_a_database_outlives_the_process() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let other = site.put("/b", article("B", "beta"));
    let stop = [
        "breaker",
        "open",
        SERVICE,
        WRITING,
        "--reason",
        "the disk is copied",
    ];
    let decided = atlas.json(&stop).await;
    let refused = atlas.run(&["add", &other]).await;
    assert!(
        refused.stdout.contains("stopped by hand (the disk is copied)"),
        "{refused:?}"
    );

    let server = atlas.serve().await;
    let show = ["breaker", "show", SERVICE, WRITING];
    let held = atlas.json(&show).await;
    assert_eq!(held["overlay"], "forced_open", "{held}");
    assert_eq!(held["overlay_reason"], "the disk is copied");
    assert!(
        decided["overlay_since"].as_str().unwrap()[..19] <= held["overlay_since"].as_str().unwrap()[..19],
        "{held} is not {decided}"
    );
    assert_ne!(atlas.run(&["add", &other]).await.code, 0);
    assert_eq!(server.terminate().await, 0);

    atlas.json(&["breaker", "auto", SERVICE, WRITING]).await;
    let _server = atlas.serve().await;
    assert_eq!(atlas.json(&show).await["overlay"], "auto");
    assert_eq!(atlas.add(&other).await["outcome"], "stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_own_state_is_shut_by_hand_ends_and_starts_as_any_other() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let own_state = [SERVICE, "ops.write"];
    let server = atlas.serve().await;
    let decide = async |verb| atlas.json(&[&["breaker", verb][..], &own_state].concat()).await;
    assert_eq!(decide("open").await["overlay"], "forced_open");
    assert_eq!(server.terminate().await, 0);

    let server = atlas.serve().await;
    let status = atlas.get("/api/v1/status").await.unwrap();
    assert_eq!(status["previous_run_was_killed"], false, "{status}");
    let codes: Vec<_> = status["degraded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|degradation| degradation["code"].clone())
        .collect();
    assert_eq!(codes, ["breaker_open", "breaker_decided"], "{status}");
    assert_eq!(decide("auto").await["overlay"], "auto");
    assert_eq!(server.terminate().await, 0);
    let _server = atlas.serve().await;
    assert_eq!(decide("show").await["overlay"], "auto");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policies_of_the_databases_can_be_read() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let policy = atlas.json(&["policy", "explain", SERVICE]).await;
    assert_eq!(policy["breaker"]["consecutive_failures"], 3, "{policy}");
    let maintenance = atlas.json(&["policy", "explain", "database_maintenance"]).await;
    assert!(
        maintenance["breaker"]["consecutive_failures"].is_null(),
        "{maintenance}"
    );
}
