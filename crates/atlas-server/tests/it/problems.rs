//! Requests that no handler sees or understands, and what every answer carries.

use axum::body::Body;
use axum::http::Request;
use rstest::rstest;

use crate::fixture::TestApp;

fn posted(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path)
        .header("content-type", content_type)
        .body(body.into())
        .unwrap()
}

#[tokio::test]
async fn an_unknown_route_is_said_so() {
    let detail = TestApp::open()
        .get("/api/v2/items")
        .await
        .refuses(404, "unknown_route");
    assert!(detail.contains("/api/v2/items"), "{detail}");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let answer = TestApp::open().delete("/api/v1/items").await;
    answer.refuses(405, "method_not_allowed");
    let allowed = answer.headers["allow"].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[rstest]
#[case::no_json("{", 400, "invalid_request", "EOF")]
#[case::missing_field(r#"{"items": [{}]}"#, 400, "invalid_request", "missing field `url`")]
#[case::wrong_type(
    r#"{"items": 7}"#,
    400,
    "invalid_request",
    "items: it is integer `7`, expected a list"
)]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_where(
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] hint: &str,
) {
    let request = posted("/api/v1/items", "application/json", body);
    let detail = TestApp::open().send(request).await.refuses(status, code);
    assert!(detail.contains(hint), "{detail}");
}

#[rstest]
#[case::list("/api/v1/items?state=stored&tags=x", "tags")]
#[case::search("/api/v1/search?q=x&page=2", "page")]
#[case::jobs("/api/v1/jobs?limits=2", "limits")]
#[case::outcomes("/api/v1/outcomes?jobs=x&wait=2", "wait")]
#[case::export("/api/v1/export?before=2", "before")]
#[case::quarantine("/api/v1/quarantine?state=x", "state")]
#[case::none_at_all("/api/v1/doctor?&limit=2", "limit")]
#[case::status("/api/v1/status?verbose", "verbose")]
#[tokio::test]
async fn an_unknown_parameter_is_refused_by_its_name(#[case] path: &str, #[case] name: &str) {
    let detail = TestApp::open().get(path).await.refuses(400, "invalid_request");
    assert!(detail.contains(&format!("unknown field `{name}`")), "{detail}");
}

#[tokio::test]
async fn a_form_is_no_json() {
    let request = posted("/api/v1/items", "application/x-www-form-urlencoded", "items=x");
    TestApp::open()
        .send(request)
        .await
        .refuses(415, "unsupported_media_type");
}

#[rstest]
#[case("/api/v1/reprocess", 1024 * 1024)]
#[case("/api/v1/items", 64 * 1024 * 1024)]
#[tokio::test]
async fn a_body_beyond_the_limit_is_refused(#[case] path: &str, #[case] limit_bytes: usize) {
    let request = posted(path, "application/json", vec![b' '; limit_bytes + 1]);
    TestApp::open().send(request).await.refuses(413, "too_large");
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused() {
    TestApp::open()
        .get("/api/v1/items/%ff")
        .await
        .refuses(400, "invalid_request");
}

#[rstest]
#[case::success("/api/v1/status")]
#[case::text("/livez")]
#[case::failure("/api/v1/search")]
#[case::unknown("/nowhere")]
#[tokio::test]
async fn every_answer_is_safe_to_receive(#[case] path: &str) {
    let headers = TestApp::open().get(path).await.headers;
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
}
