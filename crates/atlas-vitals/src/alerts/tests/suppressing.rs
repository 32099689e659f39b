//! What keeps notices back, in which order, and what comes of them afterwards.

use std::time::Duration;

use atlas_domain::HealthStatus::{Critical, Degraded, Down, Healthy};
use atlas_domain::{DeliveryKind, NoticeKind, NoticeState, Suppression};

use super::world::*;
use crate::Moment;
use crate::alerts::*;

fn window(kind: WindowKind, services: &[&str], from: Moment, until: Moment) -> Window {
    Window {
        name: "work".to_owned(),
        kind,
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        from: from.millis(),
        until: until.millis(),
    }
}

fn silence(world: &World, label: &str, value: &str, lasts: Duration, until_resolved: bool) -> Input {
    Input::Silence(NewSilence {
        matchers: vec![StoredMatcher {
            label: label.to_owned(),
            op: MatchOp::Equal,
            value: value.to_owned(),
        }],
        from: world.now,
        until: world.now.after(lasts),
        author: "mara".to_owned(),
        comment: "known".to_owned(),
        until_resolved,
    })
}

fn held(service: &str, status: atlas_domain::HealthStatus, held: bool) -> Observation {
    let mut observation = Observation::plain(service, status, START);
    observation.held = held;
    observation.blocked_by = held.then(|| "disk_space".into());
    observation
}

fn reasons(world: &World) -> Vec<Option<Suppression>> {
    world.rows.notices.values().map(|row| row.held).collect()
}

/// F16.
#[test]
fn a_parent_and_five_children_that_fail_together_are_one_notice() {
    let mut world = World::new();
    let children = [
        "database",
        "search",
        "api",
        "content_pipeline",
        "background_processing",
    ];
    let mut all = vec![held("disk_space", Critical, false)];
    all.extend(children.map(|name| held(name, Critical, true)));
    world.input(Input::Observed(all));
    world.pass_secs(900);
    assert_eq!(
        world.titles(),
        [(10, "[Atlas] 1 critical: disk_space is critical")]
    );
    assert_eq!(world.rows.inbox.len(), 6, "the inbox has all of it");

    let mut all = vec![held("disk_space", Healthy, false)];
    all.extend(children.map(|name| held(name, Healthy, false)));
    world.input(Input::Observed(all));
    world.pass_secs(900);
    assert_eq!(
        world.titles().len(),
        2,
        "nobody hears of the end of what they never heard of: {:?}",
        world.titles()
    );
}

#[test]
fn a_child_that_stays_broken_is_told_when_nothing_explains_it_any_more() {
    let mut world = World::new();
    world.input(Input::Observed(vec![held("search", Down, true)]));
    world.pass_secs(600);
    assert!(world.got.is_empty());
    assert_eq!(reasons(&world), [Some(Suppression::Dependency)]);

    world.input(Input::Observed(vec![held("search", Down, false)]));
    world.pass_secs(60);
    assert_eq!(world.titles(), [(610, "[Atlas] 1 critical: search is down")]);
}

#[test]
fn maintenance_holds_its_services_and_what_still_fires_is_told_at_its_end() {
    let mut world = World::new();
    let until = START.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &["search"],
        START,
        until,
    )]));
    world.observe("search", Down);
    world.observe("api", Down);
    world.pass_secs(3_599);
    assert_eq!(world.titles(), [(10, "[Atlas] 1 critical: api is down")]);

    world.pass_secs(60);
    assert!(
        world
            .titles()
            .contains(&(3_610, "[Atlas] 1 critical: search is down"))
    );
}

#[test]
fn what_came_and_went_during_maintenance_is_a_line_in_the_digest_at_its_end() {
    let mut world = World::new();
    let until = START.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &[],
        START,
        until,
    )]));
    for service in ["search", "api"] {
        world.observe(service, Down);
        world.pass_secs(60);
        world.observe(service, Healthy);
    }
    world.pass_secs(7_200);

    assert_eq!(world.titles(), [(3_630, "[Atlas] digest, 2 resolved")]);
    assert_eq!(world.got[0].message.kind, DeliveryKind::Digest);
    assert_eq!(world.got[0].kinds(), [NoticeKind::FiredAndResolved; 2]);
}

