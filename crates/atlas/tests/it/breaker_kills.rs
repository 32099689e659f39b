//! Death of the server between the change of a circuit breaker and its row, at the named step and at random: the next
//! process begins with an older state that is whole, and with none that is more permissive than what was on the disk.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{Clock, SystemClock, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::interval;

use super::crashes::drain;
use super::kills::rounds;
use crate::support::{AilingSite, Atlas, Trouble, eventually};

/// Breakers open for a second after two failures, and jobs come back soon.
fn hurried() -> Atlas {
    Atlas::new()
        .with("ATLAS_FETCH_ATTEMPT_TIMEOUT_SECS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_ATTEMPTS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_AFTER_FAILURES", "2")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_SECS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_CAP_SECS", "2")
        .with("ATLAS_ARTICLE_PROCESSING_SUCCESSES_TO_CLOSE", "1")
        .with("ATLAS_WORKER_RETRY_BASE_MS", "100")
}

/// What is on the disk when the process dies at the first, second or third change of a breaker: nothing, that it is
/// open, and that it is being tried, which leads to another try.
#[rstest]
#[case::when_it_opens(0, "closed", 0)]
#[case::when_it_is_tried(1, "open", 1)]
#[case::when_it_closes(2, "open", 1)]
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_written_has_not_happened(
    #[case] changes_written: u32,
    #[case] state: &str,
    #[case] trips: u64,
) {
    let (atlas, site) = (hurried(), AilingSite::start_on("127.0.0.1", Trouble::Failing));
    let crash = format!("breaker::persist={changes_written}*off->return");
    let mut server = atlas.serve_with(&[("FAILPOINTS", &crash)]).await;
    let items = [json!({ "url": site.url("/1") }), json!({ "url": site.url("/2") })];
    atlas
        .post("/api/v1/items", &json!({ "items": items }))
        .await
        .unwrap();
    if changes_written > 0 {
        is_left_alone(&atlas, &site).await;
        site.recover();
    }
    assert_eq!(
        server.ended().await,
        -1,
        "it was to be aborted before its row was written"
    );
    drop(server);

    let listed = breakers_of(&atlas.json(&["breaker", "ls", "--all"]).await);
    let stored = listed.get(&site.scope());
    assert_eq!(
        stored.map_or("closed", |view| view["state"].as_str().unwrap()),
        state
    );
    assert_eq!(stored.map_or(0, |view| view["trips"].as_u64().unwrap()), trips);

    let server = atlas.serve().await;
    site.recover();
    drain(&atlas).await;
    let list = atlas.get("/api/v1/items?state=stored").await.unwrap();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");
    let after = breakers_of(&atlas.get("/api/v1/breakers?all=true").await.unwrap());
    assert!(after.values().all(|view| view["state"] == "closed"), "{after:?}");
    assert_eq!(server.terminate().await, 0);
}

async fn is_left_alone(atlas: &Atlas, site: &AilingSite) {
    eventually(Duration::from_secs(10), "the breaker opens", async || {
        let list = atlas.get("/api/v1/breakers").await;
        list.is_some_and(|list| {
            breakers_of(&list)
                .get(&site.scope())
                .is_some_and(|view| view["state"] == "open")
        })
    })
    .await;
}

/// Sites with their troubles. Which are well changes from round to round, never within one.
const TROUBLES: [Trouble; 4] = [
    Trouble::Failing,
    Trouble::Reset,
    Trouble::TooManyRequests,
    Trouble::Truncated,
];

/// Rounds: `ATLAS_ROUNDS`, 10 without it. The kill moments come from a fixed sequence.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_disk_about_a_host_in_trouble_survives_random_kills() {
    let (rounds, atlas) = (rounds(10), Arc::new(hurried()));
    let sites: Vec<_> = (1..)
        .zip(TROUBLES)
        .map(|(number, trouble)| AilingSite::start_on(&format!("127.2.0.{number}"), trouble))
        .collect();
    let mut random = fastrand::Rng::with_seed(11);
    let (mut acknowledged, mut known) = (BTreeSet::new(), 0);
    for round in 0..rounds {
        let (well, ailing): (Vec<_>, Vec<_>) = sites.iter().partition(|_| random.bool());
        for site in &well {
            site.recover();
        }
        for site in &ailing {
            site.relapse();
        }
        let server = atlas.serve().await;
        let urls: Vec<_> = (0..3)
            .flat_map(|page| {
                sites
                    .iter()
                    .map(move |site| site.url(&format!("/r{round}n{page}")))
            })
            .collect();
        let saving = tokio::spawn(save_until_killed(Arc::clone(&atlas), urls));
        let watching = tokio::spawn(watch_until_killed(Arc::clone(&atlas)));
        tokio::time::sleep(Duration::from_millis(random.u64(30..1_500))).await;
        server.kill();
        acknowledged.append(&mut saving.await.unwrap());
        let written = watching.await.unwrap();

        let after = breakers_of(&atlas.json(&["breaker", "ls", "--all"]).await);
        let now = SystemClock.now();
        for view in after.values() {
            let reason = view["reason"].as_str().unwrap();
            assert!(!reason.contains("could not be read"), "{view}");
        }
        for site in ailing {
            let Some(written) = written.get(&site.scope()) else {
                continue;
            };
            known += usize::from(written["state"] != "closed" || !written["until"].is_null());
            is_no_more_permissive(after.get(&site.scope()), written, now);
        }
    }
    assert!(known >= rounds / 4, "hardly any breaker was seen on the disk");

    sites.iter().for_each(AilingSite::recover);
    let server = atlas.serve().await;
    drain(&atlas).await;
    all_are_there(&atlas, acknowledged).await;
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 0, "{doctor:?}");
    assert_eq!(server.terminate().await, 0);
}

