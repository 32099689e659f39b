//! Suspected junk and the owner's word on it.

use atlas_domain::ItemState;

use crate::fixture::{NOBODY, TestApp, encoded};

const PAGE: &str = "https://example.com/members";

#[tokio::test]
async fn the_quarantine_says_what_led_there() {
    let app = TestApp::open();
    app.suspect(PAGE).await;
    let listed = app.get("/api/v1/quarantine").await.json();
    let entry = &listed["items"][0];
    assert_eq!(entry["item"]["url"], PAGE);
    assert_eq!(
        entry["judgement"]["verdict"]["reasons"][0]["evidence"],
        "1 password field"
    );
}

#[tokio::test]
async fn a_page_of_the_quarantine_says_how_much_there_is_and_where_the_next_begins() {
    let app = TestApp::open();
    for n in 0..3 {
        app.suspect(&format!("https://example.com/{n}")).await;
    }
    let url = |page: &serde_json::Value, n: usize| page["items"][n]["item"]["url"].clone();
    let first = app.get("/api/v1/quarantine?limit=2").await.json();
    assert_eq!(first["total"], 3);
    assert_eq!(
        [url(&first, 0), url(&first, 1)],
        ["https://example.com/2", "https://example.com/1"]
    );
    let next = first["next"].as_str().unwrap();
    let rest = app
        .get(&format!("/api/v1/quarantine?limit=2&after={next}"))
        .await
        .json();
    assert_eq!(url(&rest, 0), "https://example.com/0");
    assert!(rest["next"].is_null() && rest["items"].as_array().unwrap().len() == 1);
    app.get("/api/v1/quarantine?after=page-two")
        .await
        .refuses(400, "invalid_cursor");
}

#[tokio::test]
async fn keeping_sends_the_stored_bytes_round_again() {
    let app = TestApp::open();
    let item = app.suspect(PAGE).await;
    let kept = app
        .act(&format!("/api/v1/quarantine/{}/keep", encoded(PAGE)))
        .await
        .json();
    assert_eq!(kept["keep_always"], true);
    let jobs = app
        .get("/api/v1/jobs?kind=reprocess_item&state=ready")
        .await
        .json();
    assert_eq!(jobs["jobs"][0]["item_id"], item.id.to_string());
}

#[tokio::test]
async fn dropping_leaves_the_link() {
    let app = TestApp::open();
    let item = app.suspect(PAGE).await;
    app.act(&format!("/api/v1/quarantine/{}/drop", item.id))
        .await
        .json();
    assert_eq!(app.item(item.id).await.state, ItemState::Rejected);
}

#[tokio::test]
async fn only_what_is_in_quarantine_can_be_kept_or_dropped() {
    let app = TestApp::open();
    let item = app.store(PAGE, "words").await;
    for word in ["keep", "drop"] {
        let detail = app
            .act(&format!("/api/v1/quarantine/{}/{word}", item.id))
            .await
            .refuses(409, "conflict");
        assert!(detail.contains("not in quarantine"), "{detail}");
        app.act(&format!("/api/v1/quarantine/{NOBODY}/{word}"))
            .await
            .refuses(404, "not_found");
    }
}
