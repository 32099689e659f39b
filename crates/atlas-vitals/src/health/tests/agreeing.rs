//! What holds for every course of events with dependencies, maintenance and restarts: nobody is misled, and a process
//! that was restarted tells what one that was not would have told.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// Something that happens, a while after what happened before.
#[derive(Debug, Clone)]
enum Event {
    Finds(usize, CheckOutcome),
    Announces(usize, Duration),
    Ends,
    Nothing,
}

const NAMES: [&str; 4] = [DISK_SPACE, DATABASE, SEARCH, API];

fn any_event() -> impl Strategy<Value = (u64, Event)> {
    let outcome = prop_oneof![
        4 => Just(Good),
        1 => Just(Warn),
        4 => Just(Crit),
        3 => Just(NoAnswer),
        1 => Just(Unknown),
    ];
    let event = prop_oneof![
        20 => (0..NAMES.len(), outcome).prop_map(|(check, outcome)| Event::Finds(check, outcome)),
        1 => (0..NAMES.len(), 1_u64..900).prop_map(|(check, secs)| Event::Announces(check, Duration::from_secs(secs))),
        1 => Just(Event::Ends),
        1 => Just(Event::Nothing),
    ];
    (1_u64..40, event)
}

fn happens(line: &mut Timeline, (after_secs, event): &(u64, Event)) -> Vec<Transition> {
    line.pass(Duration::from_secs(*after_secs));
    match event {
        Event::Finds(check, outcome) => line.finds(NAMES[*check], *outcome),
        Event::Announces(check, lasts) => {
            let scope = Scope::Checks(BTreeSet::from([NAMES[*check].to_owned()]));
            let maintenance = Maintenance::announced("work", "", scope, line.now, *lasts);
            transitions(line.step(HealthInput::Announce(maintenance)))
        }
        Event::Ends => transitions(line.step(HealthInput::EndMaintenance("work".to_owned()))),
        Event::Nothing => line.tick(),
    }
}

fn many() -> impl Strategy<Value = Vec<(u64, Event)>> {
    prop::collection::vec(any_event(), 1..150)
}

proptest! {
    #[test]
    fn a_process_that_was_restarted_tells_what_one_that_was_not_would_tell(
        before in many(),
        after in many(),
    ) {
        let mut stays = Timeline::of(seven_services());
        stays.pass(2 * MINUTE); // nothing is starting any more
        for check in NAMES {
            stays.finds(check, Good);
        }
        for event in &before {
            happens(&mut stays, event);
        }
        let mut goes = Timeline { engine: stays.engine.clone(), ..stays };
        goes.restart(seven_services(), Duration::ZERO);
        // Until it has looked for itself it tells nothing: it looks at everything first, as the other one does.
        for line in [&mut stays, &mut goes] {
            line.pass(2 * MINUTE);
            for check in NAMES {
                line.finds(check, Good);
            }
        }
        for event in &after {
            prop_assert_eq!(happens(&mut stays, event), happens(&mut goes, event));
        }
    }

    #[test]
    fn nobody_is_told_of_an_end_without_a_beginning(events in many()) {
        let mut line = Timeline::of(seven_services());
        let mut believed: BTreeMap<String, HealthStatus> = BTreeMap::new();
        for event in &events {
            for transition in happens(&mut line, event) {
                if transition.announce.is_yes() {
                    let believed = believed.entry(transition.check.clone()).or_insert(HealthStatus::Healthy);
                    let sums_up = matches!(transition.flapping, FlappingWord::Ended(_));
                    prop_assert!(*believed != transition.to || sums_up);
                    prop_assert!(transition.to != HealthStatus::Unknown);
                    *believed = transition.to;
                }
            }
        }
    }

    #[test]
    fn what_fails_for_good_is_told_within_forty_minutes_whatever_happened(events in many()) {
        let mut line = Timeline::of(seven_services());
        let mut believed: BTreeMap<String, HealthStatus> = BTreeMap::new();
        let mut hear = |transitions: Vec<Transition>| {
            for transition in transitions.into_iter().filter(|one| one.announce.is_yes()) {
                believed.insert(transition.check, transition.to);
            }
        };
        for event in &events {
            hear(happens(&mut line, event));
        }
        for _ in 0..40 {
            line.pass(MINUTE);
            for check in NAMES {
                hear(line.finds(check, NoAnswer));
            }
        }
        for check in NAMES {
            prop_assert_eq!(believed.get(check), Some(&HealthStatus::Down), "{}", check);
        }
    }
}
