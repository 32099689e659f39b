//! Checks of the owner's own: what they ask, and who calls by itself. And the sign of life.

use std::time::Duration;

use atlas_domain::{CheckOutcome, HealthStatus, HttpProbe, ProbeTarget};
use atlas_vitals::health::{CheckKind, CheckSettings, Limit, Thresholds, Worse};
use rstest::rstest;
use url::Url;

use super::world::{EVERY, Look, Process, Receiver, Script, World};
use crate::vitals::{CheckView, OwnCheck, QueriedFile, Query, Secret, SignOfLife, VitalsSettings};

const OWN: &str = "own";
const SECRET: &str = "a-secret-of-the-backup";
const MINUTE: Duration = Duration::from_mins(1);

fn http() -> HttpProbe {
    HttpProbe {
        url: Url::parse("http://status.test/").unwrap(),
        statuses: Vec::new(),
        body_contains: None,
        json: None,
        slow_after: None,
        certificate_days: None,
    }
}

/// The usual settings, and one check of the owner's own.
fn settings(every: Duration, asked: OwnCheck) -> VitalsSettings {
    let mut settings = World::settings();
    settings
        .checks
        .push(CheckSettings::new(OWN, CheckKind::PassFail, every));
    settings.own.insert(OWN.to_owned(), asked);
    settings
}

fn heartbeat(every: Duration) -> VitalsSettings {
    settings(
        every,
        OwnCheck::Heartbeat {
            secret: Secret::new(SECRET),
        },
    )
}

async fn start(world: &World, settings: VitalsSettings) -> Process {
    let probe = Script::of([Look::Finds(CheckOutcome::Ok)]);
    world.start_with(settings, &probe, &Receiver::answering()).await
}

async fn own_after(world: &World, process: &Process, time: Duration) -> CheckView {
    world.pass(process, time).await;
    let health = world.look_at_all(process).await;
    let own = health.services.into_iter().find(|check| check.name == OWN);
    own.unwrap()
}

#[tokio::test]
async fn somebody_outside_is_asked_as_often_as_it_is_set() {
    let world = World::new();
    let asked = OwnCheck::Ask(ProbeTarget::Http(Box::new(http())));
    let process = start(&world, settings(EVERY, asked)).await;

    let own = own_after(&world, &process, MINUTE * 5).await;

    assert_eq!(own.status, HealthStatus::Healthy);
    assert_eq!(
        (own.reason.as_str(), own.observed.as_deref()),
        ("it answered", Some("12.0 ms"))
    );
    assert!(
        (4..=6).contains(&world.outside.asked(OWN)),
        "{}",
        world.outside.asked(OWN)
    );

    world.outside.becomes(CheckOutcome::Crit, 12.0);
    let own = own_after(&world, &process, MINUTE * 3).await;
    assert!(own.status > HealthStatus::Healthy, "{own:?}");
    process.end().await;
}

#[tokio::test]
async fn thresholds_judge_how_long_an_answer_took() {
    let world = World::new();
    let asked = OwnCheck::Ask(ProbeTarget::Http(Box::new(http())));
    let mut settings = settings(EVERY, asked);
    settings.checks[1].thresholds = Some(Thresholds {
        worse: Worse::Above,
        warn: None,
        crit: Some(Limit {
            enter: 100.0,
            exit: 50.0,
        }),
    });
    let process = start(&world, settings).await;
    assert_eq!(
        own_after(&world, &process, MINUTE).await.outcome,
        Some(CheckOutcome::Ok)
    );

    world.outside.becomes(CheckOutcome::Ok, 250.0);
    let own = own_after(&world, &process, MINUTE * 2).await;

    assert_eq!(own.outcome, Some(CheckOutcome::Crit), "{own:?}");
    process.end().await;
}

#[rstest]
#[case::one_row("SELECT count(*) FROM timeline", CheckOutcome::Ok)]
#[case::none("SELECT count(*) FROM heartbeat", CheckOutcome::Crit)]
#[case::what_it_must_not("DELETE FROM timeline", CheckOutcome::Unknown)]
#[tokio::test]
async fn a_file_is_asked_for_a_figure(#[case] statement: &str, #[case] expected: CheckOutcome) {
    let world = World::new();
    let asked = OwnCheck::Query(Query {
        file: QueriedFile::Operations,
        statement: statement.to_owned(),
    });
    let process = start(&world, settings(EVERY, asked)).await;

    let own = own_after(&world, &process, MINUTE * 2).await;

    assert_eq!(own.outcome, Some(expected), "{own:?}");
    process.end().await;
}

