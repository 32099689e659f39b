//! SIGKILL of the whole server at random moments while clients save and workers ingest. Most rounds begin with what
//! the kills before them have left; every third one waits until that is done, and looks at it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::crashes::drain;
use crate::support::{Atlas, Site, article};

/// The sites that clients save from, one a client: of one host no more than two jobs run at once.
const SITES: [&str; 3] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
/// Pages that a client saves ahead of their outcomes. So there is saving and ingestion at every moment, and the queue
/// grows no longer however many rounds there are.
const PAGES_AHEAD: usize = 4;
/// Three deaths in a row must harm no job; at the fourth in its risky stage it rightly becomes a dead letter.
const KILLS_IN_A_ROW: usize = 3;

/// Rounds: `ATLAS_ROUNDS`, 10 without it. The kill moments come from a fixed sequence.
#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_item_survives_random_kills() {
    let (rounds, atlas) = (rounds(10), Arc::new(Atlas::new()));
    let mut sites = Vec::new();
    for address in SITES {
        sites.push(Arc::new(Site::start_on(address).await));
    }
    let (mut acknowledged, mut since_last_look) = (BTreeSet::new(), BTreeSet::new());
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..rounds {
        let server = atlas.serve().await;
        if round % KILLS_IN_A_ROW == 0 {
            drain(&atlas).await;
            look_at(&atlas, &since_last_look).await;
            acknowledged.append(&mut since_last_look);
        }
        let clients: Vec<_> = sites
            .iter()
            .map(|site| tokio::spawn(save_until_killed(Arc::clone(site), Arc::clone(&atlas), round)))
            .collect();
        tokio::time::sleep(Duration::from_millis(random.u64(30..600))).await;
        server.kill();
        for client in clients {
            since_last_look.extend(client.await.unwrap());
        }
    }
    acknowledged.append(&mut since_last_look);
    assert!(acknowledged.len() >= rounds, "the clients hardly saved anything");

    let server = atlas.serve().await;
    drain(&atlas).await;
    look_at(&atlas, &acknowledged).await;
    assert_eq!(server.terminate().await, 0);
}

/// Saves new pages through the server's socket until it is gone. Returns the items that were acknowledged.
async fn save_until_killed(site: Arc<Site>, atlas: Arc<Atlas>, round: usize) -> Vec<String> {
    let (mut acknowledged, mut under_way) = (Vec::new(), VecDeque::new());
    loop {
        let path = format!("/r{round}n{}", acknowledged.len());
        let url = site.url(&path);
        site.put(&path, article(&format!("Title {url}"), &format!("word {url}")));
        let request = serde_json::json!({ "items": [{ "url": url }] });
        let Some(report) = atlas.post("/api/v1/items", &request).await else {
            return acknowledged;
        };
        let text = |field| report["items"][0][field].as_str().unwrap().to_owned();
        acknowledged.push(text("id"));
        under_way.push_back(text("job"));
        if under_way.len() > PAGES_AHEAD {
            let oldest = under_way.pop_front().unwrap();
            let outcome = format!("/api/v1/outcomes?jobs={oldest}&wait_ms=20000");
            if atlas.get(&outcome).await.is_none() {
                return acknowledged;
            }
        }
    }
}

/// When nothing is left to do: `items` are there, all that is there has ended once and well, those included whose save
/// was cut off before its answer, and library and index are sound and the same.
async fn look_at(atlas: &Atlas, items: &BTreeSet<String>) {
    let status = atlas.get("/api/v1/status").await.unwrap();
    assert_eq!(status["queue"]["jobs"]["dead"], 0, "{status}");
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");

    let (mut missing, mut page) = (items.clone(), "/api/v1/export".to_owned());
    while !missing.is_empty() {
        let export = atlas.get(&page).await.unwrap();
        for item in export["items"].as_array().unwrap() {
            assert_eq!(item["state"], "stored", "{item}");
            let attempts = item["why"]["attempts"].as_array().unwrap();
            let ends = attempts.iter().filter(|attempt| attempt["end"] == "done");
            assert_eq!(ends.count(), 1, "exactly one outcome: {item}");
            missing.remove(item["id"].as_str().unwrap());
        }
        let Some(next) = export["next"].as_str() else {
            break;
        };
        page = format!("/api/v1/export?after={next}");
    }
    assert!(missing.is_empty(), "acknowledged and not there: {missing:?}");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is told by its environment how long to go on"
)]
pub(crate) fn rounds(without: usize) -> usize {
    std::env::var("ATLAS_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(without)
}
