//! How much a channel is told and in which order: its rate and what is kept of it for what is critical, one cause as one
//! message, and what is told first once a channel that took nothing works again.

use std::time::Duration;

use atlas_domain::HealthStatus::{Critical, Degraded, Down, Healthy};
use atlas_domain::{NoticeKind, NoticeState, Severity, Suppression};
use rstest::rstest;

use super::world::*;
use crate::alerts::*;

/// So many services fail, each so long after the one before.
fn fail_in_turn(world: &mut World, count: usize, each_after_secs: u64, status: atlas_domain::HealthStatus) {
    for number in 0..count {
        world.observe(&format!("m{number:02}"), status);
        world.pass_secs(each_after_secs);
    }
}

fn held(world: &World) -> Vec<&StoredNotice> {
    let rows = world.rows.notices.values();
    rows.filter(|row| row.state == NoticeState::Held).collect()
}

#[test]
fn ten_in_ten_minutes_are_ten_after_a_rest_and_what_is_more_comes_in_one_within_a_minute() {
    let mut world = World::new();
    fail_in_turn(&mut world, 12, 4, Down);
    world.pass_secs(600);

    let at: Vec<u64> = world.got.iter().map(|got| got.at).collect();
    assert_eq!(at, [10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 70]);
    assert_eq!(world.titles()[10].1, "[Atlas] digest, 2 critical");
}

#[rstest]
#[case::nothing_less_is_told_at_once(Degraded, [30, 34, 38, 180])]
#[case::critical(Down, [10, 14, 18, 22])]
fn four_in_ten_minutes_are_three_for_everybody_and_one_for_what_is_critical(
    #[case] status: atlas_domain::HealthStatus,
    #[case] expected: [u64; 4],
) {
    let mut world = World::with(settings(vec![ChannelSettings::new(
        "chat",
        Some(MessageRate {
            count: 4,
            per: Duration::from_mins(10),
        }),
    )]));
    fail_in_turn(&mut world, 4, 4, status);
    world.pass_secs(600);

    let at: Vec<u64> = world.got.iter().map(|got| got.at).collect();
    assert_eq!(at, expected);
}

#[test]
fn what_the_rate_keeps_back_says_so_and_until_when_also_after_it_got_worse() {
    let mut world = World::new();
    fail_in_turn(&mut world, 11, 4, Critical);
    world.pass_secs(10);
    assert_eq!(world.holding(), [("mail".to_owned(), 70)]);
    let is_by_rate = |row: &&StoredNotice| row.held == Some(Suppression::RateLimit);
    assert_eq!(held(&world).iter().filter(|row| is_by_rate(row)).count(), 1);

    world.observe("m10", Down);
    assert_eq!(held(&world).iter().filter(|row| is_by_rate(row)).count(), 1);
    world.restart();
    assert_eq!(world.holding(), [("mail".to_owned(), 70)]);

    world.pass_secs(60);
    assert_eq!(world.titles()[10], (70, "[Atlas] 1 critical: m10 is down"));
    assert!(held(&world).is_empty() && world.holding().is_empty());
}

#[test]
fn what_is_less_bad_and_has_to_wait_leaves_with_what_is_critical() {
    let mut world = World::new();
    fail_in_turn(&mut world, 9, 4, Degraded);
    world.pass_secs(30);
    assert_eq!((world.got.len(), held(&world).len()), (8, 1));

    world.observe("search", Down);
    world.pass_secs(20);
    let (at, title) = *world.titles().last().unwrap();
    assert_eq!((at, title), (76, "[Atlas] digest, 1 critical, 1 warning"));
    assert!(held(&world).is_empty());
}

/// Whatever noticed it.
#[rstest]
#[case::within_the_wait(5, &[(10, "[Atlas] 1 critical, 1 warning: disk_space")])]
#[case::later(
    40,
    &[
        (10, "[Atlas] 1 critical: less than 1 GiB is left at /data"),
        (310, "[Atlas] 1 warning: disk_space is degraded"),
    ],
)]
fn one_cause_is_one_message_and_what_is_less_bad_about_it_an_update(
    #[case] later_secs: u64,
    #[case] expected: &[(u64, &str)],
) {
    let mut world = World::new();
    let left = Reading::of("mount_available", Labels::new([("mount", "/data")]), 5e8);
    world.input(Input::Measured(vec![left]));
    world.pass_secs(later_secs);
    world.observe("disk_space", Degraded);
    world.pass_secs(600);

    assert_eq!(world.titles(), expected);
}

#[test]
fn what_gets_worse_without_getting_louder_waits_for_the_interval() {
    let mut world = World::new();
    world.observe("search", Degraded);
    world.pass_secs(42);
    world.observe("search", Critical);
    world.pass_secs(15);
    world.observe("search", Down);
    world.pass_secs(600);

    assert_eq!(
        world.titles(),
        [
            (30, "[Atlas] 1 warning: search is degraded"),
            (52, "[Atlas] 1 critical: search is critical"),
            (352, "[Atlas] 1 critical: search is down"),
        ]
    );
}