/// As health tells it: held back while there is work, then until it was looked at once more.
#[test]
fn what_was_held_back_for_work_and_is_well_at_the_look_after_it_is_in_the_digest() {
    let mut world = World::new();
    let until = START.after(Duration::from_mins(10));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &["search"],
        START,
        until,
    )]));
    let mut work = held("search", Down, true);
    work.blocked_by = None;
    world.input(Input::Observed(vec![work.clone()]));
    assert_eq!(reasons(&world), [Some(Suppression::Maintenance)]);

    world.pass_secs(600);
    world.input(Input::Windows(Vec::new()));
    world.input(Input::Observed(vec![work]));
    world.pass_secs(10);
    assert!(world.got.is_empty());
    world.observe("search", Healthy);
    world.pass_secs(7_200);
    assert_eq!(world.got.len(), 1);
    assert_eq!(world.got[0].message.kind, DeliveryKind::Digest);
}

#[test]
fn an_end_that_falls_into_maintenance_is_told_after_it() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let until = world.now.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &[],
        world.now,
        until,
    )]));
    world.observe("search", Healthy);
    world.pass_secs(3_000);
    assert_eq!(world.titles().len(), 1);

    world.pass_secs(3_000);
    assert_eq!(world.titles().len(), 2);
    assert_eq!(world.got[1].kinds(), [NoticeKind::Resolved]);
}

#[test]
fn maintenance_that_begins_within_the_wait_holds_what_waits() {
    let mut world = World::new();
    world.observe("search", Degraded);
    world.pass_secs(10);
    let until = world.now.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &[],
        world.now,
        until,
    )]));
    world.pass_secs(3_000);

    assert!(world.got.is_empty());
    assert_eq!(reasons(&world), [Some(Suppression::Maintenance)]);
}

#[test]
fn quiet_hours_let_through_what_is_critical() {
    let mut world = World::new();
    let until = START.after(Duration::from_hours(8));
    world.input(Input::Windows(vec![window(
        WindowKind::QuietHours,
        &[],
        START,
        until,
    )]));
    world.observe("api", Degraded);
    world.observe("search", Down);
    world.pass_secs(3_000);
    assert_eq!(world.titles(), [(10, "[Atlas] 1 critical: search is down")]);

    // And what becomes critical speaks.
    world.observe("api", Critical);
    world.pass_secs(60);
    assert_eq!(world.titles()[1], (3_010, "[Atlas] 1 critical: api is critical"));
}

#[test]
fn a_silence_holds_what_it_means_until_it_ends() {
    let mut world = World::new();
    let asked = silence(&world, "service", "search", Duration::from_hours(2), false);
    world.input(asked);
    world.observe("search", Down);
    world.observe("api", Down);
    world.pass_secs(7_000);
    let about_search = |world: &World| {
        world
            .titles()
            .iter()
            .filter(|(_, title)| title.contains("search"))
            .count()
    };
    assert_eq!(about_search(&world), 0);
    assert_eq!(
        world.rows.silences[&1].until_wall.to_string(),
        "2026-01-01T02:00:00Z"
    );

    world.pass_secs(300);
    assert_eq!(about_search(&world), 1);
}

#[test]
fn a_silence_that_is_ended_early_lets_go_at_once() {
    let mut world = World::new();
    let asked = silence(&world, "rule", "service_status", Duration::from_hours(2), false);
    world.input(asked);
    world.observe("search", Down);
    world.pass_secs(600);
    assert!(world.got.is_empty());

    world.input(Input::EndSilence(1));
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 1);
    assert_eq!(world.refusal(Input::EndSilence(1)), Some(Refusal::NoSilence(1)));
}

#[test]
fn a_silence_until_all_is_well_ends_then_and_hides_no_end() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let asked = silence(&world, "service", "search", Duration::from_hours(20), true);
    world.input(asked);
    world.pass(Duration::from_hours(3));
    assert_eq!(world.titles().len(), 1, "no reminders");

    world.observe("search", Healthy);
    world.pass_secs(60);
    assert!(world.rows.silences[&1].ended);
    assert_eq!(world.titles().len(), 2);

    world.observe("search", Down);
    world.pass_secs(600);
    assert_eq!(world.titles().len(), 3, "it held for that time only");
}

#[test]
fn the_first_reason_in_the_order_is_the_one_that_is_kept() {
    let mut world = World::new();
    let until = START.after(Duration::from_hours(1));
    world.input(Input::Windows(vec![window(
        WindowKind::Maintenance,
        &[],
        START,
        until,
    )]));
    let asked = silence(&world, "service", "search", Duration::from_hours(2), false);
    world.input(asked);
    world.input(Input::Observed(vec![held("search", Down, true)]));
    assert_eq!(reasons(&world), [Some(Suppression::Dependency)]);
    world.input(Input::Observed(vec![held("search", Down, false)]));
    assert_eq!(reasons(&world), [Some(Suppression::Maintenance)]);
    world.pass_secs(3_700);
    assert_eq!(reasons(&world), [Some(Suppression::Silence)]);
    assert!(world.got.is_empty());
    world.pass_secs(3_700);
    assert_eq!(world.titles().len(), 1);
}

