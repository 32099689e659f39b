//! What hosts cost in memory: figures to look at, printed on demand.

use super::*;

/// Pages of memory that the process has in use.
fn resident_bytes() -> usize {
    const PAGE_BYTES: usize = 4_096;
    let statm = std::fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let pages = statm
        .split_whitespace()
        .nth(1)
        .expect("the second field is the resident size");
    pages.parse::<usize>().expect("a number") * PAGE_BYTES
}

#[test]
#[ignore = "prints a figure; run it alone, with --nocapture"]
#[expect(clippy::print_stderr, reason = "the figure is all that it is for")]
fn memory_of_well_hosts_at_hand() {
    let before = resident_bytes();
    let capacity = Capacity::default();
    let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
    let surroundings = Surroundings::unkept(clock, 7);
    let breakers = Breakers::new("fetch", for_all(settings()), capacity, surroundings, []);
    let empty_bytes = resident_bytes() - before;
    for number in 0..2 * capacity.hot {
        let breaker = breakers.get(&format!("well-host-number-{number}.example.com:443"));
        breaker.acquire().expect("it is closed").success();
    }
    let bytes = resident_bytes() - before;
    let (hot, _) = breakers.remembered();
    eprintln!(
        "{hot} well hosts at hand: {bytes} bytes, {} each; {empty_bytes} without any",
        bytes / hot
    );
}

#[test]
#[ignore = "prints a figure; run it alone, with --nocapture"]
#[expect(clippy::print_stderr, reason = "the figure is all that it is for")]
fn memory_of_fifty_thousand_hosts() {
    const HOSTS: usize = 50_000;
    let breaker = size_of::<Breaker>();
    let row = size_of::<StoredBreaker>();
    eprintln!("a breaker at hand has {breaker} bytes, a row {row}, without their texts");
    for journal in [None, Some(Arc::new(Journal::new(1)))] {
        let clock = Arc::new(ManualClock::starting_at(20_000 * DAY));
        let surroundings = Surroundings {
            clock: clock.clone(),
            journal: journal.clone(),
            observer: None,
            seed: 7,
        };
        let before = resident_bytes();
        let breakers = Breakers::new(
            "fetch",
            for_all(settings()),
            Capacity::default(),
            surroundings,
            [],
        );
        for number in 0..HOSTS {
            let breaker = breakers.get(&format!("bad-host-number-{number}.example.com:443"));
            while let Ok(permit) = breaker.acquire() {
                permit.failure("out of order");
            }
        }
        let bytes = resident_bytes() - before;
        let unwritten = journal.map_or(0, |journal| journal.backlog());
        eprintln!(
            "{HOSTS} open hosts (at hand, rows: {:?}), {unwritten} records unwritten: {bytes} bytes, {} each",
            breakers.remembered(),
            bytes / HOSTS
        );
        std::mem::forget(breakers); // what is freed would be used again by the next round
    }
}
