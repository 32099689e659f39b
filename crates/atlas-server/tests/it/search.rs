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

#[rstest::rstest]
#[case::mistyped_field("autor:quill", "did you mean `author`?")]
#[case::no_value("tag:", "`tag:` at character 1 has no value")]
#[case::no_language("lang:xx", "is no language")]
#[tokio::test]
async fn a_query_that_cannot_mean_what_was_typed_is_refused(#[case] query: &str, #[case] why: &str) {
    let path = format!("/api/v1/search?q={query}");
    let detail = TestApp::open().get(&path).await.refuses(400, "invalid_request");
    assert!(detail.contains(why), "{detail}");
}

#[tokio::test]
async fn words_that_look_like_a_field_and_find_nothing_bring_a_hint() {
    let app = TestApp::open();
    let reply = app.get("/api/v1/search?q=language:de").await.json();
    assert_eq!(reply["total"], 0);
    let hint = reply["hint"].as_str().unwrap();
    assert!(hint.contains("`language:` is no field"), "{hint}");
    assert_eq!(app.get("/api/v1/search?q=otters").await.json()["hint"], "");
}

#[rstest::rstest]
#[case::too_long("x".repeat(5_000))]
#[case::too_many_words("x+".repeat(65))]
#[tokio::test]
async fn a_query_that_is_too_much_is_refused_with_the_limits(#[case] query: String) {
    let path = format!("/api/v1/search?q={query}");
    let detail = TestApp::open().get(&path).await.refuses(400, "invalid_request");
    assert!(
        detail.contains("4096 bytes") && detail.contains("64 words"),
        "{detail}"
    );
}

#[tokio::test]
async fn without_an_index_titles_answer_in_the_same_form_and_it_is_said_so() {
    let app = TestApp::open();
    let item = app.store("https://example.com/otters", "they hold hands").await;
    let app = app.reopened(|parts| {
        parts.search = atlas_app::SearchState::Unavailable("it is being rebuilt".to_owned());
    });
    let mut reply = app.get("/api/v1/search?q=otters").await.json();
    assert!(reply["took_ms"].take().is_u64());
    let hit = json!({
        "id": item.id.to_string(),
        "title": "About https://example.com/otters",
        "url": "https://example.com/otters",
        "score": 0.0,
        "snippet": "",
    });
    let expected = json!({
        "hits": [hit],
        "total": 1,
        "took_ms": null,
        "degraded": true,
        "degraded_reason": "titles: it is being rebuilt",
        "hint": "",
    });
    assert_eq!(reply, expected);
}

#[tokio::test]
async fn what_nothing_can_answer_without_the_index_is_said_so() {
    let app = TestApp::open().reopened(|parts| {
        parts.search = atlas_app::SearchState::Unavailable("it is being rebuilt".to_owned());
    });
    let detail = app
        .get("/api/v1/search?q=tag:x")
        .await
        .refuses(503, "search_unavailable");
    assert!(detail.contains("it is being rebuilt"), "{detail}");
}

#[tokio::test]
async fn a_search_with_the_cursor_of_a_write_sees_it_or_says_that_it_does_not() {
    let app = TestApp::open();
    let item = app.store("https://example.com/otters", "otters hold hands").await;
    let removed = app.delete(&format!("/api/v1/items/{}", item.id)).await.json();
    assert_eq!(removed["id"], item.id.to_string());
    let cursor = removed["cursor"]
        .as_str()
        .expect("a call that writes answers with its place");

    // Nothing moves the index yet.
    let path = format!("/api/v1/search?q=otters&after_cursor={cursor}");
    let early = app.get(&path).await.json();
    assert_eq!((&early["total"], &early["degraded"]), (&json!(1), &json!(true)));
    assert_eq!(early["degraded_reason"], "index_lag");
    let unaware = app.get("/api/v1/search?q=otters").await.json();
    assert_eq!(
        unaware["degraded"], false,
        "who brings no cursor is not told of moments"
    );

    app.store("https://example.com/badgers", "badgers hold court")
        .await;
    let late = app.get(&path).await.json();
    assert_eq!((&late["total"], &late["degraded"]), (&json!(0), &json!(false)));
    let fresh = app.get("/api/v1/search?q=badgers&fresh=true").await.json();
    assert_eq!((&fresh["total"], &fresh["degraded"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn every_call_that_changes_what_can_be_found_answers_with_a_cursor() {
    let app = TestApp::open();
    let item = app.store("https://example.com/otters", "otters hold hands").await;
    let suspect = app.suspect("https://example.com/login").await;
    let name = |action: &str| format!("/api/v1/items/{}{action}", item.id);
    let judge = |action: &str| format!("/api/v1/quarantine/{}/{action}", suspect.id);
    let add = json!({"items": [{"url": "https://example.com/new"}]});
    let again = json!({"items": [item.id.to_string()]});
    for answer in [
        app.post("/api/v1/items", &add).await,
        app.post(&name("/tags"), &json!({"add": ["sea"]})).await,
        app.delete(&name("")).await,
        app.act(&name("/restore")).await,
        app.post("/api/v1/reprocess", &again).await,
        app.act(&judge("keep")).await,
    ] {
        assert!(answer.json()["cursor"].is_string(), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_cursor_of_nowhere_is_refused() {
    let answer = TestApp::open()
        .get("/api/v1/search?q=x&after_cursor=yesterday")
        .await;
    let detail = answer.refuses(400, "invalid_request");
    assert!(detail.contains("yesterday"), "{detail}");
}
