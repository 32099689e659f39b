//! Fetching under its whole policy, against real sockets: what a status says is heeded, one probe goes out at a time, a
//! hang ends and a slow answer counts. The rules themselves are tested where they are written.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::time::ManualClock;
use atlas_domain::{ErrorClass, FetchFault};
use atlas_net::fetch::{ARTICLE_PROCESSING, FetchSettings, HttpFetcher, SystemResolver};
use atlas_resilience::breaker::{BreakerSettings, Phase};
use atlas_resilience::{Backoff, RetryPlan, Service, Surroundings};
use rstest::rstest;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::server::{Server, Step, page, response};
use crate::world::{NOW, fetch, settings};

/// A fetcher whose breakers have a clock that the test turns.
struct Guarded {
    fetcher: Arc<HttpFetcher>,
    service: Arc<Service>,
    clock: Arc<atlas_resilience::ManualClock>,
}

impl Guarded {
    /// At most so many attempts, close together. The breakers are those that everybody has.
    fn with(max_attempts: u32, settings: FetchSettings) -> Self {
        let settings = FetchSettings {
            retry: Some(RetryPlan {
                max_attempts,
                transient: Backoff::constant(Duration::from_millis(1)),
                ..RetryPlan::default()
            }),
            breaker: FetchSettings::default().breaker,
            ..settings
        };
        let clock = Arc::new(atlas_resilience::ManualClock::starting_at(Duration::from_hours(
            1,
        )));
        let surroundings = Surroundings {
            clock: Arc::clone(&clock) as Arc<dyn atlas_resilience::Clock>,
            journal: None,
            observer: None,
            seed: 7,
        };
        let service = Arc::new(Service::new(
            ARTICLE_PROCESSING,
            settings.policy(),
            surroundings,
            None,
            [],
        ));
        let fetcher = HttpFetcher::with_resolver(
            &settings,
            Arc::new(ManualClock::at(NOW)),
            Arc::new(SystemResolver),
            Arc::clone(&service),
        );
        Self {
            fetcher: Arc::new(fetcher.unwrap()),
            service,
            clock,
        }
    }

    fn phase(&self, server: &Server) -> Phase {
        self.service
            .breakers()
            .status(&server.address().to_string())
            .phase
    }
}

#[rstest]
#[case::good("200 OK", 1)]
#[case::missing("404 Not Found", 1)]
#[case::forbidden("403 Forbidden", 1)]
#[case::failing("500 Internal Server Error", 3)]
#[case::unavailable("503 Service Unavailable", 3)]
#[case::asks_for_a_pause("429 Too Many Requests", 1)]
#[tokio::test]
async fn d11_a_request_is_repeated_only_when_the_status_makes_it_worth_while(
    #[case] status: &'static str,
    #[case] requests: usize,
) {
    let server = Server::always(move || response(status, &[], b"x")).await;
    let guarded = Guarded::with(3, settings());
    let answer = fetch(&guarded.fetcher, server.url("/")).await.unwrap();
    assert!(status.starts_with(&answer.status.to_string()));
    assert_eq!(server.requests().len(), requests);
}

#[rstest]
#[case::too_many_requests("429 Too Many Requests")]
#[case::unavailable("503 Service Unavailable")]
#[tokio::test]
async fn d11_nothing_is_sent_before_the_time_that_a_host_names(#[case] status: &'static str) {
    let busy = Server::always(move || response(status, &[("retry-after", "600")], b"x")).await;
    let guarded = Guarded::with(3, settings());
    fetch(&guarded.fetcher, busy.url("/1")).await.unwrap();
    guarded.clock.advance(Duration::from_secs(590));
    let refused = fetch(&guarded.fetcher, busy.url("/2")).await.unwrap_err();
    assert_eq!(refused.fault.class(), ErrorClass::Throttled, "{refused}");
    assert!(
        refused.retry_after.unwrap() >= Duration::from_secs(10),
        "{refused:?}"
    );
    assert_eq!(busy.requests().len(), 1);
    assert_eq!(guarded.phase(&busy), Phase::Closed, "it is well");

    guarded.clock.advance(Duration::from_secs(20));
    fetch(&guarded.fetcher, busy.url("/2")).await.unwrap();
    assert_eq!(busy.requests().len(), 2);
}

