//! F14: ten thousand distinct alerts a minute for five minutes, of one service and two severities.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_domain::{DeliveryKind, HealthStatus, Severity};
use rstest::rstest;

use super::world::*;
use crate::alerts::*;

const RULES: &str = r#"
[[metric]]
name = "warned"
service = "search"
severity = "warning"
when = [{ series = "warned", op = ">", threshold = 0 }]
summary = "shard {shard} is slow"
runbook = "shards"
reason = "storm"

[[metric]]
name = "failed"
service = "search"
severity = "critical"
when = [{ series = "failed", op = ">", threshold = 0 }]
summary = "shard {shard} is gone"
runbook = "shards"
reason = "storm"
"#;

fn storm(each_minute: usize) -> World {
    let mut world = World::with(AlertSettings {
        rules: RuleSet::parse(RULES).unwrap(),
        ..settings(vec![mail(), hook()])
    });
    for minute in 0..5 {
        for round in 0..6 {
            let readings = (0..each_minute / 6).map(|number| {
                let series = if number % 2 == 0 { "warned" } else { "failed" };
                let shard = format!("{minute}-{round}-{number}");
                Reading::of(series, Labels::new([("shard", shard)]), 1.0)
            });
            world.input(Input::Measured(readings.collect()));
            world.pass_secs(10);
        }
    }
    world
}

fn check(each_minute: usize) {
    let world = storm(each_minute);
    let in_storm: BTreeMap<&str, usize> = world.got.iter().fold(BTreeMap::new(), |mut counts, got| {
        *counts.entry(got.channel.as_str()).or_default() += 1;
        counts
    });
    let expected = each_minute / 6 * 6 * 5;
    assert!(in_storm.values().all(|count| *count <= 10), "{in_storm:?}");
    assert_eq!(world.rows.inbox.len(), expected);
    for channel in ["mail", "hook"] {
        let first = world
            .accepted(channel)
            .into_iter()
            .find(|got| got.message.severity == Severity::Critical);
        assert!(
            first.is_some_and(|got| got.at < 60),
            "what is critical is told within a minute"
        );
    }

    let mut world = world;
    world.pass_secs(600);
    for channel in ["mail", "hook"] {
        let told: usize = world
            .accepted(channel)
            .iter()
            .map(|got| got.message.counts.total())
            .sum();
        assert_eq!(told, expected, "every alert is counted exactly once");
        assert!(
            world
                .accepted(channel)
                .iter()
                .all(|got| got.message.text().len() <= LONGEST_MESSAGE_BYTES)
        );
    }
}

#[test]
fn a_storm_of_one_service_is_a_few_messages_with_exact_counts() {
    check(1_200);
}

/// The size that the design names.
#[test]
fn the_full_storm_is_a_few_messages_with_exact_counts() {
    check(10_000);
}

#[test]
fn a_storm_over_many_services_is_a_digest_with_exact_counts() {
    let mut world = World::with(settings(vec![mail(), hook()]));
    let count = 600;
    for batch in 0..30 {
        let observations = (0..count / 30).map(|number| {
            let service = format!("check-{batch}-{number}");
            let status = if number % 5 == 0 {
                HealthStatus::Down
            } else {
                HealthStatus::Degraded
            };
            Observation::plain(&service, status, world.now)
        });
        let observations: Vec<Observation> = observations.collect();
        world.input(Input::Observed(observations));
        world.pass_secs(10);
    }
    // Ten after a rest, and one more each minute.
    assert!(
        world.accepted("mail").len() <= 15,
        "{:?}",
        world.accepted("mail").len()
    );
    let first = world
        .accepted("mail")
        .into_iter()
        .find(|got| got.message.severity == Severity::Critical);
    assert!(first.is_some_and(|got| got.at < 60));

    world.pass(Duration::from_mins(40));
    for channel in ["mail", "hook"] {
        let told: usize = world
            .accepted(channel)
            .iter()
            .map(|got| got.message.counts.total())
            .sum();
        assert_eq!(told, count);
        assert!(
            world
                .accepted(channel)
                .iter()
                .any(|got| got.message.kind == DeliveryKind::Digest)
        );
    }
}

/// However many services break at once, each CRITICAL is told within a minute, also where mail has just carried a lot.
#[rstest]
#[case::of_nothing_before(0)]
#[case::after_what_is_less(8)]
fn everything_critical_is_told_within_a_minute(#[case] warned: usize) {
    let mut world = World::new();
    let is = |number: usize, status, now| Observation::plain(&format!("service {number}"), status, now);
    let warnings = (0..warned).map(|number| is(100 + number, HealthStatus::Degraded, world.now));
    world.input(Input::Observed(warnings.collect()));
    world.pass_secs(60);
    let before = world.seconds();
    let broken = (0..20).map(|number| is(number, HealthStatus::Down, world.now));
    world.input(Input::Observed(broken.collect()));
    world.pass_secs(60);
    let after = world.got.iter().filter(|got| got.at >= before);
    let critical: usize = after.map(|got| got.message.counts.critical).sum();

    assert_eq!(critical, 20);
    world.pass_secs(600);
    assert!(world.got.len() <= 10, "{}", world.got.len());
}

/// One after the other each takes a message of its own; a fifth of all is kept for that.
#[test]
fn two_services_that_break_one_after_the_other_are_told_within_a_minute_after_many_warnings() {
    let mut world = World::new();
    for number in 0..8 {
        world.observe(&format!("warned {number}"), HealthStatus::Degraded);
        world.pass_secs(5);
    }
    world.pass_secs(60);
    for service in ["search", "api"] {
        let (sent, at) = (world.got.len(), world.seconds());
        world.observe(service, HealthStatus::Down);
        world.pass_secs(60);
        let told = world.got[sent..]
            .iter()
            .find(|got| got.message.title.contains(service));
        assert!(told.is_some_and(|got| got.at < at + 60), "{:?}", world.titles());
    }
}
