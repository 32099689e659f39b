//! The circuit breakers of a file: what opens them, what whoever is turned away reads, that each direction and each
//! file stands by itself, and that it ends by itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_resilience::breaker::{BreakerStatus, Command, OverlayMode, Phase};
use rusqlite::ffi;

use super::*;
use crate::sqlite::trace::take_statements;

/// A disk on which no commit goes through while it is out of order.
struct FailingDisk {
    file: DatabaseFile,
    is_out_of_order: Arc<AtomicBool>,
}

impl Disk for FailingDisk {
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
        if self.is_out_of_order.load(Ordering::SeqCst) {
            let write_failed = ffi::Error::new(ffi::SQLITE_IOERR_WRITE);
            return Err(rusqlite::Error::SqliteFailure(write_failed, None));
        }
        self.file.commit(connection)
    }

    fn make_room(&self) -> bool {
        false
    }
}

/// Two files of one process, the first on a disk that can fail.
struct Pair {
    library: Database,
    ops: Database,
    services: DatabaseServices,
    is_out_of_order: Arc<AtomicBool>,
    folder: TempDir,
}

impl Pair {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = DatabaseServices::default();
        let is_out_of_order = Arc::new(AtomicBool::new(false));
        let migrated = |name: &str| {
            let path = folder.path().join(name);
            let mut connection = open_read_write(&path).unwrap();
            migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
            (connection, path)
        };
        let (connection, path) = migrated("library.db");
        let disk = FailingDisk {
            file: DatabaseFile::at(&path, None).unwrap(),
            is_out_of_order: Arc::clone(&is_out_of_order),
        };
        let library = Database::start_on(connection, Box::new(disk), 2, &services).unwrap();
        let (connection, path) = migrated("ops.db");
        let ops = Database::start(connection, &path, 2, None, &services).unwrap();
        Self {
            library,
            ops,
            services,
            is_out_of_order,
            folder,
        }
    }

    fn fail(&self, fails: bool) {
        self.is_out_of_order.store(fails, Ordering::SeqCst);
    }

    fn breaker(&self, scope: &str) -> BreakerStatus {
        self.services.operations.breakers().status(scope)
    }

    fn decide(&self, scope: &str, mode: OverlayMode, reason: &str) {
        let command = Command::Overlay {
            mode,
            lasts: None,
            reason: reason.to_owned(),
        };
        self.services.operations.breakers().operate(scope, command);
    }

    async fn write(&self, text: &'static str) -> Result<(), StoreError> {
        self.library.write(Lane::Interactive, note(text)).await
    }

    async fn count(&self) -> Result<i64, StoreError> {
        let count = |sql: &Connection| Ok(sql.query_row("SELECT count(*) FROM note", [], |row| row.get(0))?);
        self.library.read(count).await
    }

    /// Nobody but the file itself does anything meanwhile.
    async fn until_closed(&self) {
        let closed = async {
            while self.breaker("library.write").phase != Phase::Closed {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(20), closed).await;
        in_time.expect("it closes by itself");
    }
}

#[tokio::test]
async fn every_file_has_a_breaker_for_each_direction_from_the_beginning() {
    let pair = Pair::new();
    let known = pair.services.operations.breakers().all();
    let scopes: Vec<_> = known.iter().map(|(scope, _)| &**scope).collect();
    assert_eq!(scopes, ["library.read", "library.write", "ops.read", "ops.write"]);
}

#[tokio::test]
async fn an_outage_stops_the_writes_of_its_file_at_once_and_nothing_else() {
    let pair = Pair::new();
    pair.write("before").await.unwrap();
    pair.fail(true);
    let failed = pair.write("lost").await;
    assert!(matches!(failed, Err(StoreError::Io(_))), "{failed:?}");
    assert_eq!(pair.breaker("library.write").phase, Phase::Open);

    take_statements(&pair.folder.path().join("library.db"));
    let refused = pair.write("not tried").await.unwrap_err();
    assert!(matches!(refused.cause(), StoreError::Io(_)), "{refused:?}");
    let told = refused.to_string();
    assert!(
        told.contains("reading or writing the database failed") && told.contains("tried again in"),
        "{told}"
    );
    assert_eq!(
        take_statements(&pair.folder.path().join("library.db")),
        [""; 0],
        "nothing was tried"
    );
    assert_eq!(pair.count().await.unwrap(), 1, "reading goes on");
    pair.ops
        .write(Lane::Interactive, note("the other file"))
        .await
        .unwrap();
    for scope in ["library.read", "ops.read", "ops.write"] {
        assert_eq!(pair.breaker(scope).phase, Phase::Closed, "{scope}");
    }
}