#[tokio::test]
async fn d13_hosts_stand_apart_and_so_do_ports() {
    let broken = Server::always(|| response("500 Internal Server Error", &[], b"x")).await;
    let well = Server::always(|| page("well")).await;
    let guarded = Guarded::with(1, settings());
    for _ in 0..5 {
        fetch(&guarded.fetcher, broken.url("/")).await.unwrap();
    }
    let refused = fetch(&guarded.fetcher, broken.url("/")).await.unwrap_err();
    assert_eq!(refused.fault, FetchFault::CircuitOpen);
    assert_eq!(fetch(&guarded.fetcher, well.url("/")).await.unwrap().status, 200);
    assert_eq!(
        (guarded.phase(&broken), guarded.phase(&well)),
        (Phase::Open, Phase::Closed)
    );
}

#[tokio::test]
async fn d14_of_a_crowd_at_a_due_breaker_one_is_the_probe() {
    let gate = Arc::new(Semaphore::new(0));
    let broken = {
        let gate = Arc::clone(&gate);
        Server::start(move |request| match request.path.as_str() {
            "/probe" => {
                let mut steps = vec![Step::WaitFor(Arc::clone(&gate))];
                steps.extend(page("well again"));
                steps
            }
            _ => response("500 Internal Server Error", &[], b"x"),
        })
        .await
    };
    let guarded = Guarded::with(1, settings());
    for _ in 0..5 {
        fetch(&guarded.fetcher, broken.url("/")).await.unwrap();
    }
    guarded.clock.advance(BreakerSettings::default().open.cap);

    let mut crowd = JoinSet::new();
    for _ in 0..20 {
        let (fetcher, url) = (Arc::clone(&guarded.fetcher), broken.url("/probe"));
        crowd.spawn(async move { fetch(&fetcher, url).await });
    }
    for _ in 0..19 {
        let refused = crowd.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(refused.fault, FetchFault::CircuitOpen, "at once, and not queued");
    }
    gate.add_permits(1);
    assert_eq!(crowd.join_next().await.unwrap().unwrap().unwrap().status, 200);
    assert_eq!(broken.requests().len(), 6);
}

#[tokio::test]
async fn d15_a_hang_is_stopped_in_time_and_held_against_the_host() {
    let hanging = Server::always(|| vec![Step::Stall]).await;
    let impatient = FetchSettings {
        attempt_timeout: Duration::from_millis(50),
        ..settings()
    };
    let guarded = Guarded::with(1, impatient);
    for _ in 0..5 {
        let stopped = fetch(&guarded.fetcher, hanging.url("/")).await.unwrap_err();
        assert_eq!(stopped.fault, FetchFault::Timeout, "{stopped}");
    }
    assert_eq!(guarded.phase(&hanging), Phase::Open);
}

#[tokio::test]
async fn d15_a_slow_answer_in_time_is_kept_and_not_asked_for_again() {
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let gate = Arc::clone(&gate);
        Server::always(move || {
            let mut steps = response("200 OK", &[], b"slow but good");
            steps.insert(0, Step::WaitFor(Arc::clone(&gate)));
            steps
        })
        .await
    };
    let guarded = Guarded::with(3, settings());
    let fetching = {
        let (fetcher, url) = (Arc::clone(&guarded.fetcher), slow.url("/"));
        tokio::spawn(async move { fetch(&fetcher, url).await })
    };
    slow.wait_for_in_flight(1).await;
    guarded.clock.advance(settings().attempt_timeout / 2);
    gate.add_permits(1);
    let answer = fetching.await.unwrap().unwrap();
    assert_eq!(answer.body, b"slow but good");
    assert_eq!((slow.requests().len(), guarded.phase(&slow)), (1, Phase::Closed));
}

#[rstest]
#[case::as_long_as_an_attempt(300)]
#[case::shorter_than_an_attempt(250)]
#[tokio::test]
async fn a_hang_is_held_against_the_host_though_the_time_for_the_page_ends_it(#[case] overall_ms: u64) {
    let hanging = Server::always(|| vec![Step::Stall]).await;
    let settings = FetchSettings {
        attempt_timeout: Duration::from_millis(300),
        overall_timeout: Duration::from_millis(overall_ms),
        ..settings()
    };
    let guarded = Guarded::with(1, settings);
    // A machine so busy that the attempt begins late says nothing of the host.
    for _ in 0..20 {
        if guarded.phase(&hanging) == Phase::Closed {
            fetch(&guarded.fetcher, hanging.url("/")).await.unwrap_err();
        }
    }
    assert_eq!(guarded.phase(&hanging), Phase::Open);
}
