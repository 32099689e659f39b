//! When an answer waits for the index, and when it says that something may be missing.

use atlas_domain::UserId;

use super::*;
use crate::test_app::{TestApp, in_time};
use crate::views::SearchReply;

fn query(word: &str) -> SearchQuery {
    SearchQuery {
        q: word.to_owned(),
        ..SearchQuery::default()
    }
}

fn answer(reply: &SearchReply) -> (u64, bool, &str) {
    (reply.total, reply.degraded, &reply.degraded_reason)
}

#[tokio::test]
async fn whoever_brings_the_cursor_of_their_write_finds_it() {
    let app = TestApp::open();
    let indexing = app.index_on();
    app.until(async |_| app.is_indexed().await).await;
    app.store("https://a.example/", "otters hold hands").await;
    let written = app.app().written(()).await;
    let search = SearchQuery {
        after_cursor: written.cursor,
        ..query("otters")
    };
    // No time passes: the index does not gather while somebody waits for it.
    let reply = in_time(app.app().search(search)).await.unwrap();
    assert_eq!(answer(&reply), (1, false, ""));
    indexing.end().await;
}

#[tokio::test]
async fn a_fresh_search_sees_everything_that_was_written_before_it() {
    let app = TestApp::open();
    let indexing = app.index_on();
    let item = app.store("https://a.example/", "otters hold hands").await;
    for (expected, trashed) in [(1, true), (0, false)] {
        let search = SearchQuery {
            fresh: true,
            ..query("otters")
        };
        let reply = in_time(app.app().search(search)).await.unwrap();
        assert_eq!(answer(&reply), (expected, false, ""));
        if trashed {
            app.library.trash_item(UserId::OWNER, item.id).await.unwrap();
        }
    }
    indexing.end().await;
}

#[tokio::test]
async fn a_search_that_waited_in_vain_says_so() {
    let app = TestApp::open();
    app.catch_up().await.unwrap();
    app.store("https://a.example/", "otters hold hands").await;
    let search = SearchQuery {
        after_cursor: app.app().written(()).await.cursor,
        ..query("otters")
    };
    let use_cases = app.app();
    let searching = tokio::spawn(async move { use_cases.search(search).await });
    let waited = app.pass_until_end(&searching, WAIT_FOR_INDEX / 10).await;
    assert!(waited >= WAIT_FOR_INDEX, "{waited:?}");
    let reply = searching.await.unwrap().unwrap();
    assert_eq!(answer(&reply), (0, true, "index_lag"));
}

#[tokio::test]
async fn without_a_cursor_only_a_delay_worth_telling_is_told_and_nothing_is_waited_for() {
    let app = TestApp::open();
    app.catch_up().await.unwrap();
    app.store("https://a.example/", "otters hold hands").await;
    app.clock.advance(TOLERABLE_LAG);
    let reply = in_time(app.app().search(query("otters"))).await.unwrap();
    assert_eq!(answer(&reply), (0, false, ""));
    app.clock.advance(Duration::from_secs(1));
    let reply = in_time(app.app().search(query("otters"))).await.unwrap();
    assert_eq!(answer(&reply), (0, true, "index_lag"));
    app.catch_up().await.unwrap();
    let reply = in_time(app.app().search(query("otters"))).await.unwrap();
    assert_eq!(answer(&reply), (1, false, ""));
}

#[tokio::test]
async fn a_cursor_of_nowhere_is_refused() {
    let app = TestApp::open();
    let search = SearchQuery {
        after_cursor: Some(Cursor::from_store("yesterday".to_owned())),
        ..query("otters")
    };
    let refused = app.app().search(search).await;
    assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn an_index_that_does_not_keep_up_degrades_the_service() {
    let app = TestApp::open();
    app.catch_up().await.unwrap();
    app.store("https://a.example/", "otters hold hands").await;
    let codes = async || {
        let status = app.app().status().await;
        status
            .degraded
            .into_iter()
            .map(|reason| reason.code)
            .collect::<Vec<_>>()
    };
    app.clock.advance(PERSISTENT_LAG);
    assert_eq!(codes().await, Vec::<String>::new());
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(codes().await, ["index_lag"]);
    assert_eq!(app.app().status().await.index.lag_ms, 61_000);
    app.catch_up().await.unwrap();
    assert_eq!(codes().await, Vec::<String>::new());
}

#[test]
fn what_search_goes_without_is_a_trouble_of_its_own() {
    let index = IndexView {
        unreadable: 2,
        ..IndexView::default()
    };
    let troubles = index_troubles(&index);
    assert_eq!(troubles.len(), 1);
    assert_eq!(troubles[0].code, "index_unreadable");
}
