//! Operational state: apart from the library, and begun anew rather than in the way.

use std::path::Path;
use std::sync::Arc;

use atlas_domain::Clock;
use atlas_domain::time::ManualClock;
use atlas_resilience::breaker::{Command, OverlayMode};
use atlas_store::{DataDirLock, DatabaseServices, IndexGuard, Ops, StoreError};
use rstest::rstest;

use crate::fixture::{Fixture, MINUTE, make_newer};

fn open(library: &Fixture) -> Ops {
    Ops::open(
        library.lock(),
        library.shared_clock(),
        &DatabaseServices::default(),
    )
    .unwrap()
}

fn set_aside(lock: &DataDirLock) -> Vec<String> {
    let names = std::fs::read_dir(lock.dir().path()).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.starts_with("ops.db.set-aside-"))
        .collect()
}

fn damage(path: &Path) {
    std::fs::write(path, [0x5a; 8192]).unwrap();
}

#[tokio::test]
async fn each_run_knows_how_the_one_before_it_ended() {
    let library = Fixture::new();
    let ops = open(&library);
    let first = ops.begin_run("1.0.0").await.unwrap();
    assert_eq!(ops.previous_run_ended(first).await.unwrap(), None);
    let second = ops.begin_run("1.0.0").await.unwrap();
    assert_eq!(
        ops.previous_run_ended(second).await.unwrap(),
        Some(false),
        "the first was killed"
    );
    library.clock.advance(MINUTE);
    ops.end_run(second).await.unwrap();
    ops.close().await;
    let ops = open(&library);
    let third = ops.begin_run("1.0.1").await.unwrap();
    assert_eq!(ops.previous_run_ended(third).await.unwrap(), Some(true));
}

/// A calendar that is put back makes starts of long ago lie ahead: that is no loop of restarts.
#[tokio::test]
async fn starts_that_seem_to_lie_ahead_are_not_counted() {
    let library = Fixture::new();
    library.clock.advance(MINUTE * 60);
    let ops = open(&library);
    for _ in 0..3 {
        ops.begin_run("1.0.0").await.unwrap();
    }
    let now = library.now();
    assert_eq!(ops.starts_since(now.before(MINUTE * 10)).await.unwrap(), 3);
    ops.close().await;

    let an_hour_back = Arc::new(ManualClock::at(now.before(MINUTE * 60)));
    let services = DatabaseServices::default();
    let ops = Ops::open(
        library.lock(),
        Arc::clone(&an_hour_back) as Arc<dyn Clock>,
        &services,
    )
    .unwrap();
    ops.begin_run("1.0.0").await.unwrap();
    let since = an_hour_back.now().before(MINUTE * 10);
    assert_eq!(ops.starts_since(since).await.unwrap(), 1);
}

/// Operational state that a person lets nobody write to.
fn open_and_shut_by_hand(library: &Fixture) -> Ops {
    let services = DatabaseServices::default();
    let ops = Ops::open(library.lock(), library.shared_clock(), &services).unwrap();
    let forced_open = Command::Overlay {
        mode: OverlayMode::ForcedOpen,
        lasts: None,
        reason: "maintenance".to_owned(),
    };
    let [operations, _] = services.all();
    operations.breakers().operate("ops.write", forced_open);
    ops
}

#[tokio::test]
async fn a_run_that_ends_well_is_known_as_that_where_a_person_lets_nobody_write() {
    let library = Fixture::new();
    let ops = open(&library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    ops.close().await;
    let ops = open_and_shut_by_hand(&library);
    let refused = ops.begin_run("1.0.0").await;
    assert!(
        matches!(refused, Err(StoreError::StoppedByHand { .. })),
        "{refused:?}"
    );
    ops.end_run(run).await.unwrap();
    ops.close().await;
    let ops = open(&library);
    let next = ops.begin_run("1.0.0").await.unwrap();
    assert_eq!(ops.previous_run_ended(next).await.unwrap(), Some(true));
}

#[tokio::test]
async fn an_index_that_proved_sound_is_known_as_that_where_a_person_lets_nobody_write() {
    let library = Fixture::new();
    for _ in 0..5 {
        let ops = open(&library);
        assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted);
        ops.close().await;
        let ops = open_and_shut_by_hand(&library);
        ops.index_sound().await.unwrap();
        ops.close().await;
    }
}

#[rstest]
#[case::damaged(damage)]
#[case::newer(make_newer)]
#[tokio::test]
async fn a_file_that_cannot_be_read_is_set_aside_and_the_library_goes_on(#[case] spoil: fn(&Path)) {
    let library = Fixture::new();
    let item = library.save("example.com/page").await.item;
    let ops = open(&library);
    let run = ops.begin_run("1.0.0").await.unwrap();
    ops.close().await;
    drop(ops);
    spoil(&library.dir().ops_db());
    let spoiled = std::fs::read(library.dir().ops_db()).unwrap();
    let ops = open(&library);
    let kept = set_aside(library.lock());
    assert!(
        kept.iter()
            .any(|name| { std::fs::read(library.dir().path().join(name)).unwrap() == spoiled }),
        "{kept:?}"
    );
    assert_eq!(ops.begin_run("1.0.0").await.unwrap(), run, "it begins anew");
    assert_eq!(library.look(&item).await, item);
}

#[tokio::test]
async fn of_very_many_runs_only_the_latest_are_remembered() {
    let library = Fixture::new();
    let ops = open(&library);
    for _ in 0..1_003 {
        ops.begin_run("1.0.0").await.unwrap();
    }
    assert_eq!(ops.previous_run_ended(4).await.unwrap(), None, "forgotten");
    assert_eq!(ops.previous_run_ended(5).await.unwrap(), Some(false));
}

#[tokio::test]
async fn an_index_that_the_process_died_three_times_in_a_row_opening_is_not_trusted() {
    let library = Fixture::new();
    let ops = open(&library);
    for _ in 0..3 {
        assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted);
    }
    assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Distrusted);
    assert_eq!(
        ops.index_opening().await.unwrap(),
        IndexGuard::Trusted,
        "the rebuilt one has its own chances"
    );
}

#[tokio::test]
async fn an_index_that_proved_sound_is_not_suspected_for_what_ends_the_process_later() {
    let library = Fixture::new();
    let ops = open(&library);
    for _ in 0..10 {
        assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted);
        ops.index_sound().await.unwrap();
    }
}

#[tokio::test]
async fn an_error_while_opening_the_index_is_no_death_and_clears_none() {
    let library = Fixture::new();
    let ops = open(&library);
    for _ in 0..10 {
        assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted);
        ops.index_not_opened().await.unwrap();
    }
    for _ in 0..2 {
        assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted, "died");
    }
    assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Trusted);
    ops.index_not_opened().await.unwrap();
    assert_eq!(
        ops.index_opening().await.unwrap(),
        IndexGuard::Trusted,
        "died for the third time"
    );
    assert_eq!(ops.index_opening().await.unwrap(), IndexGuard::Distrusted);
}
