//! What people ask for, and other settings while the engine runs.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::HealthStatus::{Degraded, Down};
use atlas_domain::{HealthStatus, IncidentEnd, NoticeKind, Severity};

use super::world::*;
use crate::alerts::*;

fn only(rule: &str) -> RuleSet {
    RuleSet::parse(&format!(
        "[[status]]\nname = \"{rule}\"\nseverity = {{ degraded = \"warning\", down = \"critical\" }}\n\
         summary = \"{{service}} is {{status}}\"\nrunbook = \"\"\nreason = \"r\"\n"
    ))
    .unwrap()
}

#[rstest::rstest]
#[case::by_a_reload(false)]
#[case::by_a_restart(true)]
fn a_channel_that_is_added_is_told_what_fires_already_and_its_end(#[case] restart: bool) {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let with_phone = settings(vec![mail(), ChannelSettings::new("phone", None)]);
    if restart {
        world.settings = Arc::new(with_phone);
        world.restart();
    } else {
        world.input(Input::Reload(Arc::new(with_phone)));
    }
    world.pass_secs(600);
    assert_eq!(world.accepted("phone").len(), 0, "nobody has looked since");
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", Down);
    world.pass_secs(60);
    let told = |world: &World, channel: &str| -> Vec<NoticeKind> {
        let accepted = world.accepted(channel);
        accepted.iter().flat_map(|got| got.kinds()).collect()
    };
    assert_eq!(told(&world, "phone"), [NoticeKind::Firing]);
    assert_eq!(told(&world, "mail"), [NoticeKind::Firing]);

    world.observe("search", HealthStatus::Healthy);
    world.pass_secs(600);
    assert_eq!(told(&world, "phone"), [NoticeKind::Firing, NoticeKind::Resolved]);
}

/// F19.
#[test]
fn a_rule_that_is_deleted_while_it_fires_closes_as_removed() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let without = AlertSettings {
        rules: only("another_rule"),
        ..settings(vec![mail()])
    };
    world.input(Input::Reload(Arc::new(without)));
    world.pass_secs(600);

    let row = world.rows.incidents.values().next().unwrap();
    assert_eq!(row.end, Some(IncidentEnd::Removed));
    assert_eq!(world.got[1].kinds(), [NoticeKind::Resolved]);
    assert!(world.got[1].message.text().contains("no longer watched"));
}

#[test]
fn a_rule_that_is_deleted_while_atlas_is_not_running_closes_as_removed_too() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    world.settings = Arc::new(AlertSettings {
        rules: only("another_rule"),
        ..settings(vec![mail()])
    });
    world.restart();
    world.pass_secs(600);

    assert_eq!(world.titles().len(), 2);
}

#[test]
fn a_service_that_its_rule_leaves_out_closes_as_removed() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    let rules = "[[status]]\nname = \"service_status\"\nexcept = [\"search\"]\nseverity = { down = \"critical\" }\n\
                 summary = \"s\"\nrunbook = \"\"\nreason = \"r\"\n";
    world.input(Input::Reload(Arc::new(AlertSettings {
        rules: RuleSet::with_builtin(rules).unwrap(),
        ..settings(vec![mail()])
    })));

    let row = world.rows.incidents.values().next().unwrap();
    assert_eq!(row.end, Some(IncidentEnd::Removed));
}

/// F19.
#[test]
fn settings_that_do_not_fit_together_change_nothing() {
    let mut world = World::new();
    world.observe("search", Down);
    let bad = AlertSettings {
        rules: RuleSet::default(),
        channels: vec![mail(), mail()],
        ..AlertSettings::default()
    };
    let refusal = world.refusal(Input::Reload(Arc::new(bad)));
    world.pass_secs(600);

    let text = refusal.unwrap().to_string();
    assert_eq!(
        text,
        "the settings are not taken: there are two channels of the name `mail`"
    );
    assert_eq!(world.titles().len(), 1);
}

