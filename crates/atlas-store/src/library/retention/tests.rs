//! What a sweep asks of the writer and of the pool, which cannot be seen from outside.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{Entropy, Timestamp, UserId};
use tempfile::TempDir;
use url::Url;

use super::*;
use crate::data_dir::{DataDir, Holder};
use crate::library::{NewItem, READERS};
use crate::services::DatabaseServices;
use crate::sqlite::trace::take_statements;

const OWNER: UserId = UserId::OWNER;
const DAYS_31: Timestamp = Timestamp::from_millis(31 * 24 * 3_600_000);

struct Fixture {
    library: Library,
    clock: Arc<ManualClock>,
    lock: crate::data_dir::DataDirLock,
    _folder: TempDir,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let holder = Holder {
        pid: 1,
        purpose: "test".to_owned(),
        socket: None,
    };
    let lock = DataDir::new(folder.path().join("data")).lock(&holder).unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
    let library = Library::open(
        &lock,
        Arc::clone(&clock) as Arc<dyn atlas_domain::Clock>,
        Arc::new(Entropy::seeded(7)),
        &DatabaseServices::default(),
    )
    .unwrap();
    Fixture {
        library,
        clock,
        lock,
        _folder: folder,
    }
}

async fn trashed_items(library: &Library, count: usize) -> Vec<ItemId> {
    let mut items = Vec::new();
    for number in 0..count {
        let new = NewItem {
            url: Url::parse(&format!("https://example.com/{number}")).unwrap(),
            tags: Vec::new(),
            given_html: None,
        };
        let saved = library.save_item(OWNER, new).await.unwrap();
        library.trash_item(OWNER, saved.item.id).await.unwrap();
        items.push(saved.item.id);
    }
    items
}

/// Keeps every connection of the pool busy until the sender is dropped.
async fn occupy_all_readers(library: &Library) -> Vec<mpsc::Sender<()>> {
    let mut occupied = Vec::new();
    for _ in 0..READERS {
        let (release, released) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (begun, released) = (Mutex::new(Some(begun)), Mutex::new(released));
        let db = library.db.clone();
        tokio::spawn(async move {
            db.read(move |_| {
                let begun = begun.lock().unwrap().take();
                begun.expect("it runs once").send(()).expect("somebody waits");
                released
                    .lock()
                    .unwrap()
                    .recv()
                    .expect_err("the sender is dropped");
                Ok(())
            })
            .await
        });
        has_begun.await.unwrap();
        occupied.push(release);
    }
    occupied
}

/// The pool interrupts a read that takes long; what goes through a whole library would never come to its end there.
#[tokio::test]
async fn a_sweep_and_a_collection_go_through_the_library_outside_the_pool() {
    let Fixture {
        library,
        clock,
        lock: _lock,
        _folder,
    } = fixture();
    trashed_items(&library, 1).await;
    library.prepare_blob(vec![7; 10]).await.unwrap();
    clock.advance(DAYS_31.since(Timestamp::from_millis(0)));
    let occupied = occupy_all_readers(&library).await;
    let policy = RetentionPolicy::default();
    let both = async {
        assert_eq!(library.sweep_retention(policy).await.unwrap().items, 1);
        library.collect_blobs(policy).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(8), both)
        .await
        .expect("it waits for a reader");
    drop(occupied);
}

/// To look for what is due takes longer in a larger library, and under the writer it would hold up all others.
#[tokio::test]
async fn nothing_is_looked_for_under_the_writer() {
    let Fixture {
        library,
        clock,
        lock,
        _folder,
    } = fixture();
    trashed_items(&library, 3).await;
    clock.advance(DAYS_31.since(Timestamp::from_millis(0)));
    let path = lock.dir().library_db();
    take_statements(&path);
    let report = library.sweep_retention(RetentionPolicy::default()).await.unwrap();
    assert_eq!(report.items, 3);
    let mut under_the_writer = Vec::new();
    let mut inside = false;
    for sql in take_statements(&path) {
        inside = (inside || sql == "BEGIN IMMEDIATE") && sql != "COMMIT" && sql != "ROLLBACK";
        if inside {
            under_the_writer.push(sql);
        }
    }
    assert!(
        under_the_writer
            .iter()
            .any(|sql| sql.starts_with("DELETE FROM item WHERE"))
    );
    let looks = |sql: &&String| {
        ["IS NOT NULL AND", " JOIN ", "INDEXED BY", "IN (SELECT"]
            .iter()
            .any(|word| sql.contains(word))
    };
    assert_eq!(under_the_writer.iter().find(looks), None);
}

#[tokio::test]
async fn what_its_owner_took_back_in_the_meantime_stays() {
    let Fixture {
        library,
        lock: _lock,
        _folder,
        ..
    } = fixture();
    let items = trashed_items(&library, 2).await;
    let due = library
        .db
        .read_whole(|sql| expired_trash(sql, DAYS_31))
        .await
        .unwrap();
    library.restore_item(OWNER, items[0]).await.unwrap();
    let deleted = library
        .write(Lane::Bulk, move |tx| {
            due.iter()
                .map(|row| delete_from_trash(tx, *row, DAYS_31))
                .sum::<Result<u64, _>>()
        })
        .await
        .unwrap();
    assert_eq!(deleted, 1);
    library.item(OWNER, items[0]).await.unwrap();
    library.item(OWNER, items[1]).await.unwrap_err();
}
