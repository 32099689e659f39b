//! Opening a library: its identity, one writer, readers beside it, damage.

use std::sync::Arc;

use atlas_domain::Entropy;
use atlas_store::{
    DataDir, DataDirError, DataDirLock, DatabaseServices, Library, Ops, RetentionPolicy, StoreError,
};

use rstest::rstest;

use crate::fixture::{Fixture, OWNER, commit_of, content, holder, make_newer, new_item};

#[tokio::test]
async fn a_library_keeps_its_identity_for_life_and_no_two_share_one() {
    let library = Fixture::new();
    let identity = library.identity().clone();
    assert_ne!(identity.library, identity.epoch);
    assert_eq!(library.read_only().identity(), &identity);
    let library = library.reopen().await;
    assert_eq!(library.identity(), &identity);
    let folder = tempfile::tempdir().unwrap();
    let lock = DataDir::new(folder.path()).lock(&holder()).unwrap();
    let other = Library::open(
        &lock,
        library.shared_clock(),
        Arc::new(Entropy::seeded(99)),
        &DatabaseServices::default(),
    )
    .unwrap();
    assert_ne!(other.identity().library, identity.library);
}

#[tokio::test]
async fn a_new_life_is_of_the_same_library_and_lasts() {
    let library = Fixture::new();
    let former = library.identity().clone();
    let mut handle = (*library).clone();
    handle.begin_new_life().await.unwrap();
    let identity = handle.identity().clone();
    assert_eq!(identity.library, former.library);
    assert_ne!(identity.epoch, former.epoch);
    assert_eq!(library.read_only().identity(), &identity);
    drop(handle);
    assert_eq!(library.reopen().await.identity(), &identity);
}

