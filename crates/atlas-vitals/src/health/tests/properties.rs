//! What holds for every sequence of results: against a model that is told all of them and computes the status anew,
//! from the definitions alone.

use proptest::prelude::*;

use super::*;

/// How bad, as a number.
fn bad(outcome: CheckOutcome) -> usize {
    match outcome {
        Good => 0,
        Warn => 1,
        Crit => 2,
        NoAnswer => 3,
        Unknown => unreachable!("skipped before"),
    }
}

/// The level of the rules after each result.
fn bases(kind: CheckKind, results: &[usize]) -> Vec<Option<usize>> {
    let mut bases = Vec::new();
    let mut base: Option<usize> = None;
    for end in 1..=results.len() {
        let seen = &results[..end];
        let last = |count: usize| (seen.len() >= count).then(|| &seen[seen.len() - count..]);
        let all = |count: usize, holds: &dyn Fn(usize) -> bool| {
            last(count).is_some_and(|last| last.iter().all(|result| holds(*result)))
        };
        let newest = seen[end - 1];
        let now = base.unwrap_or(0);
        let sustained = |most: usize| {
            (1..=most)
                .rev()
                .find(|level| all([0, 2, 3, 3][*level], &|result| result >= *level))
        };
        let up = match kind {
            CheckKind::Level => sustained(3),
            CheckKind::PassFail if newest >= 2 => {
                let streak = seen.iter().rev().take_while(|result| **result >= 2).count();
                [(6, 3), (3, 2), (2, 1)]
                    .into_iter()
                    .find(|(rung, _)| streak >= *rung)
                    .map(|(_, level)| level)
            }
            CheckKind::PassFail if newest == 1 => sustained(1),
            CheckKind::PassFail => None,
        };
        let down = if now == 3 { 3 } else { 2 };
        let counts = |result: usize| result < now && (kind == CheckKind::Level || result < 2);
        if let Some(level) = up.filter(|level| *level > now) {
            base = Some(level);
        } else if now > 0 && all(down, &counts) {
            base = last(down).and_then(|last| last.iter().max().copied());
        } else if base.is_none() && newest == 0 {
            base = Some(0);
        }
        bases.push(base);
    }
    bases
}

/// Whether each result, seen from the end, is a failure that led to no status.
fn soft_failures(results: &[usize], bases: &[Option<usize>]) -> Vec<bool> {
    let before = |at: usize| if at == 0 { 0 } else { bases[at - 1].unwrap_or(0) };
    let led_to_a_status = |at: usize| {
        let run = (at..results.len()).take_while(|later| results[*later] > 0);
        run.into_iter()
            .any(|later| bases[later].unwrap_or(0) > before(later))
    };
    (0..results.len())
        .map(|at| results[at] >= 2 && before(at) == 0 && !led_to_a_status(at))
        .collect()
}

/// The status after all of them.
fn model(kind: CheckKind, outcomes: &[CheckOutcome]) -> HealthStatus {
    let known = outcomes.iter().filter(|outcome| **outcome != Unknown);
    let results: Vec<usize> = known.map(|outcome| bad(*outcome)).collect();
    let bases = bases(kind, &results);
    let class = |result: usize| {
        if kind == CheckKind::PassFail {
            result.min(2)
        } else {
            result
        }
    };
    let (mut intermittent, mut flapping) = (false, false);
    for end in 1..=results.len() {
        let soft = soft_failures(&results[..end], &bases[..end]);
        let recent = soft.iter().rev().take(10).filter(|soft| **soft).count();
        intermittent = if intermittent { recent > 1 } else { recent >= 4 };
        let changes: Vec<bool> = results[..end]
            .windows(2)
            .map(|two| class(two[0]) != class(two[1]))
            .collect();
        let weighted: f64 = changes
            .iter()
            .rev()
            .take(20)
            .enumerate()
            .map(|(age, changed)| {
                if *changed {
                    0.8 + 0.02 * (19 - age) as f64
                } else {
                    0.0
                }
            })
            .sum();
        let percent = 100.0 * weighted / 20.0;
        flapping = percent > if flapping { 25.0 + 1e-9 } else { 30.0 + 1e-9 };
    }
    let overlay = (intermittent || flapping).then_some(1);
    match bases.last().copied().flatten().max(overlay) {
        None => HealthStatus::Unknown,
        Some(level) => HealthStatus::ALL[level],
    }
}

fn any_outcome() -> impl Strategy<Value = CheckOutcome> {
    prop_oneof![
        6 => Just(Good),
        2 => Just(Warn),
        4 => Just(Crit),
        2 => Just(NoAnswer),
        1 => Just(Unknown),
    ]
}

/// Results come in runs more often than not.
fn outcomes(runs: usize) -> impl Strategy<Value = Vec<CheckOutcome>> {
    let run = (any_outcome(), 1_usize..6).prop_map(|(outcome, times)| vec![outcome; times]);
    let mixed = prop_oneof![run, prop::collection::vec(any_outcome(), 1..8)];
    prop::collection::vec(mixed, 1..runs).prop_map(|runs| runs.concat())
}

fn any_kind() -> impl Strategy<Value = CheckKind> {
    prop_oneof![Just(CheckKind::Level), Just(CheckKind::PassFail)]
}

fn line(kind: CheckKind) -> Timeline {
    Timeline::of(vec![CheckSettings::new("it", kind, MINUTE)])
}

/// Results so soon after one another that nothing becomes stale.
fn hears_soon(line: &mut Timeline, outcome: CheckOutcome) -> Vec<Transition> {
    line.pass(SECOND);
    line.finds("it", outcome)
}