/// Saves pages one by one until the server is gone. Returns the items that were acknowledged.
async fn save_until_killed(atlas: Arc<Atlas>, urls: Vec<String>) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for url in urls {
        let request = json!({ "items": [{ "url": url }] });
        let Some(report) = atlas.post("/api/v1/items", &request).await else {
            break;
        };
        acknowledged.insert(report["items"][0]["id"].as_str().unwrap().to_owned());
    }
    acknowledged
}

/// Looks at the breakers until the server is gone. Returns the last state of them all that was known to be written.
async fn watch_until_killed(atlas: Arc<Atlas>) -> HashMap<String, Value> {
    let (mut written, mut looks) = (HashMap::new(), interval(Duration::from_millis(20)));
    loop {
        looks.tick().await;
        let Some(list) = atlas.get("/api/v1/breakers?all=true").await else {
            return written;
        };
        let Some(status) = atlas.get("/api/v1/status").await else {
            return written;
        };
        if status["breakers"]["unwritten"] == 0 {
            written = breakers_of(&list);
        }
    }
}

/// The host was in trouble all the time: a state on the disk gives way only to one that is as strict. A pause that is
/// over by `now` may be forgotten.
fn is_no_more_permissive(after: Option<&Value>, written: &Value, now: Timestamp) {
    let time = |view: &Value, field: &str| {
        serde_json::from_value::<Timestamp>(view[field].clone())
            .ok()
            .map(Timestamp::as_millis)
    };
    let told = || format!("{after:?} instead of {written}");
    // Each time is read off two clocks, in whole milliseconds.
    let is_before = |after: Option<i64>, written: Option<i64>| after.map(|at| at + 2) < written;
    if written["state"] != "closed" {
        let after = after.unwrap_or_else(|| panic!("{}", told()));
        assert_ne!(after["state"], "closed", "{}", told());
        assert!(after["trips"].as_u64() >= written["trips"].as_u64(), "{}", told());
        assert!(
            !is_before(time(after, "since"), time(written, "since")),
            "{}",
            told()
        );
    } else if let Some(until) = time(written, "until")
        && until > now.as_millis()
    {
        let after = after.unwrap_or_else(|| panic!("{}", told()));
        assert!(!is_before(time(after, "until"), Some(until)), "{}", told());
    }
}

/// Stored, or given up for good reasons: some hosts were in trouble for long.
async fn all_are_there(atlas: &Atlas, mut missing: BTreeSet<String>) {
    assert!(!missing.is_empty(), "nothing was ever saved");
    let mut page = "/api/v1/export".to_owned();
    loop {
        let export = atlas.get(&page).await.unwrap();
        for item in export["items"].as_array().unwrap() {
            let attempts = item["why"]["attempts"].as_array().unwrap();
            let ends: Vec<_> = attempts
                .iter()
                .filter(|attempt| attempt["end"] == "done")
                .collect();
            assert_eq!(ends.len(), 1, "exactly one outcome: {item}");
            let is_stored = item["state"] == "stored";
            let is_given_up = item["state"] == "link_only" && ends[0]["reason"] == "unreachable";
            assert!(is_stored || is_given_up, "{item}");
            missing.remove(item["id"].as_str().unwrap());
        }
        let Some(next) = export["next"].as_str() else {
            break;
        };
        page = format!("/api/v1/export?after={next}");
    }
    assert!(missing.is_empty(), "acknowledged and not there: {missing:?}");
}

fn breakers_of(list: &Value) -> HashMap<String, Value> {
    let views = list["breakers"].as_array().unwrap().iter();
    views
        .map(|view| (view["scope"].as_str().unwrap().to_owned(), view.clone()))
        .collect()
}
