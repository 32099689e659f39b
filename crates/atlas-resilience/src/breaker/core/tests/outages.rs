//! An outage needs no second opinion: it opens a closed breaker at once, and is a failure like any other to a
//! half-open one.

use super::*;

#[test]
fn one_outage_opens_it_whatever_the_rules() {
    for settings in [settings(), without_rules()] {
        let mut line = Timeline::new(settings);
        let call = line.admitted();
        let transition = line.finish(call, CallResult::Outage).transition.unwrap();
        assert_eq!((transition.from, transition.to), (Phase::Closed, Phase::Open));
        assert_eq!((transition.cause, transition.trips), (Cause::Outage, 1));
        assert_eq!(line.refused().until, Some(line.now.after(MINUTE)));
    }
}

#[test]
fn an_outage_fails_a_probe() {
    let mut line = Timeline::due(settings());
    let probe = line.probe();
    let transition = line.finish(probe, CallResult::Outage).transition.unwrap();
    assert_eq!((transition.from, transition.to), (Phase::HalfOpen, Phase::Open));
    assert_eq!((transition.cause, transition.trips), (Cause::ProbeFailed, 2));
}

#[test]
fn those_who_hear_of_the_same_outage_later_open_it_once() {
    let mut line = Timeline::new(settings());
    let (first, second) = (line.admitted(), line.admitted());
    line.finish(first, CallResult::Outage);
    let late = line.finish(second, CallResult::Outage);
    assert!(late.stale && late.transition.is_none());
    assert_eq!(line.core.trips(), 1);
}

#[test]
fn an_outage_beneath_a_decision_to_let_everybody_through_opens_nothing_or_is_only_seen() {
    for (mode, phase) in [
        (OverlayMode::Disabled, Phase::Closed),
        (OverlayMode::MetricsOnly, Phase::Open),
    ] {
        let mut line = Timeline::new(settings());
        line.overlay(mode, None);
        let call = line.admitted();
        line.finish(call, CallResult::Outage);
        assert_eq!(line.core.phase(), phase);
        line.admitted();
    }
}
