//! Looking at breakers: it shows how they are, and changes nothing.

use super::*;

#[test]
fn asking_for_the_status_of_an_unknown_host_creates_no_breaker() {
    let hosts = Hosts::new(FEW);
    let status = hosts.breakers.status("unknown.example");
    assert_eq!((status.phase, status.trips), (Phase::Closed, 0));
    assert_eq!(hosts.breakers.all(), []);
    assert_eq!(hosts.breakers.remembered(), (0, 0));
    assert_eq!(hosts.journal.backlog(), 0);
}

#[test]
fn a_sleeping_breaker_is_seen_as_it_is_and_sleeps_on() {
    let hosts = Hosts::new(FEW);
    hosts.trip("bad.example");
    hosts.crowd_out("bad.example");
    let remembered = hosts.breakers.remembered();
    hosts.clock.advance(HOUR);
    let status = hosts.breakers.status("bad.example");
    assert_eq!(
        (status.phase, status.trips, status.is_due),
        (Phase::Open, 1, true)
    );
    assert_eq!(status.reason, "out of order");
    assert!(
        hosts
            .breakers
            .all()
            .iter()
            .any(|(scope, _)| &**scope == "bad.example")
    );
    assert_eq!(hosts.breakers.remembered(), remembered);
    assert!(!hosts.is_at_hand("bad.example"));
}

#[test]
fn all_names_each_breaker_once_in_order() {
    let hosts = Hosts::new(FEW);
    hosts.trip("b.example");
    hosts.crowd_out("b.example");
    hosts.trip("c.example");
    hosts.call("a.example");
    let all = hosts.breakers.all();
    let of_interest = all
        .iter()
        .map(|(scope, _)| &**scope)
        .filter(|scope| !scope.starts_with("crowd-"));
    assert_eq!(
        of_interest.collect::<Vec<_>>(),
        ["a.example", "b.example", "c.example"]
    );
}

#[test]
fn a_breaker_that_is_just_being_woken_is_seen_as_it_was() {
    let clock = InterruptingClock::new();
    let breakers = sleeping(&clock, "bad.example");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (registry, notes) = (Arc::clone(&breakers), Arc::clone(&seen));
    clock.interrupt_with(move || {
        let mut notes = notes.lock().expect("nobody panicked");
        notes.push(registry.status("bad.example").phase);
        notes.extend(registry.all().into_iter().map(|(_, status)| status.phase));
    });
    breakers.get("bad.example");
    assert_eq!(*seen.lock().expect("nobody panicked"), [Phase::Open, Phase::Open]);
    assert_eq!(breakers.remembered(), (1, 0), "once it is awake, its row is gone");
}