#[test]
fn a_channel_that_is_taken_out_takes_what_it_was_to_be_told_with_it() {
    let mut world = World::with(settings(vec![mail(), hook()])).answering(|attempt, _| {
        if &*attempt.channel == "mail" {
            failed()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Down);
    world.pass_secs(60);
    let tried = world.got.iter().filter(|got| got.channel == "mail").count();
    world.input(Input::Reload(Arc::new(settings(vec![hook()]))));
    world.pass_secs(900);

    assert_eq!(
        world.got.iter().filter(|got| got.channel == "mail").count(),
        tried
    );
    assert_eq!(world.accepted("hook").len(), 1);
}

#[test]
fn what_nothing_else_can_end_a_person_can() {
    let mut world = World::new();
    let labels = Labels::new([("mount", "/usb")]);
    world.input(Input::Measured(vec![Reading::of("mount_available", labels, 1.0)]));
    world.pass(Duration::from_hours(30));
    let incident = world.only_open();
    world.input(Input::Close(incident));
    world.pass_secs(600);

    let last = world.got.last().unwrap();
    assert_eq!(last.kinds(), [NoticeKind::Resolved]);
    assert!(last.message.text().contains("closed by hand"));
    assert_eq!(
        world.refusal(Input::Close(incident)),
        Some(Refusal::NoIncident(incident))
    );
}

#[test]
fn what_was_said_of_a_service_that_nobody_looks_at_any_more_is_over() {
    let mut world = World::new();
    world.observe("search", Down);
    world.observe("own", Down);
    world.pass_secs(60);
    let told = world.got.len();

    world.input(Input::Watched([Arc::from("search")].into()));
    world.pass_secs(600);

    let ends: Vec<_> = world
        .rows
        .incidents
        .values()
        .map(|row| (&*row.service, row.end))
        .collect();
    assert!(ends.contains(&("own", Some(IncidentEnd::Removed))), "{ends:?}");
    assert!(ends.contains(&("search", None)), "{ends:?}");
    assert_eq!(world.got[told].kinds(), [NoticeKind::Resolved]);
}

#[test]
fn a_silence_that_cannot_be_is_refused_with_all_reasons() {
    let mut world = World::new();
    let asked = NewSilence {
        matchers: Vec::new(),
        from: world.now,
        until: world.now,
        author: String::new(),
        comment: String::new(),
        until_resolved: false,
    };
    let refusal = world.refusal(Input::Silence(asked)).unwrap();

    assert!(
        refusal.to_string().contains("needs at least one matcher"),
        "{refusal}"
    );
    assert!(
        refusal.to_string().contains("must end after it begins"),
        "{refusal}"
    );
}

#[test]
fn without_a_channel_everything_is_in_the_inbox_and_that_is_said() {
    let mut world = World::with(settings(Vec::new()));
    world.observe("search", Degraded);
    world.observe("search", Down);
    world.pass(Duration::from_hours(10));

    assert!(world.got.is_empty());
    assert_eq!(world.rows.inbox.len(), 2);
}

/// One that never works, and one that is asked when nobody takes on what is critical.
fn with_a_second_set() -> World {
    let second = ChannelSettings { set: 1, ..hook() };
    World::with(settings(vec![mail(), second])).answering(|attempt, _| {
        if &*attempt.channel == "mail" {
            failed()
        } else {
            Answer::Delivered
        }
    })
}

#[test]
fn what_is_over_is_not_escalated_though_its_end_is_not_delivered_yet() {
    let mut world = with_a_second_set();
    world.observe("search", Down);
    world.pass_secs(60);
    let incident = world.only_open();
    world.input(Input::Close(incident));
    world.pass(Duration::from_hours(2));

    let about_search: Vec<_> = world.accepted("hook");
    assert!(
        about_search
            .iter()
            .all(|got| !got.message.text().contains("search")),
        "{about_search:?}"
    );
}

#[test]
fn what_nobody_watches_any_more_is_not_escalated() {
    let mut world = with_a_second_set();
    world.observe("own", Down);
    world.pass_secs(60);
    world.input(Input::Watched([Arc::from("search")].into()));
    world.pass(Duration::from_hours(2));

    let told = world.accepted("hook");
    assert!(
        told.iter().all(|got| !got.message.text().contains("own is down")),
        "{told:?}"
    );
}

/// Two channels, of which the first takes nothing, which is told, and so is that its messages are given up.
fn with_a_channel_in_trouble() -> World {
    let mut world = World::with(settings(vec![mail(), hook()])).answering(|attempt, _| {
        if &*attempt.channel == "mail" {
            refused()
        } else {
            Answer::Delivered
        }
    });
    world.observe("search", Degraded);
    world.pass(Duration::from_hours(1));
    let rules = open_rules(&world);
    assert!(rules.contains(&"notifier_failing"), "{rules:?}");
    assert!(rules.contains(&"notifier_gave_up"), "{rules:?}");
    world
}

fn open_rules(world: &World) -> Vec<&str> {
    let rows = world.rows.incidents.values();
    let open = rows.filter(|row| row.end.is_none() && row.rule.starts_with("notifier"));
    open.map(|row| row.rule.as_str()).collect()
}

#[test]
fn what_was_told_of_a_channel_is_over_when_it_is_taken_out() {
    let mut world = with_a_channel_in_trouble();
    world.input(Input::Reload(Arc::new(settings(vec![hook()]))));

    assert_eq!(open_rules(&world), Vec::<&str>::new());
}

#[test]
fn what_was_told_of_a_channel_is_over_when_it_is_taken_out_while_nothing_runs() {
    let mut world = with_a_channel_in_trouble();
    world.settings = Arc::new(settings(vec![hook()]));
    world.restart();

    assert_eq!(open_rules(&world), Vec::<&str>::new());
    let ends: Vec<_> = world
        .rows
        .incidents
        .values()
        .filter(|row| row.rule.starts_with("notifier"))
        .map(|row| row.end)
        .collect();
    assert!(ends.contains(&Some(IncidentEnd::Removed)), "{ends:?}");
}

#[test]
fn a_channel_without_a_trace_of_its_trouble_is_well_after_a_start() {
    let mut world = with_a_channel_in_trouble();
    // As after a repair of the file by hand.
    world.rows.deliveries.clear();
    world.rows.notices.clear();
    world.rows.channels.clear();
    world.restart();

    assert_eq!(open_rules(&world), Vec::<&str>::new());
}

#[test]
fn what_is_over_is_told_quietly() {
    let mut world = World::new();
    world.observe("search", Down);
    world.pass_secs(60);
    world.observe("search", HealthStatus::Healthy);
    world.pass_secs(600);

    let loud: Vec<Severity> = world.got.iter().map(|got| got.message.severity).collect();
    assert_eq!(loud, [Severity::Critical, Severity::Info]);
    let kept: Vec<Severity> = world.rows.deliveries.values().map(|row| row.severity).collect();
    assert_eq!(
        kept,
        [Severity::Critical; 2],
        "it is tried for as long as what it ends was"
    );
}
