//! What the journal promises: whoever pushes never waits, the latest record of each breaker arrives, and nothing is
//! lost on the way.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::Instant;

use super::*;
use crate::breaker::{OverlayMode, Phase};

const LOCKED: Duration = Duration::from_secs(30);

/// What the store does with one write.
#[derive(Clone, Copy)]
enum Turn {
    TakesLong,
    FailsAtLast,
}

/// A store that does with its first writes what it is told, and takes the others at once.
#[derive(Default)]
struct ScriptedStore {
    turns: Mutex<VecDeque<Turn>>,
    written: Mutex<Vec<Batch>>,
    is_writing: AtomicBool,
}

impl ScriptedStore {
    fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            turns: Mutex::new(turns.into_iter().collect()),
            ..Self::default()
        }
    }

    /// What was written, each batch as `scope=trips@number` in order; a removal as `scope-@number`.
    fn written(&self) -> Vec<Vec<String>> {
        self.written
            .lock()
            .expect("nobody panicked")
            .iter()
            .map(describe)
            .collect()
    }
}

fn describe(batch: &Batch) -> Vec<String> {
    let mut records: Vec<_> = batch
        .iter()
        .map(|(key, number, record)| match record {
            Record::Save(row) => format!("{}={}@{number}", key.scope, row.trips),
            Record::Forget => format!("{}-@{number}", key.scope),
        })
        .collect();
    records.sort();
    records
}

/// Marks the store as free again, also when the write is dropped.
struct Writing<'a>(&'a AtomicBool);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl BreakerStore for ScriptedStore {
    fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        let turn = self.turns.lock().expect("nobody panicked").pop_front();
        Box::pin(async move {
            assert!(
                !self.is_writing.swap(true, Ordering::SeqCst),
                "two writes at once could overtake each other"
            );
            let _writing = Writing(&self.is_writing);
            if turn.is_some() {
                tokio::time::sleep(LOCKED).await;
            }
            if let Some(Turn::FailsAtLast) = turn {
                return Err(StoreFailure("the database is locked".to_owned()));
            }
            self.written.lock().expect("nobody panicked").push(batch);
            Ok(())
        })
    }
}

fn key(scope: &str) -> BreakerKey {
    BreakerKey {
        service: "fetch".into(),
        scope: scope.into(),
    }
}

fn save(trips: u32) -> Record {
    Record::Save(Box::new(StoredBreaker {
        phase: Phase::Open,
        since: 1_000,
        open_since: Some(1_000),
        open_for_ms: 60_000,
        not_before: None,
        trips,
        succeeded: 0,
        generation: 1,
        overlay: OverlayMode::Auto,
        overlay_since: 0,
        overlay_for_ms: None,
        overlay_reason: String::new(),
        reason: "out of order".to_owned(),
    }))
}

fn unexpected(failure: &StoreFailure) {
    panic!("{failure}");
}

