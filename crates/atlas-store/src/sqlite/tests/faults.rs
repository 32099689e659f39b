//! A disk that fails, and a file that is taken away, under the real writer: who is told what, and what is there.

use std::os::unix::fs::FileExt;

use rusqlite::ffi;

use super::super::batch::Found;
use super::*;
use crate::data_dir::DataDir;

/// What the disk does at the next COMMIT before it reports that its synchronisation failed.
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

/// A real file on a disk with one fault.
struct FaultyDisk {
    file: DatabaseFile,
    fault: std::sync::Mutex<Option<Fault>>,
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
        let Some(fault) = self.fault.lock().unwrap().take() else {
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

    fn look(&self, mark: i64) -> Found {
        self.file.look(mark)
    }

    fn make_room(&self) -> bool {
        self.file.make_room()
    }
}

/// The notes that the next process finds if this one dies now: it has the file and the log, and recovers.
fn notes_after_a_crash(fixture: &Fixture) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for name in ["test.db", "test.db-wal"] {
        std::fs::copy(fixture.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    let next = open_read_write(&folder.path().join("test.db")).unwrap();
    let mut statement = next.prepare("SELECT text FROM note ORDER BY rowid").unwrap();
    let notes = statement.query_map([], |row| row.get(0)).unwrap();
    notes.collect::<Result<_, _>>().unwrap()
}

fn away(path: &Path) -> PathBuf {
    path.with_extension("away")
}

fn fixture_with(fault: Fault) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut connection = open_read_write(&path).unwrap();
    migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
    let disk = FaultyDisk {
        file: DatabaseFile::at(&path, None).unwrap(),
        fault: std::sync::Mutex::new(Some(fault)),
        log_index: std::fs::File::options()
            .read(true)
            .write(true)
            .open(folder.path().join("test.db-shm"))
            .unwrap(),
    };
    let db = Database::start_on(connection, Box::new(disk), 2).unwrap();
    Fixture { folder, db }
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
    let fixture = fixture_with(Fault::Kept);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
    fixture.db.write(Lane::Interactive, note("third")).await.unwrap();
    assert_eq!(fixture.notes().await, ["first", "second", "third"]);
}

#[tokio::test]
async fn a_commit_that_did_not_happen_is_done_again_for_each() {
    let fixture = fixture_with(Fault::Lost);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
}

#[tokio::test]
async fn a_single_request_whose_commit_did_not_happen_gets_its_error() {
    let fixture = fixture_with(Fault::Lost);
    let result = fixture.db.write(Lane::Interactive, note("lost")).await;
    assert!(matches!(result, Err(StoreError::Io(_))), "{result:?}");
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["next"]);
}

#[tokio::test]
async fn a_commit_that_was_kept_unshown_is_not_brought_to_life_by_a_crash() {
    let fixture = fixture_with(Fault::KeptUnshown);
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
    let fixture = fixture_with(Fault::KeptUnshown);
    for result in two_at_once(&fixture).await {
        result.unwrap();
    }
    assert_eq!(fixture.notes().await, ["first", "second"]);
    assert_eq!(notes_after_a_crash(&fixture), ["first", "second"]);
}

#[tokio::test]
async fn a_commit_that_cannot_be_looked_for_is_unknown_and_nothing_else_is() {
    let fixture = fixture_with(Fault::KeptAndGone);
    for result in two_at_once(&fixture).await {
        assert!(matches!(&result, Err(StoreError::Unknown(_))), "{result:?}");
    }
    std::fs::rename(away(&fixture.path()), fixture.path()).unwrap();
    fixture.db.write(Lane::Interactive, note("next")).await.unwrap();
    assert_eq!(fixture.notes().await, ["first", "second", "next"]);
}

#[tokio::test]
async fn a_commit_behind_which_a_reader_stands_is_unknown_because_it_cannot_be_synchronised() {
    let fixture = fixture_with(Fault::Kept);
    let reader = fixture.reader();
    let snapshot = reader.unchecked_transaction().unwrap();
    let before: i64 = snapshot
        .query_row("SELECT count(*) FROM note", [], |row| row.get(0))
        .unwrap();
    let result = fixture.db.write(Lane::Interactive, note("maybe")).await;
    assert!(
        matches!(&result, Err(StoreError::Unknown(why)) if why.contains("a reader held the file")),
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
async fn a_file_that_vanished_is_never_made_anew_and_serves_again_when_it_is_back() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("before")).await.unwrap();
    std::fs::rename(fixture.path(), away(&fixture.path())).unwrap();
    for _ in 0..2 {
        let result = fixture.db.write(Lane::Interactive, note("lost")).await;
        assert!(
            matches!(&result, Err(StoreError::Displaced { what: "vanished", .. })),
            "{result:?}"
        );
        assert!(!fixture.path().exists(), "an empty database was made");
    }
    assert!(matches!(fixture.db.trouble(), Some(StoreError::Displaced { .. })));
    assert_eq!(fixture.notes().await, ["before"], "reading goes on");
    std::fs::rename(away(&fixture.path()), fixture.path()).unwrap();
    fixture.db.write(Lane::Interactive, note("after")).await.unwrap();
    assert_eq!(fixture.notes().await, ["before", "after"]);
    assert!(fixture.db.trouble().is_none());
}

