//! When something is told, and what together: grouping, updates, what gets worse, reminders, escalation.

use std::time::Duration;

use atlas_domain::HealthStatus::{Critical, Degraded, Down, Healthy, Unknown};
use atlas_domain::{IncidentEnd, NoticeKind, Severity};

use super::world::*;
use crate::alerts::*;

#[test]
fn what_is_critical_is_told_after_ten_seconds_and_its_end_too() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass_secs(600);
    world.observe("search", Healthy);
    world.pass_secs(600);

    assert_eq!(
        world.titles(),
        [
            (10, "[Atlas] 1 critical: search is critical"),
            (610, "[Atlas] 1 resolved: search is critical"),
        ]
    );
}

#[test]
fn to_be_told_the_same_again_changes_nothing() {
    let mut world = World::new();
    for _ in 0..100 {
        world.observe("search", Degraded);
        world.pass_secs(60);
    }

    assert_eq!(world.titles(), [(30, "[Atlas] 1 warning: search is degraded")]);
    assert_eq!(world.rows.inbox.len(), 1);
}

#[test]
fn what_ends_and_begins_again_at_one_moment_is_two_incidents() {
    let mut world = World::new();
    for status in [Degraded, Healthy, Degraded] {
        world.observe("search", status);
    }
    world.pass_secs(600);

    assert_eq!(world.rows.incidents.len(), 2);
    assert_eq!(world.titles(), [(30, "[Atlas] 1 warning, 1 resolved: search")]);
}

#[test]
fn one_cause_is_one_notice_whatever_noticed_it() {
    let mut world = World::new();
    world.observe("database", Degraded);
    let wal = Reading::of("database_wal", Labels::new([("database", "library")]), 3e8);
    for _ in 0..12 {
        world.input(Input::Measured(vec![wal.clone()]));
        world.pass_secs(60);
    }

    // The measurement must hold for ten minutes, by which time the group is told of already: an update, not a storm.
    let titles = world.titles();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert_eq!(titles[0], (30, "[Atlas] 1 warning: database is degraded"));
    assert!(
        titles[1].1.contains("the write-ahead log of library"),
        "{titles:?}"
    );
}

#[test]
fn members_that_come_within_the_wait_are_told_together() {
    let mut world = World::with(AlertSettings {
        rules: RuleSet::parse(
            "[[status]]\nname = \"one\"\nseverity = { down = \"critical\" }\nsummary = \"a\"\nrunbook = \"\"\n\
             reason = \"b\"\n[[metric]]\nname = \"two\"\nservice = \"search\"\nseverity = \"critical\"\n\
             when = [{ series = \"lag\", op = \">\", threshold = 1 }]\nsummary = \"c\"\nrunbook = \"\"\nreason = \"d\"\n",
        )
        .unwrap(),
        ..settings(vec![mail()])
    });
    world.observe("search", Down);
    world.pass_secs(5);
    world.input(Input::Measured(vec![Reading::of("lag", Labels::default(), 2.0)]));
    world.pass_secs(600);

    assert_eq!(world.titles(), [(10, "[Atlas] 2 critical: search")]);
}

#[test]
fn a_pending_alert_that_clears_leaves_history_and_no_message() {
    let mut world = World::new();
    world.observe("search", Unknown);
    world.pass_secs(200);
    world.observe("search", Healthy);
    world.pass_secs(3_600);

    assert!(world.got.is_empty());
    assert!(world.rows.inbox.is_empty());
    let ends: Vec<_> = world.rows.incidents.values().map(|row| row.end).collect();
    assert_eq!(ends, [Some(IncidentEnd::Cleared)]);
}

#[test]
fn nobody_able_to_look_for_five_minutes_is_told_by_time_alone() {
    let mut world = World::new();
    world.observe("search", Unknown);
    world.pass_secs(3_600);

    let titles = world.titles();
    assert_eq!(titles.len(), 1);
    assert_eq!(titles[0].0, 330);
}

#[test]
fn unknown_neither_ends_an_incident_nor_begins_another() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass_secs(60);
    world.observe("search", Unknown);
    world.pass_secs(120);

    assert_eq!(world.titles().len(), 1);
    assert_eq!(
        world
            .rows
            .incidents
            .values()
            .filter(|row| row.end.is_some())
            .count(),
        0
    );
}

