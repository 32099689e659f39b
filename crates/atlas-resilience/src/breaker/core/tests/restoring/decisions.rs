//! What a person decided, after a restart: it lasts as long as was said, and no longer than that because a clock was
//! put right.

use super::*;

#[test]
fn an_overlay_survives_with_the_rest_of_its_time() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::ForcedOpen, Some(2 * HOUR));
    line.restart(HOUR, 0);
    assert_eq!(line.core.overlay().reason, "maintenance");
    assert_eq!(line.refused().until, Some(line.now.after(HOUR)));
    line.restart(HOUR, 0);
    line.admitted();

    line.overlay(OverlayMode::ForcedOpen, None);
    line.restart(30 * DAY, A_DAY_AHEAD);
    assert_eq!(
        line.refused(),
        Refusal {
            cause: RefusalCause::ForcedOpen,
            until: None
        }
    );
}

#[test]
fn an_overlay_that_ended_while_the_process_was_down_does_not_come_back_with_the_clock() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::ForcedOpen, Some(MINUTE));
    line.restart(90 * MINUTE, 0);
    line.restart(SECOND, AN_HOUR_BACK);
    line.admitted();
}

#[test]
fn every_decision_for_good_outlives_restarts_whatever_the_clock_does() {
    for mode in [
        OverlayMode::ForcedOpen,
        OverlayMode::Disabled,
        OverlayMode::MetricsOnly,
    ] {
        let mut line = Timeline::tripped(settings());
        line.overlay(mode, None);
        for (gap, step_secs) in [(SECOND, AN_HOUR_BACK), (30 * DAY, A_DAY_AHEAD), (SECOND, -3)] {
            line.restart(gap, step_secs);
            let overlay = line.core.overlay();
            assert_eq!((overlay.mode, overlay.expires), (mode, None));
            assert_eq!(overlay.reason, "maintenance");
            assert_eq!(line.ask().is_err(), mode == OverlayMode::ForcedOpen, "{mode:?}");
        }
    }
}

const LETTING_ALL_THROUGH: [OverlayMode; 2] = [OverlayMode::Disabled, OverlayMode::MetricsOnly];

#[test]
fn a_clock_that_was_put_back_does_not_let_everybody_through_for_longer() {
    for mode in LETTING_ALL_THROUGH {
        let mut line = Timeline::tripped(settings());
        line.overlay(mode, Some(10 * MINUTE));
        line.pass(MINUTE);
        line.restart(SECOND, AN_HOUR_BACK);
        assert_eq!(line.refused().cause, RefusalCause::Open, "{mode:?}");
    }
}

#[test]
fn a_clock_that_was_put_back_a_little_leaves_a_decision_most_of_its_time() {
    for mode in LETTING_ALL_THROUGH {
        let mut line = Timeline::new(settings());
        line.overlay(mode, Some(2 * HOUR));
        line.restart(SECOND, -3);
        let left = line.core.overlay().expires.map(|end| end.since(line.now));
        assert_eq!(
            left,
            Some((2 * HOUR).saturating_sub(2 * SECOND)),
            "{mode:?}: it is two seconds off"
        );
    }
}

#[test]
fn a_clock_that_was_put_back_gives_a_decision_to_refuse_at_most_its_whole_time_again() {
    let mut line = Timeline::new(settings());
    line.overlay(OverlayMode::ForcedOpen, Some(10 * MINUTE));
    line.pass(MINUTE);
    line.restart(SECOND, AN_HOUR_BACK);
    assert_eq!(line.refused().until, Some(line.now.after(10 * MINUTE)));
}

#[test]
fn a_decision_whose_time_was_over_unnoticed_does_not_come_back_with_the_clock() {
    for mode in LETTING_ALL_THROUGH {
        let mut line = Timeline::tripped(settings());
        line.overlay(mode, Some(2 * MINUTE));
        line.pass(HOUR + MINUTE);
        line.restart(SECOND, AN_HOUR_BACK);
        line.probe();
        line.refused();
    }
}
