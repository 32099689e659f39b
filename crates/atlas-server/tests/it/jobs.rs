//! Jobs and the owner's word on them.

use atlas_domain::Outcome;
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
async fn a_page_of_jobs_says_how_many_there_are_and_where_the_next_begins() {
    let app = TestApp::open();
    for n in 0..3 {
        app.save(&format!("https://example.com/{n}")).await;
    }
    let first = app.get("/api/v1/jobs?limit=2").await.json();
    assert_eq!(
        (&first["total"], first["jobs"].as_array().unwrap().len()),
        (&json!(3), 2)
    );
    let next = first["next"].as_str().unwrap();
    let rest = app
        .get(&format!("/api/v1/jobs?limit=2&after={next}"))
        .await
        .json();
    assert_eq!((&rest["total"], &rest["next"]), (&json!(3), &json!(null)));
    assert_eq!(rest["jobs"].as_array().unwrap().len(), 1);
    assert!(!first["jobs"].as_array().unwrap().contains(&rest["jobs"][0]));
    app.get("/api/v1/jobs?after=page-two")
        .await
        .refuses(400, "invalid_cursor");
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

    assert_eq!(
        app.act(&retry).await.json()["state"],
        "ready",
        "it waits, and may be sent at once"
    );
    assert_eq!(app.act(&cancel).await.json()["state"], "cancelled");
    app.act(&cancel).await.refuses(409, "conflict");
    assert_eq!(app.act(&retry).await.json()["state"], "ready");
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_told_when_all_are_known_or_the_time_is_up() {
    let app = TestApp::open();
    let (_, first) = app.save("https://example.com/1").await;
    let (_, second) = app.save("https://example.com/2").await;
    app.end(first, Outcome::Stored { partial: false }).await;

    let path = format!("/api/v1/outcomes?jobs={first},{second},{NOBODY}&wait_ms=1500");
    let begun = tokio::time::Instant::now();
    let told = app.get(&path).await.json();
    assert_eq!(begun.elapsed().as_millis(), 1_500);
    let words: Vec<&str> = (0..3)
        .map(|n| told["jobs"][n]["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["stored", "queued", "failed"]);
    assert_eq!(told["jobs"][2]["reason"], "not_found");
}

#[tokio::test]
async fn an_outcome_is_told_as_soon_as_it_is_known() {
    let app = TestApp::open();
    let (_, job) = app.save("https://example.com/1").await;
    let path = format!("/api/v1/outcomes?jobs={job}&wait_ms=20000");
    let (told, ()) = tokio::join!(app.get(&path), app.give_up(job));
    assert_eq!(told.json()["jobs"][0]["reason"], "extract_crashed");
}

#[tokio::test]
async fn outcomes_are_asked_for_in_bounded_numbers_and_for_a_bounded_time() {
    let app = TestApp::open();
    let jobs = vec![NOBODY; 101].join(",");
    let detail = app
        .get(&format!("/api/v1/outcomes?jobs={jobs}"))
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains("100 are the most"), "{detail}");
    let detail = app
        .get(&format!("/api/v1/outcomes?jobs={NOBODY}&wait_ms=20001"))
        .await
        .refuses(400, "invalid_request");
    assert!(detail.contains("20000 at most"), "{detail}");
    app.get("/api/v1/outcomes?jobs=seven")
        .await
        .refuses(400, "invalid_request");
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
    assert_eq!(
        app.get("/api/v1/jobs").await.json(),
        json!({"jobs": [], "total": 0, "next": null})
    );
}
