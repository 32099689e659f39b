//! Bytes by their content: kept while anything refers to them, collected some time after nothing does.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use atlas_domain::{BlobHash, Lease};
use atlas_store::{RetentionPolicy, StoreError};
use rstest::rstest;

use crate::fixture::{DAY, Fixture, MINUTE, START, commit_of, content, rejected};

const LARGE: usize = 200_000;
const SMALL: usize = 2_000;

async fn collect(library: &Fixture) -> u64 {
    library.collect_blobs(RetentionPolicy::default()).await.unwrap()
}

/// The files in the blob folder.
fn files(library: &Fixture) -> Vec<PathBuf> {
    let folder = library.dir().blobs();
    let shards = std::fs::read_dir(folder)
        .unwrap()
        .map(|shard| shard.unwrap().path());
    shards
        .filter(|shard| shard.is_dir())
        .flat_map(|shard| std::fs::read_dir(shard).unwrap().map(|file| file.unwrap().path()))
        .collect()
}

async fn lease(library: &Fixture) -> Lease {
    library.save("example.com/page").await;
    library.claim().await
}

#[rstest]
#[case(0, 0)]
#[case(SMALL, 0)]
#[case(LARGE, 1)]
#[tokio::test]
async fn bytes_come_back_as_they_were_small_ones_from_the_database_large_ones_from_a_file(
    #[case] size: usize,
    #[case] expected_files: usize,
) {
    let library = Fixture::new();
    let bytes = library.noise(size);
    let lease = lease(&library).await;
    let snapshot = library.snapshot(&lease, 200, &bytes).await;
    assert_eq!(
        (snapshot.size_bytes, files(&library).len()),
        (size as u64, expected_files)
    );
    let library = library.reopen().await;
    assert_eq!(library.blob(snapshot.body_hash.unwrap()).await.unwrap(), bytes);
}

#[tokio::test]
async fn equal_bytes_are_kept_once() {
    let library = Fixture::new();
    let bytes = library.noise(LARGE);
    let lease = lease(&library).await;
    let first = library.snapshot(&lease, 200, &bytes).await;
    let second = library.snapshot(&lease, 200, &bytes).await;
    assert_eq!(first.body_hash, second.body_hash);
    assert_eq!(files(&library).len(), 1);
}

#[rstest]
#[case(SMALL)]
#[case(LARGE)]
#[tokio::test]
async fn what_nothing_refers_to_any_more_is_collected_row_and_file(#[case] size: usize) {
    let library = Fixture::new();
    let lease = lease(&library).await;
    let bytes = library.noise(size);
    let snapshot = library.snapshot(&lease, 200, &bytes).await;
    library
        .commit(&lease, commit_of(&lease, &snapshot, rejected()))
        .await
        .unwrap();
    library.clock.advance(91 * DAY);
    assert_eq!(collect(&library).await, 0, "it is referred to");
    library.sweep_retention(RetentionPolicy::default()).await.unwrap();
    assert_eq!(collect(&library).await, 1);
    assert!(matches!(
        library.blob(snapshot.body_hash.unwrap()).await,
        Err(StoreError::NotFound { what: "blob", .. })
    ));
    assert!(files(&library).is_empty());
    assert_eq!(collect(&library).await, 0);
}

#[tokio::test]
async fn bytes_that_another_page_refers_to_stay() {
    let library = Fixture::new();
    let bytes = library.noise(LARGE);
    let junk = lease(&library).await;
    let snapshot = library.snapshot(&junk, 200, &bytes).await;
    library
        .commit(&junk, commit_of(&junk, &snapshot, rejected()))
        .await
        .unwrap();
    library.save("other.example/").await;
    let good = library.claim().await;
    let snapshot = library.snapshot(&good, 200, &bytes).await;
    library
        .commit(&good, commit_of(&good, &snapshot, content("words")))
        .await
        .unwrap();
    library.clock.advance(1_000 * DAY);
    assert_eq!(
        library
            .sweep_retention(RetentionPolicy::default())
            .await
            .unwrap()
            .snapshots,
        1
    );
    assert_eq!(collect(&library).await, 0);
    assert_eq!(library.blob(snapshot.body_hash.unwrap()).await.unwrap(), bytes);
}

#[tokio::test]
async fn a_file_whose_row_never_came_is_collected_after_its_grace() {
    let library = Fixture::new();
    library.prepare_blob(library.noise(LARGE)).await.unwrap();
    library.clock.advance(DAY);
    assert_eq!(collect(&library).await, 0, "its row may still come");
    assert_eq!(files(&library).len(), 1);
    library.clock.advance(MINUTE);
    assert_eq!(collect(&library).await, 1);
    assert!(files(&library).is_empty());
}