#[tokio::test]
async fn one_who_has_not_called_yet_is_waited_for_and_then_missed() {
    let world = World::new();
    let process = start(&world, heartbeat(MINUTE * 10)).await;

    let own = own_after(&world, &process, MINUTE * 9).await;
    assert_eq!(
        (own.outcome, own.status),
        (Some(CheckOutcome::Ok), HealthStatus::Healthy),
        "{own:?}"
    );
    assert!(own.reason.contains("has not called yet"), "{own:?}");

    let own = own_after(&world, &process, MINUTE * 4).await;
    assert_eq!(own.outcome, Some(CheckOutcome::NoAnswer), "{own:?}");
    process.end().await;
}

#[tokio::test]
async fn one_who_stops_calling_is_missed_and_comes_back() {
    let world = World::new();
    let process = start(&world, heartbeat(MINUTE * 10)).await;

    assert!(process.vitals.beat(SECRET, false).await);
    let own = own_after(&world, &process, MINUTE * 9).await;
    assert_eq!(own.outcome, Some(CheckOutcome::Ok), "{own:?}");
    let own = own_after(&world, &process, MINUTE * 6).await;
    assert_eq!(own.outcome, Some(CheckOutcome::NoAnswer), "{own:?}");
    assert!(own.status >= HealthStatus::Degraded, "{own:?}");

    assert!(process.vitals.beat(SECRET, false).await);
    let own = own_after(&world, &process, MINUTE * 5).await;
    assert_eq!(own.status, HealthStatus::Healthy, "{own:?}");
    process.end().await;
}

#[tokio::test]
async fn one_who_says_that_something_failed_is_critical_until_it_says_otherwise() {
    let world = World::new();
    let process = start(&world, heartbeat(MINUTE * 10)).await;

    process.vitals.beat(SECRET, true).await;
    let own = own_after(&world, &process, MINUTE * 2).await;
    assert_eq!(own.outcome, Some(CheckOutcome::Crit), "{own:?}");

    process.vitals.beat(SECRET, false).await;
    let own = own_after(&world, &process, MINUTE * 2).await;
    assert_eq!(own.outcome, Some(CheckOutcome::Ok), "{own:?}");
    process.end().await;
}

#[tokio::test]
async fn a_restart_does_not_forget_who_has_called() {
    let world = World::new();
    let process = start(&world, heartbeat(MINUTE * 10)).await;
    process.vitals.beat(SECRET, false).await;
    world.pass(&process, MINUTE * 5).await;
    process.end().await;

    let next = start(&world, heartbeat(MINUTE * 10)).await;
    let own = own_after(&world, &next, MINUTE).await;
    assert_eq!(own.outcome, Some(CheckOutcome::Ok), "{own:?}");
    // The last call was made before the start: it is given time to call again.
    let own = own_after(&world, &next, MINUTE * 7).await;
    assert_eq!(own.outcome, Some(CheckOutcome::Unknown), "{own:?}");
    let own = own_after(&world, &next, MINUTE * 5).await;
    assert_eq!(own.outcome, Some(CheckOutcome::NoAnswer), "{own:?}");
    next.end().await;
}

#[tokio::test]
async fn a_secret_that_nobody_has_is_nobodys() {
    let world = World::new();
    let process = start(&world, heartbeat(MINUTE)).await;
    for wrong in ["", "a-secret", "a-secret-of-the-backup2", OWN] {
        assert!(!process.vitals.beat(wrong, false).await, "{wrong}");
    }
    process.end().await;
}

#[tokio::test]
async fn a_sign_of_life_is_given_for_as_long_as_somebody_looks() {
    let world = World::new();
    let mut settings = World::settings();
    settings.sign_of_life = Some(SignOfLife {
        target: http(),
        every: MINUTE,
    });
    let process = start(&world, settings).await;

    world.pass(&process, MINUTE * 5).await;
    let given = world.outside.asked("sign_of_life");
    assert!((5..=6).contains(&given), "{given}");
    assert_eq!(sign_of_life(&process).await, Some(1.0));

    world.outside.becomes(CheckOutcome::NoAnswer, 0.0);
    world.pass(&process, MINUTE * 2).await;
    assert_eq!(sign_of_life(&process).await, Some(0.0));
    process.kill().await;
    let given = world.outside.asked("sign_of_life");
    tokio::task::yield_now().await;
    assert_eq!(world.outside.asked("sign_of_life"), given);
}

async fn sign_of_life(process: &Process) -> Option<f64> {
    let measured = process.vitals.measured().await.unwrap();
    let sign = measured
        .into_iter()
        .find(|value| value.definition.name == "sign_of_life");
    sign.map(|sign| sign.value)
}
