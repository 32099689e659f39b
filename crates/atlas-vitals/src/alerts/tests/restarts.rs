//! That a restart changes nothing that anybody would notice, and that what comes back from a backup sends nothing old.

use std::time::Duration;

use atlas_domain::HealthStatus::{Critical, Degraded, Down, Healthy, Unknown};
use atlas_domain::{DeliveryState, IncidentEnd, NoticeState};
use rstest::rstest;

use super::world::*;
use crate::alerts::*;

/// A day on which everything happens; restarted where `at` says so.
fn day(at: &[usize]) -> World {
    let mut world = World::with(settings(vec![mail(), hook()]));
    for step in 0..120 {
        match step {
            0 => drop(world.observe("search", Unknown)),
            3 => drop(world.observe("api", Degraded)),
            5 => drop(world.observe("api", Down)),
            8 => drop(world.input(Input::Silence(NewSilence {
                matchers: vec![StoredMatcher {
                    label: "service".to_owned(),
                    op: MatchOp::Matches,
                    value: "data.*".to_owned(),
                }],
                from: world.now,
                until: world.now.after(Duration::from_mins(30)),
                author: "mara".to_owned(),
                comment: String::new(),
                until_resolved: false,
            }))),
            9 => drop(world.observe("database", Critical)),
            20 => drop(world.observe("search", Healthy)),
            30 => {
                let mut flapping = Observation::plain("content_pipeline", Degraded, world.now);
                flapping.flapping = true;
                world.input(Input::Observed(vec![flapping]));
            }
            100 => drop(world.observe("api", Healthy)),
            110 => drop(world.observe("database", Healthy)),
            _ => {}
        }
        if at.contains(&step) {
            world.restart();
        }
        world.pass_secs(60);
        if at.contains(&step) {
            world.restart();
        }
    }
    world
}

/// F8.
#[rstest]
#[case::pending(&[1, 4])]
#[case::firing(&[6, 7])]
#[case::silenced(&[10, 15, 25])]
#[case::flapping(&[31, 40])]
#[case::all_the_time(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 20, 21, 29, 30, 31, 38, 39, 40, 60, 61, 100, 101, 110])]
fn a_restart_tells_nothing_anew_and_forgets_no_timer(#[case] at: &[usize]) {
    let (plain, restarted) = (day(&[]), day(at));

    assert!(plain.got.len() >= 10);
    assert_eq!(plain.titles(), restarted.titles());
    assert_eq!(plain.rows.inbox, restarted.rows.inbox);
}

#[test]
fn what_was_under_way_is_sent_again_under_its_own_id() {
    let mut world = World::new();
    world.observe("search", Down);
    world.fuse = Some(2); // The message has left; its answer is never heard.
    world.pass_secs(60);

    assert_eq!(world.deaths, 1);
    let ids: Vec<_> = world.got.iter().map(|got| got.message.delivery).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(world.got[0].message, world.got[1].message);
}

#[test]
fn what_comes_back_from_a_backup_is_told_to_nobody() {
    let mut world = World::new().answering(|_, now| if now < 40_000 { failed() } else { Answer::Delivered });
    world.observe("search", Down);
    world.observe("api", Degraded);
    world.pass_secs(300);
    let backup = world.rows.clone();
    world.pass_secs(1_000_000);
    let before = world.got.len();
    world.restart_from_backup(backup);
    world.pass_secs(1_000);

    assert_eq!(world.got.len(), before);
    assert!(
        world
            .rows
            .incidents
            .values()
            .all(|row| row.end == Some(IncidentEnd::Removed))
    );
    assert!(
        world
            .rows
            .notices
            .values()
            .all(|row| row.state == NoticeState::ExpiredByRestore)
    );
    assert!(
        world
            .rows
            .deliveries
            .values()
            .all(|row| row.state == DeliveryState::ExpiredByRestore)
    );

    // And what is wrong now is told.
    world.observe("search", Down);
    world.pass_secs(60);
    assert_eq!(world.got.len(), before + 1);
}

#[test]
fn everything_written_anew_is_what_was_written_bit_by_bit() {
    let mut world = day(&[]);
    world.observe("search", Down);
    world.observe("api", Degraded);
    world.pass_secs(15);
    let mut anew = Rows::default();
    anew.commit(world.everything());
    world.rows = anew;
    world.restart();
    let before = world.got.len();
    world.pass_secs(600);

    let titles: Vec<&str> = world.got[before..]
        .iter()
        .map(|got| got.message.title.as_str())
        .collect();
    let hooks = world.got[before..]
        .iter()
        .filter(|got| got.channel == "hook")
        .count();
    assert_eq!(hooks, 1, "only what had not been sent: {titles:?}");
}

#[test]
fn rows_survive_being_written_as_text() {
    let world = day(&[]);
    for row in world.rows.incidents.values() {
        let text = serde_json::to_string(row).unwrap();
        assert_eq!(serde_json::from_str::<StoredIncident>(&text).unwrap(), *row);
    }
    for row in world.rows.deliveries.values() {
        let text = serde_json::to_string(row).unwrap();
        assert_eq!(serde_json::from_str::<StoredDelivery>(&text).unwrap(), *row);
    }
    for row in world.rows.notices.values() {
        let text = serde_json::to_string(row).unwrap();
        assert_eq!(serde_json::from_str::<StoredNotice>(&text).unwrap(), *row);
    }
}

#[test]
fn an_engine_with_nothing_to_do_asks_for_nothing() {
    let mut world = World::new();
    assert_eq!(world.next_due(), None);
    world.observe("search", Degraded);
    world.observe("search", Healthy);
    world.pass_secs(10_000);

    assert_eq!(world.next_due(), None);
}

/// What may have arrived and was refused afterwards is as much a message as any other.
#[rstest]
#[case::without_a_restart(false)]
#[case::with_a_restart_between(true)]
fn what_may_have_arrived_and_was_given_up_comes_back(#[case] restarts: bool) {
    let mut world = World::new().answering(|_, now| match now {
        0..20 => unknown(),
        20..600 => refused(),
        _ => Answer::Delivered,
    });
    world.observe("search", Down);
    world.pass_secs(300);
    let given_up = world.got[0].message.delivery;
    assert_eq!(world.rows.deliveries[&given_up].state, DeliveryState::Dead);
    if restarts {
        world.restart();
    }
    world.pass_secs(400);
    world.observe("api", Down);
    world.pass_secs(600);

    let arrived = world.accepted("mail");
    assert!(
        arrived.iter().any(|got| got.message.delivery == given_up),
        "{arrived:?}"
    );
    assert_eq!(world.rows.deliveries[&given_up].state, DeliveryState::Sent);
}

/// Rows can be lost where a file is damaged. A message says by itself what it says.
#[test]
fn a_message_that_was_given_up_comes_back_though_its_notices_are_lost() {
    let mut world = World::new().answering(|_, now| if now < 600 { refused() } else { Answer::Delivered });
    world.observe("search", Down);
    world.pass_secs(300);
    let given_up = world.got[0].message.delivery;
    world.rows.notices.clear();
    world.restart();
    world.pass_secs(400);
    world.observe("api", Down);
    world.pass_secs(600);

    let arrived = world.accepted("mail");
    assert!(
        arrived.iter().any(|got| got.message.delivery == given_up),
        "{arrived:?}"
    );
}