#[tokio::test]
async fn a_file_that_was_deleted_for_good_is_missed_before_anything_is_acknowledged() {
    let fixture = Fixture::new();
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(fixture.folder.path().join(format!("test.db{suffix}"))).unwrap();
    }
    let result = fixture.db.write(Lane::Interactive, note("lost")).await;
    assert!(matches!(result, Err(StoreError::Displaced { .. })), "{result:?}");
    assert!(!fixture.path().exists());
}

#[tokio::test]
async fn a_file_in_the_place_of_the_old_one_is_not_written_to() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    other
        .db
        .write(Lane::Interactive, note("of another"))
        .await
        .unwrap();
    other.db.close().await;
    let bytes = std::fs::read(other.path()).unwrap();
    let incoming = fixture.folder.path().join("incoming");
    std::fs::write(&incoming, &bytes).unwrap();
    std::fs::rename(&incoming, fixture.path()).unwrap();
    for _ in 0..2 {
        let result = fixture.db.write(Lane::Interactive, note("x")).await;
        assert!(
            matches!(
                &result,
                Err(StoreError::Displaced {
                    what: "was replaced",
                    ..
                })
            ),
            "{result:?}"
        );
    }
    assert!(
        std::fs::read(fixture.path()).unwrap() == bytes,
        "it was written to"
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
    let db = Database::start(connection, &path, 2, Some(reserve.clone())).unwrap();
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

#[tokio::test]
async fn damage_that_shows_itself_in_use_is_remembered_by_the_name_of_its_file() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("sound")).await.unwrap();
    let root: u64 = {
        let reader = fixture.reader();
        reader
            .query_row(
                "SELECT rootpage FROM sqlite_schema WHERE name = 'note'",
                [],
                |row| row.get(0),
            )
            .unwrap()
    };
    fixture.db.close().await; // everything is in the main file now
    assert!(fixture.db.trouble().is_none());
    let page = std::fs::OpenOptions::new()
        .write(true)
        .open(fixture.path())
        .unwrap();
    page.write_all_at(&[0x5a; 4096], (root - 1) * 4096).unwrap();
    let result = fixture
        .db
        .read(|sql| {
            Ok(sql.query_row("SELECT max(body IS NULL) FROM note", [], |row| {
                row.get::<_, i64>(0)
            })?)
        })
        .await;
    assert!(
        matches!(&result, Err(StoreError::Corrupt { path, .. }) if *path == fixture.path()),
        "{result:?}"
    );
    assert!(matches!(fixture.db.trouble(), Some(StoreError::Corrupt { .. })));
    let mark = fixture
        .db
        .read(|sql| Ok(sql.query_row("SELECT id FROM writer_mark", [], |row| row.get::<_, i64>(0))?))
        .await;
    assert_eq!(mark.unwrap(), 1, "what is sound can be read");
}

#[test]
fn a_database_of_another_program_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_CREATE;
    let other = Connection::open_with_flags(&path, flags).unwrap();
    other
        .execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
        .unwrap();
    drop(other);
    let bytes = std::fs::read(&path).unwrap();
    let opened = open_read_write(&path);
    assert!(matches!(opened, Err(StoreError::Foreign { .. })), "{opened:?}");
    let reading = Database::open_read_only(&path, &SCHEMA, 1, Reading::Shared).map(drop);
    assert!(matches!(reading, Err(StoreError::Foreign { .. })), "{reading:?}");
    assert!(std::fs::read(&path).unwrap() == bytes);
    let directory = open_read_write(folder.path());
    assert!(
        matches!(
            directory,
            Err(StoreError::Foreign {
                what: "a directory",
                ..
            })
        ),
        "{directory:?}"
    );
}

#[tokio::test]
async fn a_file_that_nobody_writes_is_read_without_anything_beside_it() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("kept")).await.unwrap();
    fixture.db.close().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("100% sure? #1 ünï.db");
    std::fs::copy(fixture.path(), &path).unwrap();
    let db = Database::open_read_only(&path, &SCHEMA, 1, Reading::Still).unwrap();
    let text: String = db
        .read(|sql| Ok(sql.query_row("SELECT text FROM note", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(text, "kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