#[tokio::test]
async fn bytes_that_come_again_have_their_grace_renewed_so_that_the_collector_cannot_take_them() {
    let library = Fixture::new();
    let bytes = library.noise(LARGE);
    library.prepare_blob(bytes.clone()).await.unwrap();
    library.clock.advance(10 * DAY);
    let again = library.prepare_blob(bytes.clone()).await.unwrap();
    assert_eq!(collect(&library).await, 0, "between the file and its row");
    let lease = lease(&library).await;
    let fetched = library.fetched("https://example.com/page", 200, bytes.clone());
    let item = lease.job.item_id.unwrap();
    let snapshot = library
        .record_snapshot(&lease, item, &fetched, again)
        .await
        .unwrap();
    assert_eq!(library.blob(snapshot.body_hash.unwrap()).await.unwrap(), bytes);
}

#[tokio::test]
async fn an_unreferenced_row_whose_bytes_come_again_survives_with_its_file() {
    let library = Fixture::new();
    let bytes = library.noise(LARGE);
    let lease = lease(&library).await;
    let snapshot = library.snapshot(&lease, 200, &bytes).await;
    library
        .commit(&lease, commit_of(&lease, &snapshot, rejected()))
        .await
        .unwrap();
    library.clock.advance(91 * DAY);
    library.sweep_retention(RetentionPolicy::default()).await.unwrap();
    library.prepare_blob(bytes.clone()).await.unwrap();
    assert_eq!(collect(&library).await, 0);
    assert_eq!(library.blob(snapshot.body_hash.unwrap()).await.unwrap(), bytes);
}

#[tokio::test]
async fn what_an_interrupted_write_left_behind_is_removed_and_nothing_that_is_not_ours() {
    let library = Fixture::new();
    let hash = BlobHash([0xab; 32]).to_string();
    let shard = library.dir().blobs().join("ab");
    std::fs::create_dir_all(&shard).unwrap();
    let at_start = SystemTime::UNIX_EPOCH + Duration::from_millis(START.as_millis() as u64);
    for name in [format!("{hash}.tmp"), "notes.tmp".to_owned(), "README".to_owned()] {
        let file = std::fs::File::create(shard.join(name)).unwrap();
        file.set_modified(at_start).unwrap();
    }
    assert_eq!(collect(&library).await, 0);
    assert_eq!(files(&library).len(), 3, "a write may be under way");
    library.clock.advance(2 * DAY);
    collect(&library).await;
    let mut left: Vec<_> = files(&library)
        .iter()
        .map(|file| file.file_name().unwrap().to_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["README", "notes.tmp"]);
}

#[tokio::test]
async fn damaged_and_missing_bytes_are_told_apart_and_never_returned() {
    let library = Fixture::new();
    let lease = lease(&library).await;
    let hash = library
        .snapshot(&lease, 200, &library.noise(LARGE))
        .await
        .body_hash
        .unwrap();
    let file = files(&library).pop().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let damaged = library.blob(hash).await.unwrap_err().to_string();
    assert!(damaged.contains("damaged"), "{damaged}");
    std::fs::remove_file(&file).unwrap();
    let missing = library.blob(hash).await.unwrap_err().to_string();
    assert!(missing.contains("missing"), "{missing}");
}

#[tokio::test]
async fn a_damaged_file_is_mended_by_the_same_bytes_when_they_come_again() {
    let library = Fixture::new();
    let lease = lease(&library).await;
    let bytes = library.noise(LARGE);
    let hash = library.snapshot(&lease, 200, &bytes).await.body_hash.unwrap();
    let file = files(&library).pop().unwrap();
    let mut damaged = std::fs::read(&file).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&file, damaged).unwrap();
    library.blob(hash).await.unwrap_err();
    library.snapshot(&lease, 200, &bytes).await;
    assert_eq!(library.blob(hash).await.unwrap(), bytes);
    assert_eq!(files(&library).len(), 1);
}

#[rstest]
#[case::of_the_bytes("data = substr(data, 1, length(data) / 2)")]
#[case::of_their_size("size_bytes = 1")]
#[tokio::test]
async fn a_damaged_row_is_mended_by_the_same_bytes_when_they_come_again(#[case] damage: &str) {
    let library = Fixture::new();
    let saved = library.save("example.com/page").await;
    let lease = library.claim().await;
    let bytes = library.noise(SMALL);
    let hash = library.snapshot(&lease, 200, &bytes).await.body_hash.unwrap();
    let of_its_page = "WHERE hash = (SELECT body_hash FROM snapshot JOIN item ON item.id = snapshot.item_id
        WHERE item.uuid = ?1)";
    library.damage(&saved.item, &format!("UPDATE blob SET {damage} {of_its_page}"));
    library.blob(hash).await.unwrap_err();
    library.snapshot(&lease, 200, &bytes).await;
    assert_eq!(library.blob(hash).await.unwrap(), bytes);
}
