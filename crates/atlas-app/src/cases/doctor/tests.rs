//! What the check-up finds, and what it waits for.

use std::time::Duration;

use atlas_domain::{Entropy, JobState, NewJob, UserId};
use atlas_store::JobScope;

use crate::test_app::{TestApp, in_time};
use crate::views::DoctorCheck;

async fn check(app: &TestApp, name: &str) -> DoctorCheck {
    let report = app.app().doctor().await;
    report
        .checks
        .into_iter()
        .find(|check| check.name == name)
        .unwrap()
}

/// Does not compress, so that it lies in a file.
fn noise() -> String {
    let random = Entropy::seeded(9);
    let mut text = String::new();
    for _ in 0..20_000 {
        text.extend(random.ten_bytes().map(|byte| char::from(b'a' + byte % 26)));
    }
    text
}

#[tokio::test]
async fn an_index_is_waited_for_before_it_is_looked_at() {
    let app = TestApp::open();
    let indexing = app.index_on();
    app.until(async |_| app.is_indexed().await).await;
    app.store("https://a.example/", "otters hold hands").await;
    let found = in_time(check(&app, "search index")).await;
    assert_eq!(
        (found.ok, found.message.as_str()),
        (true, "1 document, the same as in the library")
    );
    indexing.end().await;
}

#[tokio::test]
async fn an_index_that_has_yet_to_follow_is_no_damage_until_it_stays_behind() {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    app.catch_up().await.unwrap();
    app.store("https://b.example/", "badgers hold court").await;
    let use_cases = app.app();
    let looking = tokio::spawn(async move { use_cases.doctor().await });
    app.pass_until_end(&looking, Duration::from_millis(100)).await;
    let report = looking.await.unwrap();
    let found = report
        .checks
        .iter()
        .find(|check| check.name == "search index")
        .unwrap();
    assert!(
        found.ok && found.message.contains("changes yet to follow"),
        "{found:?}"
    );
}

#[tokio::test]
async fn documents_that_are_missing_without_a_change_to_follow_are_damage() {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    app.catch_up().await.unwrap();
    let place = app.library.change_head().await.unwrap();
    app.index.clear().unwrap();
    app.index.apply(&[], &place).unwrap();
    let found = check(&app, "search index").await;
    assert!(
        !found.ok && found.message.contains("1 documents are missing"),
        "{found:?}"
    );
}

#[tokio::test]
async fn an_index_whose_files_vanish_is_built_anew_and_that_is_said_meanwhile() {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    app.catch_up().await.unwrap();
    std::fs::remove_dir_all(app.dir().search()).unwrap();
    let told = app.app().is_ready().await.unwrap_err();
    assert!(told.contains("built anew"), "{told}");
    let degraded = app.app().status().await.degraded;
    assert_eq!(degraded[0].code, "index_rebuilding", "{degraded:?}");
    let indexing = app.index_on();
    let found = in_time(check(&app, "search index")).await;
    assert!(found.ok, "{found:?}");
    app.store("https://b.example/", "badgers hold court").await;
    app.signals.changes.notify_one();
    app.until(async |_| {
        app.pass(Duration::from_millis(1)).await;
        app.is_indexed().await
    })
    .await;
    assert_eq!((app.hits("otters"), app.hits("badgers")), (1, 1));
    assert_eq!(app.app().is_ready().await, Ok(()));
    assert_eq!(app.app().status().await.degraded, []);
    indexing.end().await;
}

#[tokio::test]
async fn stored_pages_that_are_missing_are_noticed_and_not_tried_again_for_ever() {
    let app = TestApp::open();
    let item = app.store("https://a.example/", &noise()).await;
    app.catch_up().await.unwrap();
    assert!(check(&app, "stored pages").await.ok);
    std::fs::remove_dir_all(app.dir().blobs()).unwrap();
    let found = check(&app, "stored pages").await;
    assert!(!found.ok && found.message.contains("1 of 1 files"), "{found:?}");
    let degraded = app.app().status().await.degraded;
    assert!(
        degraded.iter().any(|reason| reason.code == "content_missing"),
        "{degraded:?}"
    );

    let job = app.library.enqueue_job(NewJob::reprocess(item.id)).await.unwrap();
    let working = app.work(1, JobScope::All);
    app.until(async |library| {
        !library
            .attempts_of_job(UserId::OWNER, job)
            .await
            .unwrap()
            .is_empty()
    })
    .await;
    working.end().await;
    assert_eq!(
        app.job(job).await.state,
        JobState::Dead,
        "{:?}",
        app.job(job).await
    );
    let attempts = app.library.attempts_of_job(UserId::OWNER, job).await.unwrap();
    let reasons: Vec<_> = attempts.iter().map(|attempt| attempt.reason.as_str()).collect();
    assert_eq!(reasons, ["content_missing"]);
    assert_eq!(
        app.item(item.id).await.state,
        item.state,
        "what was made of them stays"
    );
}

#[tokio::test]
async fn a_damaged_file_of_operations_is_found() {
    let app = TestApp::open();
    assert!(check(&app, "operations").await.ok, "there is none yet");
    std::fs::write(app.app().parts.dir.path().join("ops.db"), [7; 8_192]).unwrap();
    let found = check(&app, "operations").await;
    assert!(
        !found.ok && found.message.contains("sets the file aside"),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_file_of_operations_that_was_set_aside_is_told_until_it_is_removed() {
    let app = TestApp::open();
    let file = app.app().parts.dir.path().join("ops.db.set-aside-1750000000000");
    std::fs::write(&file, "damaged").unwrap();
    let found = check(&app, "operations").await;
    assert!(
        !found.ok && found.message.contains("ops.db.set-aside-1750000000000"),
        "{found:?}"
    );
    let status = app.app().status().await;
    let told = status
        .degraded
        .iter()
        .find(|told| told.code == "operations_set_aside");
    assert!(
        told.is_some_and(|told| told.message.contains("decide again")),
        "{told:?}"
    );
    std::fs::remove_file(file).unwrap();
    assert!(check(&app, "operations").await.ok);
    let status = app.app().status().await;
    assert!(status.degraded.is_empty(), "{:?}", status.degraded);
}
