//! The engine against a real file: group commit, the replay rule, readers, migrations, backups.

mod faults;
mod file;
mod guarding;
mod limits;
mod locks;
mod progress;
mod takeover;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use atlas_domain::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::backup::verified_backup;
use super::connection::open_read_only;
use super::*;
use crate::services::READ_LIMIT;

const NOW: Timestamp = Timestamp::from_millis(1_000);

const SCHEMA: Schema = Schema(&[Migration {
    name: "first",
    sql: "CREATE TABLE writer_mark (id INTEGER PRIMARY KEY, batch INTEGER NOT NULL) STRICT;
          INSERT INTO writer_mark VALUES (1, 0);
          CREATE TABLE note (text TEXT NOT NULL UNIQUE, body BLOB) STRICT;",
}]);

impl Readers {
    /// A read, as the database does it.
    async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.enter().await?.run(work).await
    }
}

struct Fixture {
    folder: TempDir,
    db: Database,
}

impl Fixture {
    fn new() -> Self {
        Self::by(&DatabaseServices::default())
    }

    fn by(services: &DatabaseServices) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let mut connection = open_read_write(&path).unwrap();
        migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
        let db = Database::start(connection, &path, 2, None, services).unwrap();
        Self { folder, db }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// Occupies the writer until the returned sender is used, so that what is submitted meanwhile becomes one
    /// batch.
    async fn occupy_writer(&self) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (begun, begins) = tokio::sync::oneshot::channel::<()>();
        let (begun, released) = (
            std::sync::Mutex::new(Some(begun)),
            std::sync::Mutex::new(released),
        );
        let db = self.db.clone();
        tokio::spawn(async move {
            db.write(Lane::Interactive, move |_| {
                if let Some(begun) = begun.lock().unwrap().take() {
                    begun.send(()).unwrap();
                    released.lock().unwrap().recv().unwrap();
                }
                Ok(())
            })
            .await
        });
        begins.await.unwrap();
        release
    }

    /// Submits a write and waits until it stands in its lane.
    async fn submit<F>(&self, lane: Lane, work: F) -> JoinHandle<Result<(), StoreError>>
    where
        F: Fn(&Connection) -> Result<(), StoreError> + Send + 'static,
    {
        let waiting = self.db.writer_stats().unwrap().waiting;
        let db = self.db.clone();
        let task = tokio::spawn(async move { db.write(lane, work).await });
        while self.db.writer_stats().unwrap().waiting == waiting {
            tokio::task::yield_now().await;
        }
        task
    }

    async fn notes(&self) -> Vec<String> {
        self.db
            .read(|sql| {
                let mut statement = sql.prepare("SELECT text FROM note ORDER BY rowid")?;
                let rows = statement.query_map([], |row| row.get(0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
            .unwrap()
    }
}

/// What the next process finds if this one is killed now: the file and the log, without its index.
fn left_by_a_crash(fixture: &Fixture) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["test.db", "test.db-wal"] {
        std::fs::copy(fixture.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn away(path: &Path) -> PathBuf {
    path.with_extension("away")
}

fn notes_on(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT text FROM note ORDER BY rowid")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn note(text: &'static str) -> impl Fn(&Connection) -> Result<(), StoreError> + Send + 'static {
    move |sql| {
        sql.execute("INSERT INTO note (text) VALUES (?1)", [text])?;
        Ok(())
    }
}

/// Fills the file up to a limit that holds for this statement only: a real `SQLITE_FULL`.
fn fill_the_disk(sql: &Connection) -> Result<(), StoreError> {
    let pages: i64 = sql.pragma_query_value(None, "page_count", |row| row.get(0))?;
    sql.pragma_update_and_check(None, "max_page_count", pages + 1, |_| Ok(()))?;
    let result = sql.execute(
        "INSERT INTO note (text, body) VALUES ('huge', zeroblob(10000000))",
        [],
    );
    sql.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))?;
    Ok(result.map(|_| ())?)
}

/// Interrupts a write statement that would never end: a real `SQLITE_INTERRUPT`.
fn be_interrupted(sql: &Connection) -> Result<(), StoreError> {
    let (handle, done) = (sql.get_interrupt_handle(), AtomicBool::new(false));
    let result = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                handle.interrupt();
                std::thread::yield_now();
            }
        });
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
             INSERT INTO note (text) SELECT 'row ' || i FROM n";
        let result = sql.execute(endless, []);
        done.store(true, Ordering::SeqCst);
        result
    });
    Ok(result.map(|_| ())?)
}

