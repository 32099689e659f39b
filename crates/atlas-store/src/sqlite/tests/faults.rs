//! A disk that fails under the real writer: who is told what, and what is there.

use std::collections::VecDeque;
use std::os::unix::fs::FileExt;

use atlas_resilience::breaker::{Command, OverlayMode};
use rstest::rstest;
use rusqlite::ffi;

use super::*;
use crate::data_dir::DataDir;

/// What the disk does at a COMMIT before it reports that its synchronisation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It keeps the batch.
    Kept,
    /// It keeps nothing of it.
    Lost,
    /// It keeps the batch, and then the file cannot be found.
    KeptAndGone,
    /// It keeps the batch in the log, whole; but nobody is shown it, because SQLite shows a commit only after the
    /// synchronisation.
    KeptUnshown,
}

/// A real file on a disk with faults at its next commits, and none after them.
struct FaultyDisk {
    file: DatabaseFile,
    faults: std::sync::Mutex<VecDeque<Fault>>,
    /// The index of the log. To close it would release the locks that SQLite holds on the same file.
    log_index: std::fs::File,
}

impl Disk for FaultyDisk {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn check(&self) -> Result<(), StoreError> {
        self.file.check()
    }

    fn reopen(&self) -> Result<Connection, StoreError> {
        self.file.reopen()
    }

    fn commit(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        let Some(fault) = self.faults.lock().unwrap().pop_front() else {
            return self.file.commit(connection);
        };
        match fault {
            Fault::Lost => connection.execute_batch("ROLLBACK")?,
            Fault::KeptUnshown => {
                // What readers and writers go by, twice: where the log ends for them.
                let mut header = [0; 2 * 48];
                self.log_index.read_exact_at(&mut header, 0).unwrap();
                self.file.commit(connection)?;
                self.log_index.write_all_at(&header, 0).unwrap();
            }
            Fault::Kept | Fault::KeptAndGone => self.file.commit(connection)?,
        }
        if fault == Fault::KeptAndGone {
            std::fs::rename(self.path(), away(self.path())).unwrap();
        }
        Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_IOERR_FSYNC),
            None,
        ))
    }

    fn make_room(&self) -> bool {
        self.file.make_room()
    }
}

/// The notes that the next process recovers if this one is killed now.
fn notes_after_a_crash(fixture: &Fixture) -> Vec<String> {
    let folder = left_by_a_crash(fixture);
    notes_on(&open_read_write(&folder.path().join("test.db")).unwrap())
}

fn fixture_with(faults: impl IntoIterator<Item = Fault>) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut connection = open_read_write(&path).unwrap();
    migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
    let disk = FaultyDisk {
        file: DatabaseFile::at(&path, None).unwrap(),
        faults: std::sync::Mutex::new(faults.into_iter().collect()),
        log_index: std::fs::File::options()
            .read(true)
            .write(true)
            .open(folder.path().join("test.db-shm"))
            .unwrap(),
    };
    let db = Database::start_on(connection, Box::new(disk), 2, &without_breakers()).unwrap();
    Fixture { folder, db }
}

/// What the writer does is looked at here, not who is kept from it.
fn without_breakers() -> DatabaseServices {
    let services = DatabaseServices::default();
    let disabled = Command::Overlay {
        mode: OverlayMode::Disabled,
        lasts: None,
        reason: String::new(),
    };
    services.operations.breakers().operate("test.write", disabled);
    services
}

fn delete(text: &'static str) -> impl Fn(&Connection) -> Result<usize, StoreError> + Send + 'static {
    move |sql| Ok(sql.execute("DELETE FROM note WHERE text = ?1", [text])?)
}

/// Two requests whose common commit fails.
async fn two_at_once(fixture: &Fixture) -> [Result<(), StoreError>; 2] {
    let release = fixture.occupy_writer().await; // changes nothing, so it commits nothing
    let first = fixture.submit(Lane::Interactive, note("first")).await;
    let second = fixture.submit(Lane::Interactive, note("second")).await;
    release.send(()).unwrap();
    [first.await.unwrap(), second.await.unwrap()]
}

#[tokio::test]
async fn a_commit_that_reports_an_error_but_happened_is_acknowledged_and_not_done_twice() {
    let fixture = fixture_with([Fault::Kept]);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
    fixture.db.write(Lane::Interactive, note("third")).await.unwrap();
    assert_eq!(fixture.notes().await, ["first", "second", "third"]);
}

#[tokio::test]
async fn a_commit_that_did_not_happen_is_done_again_for_each() {
    let fixture = fixture_with([Fault::Lost]);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
}

#[tokio::test]
async fn a_single_request_whose_commit_did_not_happen_gets_its_error() {
    let fixture = fixture_with([Fault::Lost]);
    let result = fixture.db.write(Lane::Interactive, note("lost")).await;
    assert!(matches!(result, Err(StoreError::Io(_))), "{result:?}");
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["next"]);
}

#[tokio::test]
async fn a_commit_that_was_kept_unshown_is_not_brought_to_life_by_a_crash() {
    let fixture = fixture_with([Fault::KeptUnshown]);
    let result = fixture.db.write(Lane::Interactive, note("lost")).await;
    assert!(matches!(result, Err(StoreError::Io(_))), "{result:?}");
    assert_eq!(
        notes_after_a_crash(&fixture),
        [""; 0],
        "the caller was told that it failed"
    );
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["next"]);
    assert_eq!(notes_after_a_crash(&fixture), ["next"]);
}

