//! Searching while the index hangs: server and commands answer all the same, in time, and say what they did.

use std::time::Duration;

use tokio::time::timeout;

use crate::support::{Atlas, Site, article};

/// Five times what a search may take: the machine has other tests to run.
const PATIENCE: Duration = Duration::from_secs(4);
/// Longer than the test.
const HANGS: (&str, &str) = ("FAILPOINTS", "search::read=sleep(120000)");

#[tokio::test(flavor = "multi_thread")]
async fn titles_answer_in_time_and_the_index_is_left_alone_after_five_searches() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas.add(&site.put("/otters", article("Otters", "hands"))).await;
    let server = atlas.serve_with(&[HANGS]).await;
    for _ in 0..5 {
        let found = timeout(PATIENCE, atlas.json(&["search", "otters"])).await;
        let found = found.expect("search answers in time");
        assert_eq!(found["hits"][0]["id"], added["id"], "{found}");
        assert_eq!((&found["total"], &found["degraded"]), (&1.into(), &true.into()));
        assert_eq!(
            found["degraded_reason"],
            "titles: the index gave no answer within 300ms"
        );
    }
    let found = atlas.json(&["search", "otters"]).await;
    let reason = found["degraded_reason"].as_str().unwrap();
    assert!(reason.contains("is left alone for"), "{found}");
    let breakers = atlas.json(&["breaker", "ls"]).await;
    let breaker = &breakers["breakers"][0];
    assert_eq!(
        (&breaker["service"], &breaker["scope"], &breaker["state"]),
        (&"search_operations".into(), &"index".into(), &"open".into())
    );
    // What nobody has asked, and titles cannot tell, is an error with the reasons.
    let failed = atlas.run(&["search", "is:stored"]).await;
    assert_ne!(failed.code, 0, "{failed:?}");
    assert!(failed.stderr.contains("titles cannot tell"), "{failed:?}");
    assert_eq!(
        server.terminate().await,
        0,
        "searches that hang keep no server from ending"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_without_a_server_answers_in_time_and_ends() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/otters", article("Otters", "hands"))).await;
    let finished = timeout(PATIENCE, atlas.run_with(&["search", "otters"], &[HANGS])).await;
    let finished = finished.expect("it answers and ends");
    assert_eq!(finished.code, 0, "{finished:?}");
    assert!(finished.stdout.contains("Otters"), "{finished:?}");
    assert!(
        finished.stderr.contains("only titles were searched: ") && finished.stderr.contains("(titles)"),
        "{finished:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_nobody_gives_back_costs_a_command_its_index_and_not_its_answer() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/otters", article("Otters", "hands"))).await;
    let path = atlas.data_dir().join("search/current/.tantivy-meta.lock");
    let lock = std::fs::File::create(path).unwrap();
    lock.lock().unwrap();
    let finished = timeout(PATIENCE, atlas.run(&["search", "otters"])).await;
    let finished = finished.expect("it answers and ends");
    assert_eq!(finished.code, 0, "{finished:?}");
    assert!(finished.stdout.contains("Otters"), "{finished:?}");
    assert!(finished.stderr.contains("(titles)"), "{finished:?}");
}
