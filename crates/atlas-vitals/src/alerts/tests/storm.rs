//! F14: ten thousand distinct alerts a minute for five minutes, of one service and two severities.

use std::collections::BTreeMap;
use std::time::Duration;

use atlas_domain::{DeliveryKind, Severity};

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

/// The full size takes half a minute without optimisation: `cargo nextest run --release --run-ignored all`.
#[test]
#[ignore = "the full size is for an optimised build"]
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
                atlas_domain::HealthStatus::Down
            } else {
                atlas_domain::HealthStatus::Degraded
            };
            Observation::plain(&service, status, world.now)
        });
        let observations: Vec<Observation> = observations.collect();
        world.input(Input::Observed(observations));
        world.pass_secs(10);
    }
    assert!(
        world.accepted("mail").len() <= 10,
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
