//! What happens to breakers when there are more than can be at hand: those with a past come back as they were, those
//! without leave nothing, and whoever is in use stays.

use std::sync::Barrier;

use super::*;

#[test]
fn fifty_thousand_bad_hosts_are_remembered_within_bounds() {
    const BAD: usize = 50_000;
    const IN_USE: usize = 2_000;
    let hosts = Hosts::new(Capacity {
        hot: 1_024,
        dormant: 65_536,
    });
    let in_use: Vec<_> = (0..IN_USE)
        .map(|number| hosts.breakers.get(&format!("held-{number}.example")))
        .collect();
    for number in 0..BAD {
        hosts.trip(&format!("bad-{number}.example"));
        let (hot, _) = hosts.breakers.remembered();
        assert!(hot <= 1_024 + IN_USE, "{hot} at hand");
    }
    drop(in_use);
    // The cache has parts, and each makes room when somebody comes to it.
    for number in 0..1_024 {
        hosts.call(&format!("later-{number}.example"));
    }
    let (hot, dormant) = hosts.breakers.remembered();
    assert!(hot <= 1_024, "{hot} at hand");
    assert!(dormant <= BAD, "{dormant} rows");
    let all = hosts.breakers.all();
    let bad = all.iter().filter(|(scope, _)| scope.starts_with("bad-"));
    let (phases, trips): (Vec<_>, Vec<_>) = bad.map(|(_, status)| (status.phase, status.trips)).unzip();
    assert_eq!(phases, vec![Phase::Open; BAD]);
    assert_eq!(trips, vec![1; BAD]);
}

#[test]
fn an_evicted_open_breaker_comes_back_open_and_its_trips_count_on() {
    let hosts = Hosts::new(FEW);
    hosts.trip("bad.example");
    hosts.crowd_out("bad.example");
    hosts.clock.advance(Duration::from_millis(59_999));
    assert!(
        hosts.breakers.get("bad.example").acquire().is_err(),
        "its minute is not over"
    );
    hosts.crowd_out("bad.example");
    hosts.clock.advance(Duration::from_millis(2));
    let breaker = hosts.breakers.get("bad.example");
    let probe = breaker.acquire().expect("its minute is over");
    assert!(probe.is_probe());
    assert!(breaker.acquire().is_err(), "one probe at a time");
    probe.failure("still out of order");
    drop(breaker);
    hosts.crowd_out("bad.example");
    let status = hosts.breakers.status("bad.example");
    assert_eq!((status.phase, status.trips), (Phase::Open, 2));
    let left = status.until.expect("it waits").since(hosts.breakers.now());
    assert!(left > MINUTE && left <= 2 * MINUTE, "{left:?}");
}

#[test]
fn a_host_that_is_asked_rarely_among_many_others_closes_after_its_probes() {
    let hosts = Hosts::new(FEW);
    hosts.trip("rare.example");
    hosts.clock.advance(HOUR);
    hosts.call("rare.example");
    hosts.crowd_out("rare.example");
    assert_eq!(hosts.phase("rare.example"), Phase::HalfOpen, "asleep as it was");
    hosts.clock.advance(HOUR);
    hosts.call("rare.example");
    assert_eq!(
        hosts.phase("rare.example"),
        Phase::Closed,
        "two successes, an hour apart"
    );
}

#[test]
fn a_half_open_breaker_that_slept_lets_no_more_probes_through_than_before() {
    let hosts = Hosts::new(FEW);
    hosts.trip("rare.example");
    hosts.clock.advance(HOUR);
    hosts.call("rare.example");
    hosts.crowd_out("rare.example");
    let breaker = hosts.breakers.get("rare.example");
    let probe = breaker.acquire().expect("no probe is under way");
    assert!(probe.is_probe());
    assert!(breaker.acquire().is_err(), "one probe at a time");
    probe.failure("out of order again");
    drop(breaker);
    hosts.crowd_out("rare.example");
    let status = hosts.breakers.status("rare.example");
    assert_eq!((status.phase, status.trips), (Phase::Open, 2));
}

#[tokio::test]
async fn a_half_open_breaker_of_an_earlier_process_is_due_and_begins_to_count_again() {
    let earlier = Hosts::new(FEW);
    earlier.trip("rare.example");
    earlier.clock.advance(HOUR);
    earlier.call("rare.example");
    let Some(Record::Save(row)) = earlier.records().await.remove("rare.example") else {
        panic!("it has a past");
    };
    assert_eq!(row.phase, Phase::HalfOpen);
    let later = Hosts::with_stored(FEW, [("rare.example".to_owned(), *row)]);
    let status = later.breakers.status("rare.example");
    assert_eq!((status.phase, status.is_due), (Phase::Open, true));
    later.call("rare.example");
    assert_eq!(later.phase("rare.example"), Phase::HalfOpen, "one success of two");
    later.call("rare.example");
    assert_eq!(later.phase("rare.example"), Phase::Closed);
}

