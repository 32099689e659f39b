//! Other settings while the server runs: taken as a whole, or not at all.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, HealthStatus, IncidentEnd};
use atlas_store::IncidentQuery;
use atlas_vitals::alerts::{AlertSettings, ChannelSettings, RuleSet};
use atlas_vitals::health::{CheckKind, CheckSettings, READY_JOBS};

use super::world::{CHECK, EVERY, Look, Receiver, Script, World};
use crate::vitals::{ChannelView, OwnCheck, Secret, VitalsError, VitalsSettings};

const OK: Look = Look::Finds(CheckOutcome::Ok);
const FAILS: Look = Look::Finds(CheckOutcome::Crit);
const A_WHILE: Duration = Duration::from_mins(6);

fn with_channels(names: &[&str]) -> VitalsSettings {
    VitalsSettings {
        alerts: Arc::new(AlertSettings {
            rules: RuleSet::builtin(),
            channels: names
                .iter()
                .map(|name| ChannelSettings::new(name, None))
                .collect(),
            ..AlertSettings::default()
        }),
        ..World::settings()
    }
}

#[tokio::test]
async fn a_check_that_comes_is_looked_at_and_one_that_stays_keeps_what_is_known() {
    let world = World::new();
    let probe = Script::of([FAILS]);
    let process = world.start(&probe, &Receiver::answering()).await;
    world.pass(&process, A_WHILE).await;

    let mut settings = World::settings();
    settings
        .checks
        .push(CheckSettings::new("own", CheckKind::PassFail, EVERY));
    settings.own.insert(
        "own".to_owned(),
        OwnCheck::Heartbeat {
            secret: Secret::new("a-secret"),
        },
    );
    process.vitals.reconfigure(settings).await.unwrap().unwrap();
    assert!(process.vitals.beat("a-secret", false).await);
    world.pass(&process, Duration::from_mins(1)).await;

    let health = world.look_at_all(&process).await;
    let status = |name: &str| {
        health
            .services
            .iter()
            .find(|check| check.name == name)
            .unwrap()
            .status
    };
    assert_eq!(status("own"), HealthStatus::Healthy);
    assert_eq!(status(CHECK), HealthStatus::Down);
    process.end().await;
}

#[tokio::test]
async fn what_was_said_of_a_check_that_goes_is_over() {
    let world = World::new();
    let (probe, receiver) = (Script::of([FAILS]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, A_WHILE).await;
    let told = receiver.got().len();
    assert!(told > 0);

    let mut settings = World::settings();
    settings.checks.clear();
    process.vitals.reconfigure(settings).await.unwrap().unwrap();
    for _ in 0..A_WHILE.as_secs() {
        world.pass_one_second().await;
        world.look_at_all(&process).await;
    }

    let open = world.ops.incidents(IncidentQuery::open(10)).await.unwrap();
    assert!(open.is_empty(), "{open:?}");
    let all = world.ops.incidents(IncidentQuery::all(10)).await.unwrap();
    assert_eq!(all[0].incident.end, Some(IncidentEnd::Removed));
    assert_eq!(
        receiver.got().len(),
        told + 1,
        "whoever was told of it hears that it is over"
    );
    assert!(!process.vitals.beat("a-secret", false).await);
    process.end().await;
}

#[tokio::test]
async fn refused_settings_change_nothing_and_say_why() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, Duration::from_mins(2)).await;
    let before = world.look_at_all(&process).await;

    let mut bad = with_channels(&["mail", "mail"]);
    bad.limits.ready_jobs.warn = None;
    let refusal = process.vitals.reconfigure(bad).await.unwrap().unwrap_err();
    assert!(matches!(refusal, VitalsError::Alerts(_)), "{refusal}");
    assert!(
        refusal.to_string().contains("two channels of the name `mail`"),
        "{refusal}"
    );

    let mut bad = with_channels(&["chat"]);
    bad.checks[0].every = Duration::ZERO;
    let refusal = process.vitals.reconfigure(bad).await.unwrap().unwrap_err();
    assert!(matches!(refusal, VitalsError::Checks(_)), "{refusal}");

    let after = world.look_at_all(&process).await;
    assert_eq!(after.channels, before.channels);
    assert_eq!(process.limits.borrow().ready_jobs, READY_JOBS);
    probe.becomes(FAILS);
    world.pass(&process, A_WHILE).await;
    assert!(!receiver.got().is_empty(), "the old settings still hold");
    process.end().await;
}

#[tokio::test]
async fn limits_reach_those_who_judge_by_them() {
    let world = World::new();
    let process = world.start(&Script::of([OK]), &Receiver::answering()).await;

    let mut settings = World::settings();
    settings.limits.ready_jobs.warn = None;
    process.vitals.reconfigure(settings).await.unwrap().unwrap();

    assert_eq!(process.limits.borrow().ready_jobs.warn, None);
    process.end().await;
}

#[tokio::test]
async fn channels_are_shown_and_that_there_are_none() {
    let world = World::new();
    let process = world.start(&Script::of([OK]), &Receiver::answering()).await;
    let mail = ChannelView {
        name: "mail".to_owned(),
        kind: "email".to_owned(),
        failing_since: None,
        held_until: None,
    };
    assert_eq!(world.look_at_all(&process).await.channels, [mail]);

    process
        .vitals
        .reconfigure(with_channels(&[]))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(world.look_at_all(&process).await.channels, []);
    process.end().await;
}

#[tokio::test]
async fn a_check_that_is_to_run_more_often_does_so_at_once() {
    let world = World::new();
    let probe = Script::of([OK]);
    let seldom = |every| {
        let mut settings = World::settings();
        settings.checks[0].every = every;
        settings
    };
    let process = world
        .start_with(seldom(Duration::from_hours(24)), &probe, &Receiver::answering())
        .await;
    world.pass(&process, Duration::from_mins(1)).await;
    probe.becomes(FAILS);

    process.vitals.reconfigure(seldom(EVERY)).await.unwrap().unwrap();

    let seen = world.pass(&process, EVERY * 2).await;
    assert_eq!(seen.last().unwrap().outcome, Some(CheckOutcome::Crit));
    process.end().await;
}
