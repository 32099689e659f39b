//! The indexer with a real index: what it survives, and when it lets go.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use atlas_domain::{Item, UserId};
use futures_util::future::try_join_all;

use super::{BATCH, FIRST_PAUSE};
use crate::test_app::{TestApp, in_time};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Appends so many changes to the log.
async fn change_often(app: &TestApp, item: &Item, changes: u32) {
    let tags = (0..changes).map(|number| {
        let tag = vec![format!("tag-{number}")];
        app.library.change_tags(UserId::OWNER, item.id, tag, Vec::new())
    });
    try_join_all(tags).await.unwrap();
}

/// Waits, without any time passing, until the index has followed.
async fn until_indexed(app: &TestApp) {
    app.until(async |_| app.is_indexed().await).await;
}

#[tokio::test]
async fn what_is_committed_can_be_found_once_the_time_to_gather_is_over() {
    let app = TestApp::open();
    let indexing = app.index_on();
    until_indexed(&app).await;
    app.store("https://a.example/", "otters hold hands").await;
    app.signals.changes.notify_one();
    app.until(async |_| {
        app.pass(MILLISECOND).await;
        app.is_indexed().await
    })
    .await;
    assert_eq!(app.hits("otters"), 1);
    indexing.end().await;
}

#[tokio::test]
async fn stops_between_two_batches_and_goes_on_there_the_next_time() {
    let app = TestApp::open();
    let item = app.store("https://a.example/", "otters hold hands").await;
    change_often(&app, &item, BATCH * 3).await;
    let mut moved = app.signals.indexed();
    let indexing = app.index_on();
    in_time(moved.changed()).await.unwrap();
    indexing.end().await;
    assert!(!app.is_indexed().await, "it went to the end of the log");
    assert!(app.index.reader().watermark().is_some(), "what was done is kept");

    let app = app.reopen_after(|_| {}).await;
    app.catch_up().await.unwrap();
    assert!(app.is_indexed().await);
    assert_eq!(app.hits("otters"), 1);
}

#[tokio::test]
async fn catches_up_for_no_longer_than_it_may() {
    let app = TestApp::open();
    let item = app.store("https://a.example/", "otters hold hands").await;
    change_often(&app, &item, BATCH * 2).await;
    let (is_complete, ()) = tokio::join!(app.indexer.catch_up_within(MILLISECOND), app.pass(MILLISECOND));
    assert!(!is_complete.unwrap());
    assert!(!app.is_indexed().await);
    assert!(app.indexer.catch_up_within(Duration::from_secs(1)).await.unwrap());
    assert!(app.is_indexed().await);
}

