//! Settings by scope, and settings that change while breakers are at hand, asleep, or on their way from one to the
//! other.

use super::*;

fn fails_once(breakers: &Breakers, scope: &str) -> Phase {
    let breaker = breakers.get(scope);
    breaker.acquire().expect("it is closed").failure("out of order");
    breaker.status().phase
}

#[test]
fn a_scope_may_have_settings_of_its_own() {
    let hosts = Hosts::new(FEW);
    let scopes = HashMap::from([("touchy.example".to_owned(), Arc::new(trips_at_once()))]);
    hosts.breakers.configure(ServiceSettings {
        scopes,
        ..for_all(settings())
    });
    assert_eq!(fails_once(&hosts.breakers, "touchy.example"), Phase::Open);
    assert_eq!(fails_once(&hosts.breakers, "other.example"), Phase::Closed);
    assert_eq!(
        hosts
            .breakers
            .settings("touchy.example")
            .trip
            .consecutive_failures,
        Some(1)
    );
}

#[test]
fn new_settings_reach_breakers_at_hand_asleep_and_not_yet_there() {
    let hosts = Hosts::new(FEW);
    for scope in ["asleep.example", "at-hand.example"] {
        hosts.trip(scope);
    }
    hosts.clock.advance(MINUTE);
    for scope in ["asleep.example", "at-hand.example"] {
        hosts.recover(scope);
    }
    hosts.crowd_out("asleep.example");
    hosts.call("at-hand.example");
    hosts.breakers.configure(for_all(trips_at_once()));
    for scope in ["at-hand.example", "asleep.example", "not-yet.example"] {
        assert_eq!(fails_once(&hosts.breakers, scope), Phase::Open, "{scope}");
    }
}

#[test]
fn an_open_time_that_the_new_cap_forbids_ends_earlier_asleep_or_not() {
    let hosts = Hosts::new(FEW);
    let open = OpenTime {
        base: HOUR,
        ..settings().open
    };
    hosts
        .breakers
        .configure(for_all(BreakerSettings { open, ..settings() }));
    for scope in ["asleep.example", "at-hand.example"] {
        hosts.trip(scope);
    }
    hosts.crowd_out("asleep.example");
    let open = OpenTime {
        cap: MINUTE,
        ..settings().open
    };
    hosts
        .breakers
        .configure(for_all(BreakerSettings { open, ..settings() }));
    for scope in ["asleep.example", "at-hand.example"] {
        let until = hosts.breakers.get(scope).status().until.expect("it is open");
        assert!(until.since(hosts.breakers.now()) <= MINUTE, "{scope}");
    }
}

#[test]
fn the_observer_hears_which_breakers_end_earlier_by_other_settings() {
    let (breakers, notebook) = observed();
    let told = || std::mem::take(&mut *notebook.0.lock().expect("nobody panicked"));
    let with = |base, cap| {
        let trips = trips_at_once();
        let open = OpenTime {
            base,
            cap,
            ..trips.open
        };
        for_all(BreakerSettings { open, ..trips })
    };
    breakers.configure(with(HOUR, HOUR));
    fails_once(&breakers, "bad.example");
    breakers
        .get("well.example")
        .acquire()
        .expect("it is closed")
        .success();
    told();
    breakers.configure(with(HOUR, HOUR));
    breakers.configure(with(HOUR, 2 * HOUR));
    assert!(told().is_empty(), "nothing ends earlier");
    breakers.configure(with(MINUTE, MINUTE));
    assert_eq!(told(), ["fetch bad.example earlier"]);
}

#[test]
fn settings_that_change_while_a_breaker_wakes_reach_it() {
    let clock = InterruptingClock::new();
    let breakers = sleeping(&clock, "bad.example");
    let registry = Arc::clone(&breakers);
    clock.interrupt_with(move || registry.configure(for_all(trips_at_once())));
    let breaker = breakers.get("bad.example");
    breaker.operate(Command::Reset);
    assert_eq!(fails_once(&breakers, "bad.example"), Phase::Open);
}

#[test]
fn hosts_that_are_never_to_be_left_alone_are_freed_asleep_or_not() {
    let hosts = Hosts::new(FEW);
    for scope in ["asleep.example", "at-hand.example"] {
        hosts.trip(scope);
    }
    hosts.crowd_out("asleep.example");
    let mut never = settings();
    never.trip.consecutive_failures = None;
    hosts.breakers.configure(for_all(never));
    for scope in ["asleep.example", "at-hand.example"] {
        assert_eq!(hosts.breakers.status(scope).phase, Phase::Closed, "{scope}");
        assert_eq!(fails_once(&hosts.breakers, scope), Phase::Closed, "{scope}");
    }
}
