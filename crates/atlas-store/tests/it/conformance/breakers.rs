//! What circuit breakers remember outlives the process, the latest of each, and no row longer than it is
//! wanted.

mod unreadable;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use atlas_resilience::breaker::{OverlayMode, Phase, StoredBreaker};
use atlas_resilience::{
    Batch, BreakerKey, BreakerStore, Breakers, Capacity, Clock, Journal, ManualClock, Record,
    ServiceSettings, Surroundings,
};
use atlas_store::{DatabaseServices, Ops, StoredBreakers};
use rstest::rstest;

use crate::fixture::{Fixture, START};

fn open(library: &Fixture) -> Ops {
    Ops::open(
        library.lock(),
        library.shared_clock(),
        &DatabaseServices::default(),
    )
    .unwrap()
}

/// Ends the process and starts the next; between them, something may happen to the file.
async fn reopen_after(ops: Ops, library: &Fixture, meanwhile: impl FnOnce(&Fixture)) -> Ops {
    ops.close().await;
    drop(ops);
    meanwhile(library);
    open(library)
}

fn key(scope: &str) -> BreakerKey {
    BreakerKey {
        service: "fetch".into(),
        scope: scope.into(),
    }
}

fn open_breaker() -> StoredBreaker {
    StoredBreaker {
        phase: Phase::Open,
        since: START.as_millis(),
        open_since: Some(START.as_millis()),
        open_for_ms: 120_000,
        not_before: None,
        trips: 2,
        succeeded: 0,
        generation: 5,
        overlay: OverlayMode::Auto,
        overlay_since: START.as_millis(),
        overlay_for_ms: None,
        overlay_reason: String::new(),
        reason: "the connection was refused".to_owned(),
    }
}

fn save(scope: &str, number: u64, breaker: StoredBreaker) -> (BreakerKey, u64, Record) {
    (key(scope), number, Record::Save(Box::new(breaker)))
}

fn forget(scope: &str, number: u64) -> (BreakerKey, u64, Record) {
    (key(scope), number, Record::Forget)
}

fn three_breakers() -> Batch {
    vec![
        save("a.example", 1, open_breaker()),
        save("bad.example", 2, open_breaker()),
        save(
            "c.example",
            3,
            StoredBreaker {
                overlay: OverlayMode::ForcedOpen,
                ..open_breaker()
            },
        ),
    ]
}

fn by_scope(stored: &StoredBreakers) -> HashMap<String, StoredBreaker> {
    let rows = stored.rows.iter();
    rows.map(|(key, row)| (key.scope.to_string(), row.clone()))
        .collect()
}

async fn scopes(ops: &Ops) -> Vec<String> {
    let mut scopes: Vec<_> = by_scope(&ops.stored_breakers().await.unwrap())
        .into_keys()
        .collect();
    scopes.sort();
    scopes
}

#[tokio::test]
async fn everything_about_a_breaker_comes_back_in_the_next_process() {
    let everything = StoredBreaker {
        phase: Phase::HalfOpen,
        since: -1,
        open_since: Some(-2),
        open_for_ms: 3,
        not_before: Some(4),
        trips: u32::MAX,
        succeeded: 0,
        generation: (1 << 56) - 1,
        overlay: OverlayMode::ForcedOpen,
        overlay_since: i64::MAX,
        overlay_for_ms: Some(8),
        overlay_reason: "Wartung, bis »morgen«".to_owned(),
        reason: "503\nand more".to_owned(),
    };
    let mut breakers = vec![("everything".to_owned(), everything)];
    for phase in [Phase::Closed, Phase::Open, Phase::HalfOpen] {
        breakers.push((
            phase.as_str().to_owned(),
            StoredBreaker {
                phase,
                ..open_breaker()
            },
        ));
    }
    for overlay in OverlayMode::ALL {
        breakers.push((
            overlay.as_str().to_owned(),
            StoredBreaker {
                overlay,
                ..open_breaker()
            },
        ));
    }
    let library = Fixture::new();
    let ops = open(&library);
    let batch = breakers
        .iter()
        .zip(1..)
        .map(|((scope, breaker), number)| save(scope, number, breaker.clone()));
    ops.write(batch.collect()).await.unwrap();
    let ops = reopen_after(ops, &library, |_| ()).await;
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(by_scope(&stored), breakers.into_iter().collect());
    assert!(stored.rows.iter().all(|(key, _)| &*key.service == "fetch"));
    assert_eq!(stored.unreadable, []);
    assert_eq!(stored.next_number, 9);
}

#[tokio::test]
async fn an_empty_file_gives_no_breakers_and_numbers_begin() {
    let library = Fixture::new();
    let stored = open(&library).stored_breakers().await.unwrap();
    assert_eq!((stored.rows.len(), stored.unreadable.len()), (0, 0));
    assert_eq!(stored.next_number, 1);
}

#[tokio::test]
async fn what_is_too_large_for_a_row_is_kept_as_large_as_one_can_hold() {
    let largest = StoredBreaker {
        open_for_ms: u64::MAX,
        generation: u64::MAX,
        overlay_for_ms: Some(u64::MAX),
        ..open_breaker()
    };
    let library = Fixture::new();
    let ops = open(&library);
    ops.write(vec![save("a.example", u64::MAX, largest)])
        .await
        .unwrap();
    let row = &ops.stored_breakers().await.unwrap().rows[0].1;
    let largest = i64::MAX as u64;
    assert_eq!(
        (row.open_for_ms, row.generation, row.overlay_for_ms),
        (largest, largest, Some(largest))
    );
}

