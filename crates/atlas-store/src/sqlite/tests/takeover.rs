//! A start on the log of a process that was killed: what it recovers may be only in the kernel's cache, where a
//! synchronisation had failed, so nothing may rest on it.

use super::*;

/// The database on what the process of `fixture` leaves if it is killed now.
fn next_process(fixture: &Fixture) -> Fixture {
    let folder = left_by_a_crash(fixture);
    let path = folder.path().join("test.db");
    let connection = open_read_write(&path).unwrap();
    let db = Database::start(connection, &path, 2, None, &DatabaseServices::default()).unwrap();
    Fixture { folder, db }
}

fn log_bytes(fixture: &Fixture) -> u64 {
    let log = fixture.folder.path().join("test.db-wal");
    std::fs::metadata(log).unwrap().len()
}

/// The notes of which nothing is in the log alone.
fn notes_in_main_file(fixture: &Fixture) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    std::fs::copy(fixture.path(), &path).unwrap();
    notes_on(&open_read_only(&path).unwrap())
}

#[tokio::test]
async fn what_is_recovered_from_the_log_is_in_the_main_file_before_anything_is_written() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("before")).await.unwrap();
    let next = next_process(&fixture);
    assert_eq!(log_bytes(&next), 0);
    assert_eq!(notes_in_main_file(&next), ["before"]);
    next.db.write(Lane::Interactive, note("after")).await.unwrap();
    assert_eq!(next.notes().await, ["before", "after"]);
}

#[tokio::test]
async fn a_reader_that_holds_the_log_holds_up_neither_the_start_nor_a_write_and_then_it_is_emptied() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("before")).await.unwrap();
    let folder = left_by_a_crash(&fixture);
    let path = folder.path().join("test.db");
    let connection = open_read_write(&path).unwrap();
    let reader = open_read_only(&path).unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    assert_eq!(notes_on(&snapshot), ["before"]);

    let db = Database::start(connection, &path, 2, None, &DatabaseServices::default()).unwrap();
    let next = Fixture { folder, db };
    next.db.write(Lane::Interactive, note("during")).await.unwrap();
    assert_eq!(notes_on(&snapshot), ["before"], "the reader keeps its moment");
    drop(snapshot);
    next.db.write(Lane::Interactive, note("after")).await.unwrap();
    assert_eq!(notes_in_main_file(&next), ["before", "during"]);
    assert_eq!(next.notes().await, ["before", "during", "after"]);
}

#[tokio::test]
async fn a_log_of_its_own_is_not_emptied_with_each_batch() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("first")).await.unwrap();
    fixture.db.write(Lane::Interactive, note("second")).await.unwrap();
    assert_eq!(notes_in_main_file(&fixture), [""; 0]);
}
