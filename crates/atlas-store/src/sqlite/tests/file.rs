//! A file that is taken away, exchanged, damaged or another's: nothing is written there, and it is named.

use std::os::unix::fs::FileExt;

use super::*;

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
    let reading =
        Database::open_read_only(&path, &SCHEMA, 1, Reading::Shared, &DatabaseServices::default()).map(drop);
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
    let db =
        Database::open_read_only(&path, &SCHEMA, 1, Reading::Still, &DatabaseServices::default()).unwrap();
    let text: String = db
        .read(|sql| Ok(sql.query_row("SELECT text FROM note", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(text, "kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
