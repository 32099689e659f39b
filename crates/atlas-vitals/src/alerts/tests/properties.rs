//! What holds whatever happens: any order of events, answers, restarts, and a death between any two effects.

use std::collections::{BTreeMap, BTreeSet};

use atlas_domain::{DeliveryState, HealthStatus, IncidentState, NoticeKind, NoticeState};
use proptest::prelude::*;

use super::world::*;
use crate::alerts::*;

#[derive(Debug, Clone)]
enum Event {
    Status(usize, HealthStatus, bool),
    Value(usize, f64),
    Pass(u64),
    Restart,
    Die(usize),
    Acknowledge,
    Silence(usize, u64),
    Maintenance(u64),
    Channel(usize, u8),
}

const SERVICES: [&str; 3] = ["search", "api", "database"];

fn event() -> impl Strategy<Value = Event> {
    let status = prop_oneof![
        4 => Just(HealthStatus::Healthy),
        2 => Just(HealthStatus::Degraded),
        2 => Just(HealthStatus::Critical),
        2 => Just(HealthStatus::Down),
        1 => Just(HealthStatus::Unknown),
    ];
    prop_oneof![
        6 => (0_usize..3, status, prop::bool::weighted(0.2)).prop_map(|(s, status, held)| Event::Status(s, status, held)),
        2 => (0_usize..2, prop_oneof![Just(0.99), Just(0.94), Just(0.5), Just(f64::NAN)]).prop_map(|(m, v)| Event::Value(m, v)),
        6 => prop_oneof![1_u64..60, 60_u64..900, 900_u64..20_000].prop_map(Event::Pass),
        1 => Just(Event::Restart),
        2 => (0_usize..6).prop_map(Event::Die),
        1 => Just(Event::Acknowledge),
        1 => (0_usize..3, 60_u64..4_000).prop_map(|(s, t)| Event::Silence(s, t)),
        1 => (60_u64..4_000).prop_map(Event::Maintenance),
        2 => (0_usize..2, 0_u8..4).prop_map(|(c, mood)| Event::Channel(c, mood)),
    ]
}

/// What the world looks like to whoever observes it: it is told again after a death, because it is a level.
struct Levels {
    statuses: BTreeMap<usize, (HealthStatus, bool)>,
    values: BTreeMap<usize, f64>,
}

fn mood_of(mood: u8, number: u32) -> Answer {
    match mood {
        1 => failed(),
        2 if !number.is_multiple_of(3) => unknown(),
        3 => refused(),
        _ => Answer::Delivered,
    }
}

fn play(events: &[Event]) -> World {
    let moods = std::rc::Rc::new(std::cell::RefCell::new([0_u8; 2]));
    let seen = std::rc::Rc::clone(&moods);
    let mail = ChannelSettings {
        failover: Some(std::sync::Arc::from("hook")),
        ..mail()
    };
    let mut world = World::with(settings(vec![mail, hook()])).answering(move |attempt, _| {
        let channel = usize::from(&*attempt.channel == "hook");
        mood_of(seen.borrow()[channel], attempt.number)
    });
    let mut levels = Levels {
        statuses: BTreeMap::new(),
        values: BTreeMap::new(),
    };
    for event in events {
        // A process does not begin in the millisecond in which another ended.
        if !matches!(event, Event::Restart) {
            world.pass_secs(1);
        }
        apply(&mut world, &mut levels, event, &moods);
        observe_again(&mut world, &levels);
    }
    // In the end everything works, and everything is well.
    *moods.borrow_mut() = [0, 0];
    world.fuse = None;
    for level in levels.statuses.values_mut() {
        *level = (HealthStatus::Healthy, false);
    }
    for value in levels.values.values_mut() {
        *value = 0.1;
    }
    for _ in 0..12 {
        observe_again(&mut world, &levels);
        world.pass_secs(600);
    }
    world.pass_secs(80 * 3_600);
    world
}

fn observe_again(world: &mut World, levels: &Levels) {
    let observations = levels.statuses.iter().map(|(service, (status, held))| {
        let mut observation = Observation::plain(SERVICES[*service], *status, START);
        observation.held = *held;
        observation
    });
    let observations: Vec<Observation> = observations.collect();
    let readings = levels.values.iter().map(|(mount, value)| {
        let labels = Labels::new([("mount", if *mount == 0 { "/" } else { "/data" })]);
        Reading {
            every: std::time::Duration::from_mins(10),
            ..Reading::of("mount_inodes_used", labels, *value)
        }
    });
    let readings: Vec<Reading> = readings.collect();
    // A death loses what was not committed; whoever observes just tells it again.
    while !world.input(Input::Observed(observations.clone())) {}
    while !world.input(Input::Measured(readings.clone())) {}
}

