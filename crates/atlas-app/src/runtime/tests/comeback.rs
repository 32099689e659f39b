//! What waited for a host or for the network comes back when that is well again, without anybody's word.

use atlas_domain::{Clock, JobId};
use atlas_resilience::breaker::{BreakerSettings, Command, OpenTime, OverlayMode, Phase};
use atlas_resilience::{Call, Deadline, EgressStatus, Judgement, PolicySettings, ServiceSettings};
use atlas_store::{AttemptRecord, Postponement};

use super::*;
use crate::test_app::WEB;

const HOUR: Duration = Duration::from_hours(1);
const SECOND: Duration = Duration::from_secs(1);
const SCOPE: &str = "a.example:443";

/// A page that waits for an hour.
async fn waiting(app: &TestApp, address: &str, reason: &str) -> JobId {
    put_off(app, address, reason, false).await
}

async fn put_off(app: &TestApp, address: &str, reason: &str, counts: bool) -> JobId {
    let job = app.save(address).await;
    let lease = app.claim().await;
    assert_eq!(lease.job.id, job);
    let to = Postponement {
        until: app.clock.now().after(HOUR),
        counts,
        reason: reason.to_owned(),
        message: String::new(),
    };
    let attempt = AttemptRecord::at(app.clock.now(), "fetch");
    app.library.postpone_job(&lease, to, attempt).await.unwrap();
    job
}

async fn three_that_wait(app: &TestApp, reason: &str) -> [JobId; 3] {
    let mut jobs = Vec::new();
    for page in ["quick", "quick?2", "quick?3"] {
        jobs.push(waiting(app, &format!("https://a.example/{page}"), reason).await);
    }
    jobs.try_into().unwrap()
}

fn trip(app: &TestApp) {
    let breaker = app.services.get(WEB).unwrap().breakers().get(SCOPE);
    while let Ok(permit) = breaker.acquire() {
        permit.failure("http_500");
    }
}

/// Lets the time of the open breaker pass, then probes until it is closed.
async fn recover(app: &TestApp) {
    app.pass(6 * 60 * SECOND).await;
    let breaker = app.services.get(WEB).unwrap().breakers().get(SCOPE);
    while breaker.status().phase != Phase::Closed {
        breaker.acquire().unwrap().success();
    }
}

async fn until_done(app: &TestApp, job: JobId) {
    app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().state == JobState::Done)
        .await;
}