#[tokio::test]
async fn requests_that_wait_together_share_one_commit() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let before = fixture.db.writer_stats().unwrap().batches;
    let mut tasks = Vec::new();
    for text in ["a", "b", "c"] {
        tasks.push(fixture.submit(Lane::Interactive, note(text)).await);
    }
    release.send(()).unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(fixture.notes().await, ["a", "b", "c"]);
    fixture.db.close().await;
    assert_eq!(
        fixture.db.writer_stats().unwrap().batches,
        before + 2,
        "one for the occupier, one for the three"
    );
}

#[tokio::test]
async fn a_failed_request_rolls_back_alone() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let first = fixture.submit(Lane::Interactive, note("a")).await;
    let same = fixture
        .submit(Lane::Interactive, |sql| {
            sql.execute("INSERT INTO note (text) VALUES ('gone with the error')", [])?;
            note("a")(sql)
        })
        .await;
    let last = fixture.submit(Lane::Interactive, note("b")).await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert!(matches!(same.await.unwrap(), Err(StoreError::Sqlite(_))));
    last.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["a", "b"]);
}

#[tokio::test]
async fn a_full_disk_in_one_request_loses_no_neighbour() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let before = fixture.submit(Lane::Interactive, note("before")).await;
    let guilty = fixture.submit(Lane::Interactive, fill_the_disk).await;
    let after = fixture.submit(Lane::Interactive, note("after")).await;
    release.send(()).unwrap();
    before.await.unwrap().unwrap();
    assert!(matches!(guilty.await.unwrap(), Err(StoreError::Full(_))));
    after.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["before", "after"]);
}

#[tokio::test]
async fn an_interrupt_in_one_request_loses_no_neighbour() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let before = fixture.submit(Lane::Interactive, note("before")).await;
    let guilty = fixture.submit(Lane::Interactive, be_interrupted).await;
    let after = fixture.submit(Lane::Interactive, note("after")).await;
    release.send(()).unwrap();
    before.await.unwrap().unwrap();
    assert!(matches!(guilty.await.unwrap(), Err(StoreError::Interrupted)));
    after.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["before", "after"]);
}

#[tokio::test]
async fn a_panic_in_one_request_is_its_error_and_nobody_elses() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let guilty = fixture
        .submit(Lane::Interactive, |sql| {
            note("half")(sql)?;
            panic!("a bug")
        })
        .await;
    let neighbour = fixture.submit(Lane::Interactive, note("neighbour")).await;
    release.send(()).unwrap();
    assert!(matches!(guilty.await.unwrap(), Err(StoreError::Panicked(text)) if text == "a bug"));
    neighbour.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["neighbour"]);
}

#[tokio::test]
async fn a_request_that_ends_the_transaction_itself_is_an_error() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let guilty = fixture
        .submit(Lane::Interactive, |sql| Ok(sql.execute_batch("ROLLBACK")?))
        .await;
    let neighbour = fixture.submit(Lane::Interactive, note("neighbour")).await;
    release.send(()).unwrap();
    assert!(matches!(guilty.await.unwrap(), Err(StoreError::Panicked(_))));
    neighbour.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["neighbour"]);
}

#[tokio::test]
async fn a_request_whose_caller_is_gone_is_skipped() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let gone = fixture.submit(Lane::Interactive, note("gone")).await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    let here = fixture.submit(Lane::Interactive, note("here")).await;
    release.send(()).unwrap();
    here.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["here"]);
}

#[tokio::test]
async fn interactive_requests_overtake_bulk_ones() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let bulk = fixture.submit(Lane::Bulk, note("bulk")).await;
    let urgent = fixture.submit(Lane::Interactive, note("urgent")).await;
    release.send(()).unwrap();
    bulk.await.unwrap().unwrap();
    urgent.await.unwrap().unwrap();
    assert_eq!(fixture.notes().await, ["urgent", "bulk"]);
}

#[tokio::test]
async fn closing_finishes_what_waits_and_refuses_the_rest() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let waiting = fixture.submit(Lane::Interactive, note("waiting")).await;
    release.send(()).unwrap();
    fixture.db.close().await;
    waiting.await.unwrap().unwrap();
    assert!(matches!(
        fixture.db.write(Lane::Interactive, note("late")).await,
        Err(StoreError::Closed)
    ));
}

