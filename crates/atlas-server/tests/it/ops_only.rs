//! A damaged library: the process lives, says what is wrong, and pretends nothing.

use rstest::rstest;
use serde_json::json;

use crate::fixture::{NOBODY, TestApp};

#[rstest]
#[case::add("POST", "/api/v1/items", Some(json!({"items": []})))]
#[case::list("GET", "/api/v1/items", None)]
#[case::show("GET", "/api/v1/items/ID", None)]
#[case::remove("DELETE", "/api/v1/items/ID", None)]
#[case::restore("POST", "/api/v1/items/ID/restore", None)]
#[case::tag("POST", "/api/v1/items/ID/tags", Some(json!({"add": ["x"]})))]
#[case::export("GET", "/api/v1/export", None)]
#[case::quarantine("GET", "/api/v1/quarantine", None)]
#[case::keep("POST", "/api/v1/quarantine/ID/keep", None)]
#[case::discard("POST", "/api/v1/quarantine/ID/drop", None)]
#[case::jobs("GET", "/api/v1/jobs", None)]
#[case::job("GET", "/api/v1/jobs/ID", None)]
#[case::retry("POST", "/api/v1/jobs/ID/retry", None)]
#[case::cancel("POST", "/api/v1/jobs/ID/cancel", None)]
#[case::reprocess("POST", "/api/v1/reprocess", Some(json!({})))]
#[tokio::test]
async fn what_needs_the_library_says_that_it_is_damaged(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: Option<serde_json::Value>,
) {
    let app = TestApp::ops_only();
    let path = path.replace("ID", NOBODY);
    let answer = match (method, body) {
        ("GET", _) => app.get(&path).await,
        ("DELETE", _) => app.delete(&path).await,
        (_, Some(body)) => app.post(&path, &body).await,
        (_, None) => app.act(&path).await,
    };
    let detail = answer.refuses(503, "library_unavailable");
    assert!(detail.contains("page 7 is torn"), "{detail}");
}

#[tokio::test]
async fn search_is_not_available() {
    let answer = TestApp::ops_only().get("/api/v1/search?q=x").await;
    answer.refuses(503, "search_unavailable");
}

#[tokio::test]
async fn operations_go_on() {
    let app = TestApp::ops_only();
    assert_eq!(app.get("/livez").await.status, 200);
    let status = app.get("/api/v1/status").await.json();
    assert_eq!(status["mode"], "ops_only");
    assert_eq!(status["degraded"][0]["code"], "library_unavailable");
    let report = app.get("/api/v1/doctor").await.json();
    assert_eq!(report["checks"][1]["ok"], false);
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("atlas_degraded 2"), "{}", metrics.body);
}

#[tokio::test]
async fn it_is_alive_but_not_ready_and_says_why() {
    let detail = TestApp::ops_only().get("/readyz").await.refuses(503, "not_ready");
    assert!(detail.contains("page 7 is torn"), "{detail}");
}