fn apply(
    world: &mut World,
    levels: &mut Levels,
    event: &Event,
    moods: &std::rc::Rc<std::cell::RefCell<[u8; 2]>>,
) {
    match event {
        Event::Status(service, status, held) => drop(levels.statuses.insert(*service, (*status, *held))),
        Event::Value(mount, value) => drop(levels.values.insert(*mount, *value)),
        Event::Pass(seconds) => world.pass_secs(*seconds),
        Event::Restart => world.restart(),
        Event::Die(after) => world.fuse = Some(*after),
        Event::Acknowledge => {
            let open = world
                .rows
                .incidents
                .values()
                .find(|row| row.state == IncidentState::Firing);
            if let Some(incident) = open.map(|row| row.id) {
                world.refusal(Input::Acknowledge {
                    incident,
                    by: "mara".to_owned(),
                    comment: String::new(),
                });
            }
        }
        Event::Silence(service, lasts) => {
            let (from, until) = (world.now, world.now.after(std::time::Duration::from_secs(*lasts)));
            world.input(Input::Silence(NewSilence {
                matchers: vec![StoredMatcher {
                    label: "service".to_owned(),
                    op: MatchOp::Equal,
                    value: SERVICES[*service].to_owned(),
                }],
                from,
                until,
                author: String::new(),
                comment: String::new(),
                until_resolved: lasts % 2 == 0,
            }));
        }
        Event::Maintenance(lasts) => {
            let until = world.now.after(std::time::Duration::from_secs(*lasts));
            world.input(Input::Windows(vec![Window {
                name: "work".to_owned(),
                kind: WindowKind::Maintenance,
                services: Vec::new(),
                from: world.now.millis(),
                until: until.millis(),
            }]));
        }
        Event::Channel(channel, mood) => moods.borrow_mut()[*channel] = *mood,
    }
}

/// No channel hears the end of something whose beginning certainly never came. It may have come with what arrived, with
/// what may have, and with what was under way when a process died: of that the next one knows nothing.
fn no_end_without_a_beginning(world: &World) -> Result<(), TestCaseError> {
    let mut may_know: BTreeSet<(&str, IncidentId)> = BTreeSet::new();
    let mut in_doubt = world.in_doubt.iter().peekable();
    for (place, got) in world.got.iter().enumerate() {
        while let Some((_, delivery)) = in_doubt.next_if(|(sent, _)| *sent <= place) {
            let row = &world.rows.deliveries[delivery];
            let entries = row.message.worst.iter();
            may_know.extend(entries.map(|entry| (row.channel.as_str(), entry.incident)));
        }
        let arrived = matches!(got.answer, Answer::Delivered | Answer::Unknown { .. });
        for entry in &got.message.worst {
            let key = (got.channel.as_str(), entry.incident);
            if entry.kind == NoticeKind::Resolved {
                prop_assert!(may_know.contains(&key), "{:?}", entry);
            } else if arrived {
                may_know.insert(key);
            }
        }
    }
    Ok(())
}

/// A delivery that was written down was sent, unless there was nothing left to tell.
fn every_delivery_is_sent(world: &World) -> Result<(), TestCaseError> {
    let sent: BTreeSet<DeliveryId> = world.got.iter().map(|got| got.message.delivery).collect();
    for row in world.rows.deliveries.values() {
        prop_assert!(sent.contains(&row.id), "{row:?}");
        prop_assert!(
            !matches!(row.state, DeliveryState::Waiting | DeliveryState::Sending),
            "{row:?}"
        );
    }
    Ok(())
}

