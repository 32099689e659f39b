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
async fn d13_a_host_in_trouble_is_left_alone_and_others_are_not() {
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
            vec!["breaker", "open", "database_operations", "libary.write"],
            2,
            "did you mean `library.write`?",
        ),
        (
            vec!["breaker", "disable", "background_processing", "fetching"],
            2,
            "there are: ingest_item, reprocess_item",
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

#[tokio::test]
async fn a_decision_makes_no_library_where_there_is_none() {
    let atlas = impatient();
    let open = ["breaker", "open", SERVICE, "example.com:443"];
    let reset = ["breaker", "reset", SERVICE, "example.com:443"];
    for arguments in [&open[..], &reset, &["breaker", "ls"]] {
        let finished = atlas.run(arguments).await;
        assert_eq!(finished.code, 5, "{finished:?}");
        assert!(finished.stderr.contains("there is no library"), "{finished:?}");
    }
    assert!(!atlas.data_dir().exists());
}

#[tokio::test]
async fn breakers_that_cannot_be_read_are_not_told_as_closed() {
    let atlas = impatient();
    let site = Site::start().await;
    site.put("/page", article("On Lights", "lighthouse"));
    atlas.add(&site.url("/page")).await;
    std::fs::write(atlas.data_dir().join("ops.db"), [7; 8_192]).unwrap();
    let listed = atlas.run(&["breaker", "ls"]).await;
    assert_eq!(listed.code, 3, "{listed:?}");
    assert!(listed.stderr.contains("cannot be read"), "{listed:?}");
    assert!(!listed.stderr.contains("every breaker is closed"), "{listed:?}");
    let shown = atlas.run(&["breaker", "show", SERVICE, &scope(&site)]).await;
    assert_ne!(shown.code, 0, "{shown:?}");
    let status = atlas.run(&["status"]).await;
    assert!(status.stdout.contains("operations_damaged"), "{status:?}");
    let doctor = atlas.run(&["doctor"]).await;
    assert_eq!(doctor.code, 7, "{doctor:?}");
    let _server = atlas.serve().await;
    let status = atlas.run(&["status"]).await;
    assert!(status.stdout.contains("operations_set_aside"), "{status:?}");
}

#[tokio::test]
async fn a_directory_of_others_is_not_proposed_for_a_library() {
    let atlas = impatient();
    std::fs::create_dir_all(atlas.data_dir()).unwrap();
    std::fs::write(atlas.data_dir().join("letter.txt"), "Dear Anna").unwrap();
    let finished = atlas.run(&["list"]).await;
    assert_eq!(finished.code, 5, "{finished:?}");
    assert!(!finished.stderr.contains("atlas add"), "{finished:?}");
    assert!(finished.stderr.contains("--data-dir"), "{finished:?}");
}

#[tokio::test]
async fn a_running_server_works_by_a_configuration_that_it_reads_again() {
    let atlas = Atlas::new();
    let path = atlas.folder().join("config.toml");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write("[article_processing]\nopen_after_failures = 100\nattempts = 1\n");
    let atlas = atlas.with("ATLAS_CONFIG", path.to_str().unwrap());
    let site = broken_site(4).await;
    let server = atlas.serve().await;
    try_each(&atlas, &site, 0..1).await;

    write(
        "[article_processing]\nopen_after_failures = 2\nattempts = 1\n[worker]\nslots = 3\n\
         [article_processing.hosts.\"127.0.0.9:80\"]\nopen_secs = 7\n",
    );
    let changed = atlas.json(&["config", "reload"]).await;
    assert_eq!(
        changed,
        json!({
            "applied": ["article_processing.hosts.\"127.0.0.9:80\".open_secs", "article_processing.open_after_failures"],
            "restart_needed": ["worker.slots"],
        })
    );
    try_each(&atlas, &site, 1..4).await;
    assert_eq!(site.requests(), 2, "the second failure in a row opens it now");
    let policy = atlas.json(&["policy", "explain", SERVICE]).await;
    assert_eq!(policy["breaker"]["own_rules_for"], json!(["127.0.0.9:80"]));

    write("[article_processing]\nopen_after_failures = many\n");
    let refused = atlas.run(&["config", "reload"]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("config.toml:2"), "{refused:?}");

    write("[article_processing]\nopen_after_failures = 7\nattempts = 1\n");
    server.hang_up();
    eventually(Duration::from_secs(10), "SIGHUP is heard", async || {
        atlas.get("/api/v1/policies/article_processing").await.unwrap()["breaker"]["consecutive_failures"]
            == 7
    })
    .await;
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn a_configuration_is_read_again_by_a_server_only() {
    let atlas = Atlas::new();
    let finished = atlas.run(&["config", "reload"]).await;
    assert_eq!(finished.code, 8, "{finished:?}");
    assert!(finished.stderr.contains("no server runs"), "{finished:?}");
}

/// Three pages of a host that asks for a pause of a day, all of which wait.
async fn paused_for_a_day(atlas: &Atlas) -> Site {
    let site = Site::start().await;
    let busy = Answer::page("busy")
        .with_status(429)
        .with_header("retry-after", "604800");
    site.put("/0", busy);
    for page in 1..3 {
        site.put(
            &format!("/{page}"),
            article(&format!("Light {page}"), "lighthouse"),
        );
    }
    for entry in try_each(atlas, &site, 0..3).await {
        assert_eq!(entry["outcome"], "deferred", "{entry}");
    }
    assert_eq!(site.requests(), 1);
    site.put("/0", article("Light 0", "lighthouse"));
    site
}

async fn eventually_asked(site: &Site, requests: usize) {
    eventually(Duration::from_secs(20), "what waited is fetched", async || {
        site.requests() == requests
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_host_runs_as_soon_as_its_past_is_forgotten() {
    let atlas = impatient();
    let _server = atlas.serve().await;
    let site = paused_for_a_day(&atlas).await;

    atlas.json(&["breaker", "reset", SERVICE, &scope(&site)]).await;

    eventually_asked(&site, 4).await;
}

#[tokio::test]
async fn what_waits_for_a_host_runs_soon_after_it_is_well_again_by_itself() {
    // What is put off comes back at some moment of an hour.
    let atlas = impatient()
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_SECS", "5")
        .with("ATLAS_WORKER_RETRY_BASE_MS", "3600000");
    let site = broken_site(5).await;
    let _server = atlas.serve().await;
    try_each(&atlas, &site, 0..5).await;
    for page in 0..10 {
        let word = format!("lighthouse{page}");
        site.put(&format!("/{page}"), article(&format!("Light {page}"), &word));
    }
    let put_off = try_each(&atlas, &site, 5..8).await;
    for entry in &put_off {
        assert_eq!(entry["outcome"], "deferred", "{entry}");
    }
    eventually(Duration::from_secs(30), "a probe is due", async || {
        breaker(&atlas, &site).await["probe_due"] == true
    })
    .await;

    try_each(&atlas, &site, 8..10).await;

    assert_eq!(breaker(&atlas, &site).await["state"], "closed");
    eventually(Duration::from_secs(30), "what waited is fetched", async || {
        let stored = atlas.json(&["list", "--state", "stored"]).await;
        let stored = stored["items"].as_array().unwrap();
        let has = |page| {
            let url = site.url(&format!("/{page}"));
            stored.iter().any(|item| item["url"] == url)
        };
        (5..8).all(has)
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_host_runs_as_soon_as_it_is_no_longer_held_open_by_hand() {
    let atlas = impatient();
    let site = Site::start().await;
    site.put("/0", article("On Lights", "lighthouse"));
    let _server = atlas.serve().await;
    let host = scope(&site);
    atlas.json(&["breaker", "open", SERVICE, &host]).await;
    assert_eq!(try_each(&atlas, &site, 0..1).await[0]["outcome"], "deferred");

    atlas.json(&["breaker", "auto", SERVICE, &host]).await;

    eventually_asked(&site, 1).await;
}

#[tokio::test]
async fn a_job_that_waits_for_a_day_can_be_sent_at_once() {
    let atlas = impatient();
    let _server = atlas.serve().await;
    let site = paused_for_a_day(&atlas).await;
    let jobs = atlas.json(&["job", "ls", "--state", "ready"]).await;
    let waiting = jobs["jobs"][0]["id"].as_str().unwrap();

    let retried = atlas.json(&["job", "retry", waiting]).await;

    assert_eq!(retried["jobs"][0]["attempts"], 0, "{retried}");
    eventually(Duration::from_secs(20), "it is put off once more", async || {
        atlas.json(&["job", "show", waiting]).await["deferrals"] == 2
    })
    .await;
    assert_eq!(site.requests(), 1, "the host is still left alone");
}
