//! The writer shows that it goes on, or does not: what a supervisor's watchdog is fed by.

use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Longer than any healthy writer takes, and waited for only where nothing comes.
const NO_SIGN: Duration = Duration::from_millis(300);
/// Millions of virtual instructions, and next to nothing else.
const LONG_STATEMENT: &str =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
     SELECT count(*) FROM n WHERE i < 0";

#[tokio::test]
async fn an_idle_writer_shows_that_it_goes_on() {
    let fixture = Fixture::new();
    fixture.db.writer_shows_progress().await;
    fixture.db.writer_shows_progress().await;
}

#[tokio::test]
async fn a_writer_that_stands_shows_nothing_until_it_goes_on() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let asked = timeout(NO_SIGN, fixture.db.writer_shows_progress()).await;
    assert!(asked.is_err(), "it stands");
    release.send(()).unwrap();
    fixture.db.writer_shows_progress().await;
}

#[tokio::test]
async fn a_long_statement_shows_that_it_goes_on() {
    let fixture = Fixture::new();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let interrupt = std::sync::Mutex::new(None);
    let interrupt = Arc::new(interrupt);
    let (db, handle) = (fixture.db.clone(), Arc::clone(&interrupt));
    let running = tokio::spawn(async move {
        db.write(Lane::Bulk, move |sql| {
            *handle.lock().unwrap() = Some(sql.get_interrupt_handle());
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
            }
            Ok(sql.query_row(LONG_STATEMENT, [], |row| row.get::<_, i64>(0))?)
        })
        .await
    });
    begins.await.unwrap();
    fixture.db.writer_shows_progress().await;
    fixture.db.writer_shows_progress().await;
    assert!(!running.is_finished(), "the statement runs all the while");
    interrupt.lock().unwrap().as_ref().unwrap().interrupt();
    running.await.unwrap().unwrap_err();
    fixture.db.writer_shows_progress().await;
}

#[tokio::test]
async fn a_writer_that_was_closed_keeps_nobody_waiting() {
    let fixture = Fixture::new();
    fixture.db.close().await;
    fixture.db.writer_shows_progress().await;
}
