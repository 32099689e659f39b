//! Finding things again.

use serde_json::json;

use crate::fixture::TestApp;

#[tokio::test]
async fn a_word_of_the_body_finds_the_item_with_a_snippet() {
    let app = TestApp::open();
    let item = app
        .store("https://example.com/otters", "otters hold hands while asleep")
        .await;
    app.store("https://example.com/other", "nothing of the kind")
        .await;

    let reply = app.get("/api/v1/search?q=hands").await.json();

    assert_eq!((&reply["total"], &reply["degraded"]), (&json!(1), &json!(false)));
    let hit = &reply["hits"][0];
    assert_eq!(hit["id"], item.id.to_string());
    assert_eq!(hit["url"], "https://example.com/otters");
    let snippet = hit["snippet"].as_str().unwrap();
    assert!(snippet.contains("**hands**"), "{snippet}");
}

#[tokio::test]
async fn limit_and_offset_turn_pages() {
    let app = TestApp::open();
    app.store("https://example.com/1", "otter one").await;
    app.store("https://example.com/2", "otter two").await;
    let page = app.get("/api/v1/search?q=otter&limit=1&offset=1").await.json();
    assert_eq!(page["total"], 2);
    assert_eq!(page["hits"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_search_for_nothing_is_refused() {
    let detail = TestApp::open()
        .get("/api/v1/search")
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains("`q`"), "{detail}");
}

#[tokio::test]
async fn a_query_that_can_find_nothing_is_refused() {
    let answer = TestApp::open().get("/api/v1/search?q=kind:poem").await;
    answer.refuses(400, "invalid_request");
}

#[tokio::test]
async fn an_index_that_cannot_be_used_is_said_so() {
    let app = TestApp::open().reopened(|parts| {
        parts.search = atlas_app::SearchState::Unavailable("it is being rebuilt".to_owned());
    });
    let detail = app
        .get("/api/v1/search?q=x")
        .await
        .refuses(503, "search_unavailable");
    assert!(detail.contains("it is being rebuilt"), "{detail}");
}
