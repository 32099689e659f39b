//! The worker with a real library: what becomes of a job that ends, hangs, panics, or loses its lease.

mod resting;

use std::time::Duration;

use atlas_domain::{AttemptEnd, ItemState, JobKind, JobState, NewJob, Outcome, OutcomeWord, UserId};
use atlas_store::{AttemptRecord, JobScope, StoreError};
use tokio_util::sync::CancellationToken;

use crate::test_app::{GRACE, LEASE, TestApp, in_time};

const MINUTE: Duration = Duration::from_mins(1);

/// Waits until the job has ended.
async fn until_done(app: &TestApp, job: atlas_domain::JobId) {
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().state == JobState::Done)
        .await;
}

#[tokio::test]
async fn a_job_that_ends_within_the_grace_is_done() {
    let app = TestApp::open();
    let job = app.save("https://a.example/slow").await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    worker.stop.cancel();
    app.pass(GRACE / 2).await;
    app.web.open();
    in_time(worker.task).await.unwrap();
    let job = app.job(job).await;
    assert_eq!((job.state, job.attempts), (JobState::Done, 1));
}

#[tokio::test]
async fn a_job_that_does_not_end_within_the_grace_is_given_back_untouched() {
    let app = TestApp::open();
    let job = app.save("https://a.example/slow").await;
    let before = app.job(job).await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    worker.stop.cancel();
    let passed = app.pass_until_end(&worker.task, GRACE / 5).await;
    assert!(passed >= GRACE, "{passed:?} is less than it was promised");
    app.web.until_visitors(0).await;
    let after = app.job(job).await;
    assert_eq!(
        (after.state, after.attempts, after.deferrals),
        (JobState::Ready, 0, 0)
    );
    assert_eq!(after.run_at, before.run_at);
    assert_eq!(app.library.attempts_of_job(UserId::OWNER, job).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_claimed_any_more_once_the_worker_is_to_stop() {
    let app = TestApp::open();
    app.save("https://a.example/slow").await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    worker.stop.cancel();
    let late = app.save("https://b.example/quick").await;
    app.signals.jobs.notify_one();
    app.web.open();
    in_time(worker.task).await.unwrap();
    assert_eq!(app.job(late).await.state, JobState::Ready);
}

#[tokio::test]
async fn a_run_that_lost_its_lease_is_cut_off() {
    let app = TestApp::open();
    let job = app.save("https://a.example/slow").await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    // The clock leaps, and before the worker notices, somebody else has the job.
    app.clock.advance(LEASE * 2);
    assert_eq!(app.library.expire_leases().await.unwrap(), 1);
    let other = app.claim().await;
    assert_eq!(other.job.id, job);
    app.pass_for_timers(LEASE / 3).await;
    app.web.until_visitors(0).await;
    let attempt = AttemptRecord::at(other.job.updated_at, "fetch");
    app.library
        .finish_job(&other, Outcome::Unchanged, attempt)
        .await
        .unwrap();
    worker.end().await;
    assert_eq!(app.job(job).await.outcome, Some(OutcomeWord::Unchanged));
}

#[tokio::test]
async fn the_result_of_a_run_that_lost_its_lease_is_discarded() {
    let app = TestApp::open();
    let job = app.save("https://a.example/slow").await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    app.clock.advance(LEASE * 2);
    app.library.expire_leases().await.unwrap();
    let other = app.claim().await;
    let before = app.job(job).await;
    app.web.open(); // it ends before its next heartbeat would have told it
    app.web.until_visitors(0).await;
    worker.end().await;
    assert_eq!(app.job(job).await, before);
    assert_eq!(
        app.item(other.job.item_id.unwrap()).await.state,
        ItemState::Queued
    );
    let ends: Vec<AttemptEnd> = app
        .library
        .attempts_of_job(UserId::OWNER, job)
        .await
        .unwrap()
        .iter()
        .map(|attempt| attempt.end)
        .collect();
    assert_eq!(ends, [AttemptEnd::Expired], "and nothing of the late run");
}

#[tokio::test]
async fn a_panic_costs_one_try_and_the_worker_lives() {
    let app = TestApp::open();
    let broken = app.save("https://a.example/panic").await;
    let fine = app.save("https://b.example/quick").await;
    let worker = app.work(1, JobScope::All);
    until_done(&app, fine).await;
    let job = app.job(broken).await;
    assert_eq!(
        (job.state, job.attempts, job.reason.as_str()),
        (JobState::Ready, 1, "panicked")
    );
    assert!(
        !job.message.contains("as scripted"),
        "the details are for the log: {}",
        job.message
    );
    worker.end().await;
}

#[tokio::test]
async fn a_job_that_panics_every_time_becomes_a_dead_letter() {
    let app = TestApp::open();
    let job = app.save("https://a.example/panic").await;
    let tries = app.job(job).await.max_attempts;
    let worker = app.work(4, JobScope::All);
    for number in 1..=tries {
        app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().attempts == number)
            .await;
        app.pass(MINUTE).await;
    }
    let end = app.job(job).await;
    assert_eq!((end.state, end.reason.as_str()), (JobState::Dead, "panicked"));
    assert_eq!(app.item(end.item_id.unwrap()).await.state, ItemState::Failed);
    worker.end().await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_back_and_its_job_run() {
    let app = TestApp::open();
    let job = app.save("https://a.example/quick").await;
    app.claim().await; // by somebody who does not come back
    let worker = app.work(4, JobScope::All);
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().state == JobState::Leased)
        .await;
    app.pass(LEASE + LEASE / 3).await;
    until_done(&app, job).await;
    assert_eq!(app.job(job).await.attempts, 2, "the lost try and this one");
    worker.end().await;
}

#[tokio::test]
async fn heartbeats_keep_the_lease_of_a_long_job() {
    let app = TestApp::open();
    let job = app.save("https://a.example/slow").await;
    let worker = app.work(4, JobScope::All);
    app.web.until_visitors(1).await;
    let answered = || app.library.writer_stats().unwrap().requests;
    for _ in 0..12 {
        let before = answered();
        app.pass(LEASE / 3).await;
        // One request renews the lease, the next looks for those that ran out.
        app.until(async |_| answered() >= before + 2).await;
    }
    app.web.open();
    until_done(&app, job).await;
    assert_eq!(app.job(job).await.attempts, 1, "four leases long, and one try");
    worker.end().await;
}

#[tokio::test]
async fn no_more_jobs_run_at_once_than_there_are_slots() {
    let app = TestApp::open();
    let mut jobs = Vec::new();
    for number in 0..12 {
        jobs.push(app.save(&format!("https://host-{number}.example/slow")).await);
    }
    let worker = app.work(3, JobScope::All);
    app.web.until_visitors(3).await;
    app.web.open();
    for job in jobs {
        until_done(&app, job).await;
    }
    assert_eq!(app.web.peak_of("*"), 3);
    worker.end().await;
}

/// The predecessor's defect D32: whatever works beside the server goes around its limits. Here the limit of a host
/// is kept where the jobs are, so that it does not matter who takes them, or how many.
#[tokio::test]
async fn d32_two_workers_share_the_limit_of_a_host() {
    let app = TestApp::open();
    let mut jobs = Vec::new();
    for number in 0..6 {
        jobs.push(app.save(&format!("https://one.example/slow?{number}")).await);
    }
    let workers = [app.work(4, JobScope::All), app.work(4, JobScope::CausedHere)];
    app.web.until_visitors(2).await;
    app.web.open();
    for job in jobs {
        app.signals.jobs.notify_waiters();
        until_done(&app, job).await;
    }
    assert_eq!(app.web.peak_of("one.example"), 2);
    for worker in workers {
        worker.end().await;
    }
}

#[tokio::test]
async fn the_slots_go_to_other_hosts_while_one_is_busy() {
    let app = TestApp::open();
    for number in 0..4 {
        app.save(&format!("https://one.example/slow?{number}")).await;
    }
    let other = app.save("https://two.example/quick").await;
    let worker = app.work(8, JobScope::All);
    until_done(&app, other).await;
    app.web.until_visitors(2).await;
    assert_eq!(app.web.peak_of("one.example"), 2);
    app.web.open();
    worker.end().await;
}

/// Lets everybody else go on for as long as it takes to see that nothing happens.
async fn a_while(app: &TestApp) {
    let turns = std::cell::Cell::new(0);
    app.until(async |_| {
        turns.set(turns.get() + 1);
        turns.get() > 200
    })
    .await;
}

#[tokio::test]
async fn a_store_that_does_not_serve_is_asked_less_and_less_often() {
    let app = TestApp::open();
    app.save("https://a.example/quick").await;
    app.library.close().await;
    let worker = app.worker(4, JobScope::All);
    let mut trouble = worker.trouble();
    let stop = CancellationToken::new();
    let task = tokio::spawn(worker.run(stop.clone()));
    in_time(trouble.wait_for(|trouble| trouble.failures_in_a_row > 0))
        .await
        .unwrap();
    app.pass_for_timers(Duration::ZERO).await; // the first heartbeat comes at once, and fails too
    a_while(&app).await;
    let before = trouble.borrow().failures_in_a_row;
    for _ in 0..15 {
        app.pass_for_timers(Duration::from_secs(1)).await;
        a_while(&app).await;
    }
    let asked = trouble.borrow().failures_in_a_row - before;
    // At 1, 3, 7 and 15 seconds, and what a heartbeat adds; each second it would be 15 times.
    assert!((2..=7).contains(&asked), "{asked} times in 15 s");
    stop.cancel();
    in_time(task).await.unwrap();
}

#[tokio::test]
async fn a_run_that_panicked_is_counted() {
    let app = TestApp::open();
    let job = app.save("https://a.example/panic").await;
    let worker = app.work(1, JobScope::All);
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().attempts == 1)
        .await;
    worker.end().await;
    let counted = r#"atlas_jobs_ended_total{kind="ingest_item",outcome="deferred",reason="panicked"}"#;
    assert_eq!(app.metric(counted).await.as_deref(), Some("1"));
    let timed = r#"atlas_job_duration_seconds_count{kind="ingest_item"}"#;
    assert_eq!(app.metric(timed).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_run_that_the_store_failed_is_counted_even_when_nothing_can_be_noted() {
    let app = TestApp::open();
    app.save("https://a.example/slow").await;
    let worker = app.work(1, JobScope::All);
    app.web.until_visitors(1).await;
    app.library.close().await;
    app.web.open();
    app.web.until_visitors(0).await;
    worker.end().await;
    let counted = r#"atlas_jobs_ended_total{kind="ingest_item",outcome="deferred",reason="store_failed"}"#;
    assert_eq!(app.metric(counted).await.as_deref(), Some("1"));
}

#[tokio::test]
async fn in_a_library_that_turned_out_damaged_no_job_runs_and_no_sweep_deletes() {
    let app = TestApp::open();
    let trashed = app.store("https://a.example/page", "short").await;
    app.library.trash_item(UserId::OWNER, trashed.id).await.unwrap();
    let torn = app
        .store("https://b.example/page", &"word ".repeat(200_000))
        .await;
    let waiting = app.save("https://c.example/quick").await;
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    let sweep = app.library.enqueue_job(sweep).await.unwrap();
    let app = app.reopen_after(|_| {}).await; // all is in the main file
    app.clock.advance(MINUTE * 60 * 24 * 31);
    let path = app.dir().library_db();
    let middle = std::fs::metadata(&path).unwrap().len() / 2 / 4096 * 4096; // of the long text
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0x5a; 8 * 4096], middle).unwrap();
    let read = app.library.current_document(UserId::OWNER, torn.id).await;
    assert!(matches!(read, Err(StoreError::Corrupt { .. })), "{read:?}");

    let worker = app.worker(4, JobScope::All);
    let mut trouble = worker.trouble();
    let stop = CancellationToken::new();
    let task = tokio::spawn(worker.run(stop.clone()));
    in_time(trouble.wait_for(|trouble| matches!(trouble.hopeless(), Some(StoreError::Corrupt { .. }))))
        .await
        .unwrap();
    stop.cancel();
    in_time(task).await.unwrap();
    for job in [waiting, sweep] {
        let job = app.job(job).await;
        assert_eq!((job.state, job.attempts), (JobState::Ready, 0));
    }
    assert!(app.item(trashed.id).await.trashed_at.is_some());
}