#[tokio::test]
async fn a_caller_who_goes_away_in_the_middle_leaves_the_place_in_the_log_right() {
    let app = TestApp::open();
    let item = app.store("https://a.example/", "otters hold hands").await;
    change_often(&app, &item, 10).await;
    for polls in 1..40 {
        // Left at every place where it waits, in turn.
        let mut left = std::pin::pin!(app.catch_up());
        for _ in 0..polls {
            let polled = futures_util::poll!(&mut left);
            if polled.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    change_often(&app, &item, 1).await;
    app.library.trash_item(UserId::OWNER, item.id).await.unwrap();
    app.catch_up().await.unwrap();
    assert!(app.is_indexed().await);
    assert_eq!(app.hits("otters"), 0, "an older batch came after a newer one");
}

#[tokio::test]
async fn survives_an_index_that_cannot_commit_for_a_while() {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    let engine_lock = app.dir().search().join("current/.tantivy-writer.lock");
    let held = File::create(engine_lock).unwrap();
    held.lock().unwrap();
    let error = app.catch_up().await.unwrap_err();
    assert_eq!(error.code(), "search_unavailable", "{error}");
    let indexing = app.index_on();
    app.pass(FIRST_PAUSE * 3).await;
    assert_eq!(app.hits("otters"), 0);
    held.unlock().unwrap();
    app.until(async |_| {
        app.pass(FIRST_PAUSE).await;
        app.is_indexed().await
    })
    .await;
    assert_eq!(app.hits("otters"), 1);
    indexing.end().await;
}

#[tokio::test]
async fn starts_over_when_the_index_turns_out_damaged() {
    let app = TestApp::open();
    let item = app.store("https://a.example/", "otters hold hands").await;
    app.catch_up().await.unwrap();
    break_segments(&app.dir().search().join("current"));
    app.store("https://b.example/", "badgers hold court").await;
    change_often(&app, &item, 1).await; // to replace it, the engine has to read where it stands
    let error = app.catch_up().await.unwrap_err();
    assert!(matches!(error, crate::AppError::IndexDamaged(_)), "{error:?}");
    let indexing = app.index_on();
    app.until(async |_| {
        app.pass(FIRST_PAUSE).await;
        app.is_indexed().await
    })
    .await;
    assert_eq!((app.hits("otters"), app.hits("badgers")), (1, 1));
    indexing.end().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_passed_over_and_reported() {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    let damaged = app.store("https://damaged.example/", "moles dig").await;
    app.store("https://b.example/", "badgers hold court").await;
    let app = app
        .reopen_after(|dir| break_metadata(&dir.library_db(), "Title of https://damaged.example/"))
        .await;
    app.catch_up().await.unwrap();
    assert!(app.is_indexed().await);
    assert_eq!(
        (app.hits("otters"), app.hits("badgers"), app.hits("moles")),
        (1, 1, 0)
    );
    assert_eq!(app.signals.unreadable_items(), 1);
    // Once there is nothing of it to read any more, there is nothing to report.
    app.library.trash_item(UserId::OWNER, damaged.id).await.unwrap();
    app.catch_up().await.unwrap();
    assert_eq!(app.signals.unreadable_items(), 0);
}

#[tokio::test]
async fn very_long_texts_are_applied_in_several_commits_and_none_is_left_out() {
    let app = TestApp::open();
    // Two of them are more than the store hands out at once.
    let long = format!("{} ", "x".repeat(2_000)).repeat(9_000);
    for animal in ["otter", "badger"] {
        app.store(&format!("https://{animal}.example/"), &format!("{long} {animal}"))
            .await;
    }
    let mut moved = app.signals.indexed();
    let before = *moved.borrow_and_update();
    app.catch_up().await.unwrap();
    assert_eq!(*moved.borrow() - before, 3, "two commits and the end of the log");
    assert!(app.is_indexed().await);
    assert_eq!((app.hits("otter"), app.hits("badger")), (1, 1));
}

/// Writes over the inside of the open index, as a failing disk might.
fn break_segments(folder: &Path) {
    let mut broken = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "term" || extension == "idx")
        {
            let file = File::options().write(true).open(&path).unwrap();
            let inside = file.metadata().unwrap().len().saturating_sub(100);
            file.write_all_at(&vec![0xa5; inside as usize], 0).unwrap();
            broken += 1;
        }
    }
    assert!(broken > 0, "there is no segment yet");
}

/// Writes a number over the title in the metadata of a document, as a failing disk hardly would, but so that only
/// whoever reads the row notices.
fn break_metadata(file: &Path, title: &str) {
    let mut bytes = std::fs::read(file).unwrap();
    let key = format!("\"title\":\"{title}\"");
    let places: Vec<usize> = (0..bytes.len().saturating_sub(key.len()))
        .filter(|place| bytes[*place..].starts_with(key.as_bytes()))
        .collect();
    assert!(
        !places.is_empty(),
        "the metadata is not in the file as it was expected"
    );
    for place in places {
        let value = place + "\"title\":".len()..place + key.len();
        bytes[value].fill(b'1');
    }
    std::fs::write(file, bytes).unwrap();
}
