//! SIGKILL of the whole server at random moments while clients save and workers ingest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::crashes::drain;
use crate::support::{Atlas, Site, article};

const CLIENTS: usize = 3;

/// Rounds: `ATLAS_ROUNDS`, 10 without it. The kill moments come from a fixed sequence.
#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_item_survives_random_kills() {
    let rounds = rounds();
    let (site, atlas) = (Arc::new(Site::start().await), Arc::new(Atlas::new()));
    let mut acknowledged = BTreeSet::new();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..rounds {
        let server = atlas.serve().await;
        drain(&atlas).await; // suspects of the last kill run alone before the next
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                tokio::spawn(save_until_refused(
                    Arc::clone(&site),
                    Arc::clone(&atlas),
                    round,
                    client,
                ))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(random.u64(30..600))).await;
        server.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }
    assert!(acknowledged.len() >= rounds, "the clients hardly saved anything");

    let server = atlas.serve().await;
    drain(&atlas).await;
    for id in &acknowledged {
        let shown = atlas.json(&["show", id]).await;
        assert_eq!(shown["state"], "stored", "{shown}");
        let ends = shown["why"]["attempts"].as_array().unwrap();
        assert_eq!(
            ends.iter().filter(|attempt| attempt["end"] == "done").count(),
            1,
            "{shown}"
        );
    }
    assert_eq!(atlas.json(&["status"]).await["queue"]["jobs"]["dead"], 0);
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(server.terminate().await, 0);
}

/// Saves new pages through the server's socket until it is gone.
async fn save_until_refused(site: Arc<Site>, atlas: Arc<Atlas>, round: usize, client: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for n in 0..200 {
        let name = format!("r{round}c{client}n{n}");
        let url = site.put(
            &format!("/{name}"),
            article(&format!("Title {name}"), &format!("word{name}")),
        );
        match atlas
            .post("/api/v1/items", &serde_json::json!({ "items": [{ "url": url }] }))
            .await
        {
            Some(report) => acknowledged.extend(ids(&report)),
            None => break,
        }
    }
    acknowledged
}

fn ids(report: &Value) -> Vec<String> {
    report["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_str().unwrap().to_owned())
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment how long to go on"
)]
fn rounds() -> usize {
    std::env::var("ATLAS_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(10)
}
