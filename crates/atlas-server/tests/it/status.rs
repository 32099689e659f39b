//! The state of things: for people, supervisors and Prometheus.

use atlas_store::StoreError;
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
async fn a_process_that_cannot_save_is_not_ready_and_says_that_it_only_reads() {
    let app = TestApp::open().reopened(|parts| {
        parts.read_only_because = Some(StoreError::ReadOnlyFileSystem("/data".into()));
    });
    let detail = app.get("/readyz").await.refuses(503, "not_ready");
    assert!(detail.starts_with("read_only: "), "{detail}");
    assert!(detail.contains("/data"), "{detail}");
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
    assert_eq!(
        (&status["index"]["documents"], &status["index"]["lag"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(status["degraded"], json!([]));
}

#[tokio::test]
async fn the_check_up_looks_at_the_real_thing() {
    let app = TestApp::open();
    app.store("https://example.com/1", "one").await;
    let report = app.get("/api/v1/doctor").await.json();
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| check["ok"] == true), "{report}");
    assert_eq!(checks.len(), 8);
}

#[tokio::test]
async fn a_job_that_was_given_up_is_named_with_what_to_do_about_it() {
    let app = TestApp::open();
    let (_, job) = app.save("https://example.com/hostile").await;
    app.give_up(job).await;
    let report = app.get("/api/v1/doctor").await.json();
    let checks = report["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "dead letters")
        .unwrap();
    assert_eq!(check["ok"], false);
    let status = app.get("/api/v1/status").await.json();
    let degraded = &status["degraded"][0];
    assert_eq!(degraded["code"], "dead_letters");
    for message in [&check["message"], &degraded["message"]] {
        let message = message.as_str().unwrap();
        for command in ["show", "retry", "cancel"] {
            assert!(
                message.contains(&format!("`atlas job {command} {job}`")),
                "{message}"
            );
        }
        assert!(!message.contains('\u{1b}'), "what the page said stays out of it");
    }
}

#[tokio::test]
async fn jobs_that_wait_for_a_later_try_are_counted_with_the_time_of_the_first() {
    let app = TestApp::open();
    let (_, job) = app.save("https://example.com/slow").await;
    let before = app.get("/api/v1/status").await.json();
    assert_eq!(
        (&before["queue"]["waiting_later"], &before["queue"]["next_try_at"]),
        (&json!(0), &json!(null))
    );
    let due = app.put_off(job).await;
    let after = app.get("/api/v1/status").await.json();
    assert_eq!(
        (&after["queue"]["waiting_later"], &after["queue"]["next_try_at"]),
        (&json!(1), &json!(due))
    );
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
