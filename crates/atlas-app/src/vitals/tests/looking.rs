//! Real probes on a real library.

use std::path::Path;
use std::sync::Arc;

use atlas_domain::{CheckOutcome, ItemState, UserId};
use atlas_store::{FileCheck, ItemFilter};
use tokio::sync::watch;

use crate::app::App;
use crate::test_app::TestApp;
use crate::vitals::checkup::{check_once, recall_file_check};
use crate::vitals::probes::{BackgroundProbe, DatabaseProbe, LimitsHandle, SearchProbe};
use crate::vitals::{Limits, Looked, Probe};

const WORD: &str = "atlasvitalscanary";

fn limits() -> LimitsHandle {
    watch::channel(Limits::default()).1
}

async fn look_at_search(app: &Arc<App>) -> Looked {
    SearchProbe(Arc::clone(app)).look().await
}

#[tokio::test]
async fn a_library_that_takes_a_mark_and_gives_it_back_is_well() {
    let app = TestApp::open();
    let probe = DatabaseProbe(Arc::new(app.app()));

    for _ in 0..2 {
        let looked = probe.look().await;
        assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    }
    assert_eq!(app.library.beat().await.unwrap(), 3);
    app.library.close().await;
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Crit, "{}", looked.message);
}

#[tokio::test]
async fn an_index_that_answers_and_follows_is_well() {
    let process = TestApp::open();
    let app = Arc::new(process.app());
    assert!(process.library.keep_canary(WORD).await.unwrap());
    process.catch_up().await.unwrap();

    let looked = look_at_search(&app).await;
    assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    assert_eq!(looked.message, "what is in the library is found");
}

#[tokio::test]
async fn a_document_that_the_index_has_yet_to_follow_is_told() {
    let process = TestApp::open();
    let app = Arc::new(process.app());
    process.catch_up().await.unwrap();
    process.library.keep_canary(WORD).await.unwrap();
    process.clock.advance(std::time::Duration::from_secs(2));

    let looked = look_at_search(&app).await;
    assert_eq!(looked.outcome, CheckOutcome::Warn, "{}", looked.message);
}

#[tokio::test]
async fn what_proves_that_search_works_is_in_no_count_and_on_no_list() {
    let process = TestApp::open();
    process.store("https://a.example/", "lichens").await;
    process.library.keep_canary(WORD).await.unwrap();
    process.catch_up().await.unwrap();
    let status = process.app().status().await;

    assert_eq!(status.items[ItemState::Stored.as_str()], 1);
    assert_eq!((status.documents, status.index.documents), (1, 1));
    assert_eq!((process.hits("lichens"), process.hits(WORD)), (1, 0));
    assert_eq!(process.hits("-lichens"), 0);
    let listed = process
        .library
        .list_items(UserId::OWNER, ItemFilter::default())
        .await;
    assert_eq!(listed.unwrap().items.len(), 1);
}

#[tokio::test]
async fn looks_at_search_count_for_no_breaker_and_tell_of_one_that_is_open() {
    let process = TestApp::open();
    let app = Arc::new(process.app());
    process.library.keep_canary(WORD).await.unwrap();
    process.catch_up().await.unwrap();
    let breaker = app.index_breaker();
    for _ in 0..30 {
        look_at_search(&app).await;
    }
    assert_eq!(
        breaker.status().counts,
        atlas_resilience::breaker::Counts::default()
    );
    for _ in 0..5 {
        breaker.acquire().unwrap().failure("it is broken");
    }

    let looked = look_at_search(&app).await;
    assert_eq!(looked.outcome, CheckOutcome::Crit, "{}", looked.message);
    assert!(looked.message.starts_with("breaker_open; "), "{}", looked.message);
    assert!(looked.message.contains("it is broken"), "{}", looked.message);
}

#[tokio::test]
async fn what_the_daily_look_found_is_told() {
    let process = TestApp::open();
    let app = Arc::new(process.app());
    check_once(&app, &process.ops).await;
    let looked = DatabaseProbe(Arc::clone(&app)).look().await;
    assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
    assert!(
        looked.message.contains("no damage was found"),
        "{}",
        looked.message
    );
}

#[tokio::test]
async fn a_damaged_library_found_by_the_daily_look_is_told() {
    let process = TestApp::open();
    process.store("https://a.example/", "lichens").await;
    // The log is emptied into the file by the end of a process, and would hide the damage.
    let process = process.reopen_after(|_dir| ()).await;
    let app = Arc::new(process.app());
    let probe = DatabaseProbe(Arc::clone(&app));
    damage_pages(&process.dir().library_db());
    check_once(&app, &process.ops).await;

    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Crit, "{}", looked.message);
    assert!(looked.message.contains("library.db"), "{}", looked.message);
    let kept = process.ops.file_check(process.library.identity()).await.unwrap();
    assert!(kept.unwrap().damage.is_some(), "the next process is to know it");
}

/// All but the first pages, which say what the file is.
fn damage_pages(file: &Path) {
    let open = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    let rest = open.metadata().unwrap().len() as usize - 8 * 4_096;
    std::os::unix::fs::FileExt::write_all_at(&open, &vec![0x5a; rest], 8 * 4_096).unwrap();
}

#[tokio::test]
async fn damage_that_was_found_is_told_after_a_restart_until_a_look_finds_none() {
    let process = TestApp::open();
    let damaged = FileCheck {
        ended_at: process.library.now(),
        damage: Some("a page is used twice".to_owned()),
    };
    let identity = process.library.identity();
    process.ops.keep_file_check(identity, damaged).await.unwrap();
    let process = process.reopen_after(|_dir| ()).await;
    let app = Arc::new(process.app());
    let probe = DatabaseProbe(Arc::clone(&app));

    recall_file_check(&app, &process.ops).await;
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Crit, "{}", looked.message);
    assert!(
        looked.message.contains("a page is used twice; it was found at"),
        "{}",
        looked.message
    );

    check_once(&app, &process.ops).await;
    assert_eq!(probe.look().await.outcome, CheckOutcome::Ok);
    let next = Arc::new(process.app());
    recall_file_check(&next, &process.ops).await;
    assert_eq!(DatabaseProbe(next).look().await.outcome, CheckOutcome::Ok);
}

/// A copy that was put back is looked through for itself.
#[tokio::test]
async fn what_was_found_in_another_life_of_the_library_is_not_held_against_this_one() {
    let process = TestApp::open();
    let mut library = process.library.clone();
    let damaged = FileCheck {
        ended_at: library.now(),
        damage: Some("a page is used twice".to_owned()),
    };
    process
        .ops
        .keep_file_check(library.identity(), damaged)
        .await
        .unwrap();
    library.begin_new_life().await.unwrap();
    assert_eq!(process.ops.file_check(library.identity()).await.unwrap(), None);
}

#[tokio::test]
async fn a_worker_that_has_never_looked_around_does_not_answer() {
    let app = TestApp::open();
    let probe = BackgroundProbe::new(Arc::new(app.app()), limits());
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::NoAnswer, "{}", looked.message);

    app.signals.worker_turned();
    let looked = probe.look().await;
    assert_eq!(looked.outcome, CheckOutcome::Ok, "{}", looked.message);
}
