//! Figures for charts, and how questions about them are refused. What the answers say is tried where something is
//! measured.

use rstest::rstest;

use crate::fixture::TestApp;

#[tokio::test]
async fn where_nobody_looks_after_the_process_and_nobody_did_before_there_are_no_figures() {
    let app = TestApp::open();
    for path in ["/api/v1/metrics", "/api/v1/metrics/range?series=cpu_used"] {
        let detail = app.get(path).await.refuses(404, "not_found");
        assert!(detail.contains("no ops.db"), "{detail}");
    }
}

#[rstest]
#[case::nothing("", "series")]
#[case::misspelled("?series=cpu_used&form=2026-01-01T00:00:00Z", "form")]
#[case::no_time("?series=cpu_used&from=yesterday", "from")]
#[case::no_number("?series=cpu_used&points=many", "points")]
#[case::no_choice("?series=cpu_used&watch=perhaps", "watch")]
#[tokio::test]
async fn a_question_that_cannot_be_understood_is_refused_by_the_name_of_its_field(
    #[case] query: &str,
    #[case] field: &str,
) {
    let app = TestApp::open();
    let answer = app.get(&format!("/api/v1/metrics/range{query}")).await;
    let detail = answer.refuses(400, "invalid_request");
    assert!(detail.contains(field), "{detail}");
}

#[tokio::test]
async fn the_list_takes_no_parameters() {
    let app = TestApp::open();
    app.get("/api/v1/metrics?series=cpu_used")
        .await
        .refuses(400, "invalid_request");
}
