//! What a person decides: it covers the automatic judgement, and leaves it as it is.

use super::*;

#[test]
fn a_breaker_that_was_opened_by_hand_lets_nobody_through() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::ForcedOpen, None);
    line.pass(30 * DAY);
    assert_eq!(
        line.refused(),
        Refusal {
            cause: RefusalCause::ForcedOpen,
            until: None
        }
    );
    assert_eq!(line.core.phase(), Phase::Closed);
    line.overlay(OverlayMode::Auto, None);
    line.admitted();
}

#[test]
fn a_breaker_that_was_opened_by_hand_does_not_start_probing() {
    let mut line = Timeline::due(settings());
    line.overlay(OverlayMode::ForcedOpen, None);
    line.refused();
    assert_eq!(line.core.phase(), Phase::Open);
    line.overlay(OverlayMode::Auto, None);
    line.probe();
}

#[test]
fn calls_that_were_under_way_are_still_judged_when_it_is_opened_by_hand() {
    let mut line = Timeline::due(probing(1, 1));
    let probe = line.probe();
    let generation = line.core.generation();
    line.overlay(OverlayMode::ForcedOpen, None);
    assert_eq!(line.core.generation(), generation);
    line.finish(probe, CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
    line.refused();
}

#[test]
fn a_disabled_breaker_lets_every_call_through_and_judges_none() {
    let mut line = Timeline::tripped(settings());
    line.overlay(OverlayMode::Disabled, None);
    let generation = line.core.generation();
    for _ in 0..100 {
        assert!(!line.admitted().is_probe());
        line.call(CallResult::Failure);
        line.call(CallResult::Success);
    }
    assert_eq!(
        (line.core.phase(), line.core.generation(), line.core.trips()),
        (Phase::Open, generation, 1)
    );
    line.overlay(OverlayMode::Auto, None);
    line.refused();
}

#[test]
fn what_began_while_it_was_disabled_is_not_judged_later() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::Disabled, None);
    let tickets: Vec<_> = (0..5).map(|_| line.admitted()).collect();
    line.overlay(OverlayMode::Auto, None);
    for ticket in tickets {
        line.finish(ticket, CallResult::Failure);
    }
    assert_eq!(
        (line.core.phase(), line.core.consecutive_failures()),
        (Phase::Closed, 0)
    );
}

#[test]
fn a_probe_that_ends_while_it_is_disabled_gives_its_place_back() {
    let mut line = Timeline::due(settings());
    let probe = line.probe();
    line.overlay(OverlayMode::Disabled, None);
    line.finish(probe, CallResult::Success);
    assert_eq!(line.core.probes(), 0);
    line.overlay(OverlayMode::Auto, None);
    line.probe();
}

#[test]
fn an_observing_breaker_lets_every_call_through_and_shows_what_it_would_do() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::MetricsOnly, None);
    for _ in 0..3 {
        line.call(CallResult::Failure);
    }
    assert_eq!((line.core.phase(), line.core.trips()), (Phase::Open, 1));
    assert!(!line.admitted().is_probe());
    line.call(CallResult::Failure);
    line.pass(MINUTE);
    let probe = line.probe();
    assert!(!line.admitted().is_probe());
    assert_eq!(line.core.probes(), 1);
    line.call(CallResult::Failure);
    assert_eq!(
        line.core.phase(),
        Phase::HalfOpen,
        "a call that it would have refused decides nothing"
    );
    line.finish(probe, CallResult::Success);
    line.call(CallResult::Success);
    assert_eq!(line.core.phase(), Phase::Closed);
}

#[test]
fn an_overlay_ends_by_itself_at_its_time() {
    for mode in [
        OverlayMode::ForcedOpen,
        OverlayMode::Disabled,
        OverlayMode::MetricsOnly,
    ] {
        let mut line = Timeline::tripped(settings());
        line.overlay(mode, Some(30 * SECOND));
        line.pass(just_short_of(30 * SECOND));
        assert_eq!(line.ask().is_err(), mode == OverlayMode::ForcedOpen);
        line.pass(Duration::from_nanos(1));
        let effects = line.step(Event::Ask);
        assert!(effects.persist);
        assert_eq!(effects.answer.unwrap().unwrap_err().cause, RefusalCause::Open);
        assert_eq!(line.core.overlay().mode, OverlayMode::Auto);
    }
}

#[test]
fn who_is_refused_by_hand_hears_when_that_ends() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::ForcedOpen, Some(HOUR));
    let until = Some(line.now.after(HOUR));
    assert_eq!(
        line.refused(),
        Refusal {
            cause: RefusalCause::ForcedOpen,
            until
        }
    );
}

#[test]
fn a_reset_closes_and_forgets_and_leaves_the_overlay() {
    let mut line = Timeline::tripped(settings());
    line.overlay(OverlayMode::MetricsOnly, None);
    let generation = line.core.generation();
    let transition = line.step(Event::Operate(Command::Reset)).transition.unwrap();
    assert_eq!((transition.from, transition.to), (Phase::Open, Phase::Closed));
    assert_eq!((transition.cause, transition.trips), (Cause::Reset, 0));
    assert_eq!(line.core.generation(), generation + 1);
    assert_eq!(line.core.overlay().mode, OverlayMode::MetricsOnly);
    line.overlay(OverlayMode::Auto, None);
    assert!(line.core.is_without_past(line.now));
    line.trip();
    assert_eq!(line.remaining(), MINUTE);
}

#[test]
fn a_reset_of_a_closed_breaker_forgets_its_failures() {
    let mut line = Timeline::new(settings());
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    line.step(Event::Operate(Command::Reset));
    line.call(CallResult::Failure);
    line.call(CallResult::Failure);
    assert_eq!(line.core.phase(), Phase::Closed);
}