#[tokio::test]
async fn the_same_scope_of_two_services_is_two_breakers() {
    let library = Fixture::new();
    let ops = open(&library);
    let api = BreakerKey {
        service: "api".into(),
        scope: "a.example".into(),
    };
    let row = Record::Save(Box::new(StoredBreaker {
        trips: 7,
        ..open_breaker()
    }));
    ops.write(vec![save("a.example", 1, open_breaker()), (api.clone(), 2, row)])
        .await
        .unwrap();
    ops.write(vec![forget("a.example", 3)]).await.unwrap();
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(
        stored.rows,
        [(
            api,
            StoredBreaker {
                trips: 7,
                ..open_breaker()
            }
        )]
    );
}

#[rstest]
#[case([1, 2, 3])]
#[case([1, 3, 2])]
#[case([2, 1, 3])]
#[case([2, 3, 1])]
#[case([3, 1, 2])]
#[case([3, 2, 1])]
#[tokio::test]
async fn in_whatever_order_batches_arrive_the_latest_record_holds(#[case] order: [u64; 3]) {
    let library = Fixture::new();
    let ops = open(&library);
    for number in order {
        let breaker = StoredBreaker {
            trips: number as u32,
            ..open_breaker()
        };
        ops.write(vec![save("a.example", number, breaker)]).await.unwrap();
    }
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(stored.rows[0].1.trips, 3);
    assert_eq!(stored.next_number, 4);
}

#[tokio::test]
async fn forgetting_removes_what_is_older_and_nothing_that_is_newer() {
    let library = Fixture::new();
    let ops = open(&library);
    ops.write(vec![
        save("older.example", 4, open_breaker()),
        save("newer.example", 6, open_breaker()),
    ])
    .await
    .unwrap();
    ops.write(vec![
        forget("older.example", 5),
        forget("newer.example", 5),
        forget("unknown.example", 5),
    ])
    .await
    .unwrap();
    assert_eq!(scopes(&ops).await, ["newer.example"]);
}

#[tokio::test]
async fn a_store_that_is_closed_says_so_and_has_written_nothing() {
    let library = Fixture::new();
    let ops = open(&library);
    ops.close().await;
    let failure = ops
        .write(vec![save("a.example", 1, open_breaker())])
        .await
        .unwrap_err();
    assert_eq!(
        failure.to_string(),
        "the state of circuit breakers was not written: the store is shutting down"
    );
    assert_eq!(scopes(&open(&library)).await, [""; 0]);
}

/// A service whose breakers begin with these rows, at the time of the library's clock.
fn service(stored: StoredBreakers, clock: &Arc<ManualClock>) -> (Breakers, Arc<Journal>) {
    let journal = Arc::new(Journal::new(stored.next_number));
    let surroundings = Surroundings {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        journal: Some(Arc::clone(&journal)),
        observer: None,
        seed: 7,
    };
    let rows = stored
        .rows
        .into_iter()
        .map(|(key, row)| (key.scope.to_string(), row));
    let breakers = Breakers::new(
        "fetch",
        ServiceSettings::default(),
        Capacity::default(),
        surroundings,
        rows,
    );
    (breakers, journal)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(Duration::from_millis(
        START.as_millis() as u64
    )))
}

#[tokio::test]
async fn ten_thousand_breakers_are_as_they_were_in_the_next_process() {
    const HOSTS: u64 = 10_000;
    let (library, clock) = (Fixture::new(), clock());
    let ops = open(&library);
    let (breakers, journal) = service(ops.stored_breakers().await.unwrap(), &clock);
    for number in 0..HOSTS {
        let breaker = breakers.get(&format!("{number}.example"));
        while let Ok(permit) = breaker.acquire() {
            permit.failure("the connection was refused");
        }
    }
    assert_eq!(journal.backlog() as u64, HOSTS);
    journal.write_once(&ops).await.unwrap();
    let before = breakers.all();
    assert_eq!(before.len() as u64, HOSTS);
    let ops = reopen_after(ops, &library, |_| ()).await;
    let stored = ops.stored_breakers().await.unwrap();
    assert_eq!(stored.next_number, HOSTS + 1);
    let (breakers, _) = service(stored, &clock);
    for ((scope, before), (same_scope, after)) in before.into_iter().zip(breakers.all()) {
        assert_eq!(scope, same_scope);
        assert_eq!(
            (after.phase, after.trips),
            (before.phase, before.trips),
            "{scope}"
        );
        let (before, after) = (before.until.unwrap(), after.until.unwrap());
        assert!(
            after >= before && after.since(before) <= Duration::from_millis(1),
            "kept in milliseconds, rounded up"
        );
    }
}

#[tokio::test]
async fn a_file_from_before_there_were_breakers_is_migrated() {
    let library = Fixture::new();
    let ops = open(&library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    // What came later goes with them.
    let before = "DROP TABLE breaker; DROP TABLE breaker_set_aside; DROP TABLE timeline; DROP TABLE health;
        DROP TABLE incident; DROP TABLE notice; DROP TABLE delivery; DROP TABLE alert_memory; DROP TABLE inbox;
        DROP TABLE metric_series; DROP TABLE metric_kills; DROP TABLE metric_row; DROP TABLE heartbeat;
        DROP TABLE file_check; DROP TABLE file_life;
        DELETE FROM schema_migration WHERE version >= 3; PRAGMA user_version = 2;";
    let ops = reopen_after(ops, &library, |library| library.damage_ops(before)).await;
    assert_eq!(ops.begin_run("1.0.0").await.unwrap(), run + 1);
    ops.write(three_breakers()).await.unwrap();
    assert_eq!(scopes(&ops).await, ["a.example", "bad.example", "c.example"]);
}
