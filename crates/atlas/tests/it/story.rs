//! The main job: one address becomes a searchable document, with a server and without.

use std::time::Duration;

use rstest::rstest;
use serde_json::Value;

use crate::support::{Answer, Atlas, Site, article, eventually};

#[rstest]
#[case::without_a_server(false)]
#[case::with_a_server(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_page_is_found_and_explained(#[case] with_server: bool) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let url = site.put("/lichens", article("On Lichens", "xanthoria"));
    let _server = if with_server {
        Some(atlas.serve().await)
    } else {
        None
    };

    let added = atlas.add(&url).await;
    assert_eq!(added["outcome"], "stored", "{added}");

    let found = found_within_a_second(&atlas, "xanthoria").await;
    assert_eq!(found["total"], 1);
    assert_eq!(found["hits"][0]["id"], added["id"]);
    assert_eq!(found["hits"][0]["title"], "On Lichens");
    assert!(
        found["hits"][0]["snippet"]
            .as_str()
            .unwrap()
            .contains("**xanthoria**")
    );

    let shown = atlas.json(&["show", added["id"].as_str().unwrap()]).await;
    let article = &shown["document"]["article"];
    assert_eq!(article["title"], "On Lichens");
    assert_eq!(article["authors"][0], "Ada Example");
    assert_eq!(article["published"]["value"], "2024-05-06");
    assert_eq!(article["language"], "en");
    assert!(article["markdown"].as_str().unwrap().contains("Paragraph 3"));
    assert_eq!(shown["why"]["judgement"]["verdict"]["decision"], "accept");
    assert_eq!(shown["why"]["attempts"][0]["end"], "done");
    assert!(!shown["why"]["audit"].as_array().unwrap().is_empty());
}

/// The index follows a commit within 300 ms; this is the bound of the promise, asked for again and again.
async fn found_within_a_second(atlas: &Atlas, word: &str) -> Value {
    let mut found = Value::Null;
    eventually(Duration::from_secs(1), "it is found", async || {
        found = atlas.json(&["search", word]).await;
        found["total"] != 0
    })
    .await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_twice_is_one_item_and_the_answer_says_so() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let url = site.put("/a", article("A", "alpha"));
    let first = atlas.add(&url).await;
    let second = atlas.add(&format!("{url}?utm_source=newsletter#comments")).await;
    assert_eq!(second["id"], first["id"]);
    assert_eq!(second["outcome"], "duplicate");
    assert_eq!(second["reason"], "same_url");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_content_at_another_address_points_to_the_first() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let first = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let second = atlas.add(&site.put("/copy", article("A", "alpha"))).await;
    assert_eq!(second["outcome"], "duplicate");
    assert_eq!(second["reason"], "same_content");
    let shown = atlas.json(&["show", second["id"].as_str().unwrap()]).await;
    assert_eq!(shown["duplicate_of"], first["id"]);
    // When the first goes, the second takes its place.
    atlas.json(&["rm", first["id"].as_str().unwrap()]).await;
    atlas
        .json(&["reprocess", "--wait", second["id"].as_str().unwrap()])
        .await;
    assert_eq!(
        atlas.json(&["search", "alpha"]).await["hits"][0]["id"],
        second["id"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn html_that_comes_along_is_used_instead_of_the_network() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let page = atlas.folder().join("page.html");
    let html = "<html><title>Given</title><article><h1>Given</h1>".to_owned()
        + &"<p>These words came with the save and not from the network, which has nothing at this address.</p>".repeat(8)
        + "</article></html>";
    std::fs::write(&page, html).unwrap();
    let url = site.url("/nowhere");
    let finished = atlas
        .run(&["add", "--wait", "--html", page.to_str().unwrap(), &url, "--json"])
        .await;
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["items"][0]["outcome"], "stored", "{finished:?}");
    let shown = atlas.json(&["show", &url]).await;
    assert_eq!(shown["why"]["snapshot"]["strategy"], "given_html");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worse_fetch_never_replaces_a_good_copy() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let url = site.put("/a", article("A", "alpha"));
    let first = atlas.add(&url).await;
    let page = atlas.folder().join("worse.html");
    std::fs::write(
        &page,
        "<html><title>Sign in</title><form><input type=password></form></html>",
    )
    .unwrap();
    atlas
        .run(&["add", "--wait", "--html", page.to_str().unwrap(), &url])
        .await;
    let shown = atlas.json(&["show", first["id"].as_str().unwrap()]).await;
    assert_eq!(shown["state"], "stored");
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_the_trash_leaves_search_and_comes_back() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let item = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let id = item["id"].as_str().unwrap();
    atlas.json(&["rm", id]).await;
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 0);
    assert_eq!(atlas.json(&["list"]).await["total"], 0);
    atlas.json(&["restore", id]).await;
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn quarantine_explains_and_the_owner_decides() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let url = site.put(
        "/stub",
        Answer::page("<html><title>Note</title><p>Buy oats and barley at the mill.</p></html>"),
    );
    let added = atlas.add(&url).await;
    assert_eq!(added["outcome"], "quarantined", "{added}");
    assert_eq!(atlas.json(&["search", "barley"]).await["total"], 0);
    let listed = atlas.json(&["quarantine", "ls"]).await;
    let reasons = &listed["items"][0]["judgement"]["verdict"]["reasons"];
    assert!(!reasons[0]["evidence"].as_str().unwrap().is_empty());
    atlas
        .json(&["quarantine", "keep", added["id"].as_str().unwrap()])
        .await;
    atlas
        .json(&["reprocess", "--wait", added["id"].as_str().unwrap()])
        .await;
    assert_eq!(atlas.json(&["search", "barley"]).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reprocessing_looks_at_the_bytes_that_the_content_came_from() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let item = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let page = atlas.folder().join("worse.html");
    std::fs::write(
        &page,
        "<html><title>Sign in</title><form><input type=password></form></html>",
    )
    .unwrap();
    atlas
        .run(&[
            "add",
            "--wait",
            "--html",
            page.to_str().unwrap(),
            item["url"].as_str().unwrap(),
        ])
        .await;
    atlas
        .json(&["reprocess", "--wait", item["id"].as_str().unwrap()])
        .await;
    assert_eq!(
        atlas.json(&["show", item["id"].as_str().unwrap()]).await["state"],
        "stored"
    );
    assert_eq!(atlas.json(&["search", "alpha"]).await["total"], 1);
}