#[tokio::test]
async fn a_reader_sees_one_moment_and_cannot_write() {
    let fixture = Fixture::new();
    let result = fixture
        .db
        .read(|sql| Ok(sql.execute("INSERT INTO note (text) VALUES ('x')", [])?))
        .await;
    assert!(matches!(result, Err(StoreError::ReadOnly)));
}

#[tokio::test]
async fn a_read_past_its_limit_is_interrupted_and_its_connection_lives_on() {
    let fixture = Fixture::new();
    let readers = Readers::open(&fixture.path(), Reading::Shared, 1, || Duration::from_millis(20)).unwrap();
    let endless = readers
        .run(|sql| {
            let query =
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
            Ok(sql.query_row(query, [], |row| row.get::<_, i64>(0))?)
        })
        .await;
    assert!(matches!(endless, Err(StoreError::Interrupted)));
    let next = readers
        .run(|sql| Ok(sql.query_row("SELECT 7", [], |row| row.get::<_, i64>(0))?))
        .await;
    assert_eq!(next.unwrap(), 7);
}

#[tokio::test]
async fn a_read_past_its_limit_begins_no_further_statement() {
    let fixture = Fixture::new();
    let limit = Duration::from_secs(5);
    let readers = Readers::open(&fixture.path(), Reading::Shared, 1, move || limit).unwrap();
    tokio::time::pause();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let read = readers.run(move |sql| {
        begun.send(()).unwrap();
        goes_on.recv().unwrap(); // busy with something else than SQL while its time runs out
        let query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
             SELECT count(*) FROM n";
        Ok(sql.query_row(query, [], |row| row.get::<_, i64>(0))?)
    });
    let (result, ()) = tokio::join!(read, async {
        begins.await.unwrap();
        tokio::time::advance(2 * limit).await;
        tokio::task::yield_now().await;
        go_on.send(()).unwrap();
    });
    assert!(matches!(result, Err(StoreError::Interrupted)), "{result:?}");
}

#[tokio::test]
async fn who_waits_for_a_connection_waits_no_longer_than_a_read_may_take() {
    let fixture = Fixture::new();
    let limit = Duration::from_secs(5);
    let readers = Readers::open(&fixture.path(), Reading::Shared, 1, move || limit).unwrap();
    tokio::time::pause();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let holds = readers.run(move |_| {
        begun.send(()).unwrap();
        goes_on.recv().unwrap();
        Ok(())
    });
    let (held, waited) = tokio::join!(holds, async {
        begins.await.unwrap();
        let mut waits = Box::pin(readers.run(|_| Ok(())));
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(waits.as_mut().poll(context)));
        assert!(polled.await.is_pending());
        tokio::time::advance(2 * limit).await;
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(waits.as_mut().poll(context)));
        let polled = polled.await;
        go_on.send(()).unwrap();
        polled
    });
    held.unwrap();
    assert!(
        matches!(waited, std::task::Poll::Ready(Err(StoreError::Busy(_)))),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_panic_in_a_read_costs_the_pool_no_connection() {
    let fixture = Fixture::new();
    let readers = Readers::open(&fixture.path(), Reading::Shared, 1, || Duration::from_secs(5)).unwrap();
    let result = readers.run::<(), _>(|_| panic!("a bug")).await;
    assert!(matches!(result, Err(StoreError::Panicked(_))));
    assert_eq!(readers.run(|_| Ok(1)).await.unwrap(), 1);
}

const NEXT_SCHEMA: Schema = Schema(&[
    SCHEMA.0[0].same(),
    Migration {
        name: "second",
        sql: "ALTER TABLE note ADD COLUMN extra TEXT;",
    },
]);
const CHANGED_SCHEMA: Schema = Schema(&[Migration {
    name: "first",
    sql: "SELECT 1;",
}]);
const BROKEN_SCHEMA: Schema = Schema(&[
    SCHEMA.0[0].same(),
    Migration {
        name: "second",
        sql: "CREATE TABLE half (x); ALTER TABLE nowhere ADD y;",
    },
]);

impl Migration {
    const fn same(&self) -> Self {
        Self {
            name: self.name,
            sql: self.sql,
        }
    }
}

#[tokio::test]
async fn a_migration_runs_once_after_a_backup_that_can_be_read() {
    let fixture = Fixture::new();
    fixture.db.write(Lane::Interactive, note("old")).await.unwrap();
    fixture.db.close().await;
    let mut connection = open_read_write(&fixture.path()).unwrap();
    for _ in 0..2 {
        migrate(&mut connection, &fixture.path(), &NEXT_SCHEMA, NOW).unwrap();
    }
    let backups: Vec<_> = std::fs::read_dir(fixture.folder.path().join("backups"))
        .unwrap()
        .collect();
    assert_eq!(backups.len(), 1);
    let backup = open_read_only(&backups[0].as_ref().unwrap().path()).unwrap();
    let old: String = backup
        .query_row("SELECT text FROM note", [], |row| row.get(0))
        .unwrap();
    assert_eq!(old, "old");
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 2);
}