#[test]
fn a_held_notice_knows_its_reason_in_the_inbox_too() {
    let mut world = World::new();
    let asked = silence(&world, "service", "search", Duration::from_hours(2), false);
    world.input(asked);
    world.observe("search", Down);

    let row = world.rows.inbox.values().next().unwrap();
    assert_eq!(row.suppressed_by, Some(Suppression::Silence));
    let states: Vec<NoticeState> = world.rows.notices.values().map(|row| row.state).collect();
    assert_eq!(states, [NoticeState::Held]);
}

/// F27.
#[test]
fn what_was_taken_on_as_a_warning_speaks_again_when_it_is_critical() {
    let mut world = World::new();
    world.observe("search", Degraded);
    world.pass_secs(60);
    let incident = world.only_open();
    world.input(Input::Acknowledge {
        incident,
        by: "mara".to_owned(),
        comment: "looking".to_owned(),
    });
    world.pass(Duration::from_hours(30));
    assert_eq!(
        world.titles().len(),
        1,
        "no reminder of what somebody has taken on"
    );

    world.observe("search", Critical);
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 2);
    assert!(world.titles()[1].1.contains("search is critical"));
}

#[test]
fn what_was_taken_on_when_it_was_better_than_before_speaks_when_it_is_as_bad_again() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass_secs(60);
    world.observe("search", Degraded);
    let incident = world.only_open();
    world.input(Input::Acknowledge {
        incident,
        by: "mara".to_owned(),
        comment: String::new(),
    });
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 1);

    world.observe("search", Critical);
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 2);
}

#[test]
fn what_was_taken_on_before_it_was_told_is_not_told_until_it_is_given_back() {
    let mut world = World::new();
    world.observe("search", Degraded);
    let incident = world.only_open();
    world.input(Input::Acknowledge {
        incident,
        by: "mara".to_owned(),
        comment: String::new(),
    });
    world.pass_secs(600);
    assert!(world.got.is_empty());

    world.input(Input::Unacknowledge(incident));
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 1);
}

#[test]
fn the_end_of_what_was_taken_on_is_told() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass_secs(60);
    let incident = world.only_open();
    world.input(Input::Acknowledge {
        incident,
        by: "mara".to_owned(),
        comment: String::new(),
    });
    world.pass_secs(600);
    world.observe("search", Healthy);
    world.pass_secs(60);

    assert_eq!(world.titles().len(), 2);
}

fn flapping(status: atlas_domain::HealthStatus, flapping: bool, now: Moment) -> Input {
    let mut observation = Observation::plain("search", status, now);
    observation.flapping = flapping;
    observation.reason = "nothing is found".to_owned();
    observation.flapped = (!flapping).then(|| "its result changed 14 times within 12 min".to_owned());
    Input::Observed(vec![observation])
}

#[test]
fn what_ceases_to_come_and_go_and_is_wrong_is_summed_up_once() {
    let mut world = World::new();
    world.input(flapping(Degraded, true, world.now));
    world.pass_secs(900);
    for _ in 0..5 {
        world.input(flapping(Degraded, false, world.now));
        world.pass_secs(600);
    }

    let told: Vec<_> = world.got.iter().flat_map(Got::kinds).collect();
    assert_eq!(told, [NoticeKind::Firing, NoticeKind::Reminder]);
    let why = &world.got[1].message.worst[0].why;
    assert_eq!(
        why,
        "its result changed 14 times within 12 min, and stays so: nothing is found"
    );
}

#[test]
fn what_ceases_to_come_and_go_and_is_well_says_with_its_end_how_often_it_did() {
    let mut world = World::new();
    world.input(flapping(Degraded, true, world.now));
    world.pass_secs(900);
    world.input(flapping(Healthy, false, world.now));
    world.pass_secs(600);

    let told: Vec<_> = world.got.iter().flat_map(Got::kinds).collect();
    assert_eq!(told, [NoticeKind::Firing, NoticeKind::Resolved]);
    assert_eq!(
        world.got[1].message.worst[0].why,
        "its result changed 14 times within 12 min"
    );
}
