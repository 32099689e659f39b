//! Opening a library: its identity, one writer, readers beside it, backups, damage.

use std::sync::Arc;

use atlas_domain::Entropy;
use atlas_store::{DataDir, DataDirError, Library, StoreError};

use crate::fixture::{Fixture, OWNER, content, holder, make_newer, new_item};

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
    let other = Library::open(&lock, library.shared_clock(), Arc::new(Entropy::seeded(99))).unwrap();
    assert_ne!(other.identity().library, identity.library);
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
    let result = Library::open_read_only(&DataDir::new(folder.path()), clock, Arc::new(Entropy::seeded(1)));
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
    let result = Library::open(&lock, clock, Arc::new(Entropy::seeded(1))).map(drop);
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
    let result = Library::open(&lock, clock, Arc::new(Entropy::seeded(1))).map(drop);
    assert!(
        matches!(result, Err(StoreError::NewerSchema { found: 99, .. })),
        "{result:?}"
    );
    assert!(std::fs::read(&path).unwrap() == before, "it was written to");
}

#[tokio::test]
async fn a_backup_is_a_library_of_its_own_that_can_be_read() {
    let library = Fixture::new();
    let item = library.ingest("example.com/page", content("words")).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = DataDir::new(folder.path());
    library.back_up(copy.library_db()).await.unwrap();
    library.save("example.com/later").await;
    let restored =
        Library::open_read_only(&copy, library.shared_clock(), Arc::new(Entropy::seeded(1))).unwrap();
    assert_eq!(restored.item(OWNER, item.id).await.unwrap(), item);
    assert_eq!(
        restored
            .counts()
            .await
            .unwrap()
            .items
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>(),
        1
    );
    restored.check_integrity(&copy).await.unwrap();
}