/// Commits a little change again and again, as fast as it can, until `stop`.
fn keep_committing(path: &Path, stop: &AtomicBool) {
    let connection = open_read_write(path).unwrap();
    connection.pragma_update(None, "synchronous", "OFF").unwrap();
    while !stop.load(Ordering::SeqCst) {
        connection
            .execute("UPDATE writer_mark SET batch = batch + 1", [])
            .unwrap();
    }
}

#[test]
fn a_backup_comes_to_its_end_beside_a_writer_that_never_rests() {
    /// Hundreds of times what the copy takes.
    const PATIENCE: Duration = Duration::from_secs(20);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut connection = open_read_write(&path).unwrap();
    migrate(&mut connection, &path, &SCHEMA, NOW).unwrap();
    connection
        .execute("INSERT INTO note VALUES ('large', zeroblob(40000000))", [])
        .unwrap();
    let target = folder.path().join("copy.db");
    let source = open_read_only(&path).unwrap();
    let (stop, (done, is_done)) = (AtomicBool::new(false), mpsc::channel());
    let (in_time, result) = std::thread::scope(|scope| {
        scope.spawn(|| keep_committing(&path, &stop));
        let backup = scope.spawn(|| {
            let (source, done) = (source, done);
            let result = verified_backup(&source, &target);
            let _ = done.send(());
            result
        });
        let in_time = is_done.recv_timeout(PATIENCE).is_ok();
        stop.store(true, Ordering::SeqCst); // it ends now at the latest
        (in_time, backup.join().unwrap())
    });
    result.unwrap();
    assert!(in_time, "each commit made the copy begin again");
}

#[tokio::test]
async fn a_broken_migration_leaves_the_file_as_it_was() {
    let fixture = Fixture::new();
    fixture.db.close().await;
    let mut connection = open_read_write(&fixture.path()).unwrap();
    migrate(&mut connection, &fixture.path(), &BROKEN_SCHEMA, NOW).unwrap_err();
    migrate(&mut connection, &fixture.path(), &SCHEMA, NOW).unwrap();
    let half: i64 = connection
        .query_row(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'half'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(half, 0);
}

#[tokio::test]
async fn a_newer_or_changed_schema_is_refused_untouched() {
    let fixture = Fixture::new();
    fixture.db.close().await;
    let mut connection = open_read_write(&fixture.path()).unwrap();
    migrate(&mut connection, &fixture.path(), &NEXT_SCHEMA, NOW).unwrap();
    let newer = migrate(&mut connection, &fixture.path(), &SCHEMA, NOW).unwrap_err();
    assert!(matches!(
        newer,
        StoreError::NewerSchema {
            found: 2,
            known: 1,
            ..
        }
    ));
    let older = NEXT_SCHEMA
        .check(&Fixture::new().reader(), &fixture.path())
        .unwrap_err();
    assert!(matches!(
        older,
        StoreError::OlderSchema {
            found: 1,
            known: 2,
            ..
        }
    ));
    let fixture = Fixture::new();
    fixture.db.close().await;
    let mut connection = open_read_write(&fixture.path()).unwrap();
    let to_write = migrate(&mut connection, &fixture.path(), &CHANGED_SCHEMA, NOW).unwrap_err();
    let to_read = CHANGED_SCHEMA.check(&connection, &fixture.path()).unwrap_err();
    for changed in [to_write, to_read] {
        assert!(
            matches!(changed, StoreError::MigrationChanged { version: 1, .. }),
            "{changed}"
        );
    }
}

impl Fixture {
    fn reader(&self) -> Connection {
        open_read_only(&self.path()).unwrap()
    }
}

#[test]
fn damage_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garbage.db");
    std::fs::write(&path, vec![0x5a; 8192]).unwrap();
    let error = open_read_write(&path).unwrap_err();
    assert!(
        matches!(&error, StoreError::Corrupt { path: named, .. } if *named == path),
        "{error}"
    );
}

