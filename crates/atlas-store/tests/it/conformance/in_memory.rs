//! Operational state where nothing can be written: it goes on from what the file holds, leaves the file alone, and is
//! carried home once there is room.

use std::path::Path;
use std::time::Duration;

use atlas_domain::Timestamp;
use atlas_store::{DatabaseServices, Ops, TimelineMark, VitalsRows};

use crate::fixture::{Fixture, START};

fn open(library: &Fixture) -> Ops {
    let services = DatabaseServices::default();
    Ops::open(library.lock(), library.shared_clock(), &services).unwrap()
}

fn open_in_memory(library: &Fixture) -> Ops {
    let services = DatabaseServices::default();
    Ops::open_in_memory(library.lock(), library.shared_clock(), &services).unwrap()
}

fn mark(at_ms: u64) -> TimelineMark {
    TimelineMark {
        at_ms,
        wall: START.after(Duration::from_millis(at_ms)),
        uptime_ms: 5,
        boot_id: "a start".to_owned(),
    }
}

async fn write(ops: &Ops, mark: TimelineMark) {
    let rows = VitalsRows {
        mark,
        health: None,
        alerts: Vec::new(),
        measured: atlas_vitals::metrics::Flush::default(),
    };
    ops.write_vitals(rows).await.unwrap();
}

/// A file that a server has left in good order.
async fn left_behind(library: &Fixture, mark: TimelineMark) {
    let ops = open(library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    write(&ops, mark).await;
    ops.end_run(run).await.unwrap();
    ops.close().await;
}

fn bytes(file: &Path) -> Vec<u8> {
    std::fs::read(file).unwrap()
}

#[tokio::test]
async fn it_goes_on_from_the_file_and_leaves_that_as_it_is() {
    let library = Fixture::new();
    left_behind(&library, mark(7_000)).await;
    let file = library.lock().dir().ops_db();
    let before = bytes(&file);

    let ops = open_in_memory(&library);
    assert_eq!(ops.timeline().await.unwrap(), Some(mark(7_000)));
    write(&ops, mark(9_000)).await;
    assert_eq!(ops.timeline().await.unwrap(), Some(mark(9_000)), "it remembers");
    assert_eq!(ops.starts_since(START).await.unwrap(), 1);
    ops.close().await;
    assert_eq!(bytes(&file), before);

    let again = open_in_memory(&library);
    let origin = again.origin().unwrap();
    assert_eq!(
        (origin.at_ms, origin.wall),
        (7_000, mark(7_000).wall),
        "as before"
    );
    assert_eq!(open(&library).origin(), None, "what is written needs none");
}

#[tokio::test]
async fn two_of_them_share_nothing() {
    let library = Fixture::new();
    let (one, other) = (open_in_memory(&library), open_in_memory(&library));
    write(&one, mark(1)).await;
    assert_eq!(other.timeline().await.unwrap(), None);
}

#[tokio::test]
async fn what_it_came_to_know_is_carried_home_and_runs_are_not() {
    let library = Fixture::new();
    left_behind(&library, mark(7_000)).await;
    let ops = open_in_memory(&library);
    write(&ops, mark(9_000)).await;
    assert!(ops.carry_home(library.lock()).await.unwrap());
    ops.close().await;

    let ops = open(&library);
    assert_eq!(ops.timeline().await.unwrap(), Some(mark(9_000)));
    let run = ops.begin_run("1.0.0").await.unwrap();
    assert_eq!(ops.previous_run_ended(run).await.unwrap(), Some(true));
}

#[tokio::test]
async fn where_there_never_was_a_file_it_begins_and_makes_one_when_it_is_carried_home() {
    let library = Fixture::new();
    let file = library.lock().dir().ops_db();
    let ops = open_in_memory(&library);
    let origin = ops.origin().unwrap();
    assert_eq!(origin.wall, Timestamp::from_millis(0));
    assert_eq!(
        open_in_memory(&library).origin(),
        Some(origin),
        "after each start"
    );
    assert!(!file.exists());
    write(&ops, mark(9_000)).await;
    assert!(ops.carry_home(library.lock()).await.unwrap());
    ops.close().await;
    assert_eq!(open(&library).timeline().await.unwrap(), Some(mark(9_000)));
}

#[tokio::test]
async fn a_file_that_cannot_be_read_stays_as_it_is() {
    let library = Fixture::new();
    let file = library.lock().dir().ops_db();
    std::fs::write(&file, [0x5a; 8_192]).unwrap();

    let ops = open_in_memory(&library);
    assert_eq!(ops.timeline().await.unwrap(), None);
    write(&ops, mark(9_000)).await;
    assert!(!ops.carry_home(library.lock()).await.unwrap());
    ops.close().await;
    assert_eq!(bytes(&file), [0x5a; 8_192]);
}
