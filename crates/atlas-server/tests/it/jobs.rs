//! Jobs and the owner's word on them.

use serde_json::json;

use crate::fixture::{NOBODY, TestApp};

const PAGE: &str = "https://example.com/page";

#[tokio::test]
async fn jobs_are_listed_by_state() {
    let app = TestApp::open();
    app.store("https://example.com/done", "words").await;
    let (_, waiting) = app.save(PAGE).await;
    let listed = app.get("/api/v1/jobs?state=ready").await.json();
    assert_eq!(listed["jobs"].as_array().unwrap().len(), 1);
    assert_eq!(listed["jobs"][0]["id"], waiting.to_string());
    assert_eq!(listed["jobs"][0]["kind"], "ingest_item");
}

#[tokio::test]
async fn an_unknown_kind_is_refused_with_those_there_are() {
    let answer = TestApp::open().get("/api/v1/jobs?kind=dance").await;
    let detail = answer.refuses(400, "invalid_request");
    assert!(detail.contains("ingest_item"), "{detail}");
}

#[tokio::test]
async fn a_job_is_shown_with_every_try() {
    let app = TestApp::open();
    app.store(PAGE, "words").await;
    let listed = app.get("/api/v1/jobs").await.json();
    let id = listed["jobs"][0]["id"].as_str().unwrap();
    let job = app.get(&format!("/api/v1/jobs/{id}")).await.json();
    assert_eq!(job["state"], "done");
    assert_eq!(job["attempt_log"][0]["end"], "done");
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_and_sent_round_again() {
    let app = TestApp::open();
    let (_, id) = app.save(PAGE).await;
    let (cancel, retry) = (
        format!("/api/v1/jobs/{id}/cancel"),
        format!("/api/v1/jobs/{id}/retry"),
    );

    app.act(&retry).await.refuses(409, "conflict");
    assert_eq!(app.act(&cancel).await.json()["state"], "cancelled");
    app.act(&cancel).await.refuses(409, "conflict");
    assert_eq!(app.act(&retry).await.json()["state"], "ready");
}

#[tokio::test]
async fn an_unknown_job_is_not_found_and_no_id_is_refused() {
    let app = TestApp::open();
    app.get(&format!("/api/v1/jobs/{NOBODY}"))
        .await
        .refuses(404, "not_found");
    for word in ["retry", "cancel"] {
        app.act(&format!("/api/v1/jobs/{NOBODY}/{word}"))
            .await
            .refuses(404, "not_found");
        let detail = app
            .act(&format!("/api/v1/jobs/seven/{word}"))
            .await
            .refuses(400, "invalid_request");
        assert_eq!(detail, "`seven` is not the id of a job");
    }
    assert_eq!(app.get("/api/v1/jobs").await.json(), json!({"jobs": []}));
}
