//! Where nothing can be written down: each start tells the same under the same ids, and whatever differs under others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::HealthStatus::{self, Critical, Degraded, Healthy};
use atlas_domain::Timestamp;
use rstest::rstest;

use super::world::{hook, settings};
use crate::Moment;
use crate::alerts::*;

/// The last moment that could be written down.
const ORIGIN: (Moment, Timestamp) = (
    Moment::from_millis(5_000_000),
    Timestamp::from_millis(1_767_225_600_000),
);

/// A server that remembers nothing, from its start to its death.
struct Forgetful {
    alerts: Alerts,
    now: Moment,
    told: Vec<Message>,
}

impl Forgetful {
    /// It starts so many seconds after the last moment that could be written down.
    fn starts_after(seconds: u64) -> Self {
        let now = ORIGIN.0.after(Duration::from_secs(seconds));
        let mut settings = settings(vec![hook()]);
        settings.timing.update_interval = Duration::from_secs(1);
        let settings = Arc::new(settings);
        let began = Alerts::restore_without_memory(settings, StoredAlerts::default(), ORIGIN, now, wall(now));
        Self {
            alerts: began.unwrap().0,
            now,
            told: Vec::new(),
        }
    }

    fn observe(&mut self, service: &str, status: HealthStatus) {
        self.input(Input::Observed(vec![Observation::plain(
            service, status, self.now,
        )]));
    }

    fn pass_secs(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.now = self.now.after(Duration::from_secs(1));
            self.input(Input::Tick);
        }
    }

    fn input(&mut self, input: Input) {
        let effects = self.alerts.step(self.now, wall(self.now), input);
        for attempt in effects.attempts {
            self.told.push(attempt.message);
            let delivery = attempt.delivery;
            self.input(Input::Answered {
                delivery,
                answer: Answer::Delivered,
                fraction: 0.5,
            });
        }
    }

    fn ids(&self) -> Vec<DeliveryId> {
        self.told.iter().map(|message| message.delivery).collect()
    }
}

fn wall(now: Moment) -> Timestamp {
    ORIGIN.1.after(now.since(ORIGIN.0))
}

#[test]
fn what_is_found_at_once_is_told_under_the_same_ids_in_whatever_order() {
    let (mut one, mut other) = (Forgetful::starts_after(60), Forgetful::starts_after(9_000));
    for service in ["api", "search"] {
        one.observe(service, Critical);
        one.pass_secs(20);
    }
    for service in ["search", "api"] {
        other.observe(service, Critical);
        other.pass_secs(20);
    }

    let (mut one, other) = (one.ids(), other.ids());
    assert_eq!(one.len(), 2);
    one.reverse();
    assert_eq!(one, other);
}

#[test]
fn what_begins_later_is_news() {
    let ids = [60, 9_000].map(|seconds| {
        let mut server = Forgetful::starts_after(seconds);
        server.pass_secs(301);
        server.observe("search", Critical);
        server.pass_secs(20);
        server.ids()
    });
    assert_eq!(ids[0].len(), 1);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn what_comes_back_after_its_end_is_another_episode() {
    let mut server = Forgetful::starts_after(60);
    for status in [Critical, Healthy, Critical] {
        server.observe("search", status);
        server.pass_secs(20);
    }
    let incidents: Vec<_> = server
        .told
        .iter()
        .map(|message| message.worst[0].incident)
        .collect();
    assert_eq!(incidents.len(), 3);
    assert_eq!(incidents[0], incidents[1]);
    assert_ne!(incidents[0], incidents[2]);
}

/// A receiver drops what it has seen by its id: another message under that id would be lost.
#[rstest]
#[case::the_end_before_the_worst(&[Degraded, Healthy], &[Degraded, Critical])]
#[case::worst_before_mild(&[Critical, Degraded, Healthy], &[Degraded, Critical, Healthy])]
#[case::twice(&[Critical, Healthy, Critical, Healthy], &[Degraded, Healthy, Critical])]
fn no_two_messages_that_say_something_else_have_one_id(
    #[case] first: &[HealthStatus],
    #[case] second: &[HealthStatus],
) {
    let mut known = BTreeMap::new();
    for (start, statuses) in [(60, first), (9_000, second), (18_000, first)] {
        let mut server = Forgetful::starts_after(start);
        for status in statuses {
            server.observe("search", *status);
            server.pass_secs(40);
        }
        assert!(!server.told.is_empty());
        for message in &server.told {
            let says: Vec<_> = message
                .worst
                .iter()
                .map(|entry| (entry.kind, entry.severity))
                .collect();
            let before = known.insert(message.delivery, says.clone());
            assert!(before.is_none_or(|before| before == says), "{says:?}");
        }
    }
}
