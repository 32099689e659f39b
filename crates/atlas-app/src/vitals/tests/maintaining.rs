//! Work that is announced: what fails meanwhile is seen, and wakes nobody.

use std::collections::BTreeSet;
use std::time::Duration;

use atlas_domain::{CheckOutcome, HealthStatus};
use atlas_vitals::health::Scope;

use super::world::{CHECK, Look, Process, Receiver, Script, World};
use crate::vitals::Announcement;

const OK: Look = Look::Finds(CheckOutcome::Ok);
const FAILS: Look = Look::Finds(CheckOutcome::Crit);

const MINUTE: Duration = Duration::from_mins(1);

async fn announce(process: &Process, lasts: Duration) {
    let announcement = Announcement {
        name: "cleanup".to_owned(),
        reason: "rows are moved".to_owned(),
        scope: Scope::Checks(BTreeSet::from([CHECK.to_owned()])),
        lasts,
    };
    process.vitals.announce(announcement).await.unwrap();
}

#[tokio::test]
async fn what_still_fails_when_nobody_has_ended_the_work_is_told_then() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, 2 * MINUTE).await;
    announce(&process, 10 * MINUTE).await;
    probe.becomes(FAILS);

    let seen = world.pass(&process, 9 * MINUTE).await;
    let last = seen.last().unwrap();
    assert!(last.status > HealthStatus::Degraded, "it is looked at: {last:?}");
    assert_eq!(last.maintenance.as_deref(), Some("cleanup"));
    let health = process.vitals.health().await.unwrap();
    assert!(health.maintenance[0].is_now);
    assert_eq!(health.maintenance[0].services, [CHECK]);
    assert_eq!(receiver.got().len(), 0);

    world.pass(&process, 5 * MINUTE).await;
    assert!(process.vitals.health().await.unwrap().maintenance.is_empty());
    let titles: Vec<String> = receiver.got().into_iter().map(|message| message.title).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(titles[0].contains("1 critical"), "{titles:?}");
    process.end().await;
}

#[tokio::test]
async fn what_is_well_again_when_the_work_ends_is_told_in_one_line() {
    let world = World::new();
    let (probe, receiver) = (Script::of([OK]), Receiver::answering());
    let process = world.start(&probe, &receiver).await;
    world.pass(&process, 2 * MINUTE).await;
    announce(&process, 20 * MINUTE).await;
    probe.becomes(FAILS);
    world.pass(&process, 5 * MINUTE).await;
    probe.becomes(OK);
    world.pass(&process, 5 * MINUTE).await;
    assert_eq!(receiver.got().len(), 0);

    process.vitals.end_maintenance("cleanup").await.unwrap();
    world.pass(&process, 5 * MINUTE).await;
    let titles: Vec<String> = receiver.got().into_iter().map(|message| message.title).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert_eq!(titles[0], "[Atlas] 1 resolved: database is down");
    process.end().await;
}