#[tokio::test]
async fn one_process_writes_and_the_second_is_told_who() {
    let library = Fixture::new();
    let second = library.dir().lock(&holder());
    assert!(
        matches!(second, Err(DataDirError::Locked { holder: Some(_), .. })),
        "{second:?}"
    );
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_is_committed_and_changes_nothing() {
    let library = Fixture::new();
    let reader = library.read_only();
    let item = library.ingest("example.com/page", content("words")).await;
    assert_eq!(reader.item(OWNER, item.id).await.unwrap(), item);
    assert_eq!(reader.searchable_items().await.unwrap(), [item.id]);
    let written = reader.save_item(OWNER, new_item("example.com/other")).await;
    assert!(matches!(written, Err(StoreError::ReadOnly)), "{written:?}");
    assert!(reader.writer_stats().is_none());
}

#[tokio::test]
async fn a_library_whose_writer_is_gone_can_be_read() {
    let library = Fixture::new();
    let item = library.save("example.com/page").await.item;
    library.close().await;
    assert_eq!(library.read_only().item(OWNER, item.id).await.unwrap(), item);
    let late = library.save_item(OWNER, new_item("example.com/late")).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
}

#[tokio::test]
async fn reading_where_no_library_is_says_so_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Fixture::new().shared_clock();
    let result = Library::open_read_only(
        &DataDir::new(folder.path()),
        clock,
        Arc::new(Entropy::seeded(1)),
        &DatabaseServices::default(),
    );
    assert!(matches!(result.map(drop), Err(StoreError::NoLibrary(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_damaged_library_is_refused_by_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let lock = DataDir::new(folder.path()).lock(&holder()).unwrap();
    let path = lock.dir().library_db();
    std::fs::write(&path, [0x5a; 8192]).unwrap();
    let clock = Fixture::new().shared_clock();
    let result = Library::open(
        &lock,
        clock,
        Arc::new(Entropy::seeded(1)),
        &DatabaseServices::default(),
    )
    .map(drop);
    assert!(
        matches!(&result, Err(StoreError::Corrupt { path: named, .. }) if *named == path),
        "{result:?}"
    );
    assert!(result.unwrap_err().is_damage());
    assert_eq!(std::fs::read(&path).unwrap(), [0x5a; 8192]);
}

#[tokio::test]
async fn a_library_of_a_newer_atlas_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let lock = DataDir::new(folder.path()).lock(&holder()).unwrap();
    let path = lock.dir().library_db();
    make_newer(&path);
    let before = std::fs::read(&path).unwrap();
    let clock = Fixture::new().shared_clock();
    let result = Library::open(
        &lock,
        clock,
        Arc::new(Entropy::seeded(1)),
        &DatabaseServices::default(),
    )
    .map(drop);
    assert!(
        matches!(result, Err(StoreError::NewerSchema { found: 99, .. })),
        "{result:?}"
    );
    assert!(std::fs::read(&path).unwrap() == before, "it was written to");
}

/// The lock of a directory from which everything of a library is gone, except what `rest` leaves in it.
async fn ruin(rest: impl AsyncFn(&DataDirLock)) -> (tempfile::TempDir, DataDirLock) {
    let folder = tempfile::tempdir().unwrap();
    let lock = DataDir::new(folder.path().join("data")).lock(&holder()).unwrap();
    rest(&lock).await;
    (folder, lock)
}

fn open_anew(lock: &DataDirLock) -> Result<Library, StoreError> {
    Library::open(
        lock,
        Fixture::new().shared_clock(),
        Arc::new(Entropy::seeded(1)),
        &DatabaseServices::default(),
    )
}

fn read(lock: &DataDirLock) -> Result<Library, StoreError> {
    Library::open_read_only(
        lock.dir(),
        Fixture::new().shared_clock(),
        Arc::new(Entropy::seeded(1)),
        &DatabaseServices::default(),
    )
}

fn write(lock: &DataDirLock, name: &str, bytes: &[u8]) {
    let path = lock.dir().path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn stored_page() -> String {
    let hash = "ab".repeat(32);
    format!("blobs/ab/{hash}")
}

async fn write_ops(lock: &DataDirLock, has_seen_library: bool) {
    let ops = Ops::open(lock, Fixture::new().shared_clock(), &DatabaseServices::default()).unwrap();
    ops.begin_run("1.0.0").await.unwrap();
    if has_seen_library {
        ops.library_opened().await.unwrap();
        ops.library_opened().await.unwrap();
    }
    ops.close().await;
}

#[rstest]
#[case::stored_pages(&stored_page(), "blobs/")]
#[case::a_search_index("search/current/meta.json", "search/")]
#[case::a_log("library.db-wal", "library.db-wal")]
#[case::a_copy(
    "backups/library-before-migration-v1-7.db",
    "library-before-migration-v1-7.db"
)]
#[tokio::test]
async fn a_library_that_is_gone_is_not_begun_anew_beside_what_is_left_of_it(
    #[case] rest: &str,
    #[case] said: &str,
    #[values(false, true)] is_empty: bool,
) {
    let (_folder, lock) = ruin(async |lock| {
        write(lock, rest, b"left");
        if is_empty {
            write(lock, "library.db", b"");
        }
    })
    .await;
    for result in [open_anew(&lock), read(&lock)] {
        let error = result.map(drop).unwrap_err();
        let told = error.to_string();
        assert!(
            matches!(error, StoreError::Lost { .. }) && error.is_damage(),
            "{error:?}"
        );
        let problem = if is_empty { "is empty" } else { "is missing" };
        assert!(told.contains(problem) && told.contains(said), "{told}");
    }
    let file = std::fs::metadata(lock.dir().library_db())
        .map(|file| file.len())
        .ok();
    assert_eq!(file, is_empty.then_some(0), "it was begun anew");
    assert_eq!(std::fs::read(lock.dir().path().join(rest)).unwrap(), b"left");
}

#[tokio::test]
async fn operational_state_that_knows_of_a_library_keeps_a_new_one_from_taking_its_place() {
    let (_folder, lock) = ruin(async |lock| write_ops(lock, true).await).await;
    let error = open_anew(&lock).map(drop).unwrap_err();
    assert!(error.to_string().contains("ops.db"), "{error}");
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_is_still_the_first() {
    let (_folder, lock) = ruin(async |lock| {
        write_ops(lock, false).await;
        for name in ["library.db", "library.db-wal", "token", "blobs/ab/something.tmp"] {
            write(lock, name, b"");
        }
        std::fs::create_dir(lock.dir().search()).unwrap();
    })
    .await;
    assert!(matches!(read(&lock).map(drop), Err(StoreError::NoLibrary(_))));
    open_anew(&lock).unwrap();
}

#[tokio::test]
async fn what_is_older_than_the_library_is_of_another_one_and_is_not_collected() {
    let library = Fixture::new();
    let old = library.dir().path().join(stored_page());
    std::fs::create_dir_all(old.parent().unwrap()).unwrap();
    let file = std::fs::File::create(&old).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH;
    file.set_modified(long_ago).unwrap();
    library.clock.advance(crate::fixture::DAY * 1_000);
    assert_eq!(
        library.collect_blobs(RetentionPolicy::default()).await.unwrap(),
        0
    );
    assert!(old.exists());
}

#[tokio::test]
async fn stored_bytes_that_are_missing_or_damaged_are_noticed_and_their_items_named() {
    let library = Fixture::new();
    let mut files = Vec::new();
    for address in ["sound.example", "missing.example", "damaged.example"] {
        let item = library.save(address).await.item;
        let lease = library.claim().await;
        let snapshot = library.snapshot(&lease, 200, &library.noise(200_000)).await;
        library
            .commit(&lease, commit_of(&lease, &snapshot, content(address)))
            .await
            .unwrap();
        let name = snapshot.body_hash.unwrap().to_string();
        files.push((item.id, library.dir().blobs().join(&name[..2]).join(name)));
    }
    let sound = library.check_stored_bytes(10).await.unwrap();
    assert_eq!(
        (sound.files, sound.missing, sound.compared, sound.damaged),
        (3, 0, 3, 0)
    );
    assert!(!library.misses_bytes(10).await.unwrap());
    std::fs::remove_file(&files[1].1).unwrap();
    std::fs::write(&files[2].1, b"something else").unwrap();
    let found = library.check_stored_bytes(10).await.unwrap();
    assert_eq!(
        (found.files, found.missing, found.compared, found.damaged),
        (3, 1, 2, 1)
    );
    let named: std::collections::HashSet<_> = found.items.into_iter().collect();
    assert_eq!(named, files[1..].iter().map(|(item, _)| *item).collect());
    assert!(library.misses_bytes(10).await.unwrap());
}
