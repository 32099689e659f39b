//! A lock that another program holds: it is waited for, and everything runs again. What waiting does not mend is told
//! at once.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::sqlite::trace::take_statements;

fn begins(statements: &[String]) -> usize {
    statements.iter().filter(|sql| *sql == "BEGIN IMMEDIATE").count()
}

/// Another program that writes.
fn lock_it(fixture: &Fixture) -> Connection {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
    let other = Connection::open_with_flags(fixture.path(), flags).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

#[tokio::test]
async fn d10_a_locked_database_is_retried_and_a_missing_file_is_not() {
    let fixture = Fixture::new();
    take_statements(&fixture.path());
    let other = lock_it(&fixture);
    // The writer is free and takes it at once: it need not be seen to stand in its lane.
    let db = fixture.db.clone();
    let save = tokio::spawn(async move { db.write(Lane::Interactive, note("patient")).await });
    let mut ran = Vec::new();
    while begins(&ran) < 2 && !save.is_finished() {
        ran.extend(take_statements(&fixture.path()));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(begins(&ran), 2, "it tries again");
    other.execute_batch("COMMIT").unwrap();
    save.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["patient"]);

    std::fs::rename(fixture.path(), away(&fixture.path())).unwrap();
    take_statements(&fixture.path());
    let missing = fixture.db.write(Lane::Interactive, note("lost")).await;
    assert!(
        matches!(missing, Err(StoreError::Displaced { .. })),
        "{missing:?}"
    );
    assert_eq!(take_statements(&fixture.path()), [""; 0]);
}

#[tokio::test]
async fn who_holds_the_lock_for_too_long_costs_seven_further_tries_and_one_failure() {
    let fixture = Fixture::new();
    take_statements(&fixture.path());
    let other = lock_it(&fixture);
    let begun = tokio::time::Instant::now();
    let busy = fixture.db.write(Lane::Interactive, note("in vain")).await;
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(begins(&take_statements(&fixture.path())), 8);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(fixture.db.outage().is_none(), "one failure is none yet");
    fixture.db.write(Lane::Interactive, note("after")).await.unwrap();
}

#[tokio::test]
async fn a_lock_that_one_request_meets_makes_its_whole_transaction_run_again() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let first = fixture.submit(Lane::Interactive, note("neighbour")).await;
    let second = fixture
        .submit(Lane::Interactive, move |sql| {
            note("held up")(sql)?;
            match counted.fetch_add(1, Ordering::SeqCst) {
                0..3 => Err(StoreError::Busy("locked".to_owned())),
                _ => Ok(()),
            }
        })
        .await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 4);
    assert_eq!(fixture.notes().await, ["neighbour", "held up"]);
}

#[tokio::test]
async fn a_request_that_meets_a_lock_every_time_costs_its_neighbours_nothing() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let first = fixture.submit(Lane::Interactive, note("first")).await;
    let held = fixture
        .submit(Lane::Interactive, |_| Err(StoreError::Busy("locked".to_owned())))
        .await;
    let last = fixture.submit(Lane::Interactive, note("last")).await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert!(matches!(held.await.unwrap(), Err(StoreError::Busy(_))));
    last.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["first", "last"]);
}

#[tokio::test]
async fn a_read_that_meets_a_lock_runs_again() {
    let fixture = Fixture::new();
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let read = fixture
        .db
        .read(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
            0..3 => Err(StoreError::Busy("locked".to_owned())),
            _ => Ok(7),
        })
        .await;
    assert_eq!((read.unwrap(), tries.load(Ordering::SeqCst)), (7, 4));
}
