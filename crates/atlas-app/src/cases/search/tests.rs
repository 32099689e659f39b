//! What is answered while the index is not open, held, slow or broken. Time stands still but where a test lets it
//! pass.

use std::fs::File;

use rstest::rstest;

use super::*;
use crate::app::Mode;
use crate::test_app::{TestApp, in_time};

/// Whoever searches waits before a screen.
fn time_limit() -> Duration {
    crate::services::search_operations().overall_timeout
}

fn query(text: &str) -> SearchQuery {
    SearchQuery {
        q: text.to_owned(),
        ..SearchQuery::default()
    }
}

/// A library with two pages that can be found, and the use cases over it.
async fn two_pages() -> (TestApp, App) {
    let app = TestApp::open();
    app.store("https://a.example/", "otters hold hands").await;
    app.store("https://b.example/", "otters hold court").await;
    app.catch_up().await.unwrap();
    let use_cases = app.app();
    (app, use_cases)
}

fn urls(reply: &SearchReply) -> Vec<&str> {
    reply.hits.iter().map(|hit| hit.url.as_str()).collect()
}

#[rstest]
#[case(false, false, "")]
#[case(false, true, "index_lag")]
#[case(true, false, "timeout")]
#[case(true, true, "timeout")]
fn an_answer_of_the_index_says_why_it_may_be_incomplete(
    #[case] was_stopped: bool,
    #[case] is_behind: bool,
    #[case] code: &str,
) {
    assert_eq!(shortcoming(was_stopped, is_behind), code);
}

#[tokio::test]
async fn without_an_index_titles_answer_the_newest_first_and_say_why() {
    let (_app, mut use_cases) = two_pages().await;
    use_cases.parts.search = SearchState::Unavailable("there is no index yet".to_owned());
    let reply = in_time(use_cases.search(query("title example"))).await.unwrap();
    assert_eq!(urls(&reply), ["https://b.example/", "https://a.example/"]);
    assert_eq!((reply.total, reply.degraded), (2, true));
    assert_eq!(reply.degraded_reason, "titles: there is no index yet");
    assert_eq!(reply.hits[0].title, "Title of https://b.example/");

    let page = SearchQuery {
        limit: Some(1),
        offset: 1,
        ..query("title")
    };
    let reply = in_time(use_cases.search(page)).await.unwrap();
    assert_eq!(urls(&reply), ["https://a.example/"]);
}

#[rstest]
#[case::nothing_in_it("...")]
#[case::mistyped_field("autor:quill")]
#[tokio::test]
async fn a_query_that_means_nothing_is_refused_whatever_the_index_does(#[case] text: &str) {
    let (_app, mut use_cases) = two_pages().await;
    use_cases.parts.search = SearchState::Unavailable("there is no index yet".to_owned());
    let refused = in_time(use_cases.search(query(text))).await;
    assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn what_nothing_can_answer_is_an_error_with_every_reason() {
    let (_app, mut use_cases) = two_pages().await;
    use_cases.parts.search = SearchState::Unavailable("there is no index yet".to_owned());
    let error = in_time(use_cases.search(query("otters is:stored")))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "search_unavailable");
    assert_eq!(
        error.to_string(),
        "search is not available: there is no index yet; titles cannot tell what `is:` asks for; nobody has asked \
         this before"
    );
}

#[tokio::test]
async fn an_index_that_cannot_show_its_last_commit_answers_as_one_that_is_behind() {
    let (app, mut use_cases) = two_pages().await;
    use_cases.parts.mode = Mode::ReadOnly;
    let lock = File::create(app.dir().search().join("current/.tantivy-meta.lock")).unwrap();
    lock.lock().unwrap();
    let searching = tokio::spawn(async move { use_cases.search(query("otters")).await });
    let waited = app.pass_until_end(&searching, FRESHNESS_LIMIT / 10).await;
    assert!(waited >= FRESHNESS_LIMIT && waited < time_limit(), "{waited:?}");
    let reply = searching.await.unwrap().unwrap();
    assert_eq!((reply.total, reply.degraded_reason.as_str()), (2, "index_lag"));
}

