//! Crashes at every named step: the process aborts there, and after a restart nothing acknowledged is missing,
//! everything ends in one outcome, and the index equals the store.

use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::{Atlas, Site, article, eventually};

const PAGES: usize = 6;

#[rstest]
#[case::before_a_commit("store::before_commit", 12)]
#[case::after_a_commit("store::after_commit", 12)]
#[case::while_saving("save::in_transaction", 2)]
#[case::while_leasing("lease::in_transaction", 3)]
#[case::while_committing_an_ingestion("ingest::in_commit", 1)]
#[case::between_index_and_its_record("index::after_commit", 1)]
#[case::before_a_blob_has_its_name("blob::before_rename", 0)]
#[case::after_a_blob_has_its_name("blob::after_rename", 0)]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost(#[case] step: &str, #[case] times_survived: u32) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let urls: Vec<String> = (0..PAGES)
        .map(|n| site.put(&format!("/{n}"), large_article(n)))
        .collect();
    let crash = format!("{step}={times_survived}*off->return");
    let mut server = atlas.serve_with(&[("FAILPOINTS", &crash)]).await;
    let mut acknowledged = Vec::new();
    for url in &urls {
        let finished = atlas.run(&["add", "--json", url]).await;
        if finished.code == 0 {
            let report: Value = serde_json::from_str(&finished.stdout).unwrap();
            acknowledged.push(report["items"][0]["id"].as_str().unwrap().to_owned());
        }
        if !server.runs() {
            break;
        }
    }
    assert_eq!(
        server.ended().await,
        -1,
        "the server was to be aborted by its step {step}"
    );
    drop(server);
    assert!(!acknowledged.is_empty(), "nothing was acknowledged before {step}");

    let server = atlas.serve().await;
    drain(&atlas).await;
    for id in &acknowledged {
        let shown = atlas.json(&["show", id]).await;
        assert_eq!(shown["state"], "stored", "{shown}");
        let attempts = shown["why"]["attempts"].as_array().unwrap();
        let ends = attempts.iter().filter(|attempt| attempt["end"] == "done");
        assert_eq!(ends.count(), 1, "exactly one outcome: {shown}");
        let subject = shown["title"].as_str().unwrap().replace("Title ", "subject");
        let found = atlas.json(&["search", &subject]).await;
        assert_eq!(found["hits"][0]["id"], id.as_str(), "{found}");
    }
    let status = atlas.json(&["status"]).await;
    assert_eq!(status["queue"]["jobs"]["dead"], 0);
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(server.terminate().await, 0);
}

/// Large and incompressible enough that its bytes go into a file of their own.
fn large_article(n: usize) -> crate::support::Answer {
    let mut state = n as u64 + 1;
    let noise: String = (0..140_000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + (state >> 57) as u8 % 90)
                .to_string()
                .replace(['<', '>', '&', '-'], "x")
        })
        .collect();
    article(&format!("Title {n}"), &format!("subject{n}")).with_comment(&noise)
}

/// Waits until no job of the server can run and the index has followed.
pub(crate) async fn drain(atlas: &Atlas) {
    let is_drained = async || {
        // A process for each look would take the time from what is waited for.
        let status = atlas.get("/api/v1/status").await.expect("the server answers");
        let jobs = &status["queue"]["jobs"];
        jobs["ready"] == 0 && jobs["leased"] == 0 && status["index"]["lag"] == 0
    };
    eventually(Duration::from_mins(1), "nothing is left to do", is_drained).await;
}
