//! Backups over HTTP. No request names a path.

use rstest::rstest;

use crate::fixture::TestApp;

#[tokio::test]
async fn a_backup_is_made_listed_and_looked_through() {
    let app = TestApp::open();
    app.store("https://example.com/page", "words").await;
    let made = app.act("/api/v1/backups").await.json();
    let name = made["backup"]["name"].as_str().unwrap();
    assert_eq!(made["on_device_of_data"], true);
    let listed = app.get("/api/v1/backups").await.json();
    assert_eq!(listed["backups"][0], made["backup"]);
    let checked = app.act(&format!("/api/v1/backups/{name}/verify")).await.json();
    assert_eq!(checked["rows"], made["backup"]["rows"]);
}

#[rstest]
#[case::unknown("2020-01-01T00-00-00Z")]
#[case::above("..")]
#[case::a_path("%2Fetc%2Fpasswd")]
#[case::a_path_from_here("..%2F..%2Fbackups")]
#[tokio::test]
async fn a_name_that_is_none_of_a_backup_is_not_found(#[case] name: &str) {
    let app = TestApp::open();
    app.act("/api/v1/backups").await.json();
    let answer = app.act(&format!("/api/v1/backups/{name}/verify")).await;
    answer.refuses(404, "not_found");
}

#[tokio::test]
async fn without_a_library_there_is_nothing_to_back_up_but_a_list() {
    let app = TestApp::ops_only();
    app.act("/api/v1/backups")
        .await
        .refuses(503, "library_unavailable");
    let listed = app.get("/api/v1/backups").await.json();
    assert_eq!(listed["backups"], serde_json::json!([]));
}