#[test]
fn the_linked_sqlite_is_free_of_the_wal_race() {
    connection::assert_safe_sqlite().unwrap();
}

/// A query of three rows that is interrupted, or not, after the first.
fn count_with_a_pause(
    sql: &Connection,
    begun: tokio::sync::oneshot::Sender<()>,
    goes_on: &mpsc::Receiver<()>,
) -> Result<usize, StoreError> {
    let mut statement = sql.prepare("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")?;
    let mut rows = statement.query([])?;
    rows.next()?;
    begun.send(()).unwrap();
    goes_on.recv().unwrap();
    let mut count = 1;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

#[tokio::test]
async fn a_caller_that_goes_away_late_does_not_interrupt_the_next_reader_of_its_connection() {
    let fixture = Fixture::new();
    let readers =
        Arc::new(Readers::open(&fixture.path(), Reading::Shared, 1, || Duration::from_secs(5)).unwrap());
    let (finish, finishes) = mpsc::channel::<()>();
    let mut first = Box::pin(readers.run(move |_| {
        finishes.recv().unwrap();
        Ok(())
    }));
    // It starts, and when it has ended its caller has not yet looked at the answer.
    let polled = std::future::poll_fn(|context| std::task::Poll::Ready(first.as_mut().poll(context))).await;
    assert!(polled.is_pending());
    finish.send(()).unwrap();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let second = tokio::spawn({
        let readers = Arc::clone(&readers);
        async move {
            readers
                .run(move |sql| count_with_a_pause(sql, begun, &goes_on))
                .await
        }
    });
    begins.await.unwrap();
    drop(first);
    go_on.send(()).unwrap();
    assert_eq!(second.await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn a_caller_that_goes_away_takes_its_query_with_it() {
    let fixture = Fixture::new();
    let readers = Readers::open(&fixture.path(), Reading::Shared, 1, || Duration::from_mins(1)).unwrap();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let endless = readers.run(move |sql| {
        let query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        let mut statement = sql.prepare(query)?;
        let mut rows = statement.query([])?;
        rows.next()?;
        begun.send(()).unwrap();
        while rows.next()?.is_some() {}
        Ok(())
    });
    tokio::select! {
        result = endless => panic!("it ended: {result:?}"),
        begun = begins => begun.unwrap(),
    }
    // The only connection comes back.
    assert_eq!(readers.run(|_| Ok(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn a_whole_file_may_be_read_for_longer_than_the_pool_allows() {
    let fixture = Fixture::new();
    tokio::time::pause();
    let (begun, begins) = tokio::sync::oneshot::channel::<()>();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let whole = fixture
        .db
        .read_whole(move |sql| count_with_a_pause(sql, begun, &goes_on));
    let (count, ()) = tokio::join!(whole, async {
        begins.await.unwrap();
        tokio::time::advance(10 * READ_LIMIT).await;
        tokio::task::yield_now().await;
        go_on.send(()).unwrap();
    });
    assert_eq!(count.unwrap(), 3);
}

/// A bug outside of any request.
struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "a bug");
    }
}

#[tokio::test]
async fn nobody_waits_for_a_writer_that_is_gone() {
    let fixture = Fixture::new();
    let release = fixture.occupy_writer().await;
    let bug = PanicsWhenDropped;
    let guilty = fixture
        .submit(Lane::Interactive, move |_| {
            let _ = &bug;
            Ok(())
        })
        .await;
    let behind = fixture.submit(Lane::Bulk, note("behind")).await;
    release.send(()).unwrap();
    let _ = guilty.await.unwrap();
    assert!(matches!(behind.await.unwrap(), Err(StoreError::Closed)));
    assert!(matches!(
        fixture.db.write(Lane::Interactive, note("later")).await,
        Err(StoreError::Closed)
    ));
}
