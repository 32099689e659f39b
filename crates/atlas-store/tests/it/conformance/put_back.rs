//! Operational state that was put back from a copy is noticed, once, and nothing else is taken for it.

use std::path::Path;
use std::time::Duration;

use atlas_resilience::breaker::{OverlayMode, Phase, StoredBreaker};
use atlas_resilience::{BreakerKey, BreakerStore, Record};
use atlas_store::{DatabaseServices, Ops, TimelineMark, VitalsRows};
use rstest::rstest;

use crate::fixture::{Fixture, MINUTE};

fn open(library: &Fixture) -> Ops {
    let services = DatabaseServices::default();
    Ops::open(library.lock(), library.shared_clock(), &services).unwrap()
}

/// A server that marks where it is, and ends.
async fn run(library: &Fixture) {
    let ops = open(library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    assert!(!ops.is_put_back().await.unwrap());
    let mark = TimelineMark {
        at_ms: 1_000,
        wall: library.now(),
        uptime_ms: 5,
        boot_id: "a start".to_owned(),
    };
    let rows = VitalsRows {
        mark,
        health: None,
        alerts: Vec::new(),
        measured: atlas_vitals::metrics::Flush::default(),
    };
    ops.write_vitals(rows).await.unwrap();
    ops.end_run(run).await.unwrap();
    ops.close().await;
}

fn copy_of(library: &Fixture) -> Vec<u8> {
    std::fs::read(library.dir().ops_db()).unwrap()
}

/// Into the file that is there.
fn over_it(file: &Path, copy: &[u8]) {
    std::fs::write(file, copy).unwrap();
}

/// As a file of its own.
fn anew(file: &Path, copy: &[u8]) {
    let beside = file.with_extension("copy");
    std::fs::write(&beside, copy).unwrap();
    std::fs::rename(&beside, file).unwrap();
}

#[rstest]
#[case::over_it(over_it)]
#[case::anew(anew)]
#[tokio::test]
async fn a_copy_that_knows_less_than_what_lies_beside_it_was_put_back(#[case] put_back: fn(&Path, &[u8])) {
    let library = Fixture::new();
    run(&library).await;
    let copy = copy_of(&library);
    run(&library).await;
    put_back(&library.dir().ops_db(), &copy);

    // Whoever only passes by, such as a command, leaves that for a server.
    let passing = open(&library);
    assert!(passing.is_put_back().await.unwrap());
    passing.close().await;
    let ops = open(&library);
    ops.begin_run("1.0.0").await.unwrap();
    assert!(ops.is_put_back().await.unwrap());
    ops.put_back_is_dealt_with().await.unwrap();
    assert!(!ops.is_put_back().await.unwrap());
    ops.close().await;
    run(&library).await;
}

/// Then what lies beside it is as old, and the file itself is the witness.
#[rstest]
#[case::moved(MINUTE * 59, false)]
#[case::put_back(MINUTE * 61, true)]
#[tokio::test]
async fn a_whole_directory_that_was_copied_is_put_back_if_it_is_old(
    #[case] age: Duration,
    #[case] is_old: bool,
) {
    let library = Fixture::new();
    run(&library).await;
    let copy = copy_of(&library);
    library.clock.advance(age);
    anew(&library.dir().ops_db(), &copy);

    let ops = open(&library);
    assert_eq!(ops.is_put_back().await.unwrap(), is_old);
    ops.put_back_is_dealt_with().await.unwrap();
    ops.close().await;
    library.clock.advance(MINUTE * 600);
    run(&library).await;
}

#[tokio::test]
async fn a_file_that_is_begun_anew_or_left_alone_for_long_was_not_put_back() {
    let library = Fixture::new();
    run(&library).await;
    library.clock.advance(MINUTE * 100_000);
    run(&library).await;
    for name in ["ops.db", "ops.db-wal", "ops.db-shm"] {
        let _ = std::fs::remove_file(library.dir().path().join(name));
    }
    run(&library).await;
}

/// Nobody knows how the others have been since.
#[tokio::test]
async fn what_was_open_in_a_copy_is_due() {
    let library = Fixture::new();
    run(&library).await;
    let ops = open(&library);
    let opened = StoredBreaker {
        phase: Phase::Open,
        since: library.now().as_millis(),
        open_since: Some(library.now().as_millis()),
        open_for_ms: 3_600_000,
        not_before: Some(library.now().after(MINUTE * 90).as_millis()),
        trips: 2,
        succeeded: 0,
        generation: 5,
        overlay: OverlayMode::Auto,
        overlay_since: library.now().as_millis(),
        overlay_for_ms: None,
        overlay_reason: String::new(),
        reason: "the connection was refused".to_owned(),
    };
    let key = BreakerKey {
        service: "fetch".into(),
        scope: "example.org".into(),
    };
    ops.write(vec![(key, 1, Record::Save(Box::new(opened)))])
        .await
        .unwrap();
    ops.close().await;
    let copy = copy_of(&library);
    run(&library).await;
    anew(&library.dir().ops_db(), &copy);

    let ops = open(&library);
    let (_, breaker) = ops.stored_breakers().await.unwrap().rows.remove(0);
    assert_eq!((breaker.open_for_ms, breaker.not_before), (0, None));
    assert_eq!((breaker.phase, breaker.trips), (Phase::Open, 2));
    ops.close().await;
}
