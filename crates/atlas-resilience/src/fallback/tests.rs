//! What a chain brings, and what it says about the levels that failed, on a clock that is paused.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tokio::time::Instant;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
struct Trouble(&'static str);

type Chain<'a> = FallbackChain<'a, u32, Trouble>;

fn whole() -> Deadline {
    Deadline::after(SECOND * 10)
}

#[tokio::test(start_paused = true)]
async fn the_primarys_answer_is_not_degraded() {
    let answer = Chain::new("primary", SECOND, async |_| Ok(1))
        .or("fallback", SECOND, async |_| panic!("nobody asked for it"))
        .run(whole())
        .await
        .unwrap();
    assert_eq!(
        answer,
        Answer {
            value: 1,
            level: "primary",
            sources: vec![]
        }
    );
    assert!(!answer.is_degraded());
}

#[tokio::test(start_paused = true)]
async fn the_first_fallback_that_answers_wins_and_brings_the_errors_before() {
    let answer = Chain::new("primary", SECOND, async |_| Err(Trouble("broken")))
        .or("slow", SECOND * 2, async |_| pending().await)
        .or("good", SECOND, async |_| Ok(3))
        .or("spare", SECOND, async |_| panic!("nobody asked for it"))
        .run(whole())
        .await
        .unwrap();
    assert_eq!(
        (answer.value, answer.level, answer.is_degraded()),
        (3, "good", true)
    );
    let primary = LevelError {
        level: "primary",
        cause: LevelCause::Failed(Trouble("broken")),
    };
    let slow = LevelError {
        level: "slow",
        cause: LevelCause::TimedOut { limit: SECOND * 2 },
    };
    assert_eq!(answer.sources, [primary, slow]);
}

#[tokio::test(start_paused = true)]
async fn each_level_is_called_once_and_has_its_own_time() {
    let calls = AtomicU32::new(0);
    let started = Instant::now();
    let hang = async |deadline: Deadline| {
        calls.fetch_add(1, Ordering::SeqCst);
        assert_eq!(deadline.remaining(), SECOND);
        pending().await
    };
    let failed = Chain::new("one", SECOND, hang)
        .or("two", SECOND, hang)
        .or("three", SECOND, hang)
        .run(whole())
        .await;
    assert_eq!(failed.unwrap_err().sources.len(), 3);
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    assert_eq!(started.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn no_level_outlives_the_deadline_or_begins_after_it() {
    let started = Instant::now();
    let failed = Chain::new("primary", SECOND * 60, async |_| pending().await)
        .or("fallback", SECOND, async |_| panic!("there was no time left"))
        .run(Deadline::after(SECOND * 2))
        .await
        .unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 2);
    let causes: Vec<_> = failed.sources.into_iter().map(|source| source.cause).collect();
    assert_eq!(causes, [LevelCause::DeadlinePassed, LevelCause::DeadlinePassed]);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_gets_only_what_is_left_of_the_deadline() {
    let answer = Chain::new("primary", SECOND, async |_| pending().await)
        .or("fallback", SECOND * 5, async |deadline: Deadline| {
            Ok(u32::try_from(deadline.remaining().as_secs()).unwrap())
        })
        .run(Deadline::after(SECOND * 3))
        .await
        .unwrap();
    assert_eq!(answer.value, 2);
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_primarys_error_is_the_source_and_none_is_hidden() {
    let failed = Chain::new("primary", SECOND, async |_| Err(Trouble("index locked")))
        .or("titles", SECOND, async |_| Err(Trouble("no such table")))
        .or("cache", SECOND, async |_| pending().await)
        .run(whole())
        .await
        .unwrap_err();
    assert_eq!(
        failed.to_string(),
        "no answer from any of 3 levels; titles failed: no such table; cache gave no answer within 1s"
    );
    let primary = failed.source().unwrap();
    assert_eq!(primary.to_string(), "primary failed");
    let root = primary.source().unwrap().downcast_ref::<Trouble>();
    assert_eq!(root, Some(&Trouble("index locked")));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_drops_the_level_that_runs() {
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = SetWhenDropped(Arc::clone(&dropped));
    let call = Chain::new("primary", SECOND, async |_| Err(Trouble("broken")))
        .or("fallback", SECOND * 60, async move |_| {
            let _flag = flag;
            pending().await
        })
        .run(whole());
    {
        let mut call = std::pin::pin!(call);
        assert!(tokio::time::timeout(SECOND, &mut call).await.is_err());
        assert!(!dropped.load(Ordering::SeqCst), "it still runs");
    }
    assert!(dropped.load(Ordering::SeqCst));
}

struct SetWhenDropped(Arc<AtomicBool>);

impl Drop for SetWhenDropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