/// With the reading of the index in the hands of the test.
#[cfg(feature = "failpoints")]
mod index_in_hand {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Arc, Mutex};

    use atlas_resilience::breaker::{Command, OverlayMode, Phase};
    use fail::FailScenario;
    use tokio::task::JoinHandle;

    use super::*;

    const READ: &str = "search::read";
    const ATTEMPT: Duration = Duration::from_millis(300);
    const SLOW: Duration = Duration::from_millis(220);
    /// Longer than the breaker stays open for the first time.
    const A_MINUTE: Duration = Duration::from_mins(1);

    type Searched = JoinHandle<Result<SearchReply, AppError>>;

    struct Index {
        app: TestApp,
        use_cases: Arc<App>,
        arrived: Receiver<()>,
        /// One more search may read on for each; all when it is dropped.
        go: Option<Sender<()>>,
        scenario: FailScenario<'static>,
    }

    impl Index {
        /// Searches that have come to the index wait there.
        async fn held() -> Self {
            let scenario = FailScenario::setup();
            let (app, use_cases) = two_pages().await;
            let (arriving, arrived) = channel();
            let (go, may_go) = channel();
            let may_go = Mutex::new(may_go);
            let wait = move || {
                let _ = arriving.send(());
                let _ = may_go.lock().unwrap().recv();
            };
            fail::cfg_callback(READ, wait).unwrap();
            Self {
                app,
                use_cases: Arc::new(use_cases),
                arrived,
                go: Some(go),
                scenario,
            }
        }

        /// Reading it fails.
        async fn broken() -> Self {
            let index = Self::held().await;
            fail::cfg(READ, "return").unwrap();
            index
        }

        fn begin(&self, query: SearchQuery) -> Searched {
            let use_cases = Arc::clone(&self.use_cases);
            tokio::spawn(async move { use_cases.search(query).await })
        }

        /// A search that has come to the index.
        async fn begin_and_arrive(&self, query: SearchQuery) -> Searched {
            let searching = self.begin(query);
            self.app.until(async |_| self.arrived.try_recv().is_ok()).await;
            searching
        }

        /// One that waits there until it is given up.
        async fn search_in_vain(&self) -> SearchReply {
            let searching = self.begin_and_arrive(query("title")).await;
            self.app.pass_for_timers(ATTEMPT).await;
            in_time(searching).await.unwrap().unwrap()
        }

        async fn search(&self, text: &str) -> Result<SearchReply, AppError> {
            in_time(self.use_cases.search(query(text))).await
        }

        fn phase(&self) -> Phase {
            self.use_cases.searching.service.breakers().status(INDEX).phase
        }

        /// Lets everything that waits in the index go on.
        fn end(mut self) {
            self.go.take();
            self.scenario.teardown();
        }
    }

    #[tokio::test]
    async fn while_the_index_is_held_titles_answer_within_the_limit() {
        let index = Index::held().await;
        let reply = index.search_in_vain().await;
        assert_eq!(urls(&reply), ["https://b.example/", "https://a.example/"]);
        assert!(reply.degraded);
        assert_eq!(
            reply.degraded_reason,
            "titles: the index gave no answer within 300ms"
        );
        assert!(
            Duration::from_millis(reply.took_ms) < time_limit(),
            "{}",
            reply.took_ms
        );
        index.end();
    }

    #[tokio::test]
    async fn to_wait_for_a_write_first_leaves_the_answer_within_the_limit() {
        let index = Index::held().await;
        index.app.store("https://c.example/", "otters hold on").await;
        let searching = index.begin(SearchQuery {
            fresh: true,
            ..query("title")
        });
        // Nothing moves the index, so the wait is in vain.
        index
            .app
            .until(async |_| {
                let has_arrived = index.arrived.try_recv().is_ok();
                if !has_arrived {
                    index.app.pass_for_timers(Duration::from_millis(9)).await;
                }
                has_arrived
            })
            .await;
        index.app.pass_for_timers(ATTEMPT).await;
        let reply = in_time(searching).await.unwrap().unwrap();
        assert_eq!(reply.total, 3, "titles are not behind");
        assert!(
            Duration::from_millis(reply.took_ms) < time_limit(),
            "{}",
            reply.took_ms
        );
        index.end();
    }

    #[tokio::test]
    async fn after_five_failures_titles_answer_at_once_and_two_good_probes_end_it() {
        let index = Index::held().await;
        for _ in 0..5 {
            assert_eq!(index.phase(), Phase::Closed);
            index.search_in_vain().await;
        }
        assert_eq!(index.phase(), Phase::Open);
        // No time passes.
        let reply = index.search("title").await.unwrap();
        assert_eq!((reply.total, reply.took_ms), (2, 0));
        let reason = reply.degraded_reason;
        assert!(
            reason.starts_with("titles: the index failed or was slow, and is left alone for "),
            "{reason}"
        );
        fail::remove(READ); // from here on it is well
        index.app.pass_for_timers(A_MINUTE).await;
        for _ in 0..2 {
            assert!(!index.search("otters").await.unwrap().degraded);
        }
        assert_eq!(index.phase(), Phase::Closed);
        index.end();
    }

    #[tokio::test]
    async fn a_search_that_hangs_keeps_its_place_until_it_really_ends() {
        let index = Index::held().await;
        let overlay = Command::Overlay {
            mode: OverlayMode::Disabled,
            lasts: None,
            reason: String::new(),
        };
        index
            .use_cases
            .searching
            .service
            .breakers()
            .operate(INDEX, overlay);
        let mut hanging = Vec::new();
        for _ in 0..32 {
            hanging.push(index.begin_and_arrive(query("title")).await);
        }
        index.app.pass_for_timers(ATTEMPT).await;
        for searching in hanging {
            in_time(searching).await.unwrap().unwrap();
        }
        let busy = index.search("title").await.unwrap();
        assert_eq!(
            busy.degraded_reason,
            "titles: the index is busy with other searches"
        );
        fail::remove(READ); // from here on it is well
        index.go.as_ref().unwrap().send(()).unwrap();
        index
            .app
            .until(async |_| !index.search("title").await.unwrap().degraded)
            .await;
        index.end();
    }

    #[tokio::test]
    async fn slow_answers_are_given_until_too_many_were_slow() {
        let index = Index::held().await;
        for _ in 0..20 {
            assert_eq!(index.phase(), Phase::Closed);
            let searching = index.begin_and_arrive(query("otters")).await;
            index.app.pass_for_timers(SLOW).await;
            index.go.as_ref().unwrap().send(()).unwrap();
            let reply = in_time(searching).await.unwrap().unwrap();
            assert_eq!((reply.total, reply.degraded_reason.as_str()), (2, ""));
        }
        assert_eq!(index.phase(), Phase::Open);
        assert!(
            index
                .search("title")
                .await
                .unwrap()
                .degraded_reason
                .starts_with("titles: ")
        );
        index.end();
    }

    #[tokio::test]
    async fn an_index_that_has_found_nothing_when_its_time_is_up_leaves_it_to_the_titles() {
        let index = Index::held().await;
        let searching = index.begin_and_arrive(query("title")).await;
        index.app.pass_for_timers(Duration::from_millis(260)).await;
        index.go.as_ref().unwrap().send(()).unwrap();
        let reply = in_time(searching).await.unwrap().unwrap();
        assert_eq!(
            (reply.total, reply.degraded_reason.as_str()),
            (2, "titles: the index found nothing before its time was up")
        );
        index.end();
    }

    #[tokio::test]
    async fn a_broken_index_is_replaced_by_titles_and_left_alone_after_five() {
        let index = Index::broken().await;
        for _ in 0..5 {
            let reply = index.search("title").await.unwrap();
            assert_eq!(
                (reply.total, reply.degraded_reason.as_str()),
                (2, "titles: the search engine failed: broken")
            );
        }
        assert_eq!(index.phase(), Phase::Open);
        index.end();
    }

    #[tokio::test]
    async fn a_refused_query_says_nothing_against_the_index() {
        let index = Index::held().await;
        fail::remove(READ); // from here on it is well
        for _ in 0..5 {
            let refused = index.search("lang:xx").await;
            assert!(matches!(refused, Err(AppError::Invalid(_))), "{refused:?}");
        }
        assert_eq!(index.phase(), Phase::Closed);
        index.end();
    }

    #[tokio::test]
    async fn what_titles_cannot_tell_is_answered_as_it_was_last_with_its_age() {
        let index = Index::held().await;
        fail::remove(READ); // from here on it is well
        let asked = "otters is:stored";
        assert_eq!(index.search(asked).await.unwrap().total, 2);
        index.app.pass_for_timers(Duration::from_secs(12)).await;
        fail::cfg(READ, "return").unwrap();
        let reply = index.search(asked).await.unwrap();
        assert_eq!((reply.total, reply.hits.len(), reply.degraded), (2, 2, true));
        assert_eq!(
            reply.degraded_reason,
            "last_answer: 12 s old; the search engine failed: broken; titles cannot tell what `is:` asks for"
        );
        let error = index.search("otters is:partial").await.unwrap_err();
        assert_eq!(error.code(), "search_unavailable");
        assert!(
            error.to_string().ends_with("nobody has asked this before"),
            "{error}"
        );
        index.end();
    }

    #[tokio::test]
    async fn the_last_answer_is_better_than_titles_that_have_nothing() {
        let index = Index::held().await;
        fail::remove(READ); // from here on it is well
        assert_eq!(index.search("hands").await.unwrap().total, 1);
        fail::cfg(READ, "return").unwrap();
        let reply = index.search("hands").await.unwrap();
        assert_eq!(urls(&reply), ["https://a.example/"]);
        assert_eq!(
            reply.degraded_reason,
            "last_answer: 0 s old; the search engine failed: broken; no title has these words"
        );
        let never_asked = index.search("court").await.unwrap();
        assert_eq!(never_asked.total, 0);
        assert!(
            never_asked.degraded_reason.starts_with("titles: "),
            "{}",
            never_asked.degraded_reason
        );
        index.end();
    }
}