/// Lets the writer run beside something else, and drops it when that is done.
async fn beside(journal: &Journal, store: &ScriptedStore, work: impl Future<Output = ()>) {
    tokio::select! {
        () = journal.write_to(store, |_| ()) => unreachable!("it writes for ever"),
        () = work => {}
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_who_pushes_waits_for_a_store_that_is_locked_and_each_breaker_is_written_once() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([Turn::TakesLong]));
    let start = Instant::now();
    beside(&journal, &store, async {
        journal.push(key("first"), save(1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        for number in 0..10_000 {
            journal.push(key(&format!("host-{:02}", number % 50)), save(number));
        }
        assert_eq!(start.elapsed(), Duration::from_secs(1));
        assert_eq!(
            journal.backlog(),
            51,
            "one for each host, and the first, which is being written"
        );
        tokio::time::sleep(LOCKED).await;
    })
    .await;
    let written = store.written();
    assert_eq!(written.len(), 2);
    assert_eq!(written[0], ["first=1@1"]);
    let latest: Vec<_> = (0..50)
        .map(|host| format!("host-{host:02}={}@{}", 9_950 + host, 9_952 + host))
        .collect();
    assert_eq!(written[1], latest);
    assert_eq!(journal.backlog(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_is_repeated_with_what_is_newer_in_its_place() {
    let (journal, store) = (Journal::new(7), ScriptedStore::new([Turn::FailsAtLast]));
    beside(&journal, &store, async {
        journal.push(key("a"), save(1));
        journal.push(key("b"), save(1));
        journal.push(key("c"), save(1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        journal.push(key("a"), save(2));
        journal.push(key("c"), Record::Forget);
        tokio::time::sleep(2 * LOCKED).await;
    })
    .await;
    assert_eq!(store.written(), [["a=2@10", "b=1@8", "c-@11"]]);
}

#[tokio::test(start_paused = true)]
async fn every_failure_is_told_and_followed_by_a_pause() {
    let (journal, store) = (
        Journal::new(1),
        ScriptedStore::new([Turn::FailsAtLast, Turn::FailsAtLast]),
    );
    let start = Instant::now();
    let mut told = Vec::new();
    journal.push(key("a"), save(1));
    tokio::select! {
        () = journal.write_to(&store, |failure| told.push((failure.to_string(), start.elapsed()))) => {}
        () = tokio::time::sleep(3 * LOCKED) => {}
    }
    let text = "the state of circuit breakers was not written: the database is locked".to_owned();
    assert_eq!(
        told,
        [(text.clone(), LOCKED), (text, 2 * LOCKED + PAUSE_AFTER_FAILURE)]
    );
    assert_eq!(store.written(), [["a=1@1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_dropped_in_the_middle_loses_nothing() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([Turn::TakesLong]));
    journal.push(key("a"), save(1));
    journal.push(key("b"), save(1));
    beside(&journal, &store, async {
        tokio::time::sleep(LOCKED / 2).await;
        journal.push(key("a"), save(2));
    })
    .await;
    assert_eq!(store.written().len(), 0);
    assert_eq!(journal.backlog(), 2);
    journal.write_once(&store).await.expect("the store is free");
    assert_eq!(store.written(), [["a=2@3", "b=1@2"]]);
}

#[tokio::test(start_paused = true)]
async fn the_next_writer_begins_with_what_the_one_before_left() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([Turn::TakesLong]));
    journal.push(key("a"), save(1));
    beside(&journal, &store, tokio::time::sleep(LOCKED / 2)).await;
    beside(&journal, &store, tokio::time::sleep(LOCKED)).await;
    assert_eq!(store.written(), [["a=1@1"]]);
}

#[tokio::test(start_paused = true)]
async fn a_last_write_waits_for_the_one_under_way_so_that_no_record_overtakes_another() {
    for turn in [Turn::TakesLong, Turn::FailsAtLast] {
        let (journal, store) = (Journal::new(1), ScriptedStore::new([turn]));
        journal.push(key("a"), save(1));
        beside(&journal, &store, async {
            tokio::time::sleep(LOCKED / 2).await;
            journal.push(key("a"), Record::Forget);
            journal.write_once(&store).await.expect("the store is free");
        })
        .await;
        let written = store.written();
        assert_eq!(written.last(), Some(&vec!["a-@2".to_owned()]));
    }
}

#[tokio::test]
async fn with_nothing_to_write_the_store_is_left_alone() {
    let (journal, store) = (Journal::new(1), ScriptedStore::default());
    journal.write_once(&store).await.expect("nothing can fail");
    assert_eq!(store.written().len(), 0);
    journal.push(key("a"), save(1));
    let mut failed = unexpected;
    tokio::select! {
        biased;
        () = journal.write_to(&store, &mut failed) => {}
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(store.written(), [["a=1@1"]]);
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_know_waits_until_it_is_written() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([Turn::TakesLong]));
    let start = Instant::now();
    beside(&journal, &store, async {
        journal.settled(&key("a"), 1).await;
        assert_eq!(start.elapsed(), Duration::ZERO, "there is nothing");
        journal.push(key("a"), save(1));
        journal.settled(&key("a"), 1).await;
        assert!(start.elapsed() >= LOCKED, "{:?}", start.elapsed());
    })
    .await;
    assert_eq!(store.written().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_pushed_nothing_waits_for_nobody_else() {
    let journal = Journal::new(1);
    journal.push(key("a"), save(1));
    let since = journal.next_number();
    // Nobody writes at all: whoever waited here would wait for ever.
    journal.settled(&key("b"), since).await;
    journal.settled(&key("a"), since).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_pushed_afterwards_is_not_waited_for() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([]));
    journal.push(key("a"), save(1));
    let a = key("a");
    let settled = journal.settled(&a, 1);
    let mut settled = std::pin::pin!(settled);
    tokio::select! {
        biased;
        () = &mut settled => panic!("nothing is written yet"),
        () = std::future::ready(()) => {}
    }
    journal.write_once(&store).await.expect("it is taken");
    journal.push(key("a"), save(2));
    settled.await;
    assert_eq!(journal.backlog(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_later_record_of_the_same_breaker_does_for_an_earlier_one() {
    let (journal, store) = (Journal::new(1), ScriptedStore::new([Turn::FailsAtLast]));
    journal.push(key("a"), save(1));
    let settled = async {
        journal.settled(&key("a"), 1).await;
        assert_eq!(store.written(), [["a=2@2"]]);
    };
    let written = async {
        journal.write_once(&store).await.expect_err("it fails");
        journal.push(key("a"), save(2));
        journal.write_once(&store).await.expect("it is taken");
    };
    tokio::join!(biased; settled, written);
}
