//! Counting breakers: the same as a look at each of them, without looking at those that sleep.

use super::*;
use crate::breaker::CallResult;
use crate::registry::Tally;

/// What a look at each of them finds.
fn looked_at(breakers: &Breakers) -> Tally {
    let mut tally = Tally::default();
    for (_, status) in breakers.all() {
        tally.count(&status);
    }
    tally
}

fn pause(hosts: &Hosts, scope: &str, pause: Duration) {
    let breaker = hosts.breakers.get(scope);
    let permit = breaker.acquire().expect("it is closed");
    permit.finish(CallResult::Throttled { pause: Some(pause) });
}

/// One in each way that there is.
fn one_of_each(hosts: &Hosts) -> [&'static str; 6] {
    hosts.trip("half-open.example");
    hosts.clock.advance(2 * MINUTE);
    hosts.call("half-open.example");
    hosts.trip("open.example");
    pause(hosts, "paused.example", HOUR);
    hosts.overlay("forbidden.example", OverlayMode::ForcedOpen, None);
    hosts.overlay(
        "forbidden-for-a-while.example",
        OverlayMode::ForcedOpen,
        Some(HOUR),
    );
    hosts.trip("disabled.example");
    hosts.overlay("disabled.example", OverlayMode::Disabled, None);
    [
        "half-open.example",
        "open.example",
        "paused.example",
        "forbidden.example",
        "forbidden-for-a-while.example",
        "disabled.example",
    ]
}

#[test]
fn breakers_are_counted_in_the_same_way_at_hand_and_asleep_and_after_their_time() {
    let hosts = Hosts::new(FEW);
    let scopes = one_of_each(&hosts);
    let tally = hosts.breakers.tally();
    assert_eq!(
        (tally.open, tally.half_open, tally.paused),
        (2, 1, 1),
        "by their own judgement"
    );
    assert_eq!((tally.decided, tally.forced_open), (3, 2));
    assert_eq!(tally, looked_at(&hosts.breakers));

    for scope in scopes {
        hosts.crowd_out(scope);
    }
    assert_eq!(hosts.breakers.tally(), tally);

    hosts.clock.advance(2 * HOUR);
    let later = hosts.breakers.tally();
    assert_eq!(
        (later.open, later.half_open, later.paused, later.decided),
        (2, 1, 0, 2),
        "the pause and one decision are over"
    );
    assert_eq!(later, looked_at(&hosts.breakers));

    for scope in scopes {
        drop(hosts.breakers.get(scope));
    }
    assert_eq!(hosts.breakers.tally(), later, "they are awake again");
}

#[test]
fn what_recovers_or_is_forgotten_is_counted_no_more() {
    let hosts = Hosts::new(FEW);
    hosts.trip("bad.example");
    hosts.crowd_out("bad.example");
    hosts.clock.advance(2 * MINUTE);
    hosts.recover("bad.example");
    hosts.crowd_out("bad.example");
    pause(&hosts, "paused.example", MINUTE);
    hosts.crowd_out("paused.example");
    hosts.clock.advance(DAY);
    hosts.breakers.forget_the_well();
    assert_eq!(hosts.breakers.tally(), Tally::default());
    assert_eq!(hosts.breakers.remembered().1, 0);
}

#[test]
fn rows_that_are_dropped_for_want_of_room_are_not_counted() {
    let rows = (0..1_000).map(|number| (format!("{number}.example"), open_row()));
    let hosts = Hosts::with_stored(
        Capacity {
            hot: 32,
            dormant: 100,
        },
        rows,
    );
    assert_eq!(hosts.breakers.tally(), looked_at(&hosts.breakers));
    assert!(hosts.breakers.tally().open <= 100);
}

#[test]
fn counting_sixty_thousand_sleepers_looks_at_none_of_them() {
    let clock = InterruptingClock::new();
    let asked = Arc::new(Counting::of(&clock));
    let surroundings = Surroundings {
        clock: Arc::clone(&asked) as Arc<dyn Clock>,
        journal: None,
        observer: None,
        seed: 7,
    };
    let stored = (0..60_000).map(|number| (format!("{number}.example"), open_row()));
    let breakers = Breakers::new(
        "fetch",
        for_all(settings()),
        Capacity::default(),
        surroundings,
        stored,
    );
    let before = asked.times();
    assert_eq!(breakers.tally().open, 60_000);
    // Whoever looks at a breaker asks for the time.
    assert!(asked.times() - before < 10, "{} times", asked.times() - before);
}

fn open_row() -> StoredBreaker {
    open_since(&ManualClock::starting_at(20_000 * DAY))
}

/// Counts how often somebody asked for the time.
#[derive(Debug)]
struct Counting {
    clock: Arc<InterruptingClock>,
    times: std::sync::atomic::AtomicUsize,
}

impl Counting {
    fn of(clock: &Arc<InterruptingClock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            times: 0.into(),
        }
    }

    fn times(&self) -> usize {
        self.times.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn note(&self) {
        self.times.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Clock for Counting {
    fn now(&self) -> Moment {
        self.note();
        self.clock.now()
    }

    fn wall(&self) -> std::time::SystemTime {
        self.note();
        self.clock.wall()
    }
}
