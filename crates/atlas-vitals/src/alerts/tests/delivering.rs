//! That messages arrive: attempts, order, what is merged, what is given up, other channels, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::HealthStatus::{Critical, Degraded, Down, Healthy};
use atlas_domain::{DeliveryKind, DeliveryState, NoticeKind, NoticeState, Severity};

use super::world::*;
use crate::alerts::*;

fn works_after(seconds: u64, before: fn() -> Answer) -> impl FnMut(&Attempt, u64) -> Answer {
    move |_, now| {
        if now < seconds {
            before()
        } else {
            Answer::Delivered
        }
    }
}

#[test]
fn a_channel_that_is_down_for_half_an_hour_gets_the_message_once_and_no_other_waits() {
    let mut world = World::with(settings(vec![mail(), hook()])).answering(|attempt, now| {
        if &*attempt.channel == "mail" && now < 1_800 {
            failed()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(3_000);

    let about_search = |channel| {
        let accepted = world.accepted(channel).into_iter();
        accepted
            .filter(|got| got.message.title.contains("search"))
            .map(|got| got.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(about_search("hook"), [10]);
    assert_eq!(about_search("mail").len(), 1);
    let ids: std::collections::BTreeSet<_> = world
        .got
        .iter()
        .filter(|got| got.channel == "mail" && got.message.title.contains("search"))
        .map(|got| got.message.delivery)
        .collect();
    assert_eq!(ids.len(), 1, "every attempt has the same id");
}

/// F9.
#[test]
fn an_end_while_the_receiver_is_down_and_a_restart_is_still_told_after_its_beginning() {
    let mut world = World::new().answering(works_after(1_200, failed));
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass_secs(60);
    world.restart();
    world.pass_secs(6_000);

    let kinds: Vec<_> = world
        .accepted("mail")
        .iter()
        .flat_map(|got| got.kinds())
        .collect();
    assert_eq!(kinds, [NoticeKind::Firing, NoticeKind::Resolved]);
}

#[test]
fn nobody_hears_the_end_of_what_certainly_never_arrived() {
    let mut world = World::new().answering(|attempt, now| {
        let is_firing = attempt.message.worst[0].kind == NoticeKind::Firing;
        if is_firing && now < 90_000 {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Degraded);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass_secs(80_000);

    assert!(
        world
            .accepted("mail")
            .iter()
            .all(|got| !got.kinds().contains(&NoticeKind::Resolved))
    );
}

#[test]
fn the_end_of_what_may_have_arrived_is_told() {
    let mut world =
        World::new().answering(
            |attempt, _| match (attempt.message.worst[0].kind, attempt.number) {
                (NoticeKind::Firing, 1) => unknown(),
                (NoticeKind::Firing, _) => refused(),
                _ => Answer::Delivered,
            },
        );
    world.observe("search", Degraded);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass_secs(6_000);

    let kinds: Vec<_> = world
        .accepted("mail")
        .iter()
        .flat_map(|got| got.kinds())
        .collect();
    assert!(kinds.contains(&NoticeKind::Resolved), "{kinds:?}");
}

#[test]
fn a_channel_that_asks_for_patience_gets_it_up_to_an_hour() {
    let mut world = World::new().answering(|attempt, _| match attempt.number {
        1 => Answer::Failed {
            reason: "429".to_owned(),
            retry_after: Some(Duration::from_mins(20)),
        },
        2 => Answer::Failed {
            reason: "429".to_owned(),
            retry_after: Some(Duration::from_hours(400)),
        },
        _ => Answer::Delivered,
    });
    world.observe("search", Degraded);
    world.pass_secs(7_200);

    let of_search = world
        .got
        .iter()
        .filter(|got| got.message.title.contains("search"));
    let at: Vec<u64> = of_search.map(|got| got.at).collect();
    assert_eq!(at, [30, 1_230, 4_830]);
}

#[test]
fn what_is_given_up_is_told_through_another_channel_and_the_owner_hears_that_one_fails() {
    let mail = ChannelSettings {
        failover: Some(Arc::from("pager")),
        ..mail()
    };
    let pager = ChannelSettings {
        set: 2,
        ..ChannelSettings::new("pager", None)
    };
    let mut world = World::with(settings(vec![mail, hook(), pager])).answering(|attempt, _| {
        if &*attempt.channel == "mail" {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(120);

    let titles = |channel: &str| -> Vec<String> {
        world
            .accepted(channel)
            .iter()
            .map(|got| got.message.title.clone())
            .collect()
    };
    assert_eq!(titles("pager"), ["[Atlas] 1 critical: search is down"]);
    assert_eq!(
        titles("hook"),
        [
            "[Atlas] 1 critical: search is down",
            "[Atlas] 1 critical: messages through mail were given up: 1",
        ]
    );
    assert!(
        world
            .got
            .iter()
            .filter(|got| got.channel == "mail")
            .all(|got| got.message.title.contains("search")),
        "a channel is never told of its own failure"
    );
}

#[test]
fn a_channel_that_fails_for_ten_minutes_is_told_of_elsewhere_and_so_is_its_recovery() {
    let mut world = World::with(settings(vec![mail(), hook()])).answering(|attempt, now| {
        if &*attempt.channel == "mail" && now < 1_800 {
            failed()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Degraded);
    world.pass_secs(6_000);

    let titles: Vec<&str> = world
        .accepted("hook")
        .iter()
        .map(|got| got.message.title.as_str())
        .collect();
    assert!(
        titles[1].contains("nothing has been delivered through mail for ten minutes"),
        "{titles:?}"
    );
    assert!(
        titles[2].starts_with("[Atlas] 1 resolved: nothing has been delivered through mail"),
        "{titles:?}"
    );
}

#[test]
fn what_was_given_up_comes_back_with_the_channels_next_success() {
    let mut world = World::new().answering(|attempt, now| {
        if attempt.message.title.contains("search") && now < 300 {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(600);
    assert!(world.accepted("mail").is_empty());

    world.observe("api", Down);
    world.pass_secs(60);
    let titles: Vec<&str> = world
        .accepted("mail")
        .iter()
        .map(|got| got.message.title.as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "[Atlas] 1 critical: api is down",
            "[Atlas] 1 critical: search is down"
        ]
    );
    world.observe("search", Healthy);
    world.pass_secs(600);
    assert_eq!(world.accepted("mail")[2].kinds(), [NoticeKind::Resolved]);
}

#[test]
fn what_comes_back_after_its_end_is_followed_by_its_end() {
    let mut world = World::new().answering(|attempt, now| {
        if attempt.message.title.contains("search") && now < 300 {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass_secs(600);
    world.restart();
    world.observe("api", Down);
    world.pass_secs(600);

    let kinds: Vec<_> = world
        .accepted("mail")
        .iter()
        .flat_map(|got| got.kinds())
        .collect();
    assert_eq!(
        kinds,
        [NoticeKind::Firing, NoticeKind::Firing, NoticeKind::Resolved]
    );
}

#[test]
fn a_message_is_given_up_at_its_age_and_does_not_come_back() {
    let mut world = World::new().answering(works_after(100_000, failed));
    world.observe("search", Degraded);
    world.pass(Duration::from_hours(25));
    let states: Vec<DeliveryState> = world.rows.deliveries.values().map(|row| row.state).collect();
    assert_eq!(states, [DeliveryState::Dead]);
    let states: Vec<NoticeState> = world.rows.notices.values().map(|row| row.state).collect();
    assert_eq!(states[0], NoticeState::Dead);

    world.pass(Duration::from_hours(10));
    world.observe("api", Down);
    world.pass_secs(60);
    assert_eq!(world.titles(), [(126_010, "[Atlas] 1 critical: api is down")]);
}

#[test]
fn what_is_critical_is_tried_for_three_days() {
    let mut world = World::new().answering(works_after(200_000, failed));
    world.observe("search", Critical);
    world.pass(Duration::from_hours(60));

    assert!(!world.accepted("mail").is_empty());
}

#[test]
fn an_attempt_that_says_nothing_is_made_again() {
    let settings = Arc::new(settings(vec![mail()]));
    let mut alerts = Alerts::new(Arc::clone(&settings)).unwrap();
    let wall = atlas_domain::Timestamp::from_millis(0);
    let down = Input::Observed(vec![Observation::plain("search", Down, START)]);
    alerts.step(START, wall, down);
    let first = alerts
        .step(START.after(Duration::from_secs(10)), wall, Input::Tick)
        .attempts;
    let lost = alerts.step(START.after(Duration::from_secs(310)), wall, Input::Tick);
    assert!(lost.attempts.is_empty());
    let due = alerts.next_due().unwrap();
    let second = alerts.step(due, wall, Input::Tick).attempts;

    assert_eq!(first[0].delivery, second[0].delivery);
    assert_eq!((first[0].number, second[0].number), (1, 2));
    assert_eq!(first[0].message, second[0].message);
}

#[test]
fn a_late_answer_counts_only_if_it_arrived() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let delivery = world.got[0].message.delivery;
    for answer in [refused(), unknown(), failed()] {
        world.input(Input::Answered {
            delivery,
            answer,
            fraction: 0.5,
        });
    }

    assert_eq!(world.rows.deliveries[&delivery].state, DeliveryState::Sent);
}

#[test]
fn more_than_a_channel_may_carry_becomes_one_digest_with_exact_counts() {
    let mut world = World::new();
    for number in 0..40 {
        world.observe(&format!("service-{number}"), Degraded);
        world.pass_secs(40);
    }
    world.pass_secs(3_600);

    let mut total = 0;
    for (place, got) in world.got.iter().enumerate() {
        total += got.message.counts.total();
        let within = world.got[place..]
            .iter()
            .filter(|other| other.at < got.at + 600)
            .count();
        assert!(within <= 18, "{within} within ten minutes"); // eight, then one each minute
    }
    assert_eq!(total, 40);
    assert!(
        world
            .got
            .iter()
            .any(|got| got.message.kind == DeliveryKind::Digest)
    );
    assert!(
        world
            .rows
            .notices
            .values()
            .all(|row| row.state == NoticeState::Sent)
    );
}

#[test]
fn a_digest_says_the_ten_worst_and_how_many_more() {
    let mut world = World::new();
    let observations = (0..25).map(|number| {
        let status = if number == 17 { Down } else { Degraded };
        Observation::plain("search", status, START).named(&format!("s{number:02}"))
    });
    let until = START.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![Window {
        name: "work".to_owned(),
        kind: WindowKind::Maintenance,
        services: Vec::new(),
        from: START.millis(),
        until: until.millis(),
    }]));
    let observations: Vec<Observation> = observations.collect();
    world.input(Input::Observed(observations.clone()));
    world.pass_secs(60);
    let well = observations.into_iter().map(|mut observation| {
        observation.status = Healthy;
        observation
    });
    world.input(Input::Observed(well.collect()));
    world.pass_secs(7_200);

    let message = &world.got[0].message;
    assert_eq!(
        (message.worst.len(), message.more, message.counts.total()),
        (10, 15, 25)
    );
    assert_eq!(message.worst[0].service, "s17");
    assert!(message.text().contains("and 15 more"));
}

impl Observation {
    fn named(mut self, name: &str) -> Self {
        self.service = Arc::from(name);
        self
    }
}

fn missing_one() -> Answer {
    Answer::DeliveredInPart {
        missed: 1,
        reason: "it did not reach second@mail.example (550 nobody of that name)".to_owned(),
    }
}

/// One bad address is told once, also through the channel it belongs to, keeps nothing from anybody else, and is over
/// with the first message that reaches all.
#[test]
fn a_message_that_reaches_some_of_its_recipients_is_sent_and_the_rest_is_told_once() {
    let mut world = World::new().answering(|_, now| {
        if now < 4_000 {
            missing_one()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(600);
    world.observe("search", Healthy);
    world.pass_secs(600);

    let told: Vec<_> = world
        .got
        .iter()
        .filter(|got| got.message.title.contains("search"))
        .flat_map(Got::kinds)
        .collect();
    assert_eq!(
        told,
        [NoticeKind::Firing, NoticeKind::Resolved],
        "each once, and the end waits for nobody"
    );
    let missed = |world: &World| {
        let rows = world.rows.incidents.values();
        rows.filter(|row| row.rule == "notifier_missed_somebody")
            .map(|row| row.state)
            .collect::<Vec<_>>()
    };
    assert_eq!(missed(&world), [atlas_domain::IncidentState::Firing]);
    let deliveries = world.rows.deliveries.values();
    let about_search: Vec<_> = deliveries
        .filter(|row| row.attempts == 1 && row.state == DeliveryState::Sent)
        .collect();
    assert!(
        about_search
            .iter()
            .all(|row| row.last_error.contains("second@mail.example")),
        "{about_search:?}"
    );
    world.restart();
    world.pass_secs(3_000);
    world.observe("search", Down);
    world.pass_secs(600);
    assert_eq!(missed(&world), [atlas_domain::IncidentState::Resolved]);
}

#[test]
fn who_stands_in_for_a_channel_is_told_what_it_does_not_hear_by_itself() {
    let mail = ChannelSettings {
        failover: Some(Arc::from("pager")),
        ..mail()
    };
    let pager = ChannelSettings {
        at_least: Severity::Critical,
        ..ChannelSettings::new("pager", None)
    };
    let mut world = World::with(settings(vec![mail, pager])).answering(|attempt, _| {
        if &*attempt.channel == "mail" {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Degraded);
    world.pass_secs(120);

    let heard = world.accepted("pager");
    let warned = heard
        .iter()
        .filter(|got| got.message.title.contains("search is degraded"));
    assert_eq!(warned.count(), 1, "nobody else was told");
}

#[test]
fn a_message_names_the_machine() {
    let mut settings = settings(vec![mail()]);
    settings.host = Some("attic".to_owned());
    let mut world = World::with(settings);
    world.observe("search", Down);
    world.pass_secs(60);

    let message = world.accepted("mail")[0].message.clone();
    assert_eq!(message.title, "[Atlas on attic] 1 critical: search is down");
    assert!(message.text().contains(" on attic"), "{}", message.text());
    assert!(message.json().contains("\"host\":\"attic\""));
}
