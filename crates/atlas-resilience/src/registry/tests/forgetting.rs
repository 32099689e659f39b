//! What is written, and what is forgotten again: nothing of a well service, the latest of a bad one, and no row for
//! longer than it means something.

use tokio::time::Instant;

use super::*;
use crate::breaker::CallResult;

#[test]
fn ten_thousand_successful_calls_leave_no_record() {
    let hosts = Hosts::new(FEW);
    for number in 0..10_000 {
        hosts.call(&format!("well-{}.example", number % 100));
        assert_eq!(hosts.journal.backlog(), 0, "after call {number}");
    }
}

/// A store that another program has locked for half a minute.
#[derive(Default)]
struct Locked(Desk, Mutex<Vec<usize>>);

impl BreakerStore for Locked {
    fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        Box::pin(async move {
            tokio::time::sleep(MINUTE / 2).await;
            self.1.lock().expect("nobody panicked").push(batch.len());
            self.0.write(batch).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_a_store_that_is_locked_and_the_latest_of_each_breaker_is_written() {
    const BAD: usize = 20;
    let (hosts, store) = (Hosts::new(FEW), Locked::default());
    let calling = async {
        hosts.trip("first.example");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        for _round in 0..10 {
            for number in 0..BAD {
                hosts.trip(&format!("bad-{number}.example"));
            }
            hosts.clock.advance(HOUR);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(
            hosts.journal.backlog(),
            BAD + 1,
            "and the one that is being written"
        );
        tokio::time::sleep(2 * MINUTE).await;
    };
    tokio::select! {
        () = hosts.journal.write_to(&store, |failure| panic!("{failure}")) => unreachable!("it writes for ever"),
        () = calling => {}
    }
    assert_eq!(*store.1.lock().expect("nobody panicked"), [1, BAD]);
    let records = store.0.0.lock().expect("nobody panicked");
    for number in 0..BAD {
        let record = &records[&format!("bad-{number}.example")];
        assert!(
            matches!(record, Record::Save(row) if row.trips == 10),
            "{record:?}"
        );
    }
}

#[tokio::test]
async fn what_was_written_brings_the_breakers_back_in_the_next_process() {
    let hosts = Hosts::new(FEW);
    hosts.trip("bad.example");
    hosts.overlay("forbidden.example", OverlayMode::ForcedOpen, None);
    hosts.call("well.example");
    let rows = hosts
        .records()
        .await
        .into_iter()
        .map(|(scope, record)| match record {
            Record::Save(row) => (scope, *row),
            Record::Forget => panic!("{scope} is forgotten"),
        });
    let next = Hosts::with_stored(FEW, rows);
    let found: Vec<_> = next
        .breakers
        .all()
        .into_iter()
        .map(|(scope, status)| (scope.to_string(), status.phase, status.overlay.mode))
        .collect();
    assert_eq!(
        found,
        [
            ("bad.example".to_owned(), Phase::Open, OverlayMode::Auto),
            (
                "forbidden.example".to_owned(),
                Phase::Closed,
                OverlayMode::ForcedOpen
            ),
        ]
    );
    assert_eq!(next.breakers.remembered(), (0, 2));
}

#[tokio::test]
async fn rows_without_a_meaning_are_forgotten_and_the_others_stay() {
    let hosts = Hosts::new(FEW);
    hosts.trip("bad.example");
    hosts.trip("recovered.example");
    let throttled = hosts.breakers.get("throttled.example");
    let permit = throttled.acquire().expect("it is closed");
    permit.finish(CallResult::Throttled {
        pause: Some(10 * MINUTE),
    });
    drop(throttled);
    hosts.overlay("for-now.example", OverlayMode::ForcedOpen, Some(HOUR));
    hosts.overlay("for-good.example", OverlayMode::ForcedOpen, None);
    hosts.clock.advance(MINUTE);
    hosts.recover("recovered.example");
    let with_a_past = [
        "bad.example",
        "for-good.example",
        "for-now.example",
        "recovered.example",
        "throttled.example",
    ];
    for scope in with_a_past {
        hosts.crowd_out(scope);
    }
    hosts.records().await;

    hosts.breakers.forget_the_well();
    assert_eq!(
        hosts.breakers.remembered().1,
        5,
        "all of them still mean something"
    );
    assert_eq!(hosts.journal.backlog(), 0);

    hosts.clock.advance(2 * HOUR);
    hosts.breakers.forget_the_well();
    assert_eq!(hosts.breakers.remembered().1, 2);
    let mut records: Vec<_> = hosts.records().await.into_iter().collect();
    records.sort_by(|left, right| left.0.cmp(&right.0));
    let forgotten = ["for-now.example", "recovered.example", "throttled.example"];
    assert_eq!(records, forgotten.map(|scope| (scope.to_owned(), Record::Forget)));
}

#[tokio::test]
async fn a_breaker_that_is_well_when_it_is_evicted_is_forgotten_also_where_it_is_kept() {
    let hosts = Hosts::new(FEW);
    hosts.trip("recovered.example");
    hosts.clock.advance(MINUTE);
    hosts.recover("recovered.example");
    let kept = hosts.records().await;
    assert!(
        matches!(kept["recovered.example"], Record::Save(_)),
        "its trip still counts"
    );
    hosts.clock.advance(HOUR);
    hosts.crowd_out("recovered.example");
    assert_eq!(hosts.breakers.remembered().1, 0);
    assert_eq!(
        hosts.records().await.get("recovered.example"),
        Some(&Record::Forget)
    );
}

#[tokio::test]
async fn rows_whose_past_is_over_take_no_room_at_the_start() {
    let long_ago = ManualClock::starting_at(19_000 * DAY);
    let past = long_ago
        .wall()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970")
        .as_millis() as i64;
    let throttled = StoredBreaker {
        phase: Phase::Closed,
        open_for_ms: 0,
        not_before: Some(past + 60_000),
        trips: 0,
        generation: 0,
        reason: String::new(),
        ..open_since(&long_ago)
    };
    let well = StoredBreaker {
        phase: Phase::Closed,
        open_for_ms: 0,
        ..open_since(&long_ago)
    };
    let bad = open_since(&long_ago);
    let stored = (0..500)
        .map(|number| (format!("well-{number}.example"), well.clone()))
        .chain([
            ("throttled.example".to_owned(), throttled),
            ("bad.example".to_owned(), bad),
        ]);
    let hosts = Hosts::with_stored(
        Capacity {
            hot: 32,
            dormant: 100,
        },
        stored,
    );
    assert_eq!(hosts.breakers.remembered(), (0, 1));
    assert_eq!(
        hosts.phase("unknown.example"),
        Phase::Closed,
        "no row had to be dropped"
    );
    let records = hosts.records().await;
    assert_eq!(records.len(), 501);
    assert!(records.values().all(|record| *record == Record::Forget));
}