#[test]
fn what_gets_worse_does_not_wait_for_the_interval() {
    let mut world = World::new();
    world.observe("search", Degraded);
    world.pass_secs(60);
    world.observe("search", Down);
    world.pass_secs(60);

    assert_eq!(
        world.titles(),
        [
            (30, "[Atlas] 1 warning: search is degraded"),
            (70, "[Atlas] 1 critical: search is down"),
        ]
    );
    assert_eq!(world.got[1].kinds(), [NoticeKind::Worse]);
    assert_eq!(world.rows.incidents.len(), 1, "it is the same incident");
}

#[test]
fn what_gets_better_without_being_well_is_no_news() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", Degraded);
    world.pass_secs(60);
    world.observe("search", Down);
    world.pass_secs(60);

    assert_eq!(world.titles().len(), 1);
}

#[test]
fn what_was_never_tried_and_is_over_is_told_in_one() {
    let mut world = World::new();
    world.observe("search", Degraded);
    world.pass_secs(10);
    world.observe("search", Healthy);
    world.pass_secs(600);

    assert_eq!(world.titles(), [(30, "[Atlas] 1 resolved: search is degraded")]);
    let text = world.got[0].message.text();
    assert!(
        text.contains("fired 00:00, resolved 00:00 UTC (2026-01-01)"),
        "{text}"
    );
    assert_eq!(world.got[0].message.counts.fired_and_resolved, 1);
}

#[test]
fn reminders_come_ever_later() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass(Duration::from_hours(100));

    let hours: Vec<u64> = world.got.iter().map(|got| got.at / 3_600).collect();
    // After 1, 2, 4, 8, 16, and then 24 hours each.
    assert_eq!(hours, [0, 1, 3, 7, 15, 31, 55, 79]);
    assert_eq!(
        world.got[1].message.title,
        "[Atlas] reminder, 1 critical: search is critical"
    );
}

#[test]
fn nobody_is_reminded_of_what_is_over() {
    let mut world = World::new();
    world.observe("search", Critical);
    world.pass_secs(60);
    world.observe("search", Healthy);
    world.pass(Duration::from_hours(100));

    assert_eq!(world.titles().len(), 2);
}

#[test]
fn what_nobody_takes_on_is_told_to_ever_more() {
    let set = |name: &str, set: u8| ChannelSettings {
        set,
        ..ChannelSettings::new(name, None)
    };
    let mut world = World::with(settings(vec![set("first", 0), set("second", 1), set("last", 2)]));
    world.observe("search", Critical);
    world.pass_secs(3_000);

    let told: Vec<(u64, &str)> = world
        .got
        .iter()
        .map(|got| (got.at, got.channel.as_str()))
        .collect();
    assert_eq!(told, [(10, "first"), (910, "second"), (2_710, "last")]);
    assert_eq!(world.got[1].kinds(), [NoticeKind::Escalated]);

    world.observe("search", Healthy);
    world.pass_secs(600);
    let resolved = world.got[3..]
        .iter()
        .filter(|got| got.kinds() == [NoticeKind::Resolved]);
    assert_eq!(resolved.count(), 3, "all who heard of it hear of its end");
}

#[test]
fn what_is_taken_on_or_no_more_critical_is_not_told_to_more() {
    let second = ChannelSettings {
        set: 1,
        ..ChannelSettings::new("second", None)
    };
    for take_on in [true, false] {
        let mut world = World::with(settings(vec![mail(), second.clone()]));
        world.observe("search", Critical);
        world.pass_secs(60);
        if take_on {
            let incident = world.only_open();
            world.input(Input::Acknowledge {
                incident,
                by: "mara".to_owned(),
                comment: String::new(),
            });
        } else {
            world.observe("search", Degraded);
        }
        world.pass_secs(3_000);

        assert!(world.accepted("second").is_empty());
    }
}

#[test]
fn a_channel_hears_only_what_is_loud_enough_for_it() {
    let quiet = ChannelSettings {
        at_least: Severity::Critical,
        ..ChannelSettings::new("pager", None)
    };
    let mut world = World::with(settings(vec![mail(), quiet]));
    world.observe("search", Degraded);
    world.pass_secs(600);
    assert!(world.accepted("pager").is_empty());

    world.observe("search", Critical);
    world.pass_secs(60);
    let got = world.accepted("pager");
    assert_eq!(got.len(), 1);
    assert_eq!(
        got[0].kinds(),
        [NoticeKind::Firing],
        "to whom nothing was told it is new, not worse"
    );
}