/// Whoever was told that something is wrong is told its end, and nothing is left lying.
fn no_end_is_lost(world: &World) -> Result<(), TestCaseError> {
    let mut last: BTreeMap<(String, IncidentId), NoticeKind> = BTreeMap::new();
    for got in world.got.iter().filter(|got| got.answer == Answer::Delivered) {
        for entry in &got.message.worst {
            last.insert((got.channel.clone(), entry.incident), entry.kind);
        }
    }
    for ((channel, incident), kind) in last {
        let row = &world.rows.incidents[&incident];
        let is_over = row.state == IncidentState::Resolved;
        let ends = |kind| matches!(kind, NoticeKind::Resolved | NoticeKind::FiredAndResolved);
        // A channel that refused it, and was given nothing to accept for a day after.
        let was_refused = world.rows.notices.values().any(|notice| {
            let is_its = notice.incident == incident && notice.channel == channel;
            is_its
                && ends(notice.kind)
                && matches!(notice.state, NoticeState::Dead | NoticeState::UnknownFate)
        });
        prop_assert!(
            is_over == ends(kind) || was_refused,
            "{channel}: {kind} of {row:?}"
        );
    }
    for row in world.rows.notices.values() {
        prop_assert!(
            !matches!(
                row.state,
                NoticeState::Waiting | NoticeState::Held | NoticeState::Delivering
            ),
            "{row:?}"
        );
    }
    Ok(())
}

/// Each incident's news is told at most as often as there was news: its beginning, each time it got worse, its end. A
/// message that was given up and comes back after a newer one says what it said, so its end is told once more behind it.
fn notices_are_at_most_transitions_and_reminders(world: &World) -> Result<(), TestCaseError> {
    let mut told: BTreeMap<(&str, IncidentId), Vec<DeliveryId>> = BTreeMap::new();
    let mut came_back: BTreeMap<(&str, IncidentId), BTreeSet<DeliveryId>> = BTreeMap::new();
    for got in &world.got {
        let delivery = got.message.delivery;
        let news = got.message.worst.iter();
        for entry in news.filter(|entry| entry.kind != NoticeKind::Reminder) {
            let key = (got.channel.as_str(), entry.incident);
            let deliveries = told.entry(key).or_default();
            if !deliveries.contains(&delivery) {
                deliveries.push(delivery);
            } else if deliveries.last() != Some(&delivery) {
                came_back.entry(key).or_default().insert(delivery);
            }
        }
    }
    for (key, deliveries) in told {
        let transitions = world.rows.inbox.keys().filter(|(id, _)| *id == key.1).count();
        let again = came_back.get(&key).map_or(0, BTreeSet::len);
        prop_assert!(
            deliveries.len() <= transitions + again,
            "{} {}: {deliveries:?}",
            key.0,
            key.1
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_happens_messages_arrive_in_order_and_none_too_many(
        events in prop::collection::vec(event(), 1..40)
    ) {
        let world = play(&events);
        no_end_without_a_beginning(&world)?;
        every_delivery_is_sent(&world)?;
        no_end_is_lost(&world)?;
        notices_are_at_most_transitions_and_reminders(&world)?;
    }

    #[test]
    fn to_stop_and_go_on_is_as_if_nothing_had_been(
        events in prop::collection::vec(event(), 1..25),
        restarts in prop::collection::vec(prop::bool::ANY, 25)
    ) {
        let calm = |event: &&Event| !matches!(event, Event::Die(_) | Event::Restart);
        let plain: Vec<Event> = events.iter().filter(calm).cloned().collect();
        let mut restarted = Vec::new();
        for (event, restart) in plain.iter().zip(restarts.iter().cycle()) {
            restarted.push(event.clone());
            if *restart {
                restarted.push(Event::Restart);
            }
        }
        // Not the texts: a value that only varies is not written down each time.
        let seen = |world: &World| -> Vec<(u64, String, Vec<NoticeKind>, Counts)> {
            let got = world.got.iter();
            got.map(|got| (got.at, got.channel.clone(), got.kinds(), got.message.counts)).collect()
        };
        let (plain, restarted) = (play(&plain), play(&restarted));
        prop_assert_eq!(seen(&plain), seen(&restarted));
        prop_assert_eq!(plain.rows.inbox.len(), restarted.rows.inbox.len());
    }

    #[test]
    fn a_death_between_any_two_effects_loses_no_delivery(
        events in prop::collection::vec(event(), 1..20),
        place in 0_usize..20,
        after in 0_usize..40
    ) {
        let mut calm: Vec<Event> = events
            .into_iter()
            .filter(|event| !matches!(event, Event::Die(_)))
            .collect();
        let place = place.min(calm.len());
        calm.insert(place, Event::Die(after));
        let world = play(&calm);
        every_delivery_is_sent(&world)?;
        no_end_is_lost(&world)?;
    }
}
