//! How gently a host is treated. The arithmetic of waiting is tested where it is done; here it is shown to
//! be applied, per host, to every request.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{ErrorClass, FetchFault};
use atlas_net::fetch::{FetchSettings, Politeness};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::server::{Server, Step, page, redirect};
use crate::world::{fetch, fetcher, settings};

fn polite(interval: Duration, burst: u32, concurrent: u32) -> FetchSettings {
    let politeness = Politeness {
        interval,
        burst: NonZeroU32::new(burst).unwrap(),
        concurrent_requests: NonZeroU32::new(concurrent).unwrap(),
    };
    FetchSettings {
        politeness: Some(politeness),
        ..settings()
    }
}

#[tokio::test]
async fn spaces_requests_to_one_host() {
    let interval = Duration::from_millis(60);
    let fetcher = fetcher(&polite(interval, 2, 2));
    let server = Server::always(|| page("")).await;
    let start = Instant::now();
    for path in ["/1", "/2", "/3", "/4"] {
        fetch(&fetcher, server.url(path)).await.unwrap();
    }
    assert!(start.elapsed() >= interval * 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn redirects_count_too() {
    let server = Server::start(|request| {
        if request.path == "/end" {
            page("")
        } else {
            redirect("/end")
        }
    })
    .await;
    let error = fetch(&fetcher(&polite(Duration::from_hours(1), 1, 1)), server.url("/"))
        .await
        .unwrap_err();
    assert_eq!(error.fault, FetchFault::HostBusy, "{error}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_turn_that_comes_too_late_is_put_off_at_once_and_costs_no_attempt() {
    let fetcher = fetcher(&polite(Duration::from_hours(1), 1, 1));
    let (busy, other) = (
        Server::always(|| page("")).await,
        Server::always(|| page("")).await,
    );
    fetch(&fetcher, busy.url("/1")).await.unwrap();
    let error = fetch(&fetcher, busy.url("/2")).await.unwrap_err();
    assert_eq!(
        (error.fault, error.fault.class()),
        (FetchFault::HostBusy, ErrorClass::Throttled)
    );
    assert!(
        error.retry_after.unwrap() > Duration::from_mins(59),
        "{:?}",
        error.retry_after
    );
    assert_eq!(busy.requests().len(), 1);
    fetch(&fetcher, other.url("/")).await.unwrap();
}

#[tokio::test]
async fn time_that_passed_in_our_own_queue_is_not_held_against_the_host() {
    let server = Server::start(|request| match request.path.as_str() {
        "/slow" => vec![Step::Stall],
        _ => page(""),
    })
    .await;
    let fetcher = fetcher(&FetchSettings {
        overall_timeout: Duration::from_millis(600),
        ..polite(Duration::from_millis(500), 1, 1)
    });
    fetch(&fetcher, server.url("/")).await.unwrap();
    let error = fetch(&fetcher, server.url("/slow")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::HostBusy, "{error}");
    let hop = &error.steps[0].hops[0];
    assert!(hop.waited_ms > hop.took_ms, "{hop:?}");
}

#[tokio::test]
async fn time_that_a_host_used_up_is_held_against_it_even_after_a_wait() {
    let server = Server::start(|request| match request.path.as_str() {
        "/slow" => vec![Step::Stall],
        _ => page(""),
    })
    .await;
    let fetcher = fetcher(&FetchSettings {
        overall_timeout: Duration::from_millis(800),
        ..polite(Duration::from_millis(100), 1, 1)
    });
    fetch(&fetcher, server.url("/")).await.unwrap();
    let error = fetch(&fetcher, server.url("/slow")).await.unwrap_err();
    assert_eq!(error.fault, FetchFault::Timeout, "{error}");
}

#[tokio::test]
async fn asks_one_host_for_two_pages_at_a_time() {
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let gate = Arc::clone(&gate);
        Server::always(move || {
            [vec![Step::WaitFor(Arc::clone(&gate))], page("")]
                .into_iter()
                .flatten()
                .collect()
        })
        .await
    };
    let other = Server::always(|| page("")).await;
    let fetcher = Arc::new(fetcher(&polite(Duration::from_millis(1), 100, 2)));
    let mut crowd = JoinSet::new();
    for number in 0..6 {
        let (fetcher, url) = (Arc::clone(&fetcher), slow.url(&format!("/{number}")));
        crowd.spawn(async move { fetch(&fetcher, url).await.unwrap() });
    }
    slow.wait_for_in_flight(2).await;
    // The crowd at one host keeps nobody from another, and has had time to arrive when this is done.
    fetch(&fetcher, other.url("/")).await.unwrap();
    gate.add_permits(6);
    assert_eq!(crowd.join_all().await.len(), 6);
    assert_eq!((slow.requests().len(), slow.most_in_flight()), (6, 2));
}

#[tokio::test]
async fn can_be_switched_off() {
    let server = Server::always(|| page("")).await;
    let fetcher = fetcher(&settings());
    for number in 0..20 {
        fetch(&fetcher, server.url(&format!("/{number}"))).await.unwrap();
    }
}

#[test]
fn is_on_unless_told_otherwise() {
    let default = FetchSettings::default().politeness.unwrap();
    assert_eq!(default.interval, Duration::from_secs(1));
    assert_eq!((default.burst.get(), default.concurrent_requests.get()), (5, 2));
}
