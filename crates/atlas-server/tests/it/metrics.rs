//! Figures for charts, and how questions about them are refused. What the answers say is tried where something is
//! measured.

use rstest::rstest;

use crate::fixture::TestApp;

#[tokio::test]
async fn where_nobody_looks_after_the_process_there_are_no_figures_and_it_says_so() {
    let app = TestApp::open();
    for path in ["/api/v1/metrics", "/api/v1/metrics/range?series=cpu_used"] {
        let detail = app.get(path).await.refuses(503, "not_monitored");
        assert!(detail.contains("only a server that can write"), "{detail}");
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