proptest! {
    #[test]
    fn the_status_is_what_the_definitions_say_of_all_results(kind in any_kind(), outcomes in outcomes(16)) {
        let mut line = line(kind);
        for (place, outcome) in outcomes.iter().enumerate() {
            hears_soon(&mut line, *outcome);
            prop_assert_eq!(line.status("it"), model(kind, &outcomes[..=place]), "after {:?}", &outcomes[..=place]);
        }
    }

    #[test]
    fn what_could_not_be_found_out_changes_no_status(kind in any_kind(), outcomes in outcomes(12), times in 1_usize..20) {
        let mut line = line(kind);
        for outcome in outcomes {
            hears_soon(&mut line, outcome);
            let before = line.status("it");
            for _ in 0..times {
                prop_assert_eq!(hears_soon(&mut line, Unknown), vec![]);
            }
            prop_assert_eq!(line.status("it"), before);
        }
    }

    #[test]
    fn the_transitions_told_in_order_are_the_status(kind in any_kind(), outcomes in outcomes(20)) {
        let mut line = line(kind);
        for outcome in outcomes {
            hears_soon(&mut line, outcome);
        }
        let mut replayed = HealthStatus::Unknown;
        let mut at = Moment::ORIGIN;
        for entry in line.engine.history("it").unwrap().entries() {
            prop_assert_eq!(entry.from, replayed);
            prop_assert!(entry.at > at && entry.to != entry.from);
            (replayed, at) = (entry.to, entry.at);
        }
        prop_assert_eq!(line.status("it"), replayed);
    }

    #[test]
    fn the_same_results_lead_to_the_same_state(kind in any_kind(), outcomes in outcomes(12)) {
        let (mut one, mut two) = (line(kind), line(kind));
        for outcome in &outcomes {
            prop_assert_eq!(hears_soon(&mut one, *outcome), hears_soon(&mut two, *outcome));
        }
        prop_assert_eq!(one.engine, two.engine);
    }

    #[test]
    fn what_comes_back_behaves_as_what_went(
        kind in any_kind(),
        before in outcomes(12),
        gap_secs in 0_u64..100_000,
        after in outcomes(12),
    ) {
        let mut stays = line(kind);
        for outcome in before {
            hears_soon(&mut stays, outcome);
        }
        let mut goes = Timeline { engine: stays.engine.clone(), ..stays };
        goes.restart(vec![CheckSettings::new("it", kind, MINUTE)], Duration::from_secs(gap_secs));
        for outcome in after {
            let (of_one, of_other) = (hears_soon(&mut stays, outcome), hears_soon(&mut goes, outcome));
            let said = |transitions: Vec<Transition>| -> Vec<_> {
                transitions.into_iter().map(|one| (one.from, one.to, one.cause, one.announce)).collect()
            };
            prop_assert_eq!(said(of_one), said(of_other));
            prop_assert_eq!(stays.status("it"), goes.status("it"));
        }
    }

    #[test]
    fn what_is_kept_is_what_is_kept_of_what_came_back(kind in any_kind(), outcomes in outcomes(12)) {
        let mut line = line(kind);
        for outcome in outcomes {
            hears_soon(&mut line, outcome);
        }
        let kept = line.engine.stored(line.now);
        line.restart(vec![CheckSettings::new("it", kind, MINUTE)], Duration::ZERO);
        prop_assert_eq!(line.engine.stored(line.now), kept);
    }

    #[test]
    fn an_episode_of_flapping_is_told_once_and_once_more_for_each_level_that_is_worse(
        kind in any_kind(),
        outcomes in outcomes(30),
    ) {
        let mut line = line(kind);
        let mut told_in_episode: Vec<HealthStatus> = Vec::new();
        for outcome in outcomes {
            let was_flapping = line.service("it").flapping;
            let told = told(&hears_soon(&mut line, outcome));
            let is_flapping = line.service("it").flapping;
            match (was_flapping, is_flapping) {
                (false, true) => told_in_episode = told,
                (true, true) => told_in_episode.extend(told),
                (true, false) => prop_assert_eq!(told.len(), 1, "one summary"),
                (false, false) => {}
            }
            let mut worse_each = told_in_episode.clone();
            worse_each.dedup();
            worse_each.sort_unstable();
            prop_assert_eq!(&told_in_episode, &worse_each);
        }
    }

    #[test]
    fn nothing_is_told_twice_and_the_last_word_is_the_status(kind in any_kind(), outcomes in outcomes(30)) {
        let mut line = line(kind);
        let mut believed = HealthStatus::Healthy;
        for outcome in outcomes {
            for transition in hears_soon(&mut line, outcome) {
                if transition.announce.is_yes() {
                    let sums_up = matches!(transition.flapping, FlappingWord::Ended(_));
                    prop_assert!(transition.to != believed || sums_up);
                    believed = transition.to;
                }
            }
            let service = line.service("it");
            if service.status != HealthStatus::Unknown && !service.flapping {
                prop_assert_eq!(believed, service.status);
            }
        }
    }

    #[test]
    fn whatever_happened_enough_good_results_lead_back_to_well(kind in any_kind(), outcomes in outcomes(30)) {
        let mut line = line(kind);
        for outcome in outcomes {
            hears_soon(&mut line, outcome);
        }
        hears_soon(&mut line, Good); // which may be the change that is one too many
        let service = line.service("it");
        // Three lead down from anywhere; failures now and then are forgotten after ten, changes after fifteen more.
        let more = match (service.flapping, service.intermittent) {
            (true, _) => 15,
            (false, true) => 9,
            (false, false) => 2,
        };
        for _ in 0..more {
            hears_soon(&mut line, Good);
        }
        prop_assert_eq!(line.status("it"), HealthStatus::Healthy);
        prop_assert!(!line.service("it").flapping);
    }
}