#[tokio::test]
async fn it_closes_by_itself_when_the_disk_is_well_although_nobody_saves() {
    let pair = Pair::new();
    pair.fail(true);
    pair.write("lost").await.unwrap_err();
    assert!(pair.library.outage().is_some());
    pair.fail(false);
    pair.until_closed().await;
    assert!(pair.library.outage().is_none());
    pair.write("after").await.unwrap();
    assert_eq!(pair.count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_request_that_fails_by_its_own_size_turns_nobody_else_away() {
    let fixture = Fixture::new();
    for _ in 0..5 {
        let huge = fixture.db.write(Lane::Interactive, fill_the_disk).await;
        assert!(matches!(huge, Err(StoreError::Full(_))), "{huge:?}");
        assert!(fixture.db.outage().is_none());
    }
    fixture.db.write(Lane::Interactive, note("small")).await.unwrap();
}

#[tokio::test]
async fn what_the_file_answers_is_no_failure_of_the_file() {
    let pair = Pair::new();
    pair.write("once").await.unwrap();
    for _ in 0..5 {
        assert!(matches!(pair.write("once").await, Err(StoreError::Sqlite(_))));
        let missing = pair
            .library
            .read(|_| Err::<(), _>(StoreError::not_found("note", "x")))
            .await;
        assert!(matches!(missing, Err(StoreError::NotFound { .. })));
    }
    pair.write("another").await.unwrap();
}

#[tokio::test]
async fn reads_that_fail_in_a_row_stop_reading_and_one_alone_does_not() {
    let pair = Pair::new();
    let unreadable_page = |_: &Connection| Err::<(), _>(StoreError::Io("a bad sector".to_owned()));
    for _ in 0..4 {
        pair.library.read(unreadable_page).await.unwrap_err();
        pair.library.read(unreadable_page).await.unwrap_err();
        pair.count().await.unwrap();
    }
    for _ in 0..3 {
        pair.library.read(unreadable_page).await.unwrap_err();
    }
    let refused = pair.count().await.unwrap_err();
    assert!(refused.to_string().contains("a bad sector"), "{refused}");
    pair.write("writing goes on").await.unwrap();
}

#[tokio::test]
async fn whoever_only_looks_opens_nothing_and_is_turned_away_like_everybody() {
    let pair = Pair::new();
    let looking = pair.library.for_looking();
    let unreadable_page = |_: &Connection| Err::<(), _>(StoreError::Io("a bad sector".to_owned()));
    pair.fail(true);
    for _ in 0..5 {
        looking.write(Lane::Interactive, note("x")).await.unwrap_err();
        looking.read(unreadable_page).await.unwrap_err();
    }
    for scope in ["library.read", "library.write"] {
        assert_eq!(pair.breaker(scope).phase, Phase::Closed, "{scope}");
    }
    pair.write("lost").await.unwrap_err();
    let refused = looking.write(Lane::Interactive, note("x")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Paused { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_person_can_stop_writing_and_lets_it_go_on() {
    let pair = Pair::new();
    pair.decide("library.write", OverlayMode::ForcedOpen, "the disk is copied");
    let refused = pair.write("x").await.unwrap_err();
    assert!(matches!(refused, StoreError::StoppedByHand { .. }), "{refused:?}");
    let told = refused.to_string();
    assert!(
        told.contains("the disk is copied")
            && told.contains("atlas breaker auto database_operations library.write"),
        "{told}"
    );
    assert_eq!(pair.count().await.unwrap(), 0, "reading goes on");
    pair.decide("library.write", OverlayMode::Auto, "");
    pair.write("x").await.unwrap();
}

#[tokio::test]
async fn a_reset_lets_the_next_write_try_at_once() {
    let pair = Pair::new();
    pair.fail(true);
    pair.write("lost").await.unwrap_err();
    pair.fail(false);
    pair.services
        .operations
        .breakers()
        .operate("library.write", Command::Reset);
    pair.write("after").await.unwrap();
}

#[tokio::test]
async fn whoever_is_turned_away_after_an_unknown_commit_is_not_told_that_theirs_is_unknown() {
    let paused = StoreError::Unknown("fsync".to_owned()).as_cause();
    assert!(matches!(paused, StoreError::Io(_)), "{paused:?}");
}

/// One commit for one write and none for a read: the breakers write nothing.
#[tokio::test]
async fn a_call_that_succeeds_writes_nothing_but_its_own() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("warm")).await.unwrap();
    take_statements(&fixture.path());
    for text in ["a", "b", "c"] {
        fixture.db.write(Lane::Interactive, note(text)).await.unwrap();
        fixture.notes().await;
    }
    let ran = take_statements(&fixture.path());
    let count = |begins: &str| ran.iter().filter(|sql| sql.starts_with(begins)).count();
    assert_eq!((count("BEGIN IMMEDIATE"), count("COMMIT")), (3, 3), "{ran:?}");
    let changes: HashSet<_> = ran
        .iter()
        .filter(|sql| {
            ["INSERT", "UPDATE", "DELETE"]
                .iter()
                .any(|verb| sql.starts_with(verb))
        })
        .map(|sql| sql.split(['=', '(']).next().unwrap().trim())
        .collect();
    assert_eq!(
        changes,
        HashSet::from(["INSERT INTO note", "UPDATE writer_mark SET batch"]),
        "{ran:?}"
    );
}

/// Scenario: a batch, and the check of a whole file, that take far longer than anything else may.
#[tokio::test]
async fn neither_a_slow_batch_nor_a_slow_check_opens_anything() {
    let pair = Pair::new();
    let (release, released) = mpsc::channel::<()>();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (begun, released) = (
        std::sync::Mutex::new(Some(begun)),
        std::sync::Mutex::new(released),
    );
    let db = pair.library.clone();
    let slow = tokio::spawn(async move {
        let wait = move |_: &Connection| {
            if let Some(begun) = begun.lock().unwrap().take() {
                begun.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
            }
            Ok(())
        };
        db.write(Lane::Bulk, wait).await
    });
    begins.await.unwrap();
    let db = pair.library.clone();
    let (checked, goes_on) = mpsc::channel::<()>();
    let check = tokio::spawn(async move {
        let wait = move |_: &Connection| {
            goes_on.recv().unwrap();
            Ok(())
        };
        db.read_whole(wait).await
    });
    let saves: Vec<_> = ["a", "b", "c", "d", "e"]
        .map(|text| {
            let db = pair.library.clone();
            tokio::spawn(async move { db.write(Lane::Interactive, note(text)).await })
        })
        .into();
    while pair.library.writer_stats().unwrap().waiting < 5 {
        tokio::task::yield_now().await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(10)).await;
    tokio::time::resume();
    assert_eq!(pair.count().await.unwrap(), 0, "reading goes on meanwhile");
    release.send(()).unwrap();
    checked.send(()).unwrap();
    slow.await.unwrap().unwrap();
    check.await.unwrap().unwrap();
    for save in saves {
        save.await.unwrap().unwrap();
    }
    for (service, scope) in [
        (&pair.services.operations, "library.read"),
        (&pair.services.operations, "library.write"),
        (&pair.services.maintenance, "library"),
    ] {
        let status = service.breakers().status(scope);
        assert_eq!(
            (status.phase, status.consecutive_failures),
            (Phase::Closed, 0),
            "{scope}"
        );
    }
}

#[tokio::test]
async fn maintenance_that_fails_opens_nothing_and_a_person_can_forbid_it() {
    let pair = Pair::new();
    for _ in 0..5 {
        let failed = pair
            .library
            .read_whole(|_| Err::<(), _>(StoreError::Io("torn".to_owned())))
            .await;
        assert!(matches!(failed, Err(StoreError::Io(_))));
    }
    pair.library.read_whole(|_| Ok(())).await.unwrap();
    let command = Command::Overlay {
        mode: OverlayMode::ForcedOpen,
        lasts: None,
        reason: "at night".to_owned(),
    };
    pair.services.maintenance.breakers().operate("library", command);
    let refused = pair.library.read_whole(|_| Ok(())).await.unwrap_err();
    assert!(refused.to_string().contains("at night"), "{refused}");
}