#[tokio::test]
async fn a_closed_breaker_wakes_the_jobs_that_waited_for_it_one_after_another() {
    let app = TestApp::open();
    let [first, second, third] = three_that_wait(&app, "circuit_open").await;
    let elsewhere = waiting(&app, "https://b.example/quick", "circuit_open").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    trip(&app);
    recover(&app).await;

    until_done(&app, first).await;
    let now = app.clock.now();
    assert_eq!(app.job(second).await.run_at, now.after(SECOND));
    assert_eq!(app.job(third).await.run_at, now.after(2 * SECOND));
    assert!(app.job(elsewhere).await.run_at > now.after(HOUR / 2));
    app.pass(SECOND).await;
    until_done(&app, second).await;
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_closed_breaker_wakes_the_jobs_that_its_host_failed_in_passing() {
    let app = TestApp::open();
    let failed = put_off(&app, "https://a.example/quick", "http_500", true).await;
    let asked_to_wait = waiting(&app, "https://a.example/quick?2", "http_429").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    trip(&app);
    recover(&app).await;

    until_done(&app, failed).await;
    assert!(app.job(asked_to_wait).await.run_at > app.clock.now().after(HOUR / 2));
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn hosts_that_are_never_to_be_left_alone_have_all_back_that_waited() {
    let app = TestApp::open();
    let [first, ..] = three_that_wait(&app, "circuit_open").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    trip(&app);
    let web = app.services.get(WEB).unwrap();
    let mut settings = PolicySettings::clone(&web.settings());
    let mut never = BreakerSettings::clone(&web.breakers().settings(SCOPE));
    never.trip.consecutive_failures = None;
    never.trip.failure_rate = None;
    never.trip.slow_calls = None;
    settings.breaker = Some(ServiceSettings {
        default: Arc::new(never),
        ..ServiceSettings::default()
    });
    web.configure(settings);
    until_done(&app, first).await;
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_host_that_is_tried_gets_as_many_pages_as_it_takes_to_know() {
    let app = TestApp::open();
    let [first, second, third] = three_that_wait(&app, "circuit_open").await;
    let fourth = waiting(&app, "https://a.example/quick?4", "circuit_open").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    trip(&app);
    app.pass(6 * 60 * SECOND).await;
    let breaker = app.services.get(WEB).unwrap().breakers().get(SCOPE);
    let probe = breaker.acquire().unwrap();

    let now = app.clock.now();
    for (job, turn) in [(first, 1), (second, 2), (third, 3)] {
        // One after the probe before it is over at the latest.
        let due = now.after(turn * 20 * SECOND);
        app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().run_at == due)
            .await;
    }
    assert!(app.job(fourth).await.run_at > now.after(HOUR / 2));
    drop(probe);
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_shorter_open_time_brings_those_who_wait_earlier() {
    let app = TestApp::open();
    let [first, second, _] = three_that_wait(&app, "circuit_open").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    trip(&app);
    let web = app.services.get(WEB).unwrap();
    let mut settings = PolicySettings::clone(&web.settings());
    let open = OpenTime {
        base: 10 * SECOND,
        cap: 10 * SECOND,
        ..web.breakers().settings(SCOPE).open
    };
    settings.breaker = Some(ServiceSettings {
        default: Arc::new(BreakerSettings {
            open,
            ..BreakerSettings::clone(&web.breakers().settings(SCOPE))
        }),
        ..ServiceSettings::default()
    });
    web.configure(settings);

    let now = app.clock.now();
    for (job, due) in [(first, 10 * SECOND), (second, 30 * SECOND)] {
        app.until(async |library| library.job(UserId::OWNER, job).await.unwrap().run_at == now.after(due))
            .await;
    }
    in_time(runtime.stop()).await;
}

/// A call of the web that gets out, or does not.
async fn call(app: &TestApp, host: &str, gets_out: bool) {
    let policy = app.services.get(WEB).unwrap().policy();
    let scope = format!("{host}:443");
    let deadline = Deadline::after(HOUR);
    let judge = |result: Result<&(), &StoreError>| match result {
        Ok(()) => Judgement::success(),
        Err(_) => Judgement::not_reached("dns_failed"),
    };
    let attempt = async |_| gets_out.then_some(()).ok_or(StoreError::Closed);
    let _ = policy.run(Call::once(&scope, deadline), judge, attempt).await;
}

#[tokio::test]
async fn a_network_that_is_back_wakes_the_jobs_that_waited_for_it_one_of_a_host_at_a_time() {
    let app = TestApp::open();
    let of_one_host = three_that_wait(&app, "network_down").await;
    let elsewhere = waiting(&app, "https://b.example/quick", "network_down").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    for host in 0..8 {
        call(&app, &format!("{host}.example"), false).await;
    }
    assert!(matches!(app.services.network(), EgressStatus::Down { .. }));
    app.pass(20 * SECOND).await;
    call(&app, "well.example", true).await;
    assert_eq!(app.services.network(), EgressStatus::Up);

    let now = app.clock.now();
    app.until(async |library| {
        let job = library.job(UserId::OWNER, elsewhere).await.unwrap();
        job.run_at < now.after(SECOND)
    })
    .await;
    let mut due = Vec::new();
    for job in of_one_host {
        due.push(app.job(job).await.run_at);
    }
    assert_eq!(due, [due[0], due[0].after(SECOND), due[0].after(2 * SECOND)]);
    assert!(due[0] < now.after(SECOND));
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_store_that_fails_for_a_while_does_not_end_the_waking() {
    let app = TestApp::open();
    let [first, ..] = three_that_wait(&app, "circuit_open").await;
    let runtime = app.run(Work::JobsAndSchedules).await;
    let [files, _] = app.databases.all();
    let decide = |mode| Command::Overlay {
        mode,
        lasts: None,
        reason: String::new(),
    };
    files
        .breakers()
        .operate("library.write", decide(OverlayMode::ForcedOpen));
    trip(&app);
    recover(&app).await;
    for _ in 0..3 {
        app.pass(SECOND).await;
    }
    files
        .breakers()
        .operate("library.write", decide(OverlayMode::Auto));

    let waited = tokio::spawn({
        let library = app.library.clone();
        async move {
            while library.job(UserId::OWNER, first).await.unwrap().state != JobState::Done {
                sleep(SECOND).await;
            }
        }
    });
    let passed = app.pass_until_end(&waited, SECOND).await;
    assert!(passed < HOUR / 12, "{passed:?}: it came at its own time");
    in_time(runtime.stop()).await;
}

#[tokio::test]
async fn a_decision_that_cannot_be_kept_wakes_those_who_wait_all_the_same() {
    let app = TestApp::open();
    let [first, ..] = three_that_wait(&app, "circuit_open").await;
    trip(&app);
    let cases = app.app();
    // Nobody writes down what is decided.
    let deciding = tokio::spawn(async move { cases.reset_breaker(WEB, SCOPE).await });
    app.pass_until_end(&deciding, SECOND).await;
    let told = in_time(deciding).await.unwrap();
    assert!(matches!(told, Err(AppError::DecisionNotKept)), "{told:?}");
    assert!(app.job(first).await.run_at <= app.clock.now());
}