/// F15: a value that jumps around its limit.
#[test]
fn noise_around_a_limit_is_one_to_three_notices_and_never_none() {
    let mut world = World::new();
    for look in 0..360 {
        let value = if look % 2 == 0 { 0.99 } else { 0.93 };
        let labels = || Labels::new([("mount", "/data")]);
        world.input(Input::Measured(vec![Reading::of(
            "mount_inodes_used",
            labels(),
            if look < 15 { 0.99 } else { value },
        )]));
        world.pass_secs(10);
    }
    let count = world.titles().len();
    assert!((1..=3).contains(&count), "{:?}", world.titles());
}

/// F15: health says that the service flaps and is degraded; a real failure is told all the same.
#[test]
fn what_flaps_is_told_once_and_a_real_failure_gets_through() {
    let mut world = World::new();
    let observation = |status, flapping| {
        let mut observation = Observation::plain("search", status, START);
        observation.flapping = flapping;
        Input::Observed(vec![observation])
    };
    for _ in 0..120 {
        world.input(observation(Degraded, true));
        world.pass_secs(180);
    }
    assert_eq!(world.titles(), [(30, "[Atlas] 1 warning: search is degraded")]);

    world.input(observation(Down, true));
    world.pass_secs(60);
    assert_eq!(world.titles().len(), 2);
    assert!(world.titles()[1].1.contains("search is down"));
}

/// F26: nothing holds back what is no consequence of it.
#[test]
fn a_disk_that_is_critical_for_a_day_mutes_no_search_that_fails_then() {
    let mut world = World::new();
    world.observe("disk_space", Critical);
    world.pass(Duration::from_hours(24));
    let before = world.got.len();
    world.observe("search", Down);
    world.pass_secs(60);

    assert_eq!(world.got.len(), before + 1);
    assert!(world.got[before].message.title.contains("search is down"));
}

#[test]
fn a_long_reason_in_a_status_stands_in_the_message() {
    let mut world = World::new();
    let mut observation = Observation::plain("search", Down, START);
    observation.reason = "no answer within 2 s".to_owned();
    world.input(Input::Observed(vec![observation]));
    world.pass_secs(60);

    let text = world.got[0].message.text();
    assert!(text.contains("why: no answer within 2 s"), "{text}");
    assert!(text.contains("run: atlas status"), "{text}");
    assert!(
        text.contains("read: docs/guide/runbooks.md#service-status"),
        "{text}"
    );
}

/// F22: neither a name nor a reason can add a header, and a message has a bound.
#[test]
fn nothing_that_comes_in_breaks_a_line_or_the_bound() {
    let mut world = World::new();
    let evil = format!("down\r\nBcc: all@example.com\u{0}{}", "ä".repeat(600_000));
    let observations = (0..20).map(|number| {
        let mut observation = Observation::plain(&format!("{number}{evil}"), Down, START);
        observation.reason = evil.clone();
        observation
    });
    world.input(Input::Observed(observations.collect()));
    world.pass_secs(600);

    assert!(!world.got.is_empty());
    for got in &world.got {
        assert!(
            !got.message.title.chars().any(char::is_control),
            "{:?}",
            got.message.title
        );
        assert!(got.message.title.len() <= 200);
        let text = got.message.text();
        assert!(text.len() <= LONGEST_MESSAGE_BYTES);
        assert!(!text.lines().any(|line| line.starts_with("Bcc")));
    }
}

#[test]
fn a_message_links_to_what_the_owner_has_named_and_to_nothing_else() {
    let mut world = World::with(AlertSettings {
        base_url: Some("https://notes.example.com/atlas?when=alarmed".to_owned()),
        ..settings(vec![mail()])
    });
    world.observe("search", Down);
    world.pass_secs(60);

    let link = world.got[0].message.link.as_deref();
    assert_eq!(link, Some("https://notes.example.com/atlas?when=alarmed"));
}

#[test]
fn later_messages_follow_the_first_about_the_incident() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(600);
    world.observe("search", Healthy);
    world.pass_secs(600);

    assert_eq!(world.got[0].message.follows, None);
    assert_eq!(world.got[1].message.follows, Some(world.got[0].message.delivery));
}
