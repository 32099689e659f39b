//! The state of things: for people, supervisors and Prometheus.

use serde_json::json;

use crate::fixture::TestApp;

#[tokio::test]
async fn a_process_that_can_work_is_alive_and_ready() {
    let app = TestApp::open();
    assert_eq!(app.get("/livez").await.body, "ok\n");
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ready\n"));
}

#[tokio::test]
async fn the_status_counts_what_there_is() {
    let app = TestApp::open();
    app.store("https://example.com/1", "one").await;
    app.save("https://example.com/2").await;
    let status = app.get("/api/v1/status").await.json();
    assert_eq!(status["version"], "1.2.3");
    assert_eq!(
        (&status["items"]["stored"], &status["items"]["queued"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(status["index"], json!({"documents": 1, "lag": 0}));
    assert_eq!(status["degraded"], json!([]));
}

#[tokio::test]
async fn the_check_up_looks_at_the_real_thing() {
    let app = TestApp::open();
    app.store("https://example.com/1", "one").await;
    let report = app.get("/api/v1/doctor").await.json();
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["ok"] == true), "{report}");
    assert_eq!(checks.len(), 4);
}

#[tokio::test]
async fn metrics_count_requests_by_the_pattern_of_their_route() {
    let app = TestApp::open();
    let item = app.store("https://example.com/1", "one").await;
    app.get(&format!("/api/v1/items/{}", item.id)).await.json();
    app.get("/somewhere/else").await.refuses(404, "unknown_route");

    let metrics = app.get("/metrics").await;

    assert_eq!(
        metrics.headers["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    for line in [
        r#"atlas_http_requests_total{route="/api/v1/items/{id}",method="GET",status="200"} 1"#,
        r#"atlas_http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
        r#"atlas_items{state="stored"} 1"#,
        "atlas_index_documents 1",
    ] {
        assert!(metrics.body.contains(line), "no `{line}` in\n{}", metrics.body);
    }
    assert!(metrics.body.ends_with("# EOF\n"));
    assert!(!metrics.body.contains(&item.id.to_string()));
}
