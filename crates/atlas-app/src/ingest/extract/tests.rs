//! Who becomes a suspect when the process dies: whoever had a child, and nobody else.

use std::time::Duration;

use atlas_domain::UserId;
use atlas_store::JobScope;

use crate::test_app::TestApp;

#[tokio::test]
async fn a_job_that_waits_for_a_child_is_not_marked() {
    let app = TestApp::open();
    let job = app.save("https://a.example/page").await;
    let item = app.job(job).await.item_id.unwrap();
    let held = app.extractor.slot().await.unwrap();
    let worker = app.work(4, JobScope::All);
    app.until(async |library| {
        library
            .latest_snapshot(UserId::OWNER, item)
            .await
            .unwrap()
            .is_some()
    })
    .await;
    for _ in 0..100 {
        assert_eq!(app.job(job).await.risky_stage, None, "it has no child yet");
    }
    drop(held);
    app.until(async |library| {
        library
            .job(UserId::OWNER, job)
            .await
            .unwrap()
            .risky_stage
            .as_deref()
            == Some("extract")
    })
    .await;
    worker.task.abort();
}

#[tokio::test]
async fn of_many_jobs_only_the_one_with_the_child_is_a_suspect_when_the_process_dies() {
    let app = TestApp::open();
    let mut items = Vec::new();
    for number in 0..6 {
        let job = app.save(&format!("https://host-{number}.example/page")).await;
        items.push(app.job(job).await.item_id.unwrap());
    }
    let worker = app.work(6, JobScope::All);
    for item in items {
        app.until(async |library| {
            library
                .latest_snapshot(UserId::OWNER, item)
                .await
                .unwrap()
                .is_some()
        })
        .await;
    }
    app.until(async |_| app.jobs().await.iter().any(|job| job.risky_stage.is_some()))
        .await;
    worker.task.abort();
    let app = app.reopen_after(|_| {}).await;
    let recovery = app.library.recover_interrupted_jobs().await.unwrap();
    assert_eq!((recovery.interrupted, recovery.suspects), (6, 1));
    let alone = app
        .library
        .claim_jobs("next", JobScope::All, 10, Duration::from_mins(1))
        .await
        .unwrap();
    assert!(alone.len() == 1 && alone[0].suspect, "it runs alone");
}
