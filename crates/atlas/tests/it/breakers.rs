//! Circuit breakers of the real server: a host in trouble is left alone, that outlives a kill, and it ends by itself.

use std::time::Duration;

use atlas_domain::Timestamp;
use serde_json::{Value, json};

use crate::support::{Answer, Atlas, Site, article, eventually};

const SERVICE: &str = "article_processing";

/// Breakers open for a second at first, and no attempt is repeated: what a host is asked can be counted.
fn impatient() -> Atlas {
    Atlas::new()
        .with("ATLAS_ARTICLE_PROCESSING_ATTEMPTS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_SECS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_SUCCESSES_TO_CLOSE", "2")
}

async fn broken_site(pages: usize) -> Site {
    let site = Site::start().await;
    for page in 0..pages {
        site.put(&format!("/{page}"), Answer::page("broken").with_status(500));
    }
    site
}

/// Saves each page by itself, and waits until it has been tried.
async fn try_each(atlas: &Atlas, site: &Site, pages: std::ops::Range<usize>) -> Vec<Value> {
    let mut entries = Vec::new();
    for page in pages {
        entries.push(atlas.add(&site.url(&format!("/{page}"))).await);
    }
    entries
}

fn scope(site: &Site) -> String {
    site.url("")
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

async fn breaker(atlas: &Atlas, site: &Site) -> Value {
    atlas.json(&["breaker", "show", SERVICE, &scope(site)]).await
}

#[tokio::test]
async fn a_host_in_trouble_is_left_alone_and_others_are_not() {
    let atlas = impatient().with("ATLAS_ARTICLE_PROCESSING_OPEN_SECS", "60");
    let (broken, well) = (broken_site(8).await, Site::start_on("127.0.0.2").await);
    well.put("/page", article("On Lights", "lighthouse"));
    let _server = atlas.serve().await;

    let entries = try_each(&atlas, &broken, 0..8).await;

    assert_eq!(broken.requests(), 5, "five failures in a row open it");
    assert!(
        entries[7]["message"].as_str().unwrap().contains("left alone"),
        "{}",
        entries[7]
    );
    let listed = atlas.json(&["breaker", "ls"]).await;
    let open = &listed["breakers"][0];
    assert_eq!(
        (&open["service"], &open["scope"]),
        (&json!(SERVICE), &json!(scope(&broken)))
    );
    assert_eq!(
        (&open["state"], &open["trips"], &open["reason"]),
        (&json!("open"), &json!(1), &json!("http_500"))
    );
    assert_eq!(atlas.add(&well.url("/page")).await["outcome"], "stored");
    assert_eq!(listed["breakers"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_open_breaker_outlives_a_kill_and_closes_after_good_probes() {
    let atlas = impatient();
    let site = broken_site(5).await;
    let server = atlas.serve().await;
    try_each(&atlas, &site, 0..5).await;
    let opened = breaker(&atlas, &site).await;
    assert_eq!(opened["state"], "open");
    // Nobody waits for the row; the disk has it a moment later.
    eventually(Duration::from_secs(10), "the row is written", async || {
        atlas.get("/api/v1/status").await.unwrap()["breakers"]["unwritten"] == 0
    })
    .await;
    server.kill();

    assert_eq!(breaker(&atlas, &site).await["trips"], 1, "without a server");
    let _server = atlas.serve().await;
    let restored = breaker(&atlas, &site).await;
    assert_eq!(restored["state"], "open");
    let since = |view: &Value| {
        serde_json::from_value::<Timestamp>(view["since"].clone())
            .unwrap()
            .as_millis()
    };
    // Each time it is read off two clocks, in whole milliseconds.
    assert!(
        (since(&restored) - since(&opened)).abs() <= 2,
        "{restored} is not {opened}"
    );
    for page in 5..8 {
        site.put(
            &format!("/{page}"),
            article(&format!("Light {page}"), &format!("lighthouse{page}")),
        );
    }
    eventually(Duration::from_secs(10), "a probe is due", async || {
        breaker(&atlas, &site).await["probe_due"] == true
    })
    .await;
    let entries = try_each(&atlas, &site, 5..8).await;
    assert!(
        entries.iter().all(|entry| entry["outcome"] == "stored"),
        "{entries:?}"
    );
    assert_eq!(breaker(&atlas, &site).await["state"], "closed");
}

#[tokio::test]
async fn the_owner_opens_it_by_hand_without_a_server_and_a_later_server_obeys() {
    let atlas = impatient();
    let site = Site::start().await;
    site.put("/page", article("On Lights", "lighthouse"));
    site.put("/other", article("On Ports", "harbour"));
    assert_eq!(atlas.add(&site.url("/page")).await["outcome"], "stored");
    let host = scope(&site);
    let open = [
        "breaker",
        "open",
        SERVICE,
        &host,
        "--for",
        "2h",
        "--reason",
        "they asked",
    ];
    assert_eq!(atlas.json(&open).await["overlay"], "forced_open");

    let _server = atlas.serve().await;
    let asked = site.requests();
    let refused = atlas.add(&site.url("/other")).await;
    assert_eq!(refused["outcome"], "deferred");
    assert!(
        refused["message"].as_str().unwrap().contains("opened by hand"),
        "{refused}"
    );
    assert_eq!(site.requests(), asked, "it was not even asked");
    assert_eq!(
        atlas.json(&["breaker", "auto", SERVICE, &host]).await["overlay"],
        "auto"
    );
}

#[tokio::test]
async fn a_pause_that_a_host_asks_for_is_kept_for_every_page() {
    let atlas = impatient();
    let site = Site::start().await;
    let busy = Answer::page("busy")
        .with_status(429)
        .with_header("retry-after", "3600");
    site.put("/0", busy);
    site.put("/1", article("On Lights", "lighthouse"));
    let _server = atlas.serve().await;
    let entries = try_each(&atlas, &site, 0..2).await;
    assert_eq!(entries[1]["outcome"], "deferred");
    assert_eq!(site.requests(), 1);
    let throttled = breaker(&atlas, &site).await;
    assert_eq!(
        (&throttled["state"], &throttled["trips"]),
        (&json!("closed"), &json!(0)),
        "it is well"
    );
    assert!(throttled["until"].is_string());
}

#[tokio::test]
async fn a_wrong_decision_is_refused_with_a_reason() {
    let atlas = impatient();
    let site = Site::start().await;
    site.put("/page", article("On Lights", "lighthouse"));
    atlas.add(&site.url("/page")).await;
    for (arguments, code, told) in [
        (
            vec!["breaker", "open", "articles", "example.com:443"],
            2,
            "there are: article_processing",
        ),
        (
            vec!["breaker", "open", SERVICE, "example.com:443", "--for", "soon"],
            2,
            "such as 2h",
        ),
        (
            vec!["policy", "explain", "articles"],
            2,
            "there are: article_processing",
        ),
    ] {
        let finished = atlas.run(&arguments).await;
        assert_eq!(finished.code, code, "{finished:?}");
        assert!(finished.stderr.contains(told), "{finished:?}");
    }
}
