//! Start and end of a process: whose jobs it runs, how long it waits, and what it leaves to the next.

mod comeback;

use atlas_domain::{JobState, UserId};

use super::*;
use crate::test_app::{GRACE, TestApp, in_time};

#[tokio::test]
async fn a_command_runs_the_jobs_it_causes_and_no_others() {
    let app = TestApp::open();
    let foreign = app.save("https://a.example/quick").await;
    let app = app.reopen_after(|_| {}).await;
    let runtime = app.run(Work::Jobs).await;
    let own = app.save("https://b.example/quick").await;
    in_time(runtime.settle()).await.unwrap();
    assert_eq!(app.job(own).await.state, JobState::Done);
    let foreign = app.job(foreign).await;
    assert_eq!((foreign.state, foreign.attempts), (JobState::Ready, 0));
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_server_runs_the_jobs_of_whoever_was_there_before() {
    let app = TestApp::open();
    let left = app.save("https://a.example/quick").await;
    let app = app.reopen_after(|_| {}).await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    app.until(async |library| library.job(UserId::OWNER, left).await.unwrap().state == JobState::Done)
        .await;
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_command_that_causes_no_work_leaves_the_queue_alone() {
    let app = TestApp::open();
    let job = app.save("https://a.example/quick").await;
    let runtime = app.run(Work::Index).await;
    in_time(runtime.settle()).await.unwrap();
    assert_eq!(app.job(job).await.state, JobState::Ready);
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_job_that_is_put_off_is_not_waited_for() {
    let app = TestApp::open();
    let runtime = app.run(Work::Jobs).await;
    let job = app.save("https://a.example/panic").await;
    in_time(runtime.settle()).await.unwrap();
    let job = app.job(job).await;
    assert_eq!((job.state, job.attempts), (JobState::Ready, 1));
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn waits_until_what_it_wrote_can_be_found() {
    let app = TestApp::open();
    let runtime = app.run(Work::Index).await;
    app.store("https://a.example/", "otters hold hands").await;
    in_time(runtime.settle()).await.unwrap();
    assert_eq!(app.hits("otters"), 1);
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn gives_up_with_the_reason_when_the_store_writes_nothing_any_more() {
    let app = TestApp::open();
    let runtime = app.run(Work::Jobs).await;
    app.save("https://a.example/quick").await;
    app.library.close().await;
    let given_up = in_time(runtime.settle()).await;
    assert!(
        matches!(given_up, Err(AppError::Store(StoreError::Closed))),
        "{given_up:?}"
    );
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn stopping_ends_however_long_a_job_takes_and_leaves_it_for_the_next_start() {
    let app = TestApp::open();
    let runtime = app.run(Work::Jobs).await;
    let job = app.save("https://a.example/slow").await;
    app.signals.jobs.notify_one();
    app.web.until_visitors(1).await;
    let stopping = tokio::spawn(runtime.stop());
    let passed = app.pass_until_end(&stopping, GRACE / 5).await;
    assert!(passed >= GRACE, "{passed:?} is less than it was promised");

    let app = app.reopen_after(|_| {}).await;
    let left = app.job(job).await;
    assert_eq!((left.state, left.attempts), (JobState::Ready, 0));
    app.web.open();
    let runtime = app.run(Work::JobsAndSchedules).await;
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().state == JobState::Done)
        .await;
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn what_ran_when_the_process_died_runs_again_and_no_try_is_used_up() {
    let app = TestApp::open();
    let job = app.save("https://a.example/quick").await;
    app.claim().await;
    let app = app.reopen_after(|_| {}).await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().state == JobState::Done)
        .await;
    assert_eq!(app.job(job).await.attempts, 1);
    in_time(runtime.stop()).await;
}
