//! Calls of those who say by themselves that they are well, over the routes of a server that waits for them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::vitals::{Machine, OwnCheck, OwnFiles, Secret, Vitals, VitalsParts, VitalsSettings};
use atlas_domain::{
    Clock, Entropy, KnownChannel, Message, Messenger, PortFuture, ProbeAnswer, ProbeTarget, Prober, Receipt,
    SendFailure, SystemClock,
};
use atlas_store::{DatabaseServices, Ops};
use axum::body::Body;
use axum::http::{Method, Request};
use rstest::rstest;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fixture::{Answer, HOST, TestApp};

const SECRET: &str = "a-secret-of-the-backup-7f3a";
const CHECK: &str = "backup";

/// Nobody is asked or told anything here.
struct Nobody;

impl Messenger for Nobody {
    fn channels(&self) -> Vec<KnownChannel> {
        Vec::new()
    }

    fn send<'a>(&'a self, _: &'a str, _: &'a Message) -> PortFuture<'a, Result<Receipt, SendFailure>> {
        unreachable!("no channel is set up")
    }
}

impl Prober for Nobody {
    fn probe<'a>(&'a self, _: &'a str, _: &'a ProbeTarget, _: Duration) -> PortFuture<'a, ProbeAnswer> {
        unreachable!("no check asks anybody")
    }
}

/// A server that waits for the calls of one check, and where it writes them down.
async fn waiting(app: &TestApp) -> Ops {
    let mut settings = VitalsSettings::default();
    let mut check = settings.checks.remove(0);
    CHECK.clone_into(&mut check.name);
    check.every = Duration::from_hours(1);
    check.grace = Duration::ZERO;
    check.depends_on.clear();
    settings.checks = vec![check];
    settings.own = BTreeMap::from([(
        CHECK.to_owned(),
        OwnCheck::Heartbeat {
            secret: Secret::new(SECRET),
        },
    )]);
    let dir = app.lock().dir();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ops = Ops::open(app.lock(), Arc::clone(&clock), &DatabaseServices::default()).unwrap();
    let parts = VitalsParts {
        ops: ops.clone(),
        clock,
        entropy: Arc::new(Entropy::seeded(7)),
        machine: Machine::new(&dir.path().join("no-kernel"), dir.path(), settings.measure_every),
        places: Vec::new(),
        probes: BTreeMap::new(),
        prober: Arc::new(Nobody),
        files: OwnFiles {
            library: dir.library_db(),
            operations: dir.ops_db(),
        },
        limits: watch::channel(settings.limits.clone()).0,
        messenger: Arc::new(Nobody),
    };
    let vitals = Vitals::start(settings, parts, CancellationToken::new(), &TaskTracker::new())
        .await
        .unwrap();
    app.app.look_after(vitals);
    ops
}

async fn call(app: &TestApp, method: Method, path: &str, body: &'static str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", HOST);
    app.send_guarded(request.body(Body::from(body)).unwrap()).await
}

#[rstest]
#[case::by_get(Method::GET, "", "", false)]
#[case::by_post(Method::POST, "", "", false)]
#[case::with_a_log(Method::POST, "", "copied 3 files\nnothing failed", false)]
#[case::well(Method::GET, "?status=ok", "", false)]
#[case::failed(Method::GET, "?status=fail", "", true)]
#[case::failed_in_the_body(Method::POST, "", "fail\n", true)]
#[tokio::test]
async fn a_call_without_the_token_says_how_the_caller_is(
    #[case] method: Method,
    #[case] query: &str,
    #[case] body: &'static str,
    #[case] failed: bool,
) {
    let app = TestApp::open();
    let ops = waiting(&app).await;

    let answer = call(&app, method, &format!("/heartbeat/{SECRET}{query}"), body).await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "ok\n"));
    let known = ops.heartbeats().await.unwrap()[CHECK];
    assert!(known.beat_at_ms.is_some());
    assert_eq!(known.failed, failed);
}

/// Previews of links and watchers from outside look by HEAD whether an address is there.
#[tokio::test]
async fn who_only_looks_whether_the_address_is_there_has_not_called() {
    let app = TestApp::open();
    let ops = waiting(&app).await;

    let answer = call(&app, Method::HEAD, &format!("/heartbeat/{SECRET}"), "").await;

    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(ops.heartbeats().await.unwrap()[CHECK].beat_at_ms, None);
}

#[rstest]
#[case::another("/heartbeat/a-secret-of-the-backup-7f3b")]
#[case::a_beginning("/heartbeat/a-secret-of-the-backup")]
#[case::a_longer_one("/heartbeat/a-secret-of-the-backup-7f3aa")]
#[case::the_name_of_the_check("/heartbeat/backup")]
#[tokio::test]
async fn a_secret_that_nobody_has_is_not_found_and_not_repeated(#[case] path: &str) {
    let app = TestApp::open();
    waiting(&app).await;

    let answer = call(&app, Method::POST, path, "").await;

    let (status, code, detail) = answer.problem();
    assert_eq!((status, code.as_str()), (404, "unknown_heartbeat"));
    assert!(!detail.contains("backup"), "{detail}");
}

#[rstest]
#[case::without_a_secret("/heartbeat/")]
#[case::below_it("/heartbeat/a-secret-of-the-backup-7f3a/more")]
#[case::beside_it("/heartbeats")]
#[case::another_route_behind_it("/heartbeat/../metrics")]
#[tokio::test]
async fn nothing_else_goes_without_the_token(#[case] path: &str) {
    let app = TestApp::open();
    waiting(&app).await;

    assert_eq!(call(&app, Method::GET, path, "").await.status.as_u16(), 401);
}

#[tokio::test]
async fn a_page_of_another_site_calls_for_nobody() {
    let app = TestApp::open();
    waiting(&app).await;
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/heartbeat/{SECRET}"))
        .header("host", HOST)
        .header("origin", "https://attacker.example");

    let answer = app.send_guarded(request.body(Body::empty()).unwrap()).await;

    assert_eq!(answer.status.as_u16(), 403);
}

#[tokio::test]
async fn the_secret_is_counted_nowhere() {
    let app = TestApp::open();
    waiting(&app).await;
    call(&app, Method::POST, &format!("/heartbeat/{SECRET}"), "").await;

    let metrics = app.get("/metrics").await.body;

    assert!(metrics.contains("/heartbeat/{secret}"), "{metrics}");
    assert!(!metrics.contains(SECRET));
}

#[tokio::test]
async fn a_server_that_nobody_looks_after_says_so() {
    let app = TestApp::open();
    let answer = call(&app, Method::POST, &format!("/heartbeat/{SECRET}"), "").await;
    assert_eq!(answer.problem().1, "not_monitored");
}