#[test]
fn a_breaker_in_use_is_never_evicted() {
    let hosts = Hosts::new(FEW);
    let held = hosts.breakers.get("held.example");
    for number in 0..2_000 {
        hosts.trip(&format!("bad-{number}.example"));
    }
    assert!(Arc::ptr_eq(&held, &hosts.breakers.get("held.example")));
}

#[test]
fn what_failed_once_and_did_not_trip_leaves_no_row() {
    let hosts = Hosts::new(FEW);
    for number in 0..500 {
        let breaker = hosts.breakers.get(&format!("once-{number}.example"));
        breaker.acquire().expect("it is closed").failure("a hiccup");
    }
    assert_eq!(
        hosts.breakers.remembered().1,
        0,
        "what a row does not keep is no past"
    );
}

#[test]
fn a_decision_about_a_host_that_was_never_called_survives_its_eviction() {
    let hosts = Hosts::new(FEW);
    hosts.overlay("forbidden.example", OverlayMode::ForcedOpen, None);
    hosts.crowd_out("forbidden.example");
    let refusal = hosts
        .breakers
        .get("forbidden.example")
        .acquire()
        .expect_err("a person said so");
    assert_eq!(refusal.until, None);
}

#[test]
fn when_rows_were_dropped_an_unknown_host_begins_with_a_probe() {
    let hosts = Hosts::new(Capacity {
        hot: 32,
        dormant: 100,
    });
    assert_eq!(hosts.phase("unknown.example"), Phase::Closed);
    for number in 0..300 {
        hosts.trip(&format!("bad-{number}.example"));
    }
    assert!(hosts.breakers.remembered().1 <= 100);
    let status = hosts.breakers.status("unknown.example");
    assert_eq!((status.phase, status.is_due), (Phase::Open, true));
    let unknown = hosts.breakers.get("unknown.example");
    assert!(unknown.acquire().expect("it may be tried").is_probe());
    for number in 0..300 {
        assert_eq!(
            hosts.phase(&format!("bad-{number}.example")),
            Phase::Open,
            "host {number}"
        );
    }
}

#[test]
fn a_decision_by_hand_is_not_dropped_for_want_of_room() {
    let hosts = Hosts::new(Capacity {
        hot: 32,
        dormant: 100,
    });
    hosts.overlay("forbidden.example", OverlayMode::ForcedOpen, None);
    hosts.crowd_out("forbidden.example");
    for number in 0..2_000 {
        hosts.clock.advance(Duration::from_secs(1));
        hosts.trip(&format!("bad-{number}.example"));
    }
    let status = hosts.breakers.status("forbidden.example");
    assert_eq!(status.overlay.mode, OverlayMode::ForcedOpen);
}

#[test]
fn without_any_room_nothing_bad_is_taken_for_well() {
    let hosts = Hosts::new(Capacity { hot: 0, dormant: 0 });
    for number in 0..50 {
        hosts.trip(&format!("bad-{number}.example"));
    }
    for number in 0..50 {
        assert_eq!(
            hosts.phase(&format!("bad-{number}.example")),
            Phase::Open,
            "host {number}"
        );
    }
}

#[test]
fn of_a_breaker_that_is_evicted_and_wanted_at_once_there_is_never_a_second_one() {
    const CALLERS: usize = 4;
    const SCOPE: &str = "contested.example";
    let hosts = Hosts::new(FEW);
    hosts.trip(SCOPE);
    for round in 0..200 {
        hosts.crowd_out(SCOPE);
        let start = Barrier::new(CALLERS + 1);
        let held: Mutex<Vec<Arc<Breaker>>> = Mutex::default();
        std::thread::scope(|threads| {
            for _ in 0..CALLERS {
                threads.spawn(|| {
                    start.wait();
                    for _ in 0..50 {
                        let breaker = hosts.breakers.get(SCOPE);
                        let mut all = held.lock().expect("nobody panicked");
                        assert!(all.iter().all(|other| Arc::ptr_eq(other, &breaker)));
                        all.push(breaker);
                        let breaker = all.swap_remove(0);
                        drop(all);
                        let status = breaker.status();
                        assert_eq!((status.phase, status.trips), (Phase::Open, 1));
                    }
                });
            }
            threads.spawn(|| {
                start.wait();
                for number in 0..200 {
                    let other = format!("round-{round}-{number}.example");
                    hosts.call(&other);
                    hosts.call(&other);
                }
            });
        });
    }
}
