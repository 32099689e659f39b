//! Kinds of job that rest: their jobs stay where they are, nothing is written about them, and they run when their kind
//! may again.

use std::pin::Pin;

use atlas_domain::Clock;
use atlas_resilience::breaker::{Breaker, Command, OverlayMode, Phase};
use atlas_resilience::{Batch, BreakerStore, StoreFailure};

use super::super::*;
use super::*;
use crate::app::App;
use crate::services::BACKGROUND_PROCESSING;
use crate::services::view::BreakerDecision;

const KIND: &str = "ingest_item";

fn breaker(app: &TestApp) -> Arc<Breaker> {
    let background = app.services.get(BACKGROUND_PROCESSING).unwrap();
    background.breakers().get(KIND)
}

fn trip(breaker: &Breaker) {
    while let Ok(permit) = breaker.acquire() {
        permit.failure("panicked");
    }
}

fn shut(breaker: &Breaker) {
    breaker.operate(Command::Overlay {
        mode: OverlayMode::ForcedOpen,
        lasts: None,
        reason: String::new(),
    });
}

async fn save(app: &TestApp, pages: usize, word: &str) -> Vec<JobId> {
    let mut jobs = Vec::new();
    for host in 0..pages {
        jobs.push(app.save(&format!("https://{host}.example/{word}")).await);
    }
    jobs
}

async fn assert_untouched(app: &TestApp, job: JobId) {
    let now = app.job(job).await;
    assert_eq!((now.state, now.attempts, now.deferrals), (JobState::Ready, 0, 0));
    assert!(now.run_at <= app.clock.now(), "it has no later time of its own");
    assert_eq!(app.library.attempts_of_job(UserId::OWNER, job).await.unwrap(), []);
}

#[tokio::test]
async fn a_kind_of_job_that_keeps_breaking_off_rests_and_costs_no_more_tries() {
    let app = TestApp::open();
    let jobs = save(&app, 9, "panic").await;
    let worker = app.work(1, JobScope::All);
    app.until(async |_| breaker(&app).status().phase == Phase::Open)
        .await;
    a_while(&app).await;
    worker.end().await;
    for job in &jobs[..7] {
        assert_eq!(app.job(*job).await.attempts, 1, "seven were tried");
    }
    for job in &jobs[7..] {
        assert_untouched(&app, *job).await;
    }
    let background = app.services.get(BACKGROUND_PROCESSING).unwrap().breakers();
    let other = background.status("sweep_retention").phase;
    assert_eq!(other, Phase::Closed, "kinds stand apart");
}

#[tokio::test]
async fn nothing_is_written_about_jobs_whose_kind_rests_and_other_kinds_go_on() {
    let app = TestApp::open();
    let jobs = save(&app, 20, "quick").await;
    shut(&breaker(&app));
    let worker = app.work(4, JobScope::All);
    a_while(&app).await; // the first heartbeat writes
    let before = app.library.writer_stats().unwrap().requests;
    for _ in 0..5 {
        app.signals.jobs.notify_one();
        a_while(&app).await;
    }
    assert_eq!(app.library.writer_stats().unwrap().requests, before);
    for job in jobs {
        assert_untouched(&app, job).await;
    }
    let sweep = NewJob::maintenance(JobKind::SweepRetention);
    let sweep = app.library.enqueue_job(sweep).await.unwrap();
    app.signals.jobs.notify_one();
    until_done(&app, sweep).await;
    worker.end().await;
}

#[tokio::test]
async fn a_kind_that_is_tried_runs_one_job_at_a_time_until_it_is_well() {
    let app = TestApp::open();
    let jobs = save(&app, 8, "slow").await;
    trip(&breaker(&app));
    let worker = app.work(4, JobScope::All);
    a_while(&app).await;
    assert_eq!(app.web.peak_of("*"), 0);

    app.pass(6 * MINUTE).await; // nobody calls the worker: it knows when the rest is over
    app.until(async |_| {
        app.pass_for_timers(Duration::from_millis(1)).await;
        breaker(&app).status().phase == Phase::HalfOpen
    })
    .await;
    app.web.until_visitors(1).await;
    a_while(&app).await;
    assert_eq!(app.web.peak_of("*"), 1, "the others wait for what becomes of it");
    for job in &jobs {
        assert_eq!(app.job(*job).await.deferrals, 0);
    }
    app.web.open();
    for job in jobs {
        until_done(&app, job).await;
    }
    assert_eq!(breaker(&app).status().phase, Phase::Closed);
    worker.end().await;
}

/// Takes every row, and keeps none.
struct Forgetful;

impl BreakerStore for Forgetful {
    fn write(&self, _batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Does what a person decides while three jobs of the kind rest.
async fn decide_while_it_rests(app: &TestApp, decide: impl AsyncFn(&App)) {
    let jobs = save(app, 3, "quick").await;
    let worker = app.work(4, JobScope::All);
    a_while(app).await;
    let cases = app.app();
    tokio::select! {
        () = decide(&cases) => {}
        () = app.services.keep_in(&Forgetful) => unreachable!("it writes for ever"),
    }
    for job in jobs {
        in_time(until_done(app, job)).await;
    }
    worker.end().await;
}

#[tokio::test]
async fn resetting_a_kind_wakes_its_jobs_at_once() {
    let app = TestApp::open();
    trip(&breaker(&app));
    decide_while_it_rests(&app, async |cases| {
        cases.reset_breaker(BACKGROUND_PROCESSING, KIND).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn taking_back_that_a_kind_is_shut_wakes_its_jobs_at_once() {
    let app = TestApp::open();
    shut(&breaker(&app));
    decide_while_it_rests(&app, async |cases| {
        let decision = BreakerDecision::default();
        cases
            .overlay_breaker(BACKGROUND_PROCESSING, KIND, OverlayMode::Auto, decision)
            .await
            .unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_costs_a_job_neither_a_try_nor_a_deferral() {
    let app = TestApp::open();
    let job = app.save("https://a.example/quick").await;
    let lease = app.claim().await;
    let full = Breakdown::Store(StoreError::Full("no space".to_owned()));
    put_back(&app.context(), &lease, &full, &TroubleLog::default()).await;
    let job = app.job(job).await;
    assert_eq!((job.attempts, job.deferrals, job.deferred_since), (0, 0, None));
    assert_eq!(job.reason, "store_failed");
}

#[tokio::test]
async fn a_job_whose_kind_rests_says_so_until_it_may_run() {
    let app = TestApp::open();
    let job = app.save("https://a.example/quick").await;
    let cases = app.app();
    assert_eq!(cases.job(job).await.unwrap().job.reason, "");
    shut(&breaker(&app));
    let told = cases.job(job).await.unwrap().job;
    assert_eq!(told.reason, "kind_rests");
    assert!(
        told.message
            .contains("atlas breaker show background_processing ingest_item")
    );
    let page = cases.jobs(crate::views::JobQuery::default()).await.unwrap();
    assert_eq!(page.jobs[0].reason, "kind_rests");
    breaker(&app).operate(Command::Reset); // which leaves the decision
    assert_eq!(cases.job(job).await.unwrap().job.reason, "kind_rests");
    assert_eq!(app.job(job).await.reason, "", "nothing is written about it");
}