#[tokio::test]
async fn commits_that_were_kept_unshown_together_are_done_again_once() {
    let fixture = fixture_with([Fault::KeptUnshown]);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
    assert_eq!(notes_after_a_crash(&fixture), ["first", "second"]);
}

#[rstest]
#[case::whose_records_stay(Fault::Lost, &["first", "second"])]
#[case::whose_records_are_replaced(Fault::KeptUnshown, &[])]
#[tokio::test]
async fn commits_that_cannot_be_undone_are_unknown_until_another_takes_their_place(
    #[case] of_the_mark: Fault,
    #[case] after_a_crash: &[&str],
) {
    let fixture = fixture_with([Fault::KeptUnshown, of_the_mark]);
    for result in two_at_once(&fixture).await {
        assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    }
    assert_eq!(
        notes_after_a_crash(&fixture),
        after_a_crash,
        "all of the batch or nothing"
    );
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["next"]);
    assert_eq!(notes_after_a_crash(&fixture), ["next"]);
}

#[tokio::test]
async fn what_is_acknowledged_after_an_unknown_commit_holds_though_it_changed_nothing() {
    let fixture = fixture_with([Fault::KeptUnshown, Fault::Lost]);
    let result = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    let deleted = fixture.db.write(Lane::Interactive, delete("maybe")).await;
    assert_eq!(deleted.unwrap(), 0, "nobody is shown it");
    assert_eq!(notes_after_a_crash(&fixture), [""; 0]);
}

#[tokio::test]
async fn whoever_looks_after_an_unknown_commit_sees_what_a_crash_would_leave() {
    let fixture = fixture_with([Fault::KeptUnshown, Fault::Lost]);
    let result = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    assert_eq!(notes_after_a_crash(&fixture), ["maybe"]);
    assert_eq!(fixture.notes().await, [""; 0]);
    assert_eq!(notes_after_a_crash(&fixture), [""; 0]);
}

#[tokio::test]
async fn reading_goes_on_where_an_unknown_commit_cannot_be_replaced() {
    // Of the save and of the reading, each time the commit itself and then that of the mark.
    let fixture = fixture_with([Fault::KeptUnshown, Fault::Lost, Fault::Lost, Fault::Lost]);
    let result = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    assert_eq!(fixture.notes().await, [""; 0], "as far as anybody is shown");
    assert_eq!(fixture.notes().await, [""; 0]);
    assert_eq!(notes_after_a_crash(&fixture), [""; 0], "the disk is well again");
}

#[tokio::test]
async fn nothing_is_acknowledged_as_long_as_an_unknown_commit_cannot_be_replaced() {
    // Of the save and of the deletion, each time the commit itself and then that of the mark.
    let fixture = fixture_with([Fault::KeptUnshown, Fault::Lost, Fault::Lost, Fault::Lost]);
    let saved = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(matches!(&saved, Err(StoreError::Unknown(_))), "{saved:?}");
    let deleted = fixture.db.write(Lane::Interactive, delete("maybe")).await;
    assert!(matches!(&deleted, Err(StoreError::Unknown(_))), "{deleted:?}");
    assert_eq!(notes_after_a_crash(&fixture), ["maybe"]);
    fixture
        .db
        .write(Lane::Interactive, delete("maybe"))
        .await
        .unwrap();
    assert_eq!(notes_after_a_crash(&fixture), [""; 0]);
}

#[tokio::test]
async fn a_commit_that_cannot_be_looked_for_is_unknown_and_nothing_else_is() {
    let fixture = fixture_with([Fault::KeptAndGone]);
    for result in two_at_once(&fixture).await {
        assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    }
    std::fs::rename(away(&fixture.path()), fixture.path()).unwrap();
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["first", "second", "next"]);
}

#[tokio::test]
async fn a_commit_behind_which_a_reader_stands_is_unknown_because_it_cannot_be_synchronised() {
    let fixture = fixture_with([Fault::Kept]);
    let reader = fixture.reader();
    let snapshot = reader.unchecked_transaction().unwrap();
    let before: i64 = snapshot
        .query_row("SELECT count(*) FROM note", [], |row| row.get(0))
        .unwrap();
    let result = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(
        matches!(&result, Err(StoreError::Unknown(why)) if why.contains("a reader holds its log")),
        "{result:?}"
    );
    drop(snapshot);
    assert_eq!(
        (before, fixture.notes().await.len()),
        (0, 1),
        "it was there after all"
    );
}

#[tokio::test]
async fn a_full_disk_takes_the_reserve_before_anybody_pays() {
    let folder = tempfile::tempdir().unwrap();
    let reserve = Reserve::of(&DataDir::new(folder.path()));
    reserve.keep(1024 * 1024, 0).unwrap();
    let path = folder.path().join("test.db");
    let mut connection = open_read_write(&path).unwrap();
    migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
    let db = Database::start(
        connection,
        &path,
        2,
        Some(reserve.clone()),
        &DatabaseServices::default(),
    )
    .unwrap();
    let fixture = Fixture { folder, db };

    let release = fixture.occupy_writer().await;
    let before = fixture.submit(Lane::Interactive, note("before")).await;
    let held = reserve.clone();
    let large = fixture
        .submit(Lane::Interactive, move |sql| {
            if held.is_held(1024 * 1024) {
                return fill_the_disk(sql);
            }
            note("large")(sql)
        })
        .await;
    release.send(()).unwrap();
    before.await.unwrap().unwrap();
    large.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["before", "large"]);
    let result = fixture.db.write(Lane::Interactive, fill_the_disk).await;
    assert!(
        matches!(result, Err(StoreError::Full(_))),
        "there is only one reserve"
    );
}