#[rstest]
#[case::asked_when_nobody_answers(1, Severity::Info)]
#[case::told_only_what_is_critical(0, Severity::Critical)]
fn who_is_told_only_what_is_critical_is_reminded_of_nothing_less_and_hears_the_end(
    #[case] set: u8,
    #[case] at_least: Severity,
) {
    let phone = ChannelSettings {
        at_least,
        set,
        ..ChannelSettings::new("phone", None)
    };
    let mut world = World::with(settings(vec![mail(), phone]));
    world.observe("search", Critical);
    world.pass_secs(1_000);
    world.observe("search", Degraded);
    world.pass(Duration::from_hours(30));
    let told = |world: &World, channel: &str| {
        world
            .accepted(channel)
            .iter()
            .flat_map(|got| got.kinds())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&world, "phone").len(), 1);
    assert!(told(&world, "mail").contains(&NoticeKind::Reminder));

    world.observe("search", Healthy);
    world.pass_secs(600);
    assert_eq!(told(&world, "phone")[1..], [NoticeKind::Resolved]);
}

#[test]
fn after_an_outage_what_is_older_is_told_first_and_that_it_is_over_soon_after() {
    let mut world = World::new().answering(|_, now| if now < 200 { failed() } else { Answer::Delivered });
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass_secs(130);
    world.observe("api", Down);
    world.pass_secs(60);

    assert_eq!(
        world.titles(),
        [
            (200, "[Atlas] 1 critical: search is down"),
            (200, "[Atlas] 1 critical: api is down"),
            (210, "[Atlas] 1 resolved: search is down"),
        ]
    );
}

#[test]
fn a_channel_that_works_again_gets_what_it_did_not_take_in_order_and_at_once() {
    let mut world = World::new().answering(|_, now| if now < 1_000 { failed() } else { Answer::Delivered });
    for service in ["search", "api", "database"] {
        world.observe(service, Down);
        world.pass_secs(100);
    }
    world.pass_secs(2_000);

    let titles = world.titles();
    let first = titles[0].0;
    let at_once = titles.iter().filter(|(at, _)| *at == first);
    let at_once: Vec<&str> = at_once.map(|(_, title)| *title).collect();
    let services = ["search", "api", "database"];
    let place = |title: &&str| services.iter().position(|service| title.contains(service));
    let order: Vec<_> = at_once[..3].iter().filter_map(place).collect();
    assert_eq!(order.len(), 3, "{at_once:?}");
    assert!(order[1] < order[2], "whichever came through first: {at_once:?}");
}

#[test]
fn a_message_that_is_never_taken_keeps_back_no_newer_one() {
    let mut world = World::new().answering(|attempt, _| {
        if attempt.message.title.contains("search") {
            failed()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(100);
    world.observe("api", Down);
    world.pass_secs(30);
    world.observe("database", Down);
    world.pass_secs(30);

    assert_eq!(
        world.titles(),
        [
            (110, "[Atlas] 1 critical: api is down"),
            (140, "[Atlas] 1 critical: database is down"),
        ]
    );
}

/// A channel that failed is left alone, and then has one try.
#[test]
fn a_message_that_is_never_taken_does_not_use_up_every_try() {
    let mut left_alone_until = 0;
    let mut world = World::new().answering(move |attempt, now| {
        if now < left_alone_until {
            return failed();
        }
        if attempt.message.title.contains("search") {
            left_alone_until = now + 60;
            return failed();
        }
        Answer::Delivered
    });
    world.observe("search", Down);
    world.pass_secs(75);
    world.observe("api", Down);
    world.pass_secs(500);

    assert_eq!(world.accepted("mail").len(), 1, "{:?}", world.titles());
    assert!(world.titles()[0].1.contains("api is down"));
}

/// Until whoever sends says how it ended, what is newer waits: an attempt has a bound.
#[test]
fn what_is_newer_waits_for_the_answer_about_what_is_older() {
    let alerts_settings = std::sync::Arc::new(settings(vec![mail()]));
    let mut alerts = Alerts::new(alerts_settings).unwrap();
    let wall = atlas_domain::Timestamp::from_millis(0);
    let at = |seconds| START.after(Duration::from_secs(seconds));
    let down = |service| Input::Observed(vec![Observation::plain(service, Down, START)]);
    let answered = |delivery, answer| Input::Answered {
        delivery,
        answer,
        fraction: 1.0,
    };
    alerts.step(START, wall, down("search"));
    let first = alerts.step(at(10), wall, Input::Tick).attempts;
    alerts.step(at(11), wall, answered(first[0].delivery, failed()));
    alerts.step(at(12), wall, down("api"));
    let again = alerts.step(at(22), wall, Input::Tick).attempts;
    assert_eq!((again.len(), again[0].delivery), (1, first[0].delivery));
    assert!(alerts.step(at(25), wall, Input::Tick).attempts.is_empty());

    let newer = alerts
        .step(at(26), wall, answered(first[0].delivery, failed()))
        .attempts;
    assert_eq!(newer.len(), 1);
    assert!(
        newer[0].message.title.contains("api is down"),
        "{}",
        newer[0].message.title
    );
}
