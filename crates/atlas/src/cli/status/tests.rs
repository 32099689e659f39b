//! What `atlas status` prints, from answers of a server.

use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use axum::routing::get;

use super::*;
use crate::cli::fixtures;
use crate::cli::output::tests::captured;

const PLAIN: Look = Look::PLAIN;

#[test]
fn one_page_tells_it_all() {
    insta::assert_snapshot!(render(&fixtures::status(), PLAIN), @"
    Atlas 0.1.0  at work

    Items
      queued        3
      stored        120
      quarantined   2
      in the trash  1

    Jobs
      ready                 3
      done                  122
      dead                  1
      oldest waits          12 s
      wait for a later try  2, the next at 2026-01-01T00:00:30Z

    System
      search index  120 documents, 4 changes behind
      writer        260 requests in 31 batches, busy for 850 ms, 0 waiting
      disk          12 MB in databases, 40 GB free, 512 MB must stay free
      data          /home/ada/.local/share/atlas

    Degraded
      dead_letters  1 jobs were given up
    ");
}

#[test]
fn where_somebody_looks_after_the_services_they_come_first() {
    use crate::cli::health::tests::service;

    let mut status = fixtures::status();
    status.overall = Some(HealthStatus::Degraded);
    status.services = vec![
        service("database", "healthy", "written and read back in 3 ms"),
        service("search", "degraded", "the canary was found after 2,600 ms"),
    ];
    status.alerts = Some(AlertsView {
        open: 2,
        critical: 1,
        unacknowledged: 1,
        unread: 3,
        channels: Vec::new(),
    });
    let shown = render(&status, PLAIN);
    let first: Vec<&str> = shown.lines().take(11).collect();
    insta::assert_snapshot!(first.join("\n"), @r"
    Atlas 0.1.0  at work, degraded

    Services
      SERVICE   STATUS    SINCE                 WHY
      database  healthy   2026-01-01T00:00:00Z  written and read back in 3 ms
      search    degraded  2026-01-01T00:00:00Z  the canary was found after 2,600 ms

    Alerts
      open incidents  2, 1 critical, 1 that nobody has taken on; see `atlas alert ls`
      inbox           3 unread; see `atlas alert inbox`
      channels        none set up: nobody outside this machine is told
    ");
}

#[test]
fn a_channel_that_fails_or_holds_back_says_since_when_and_until_when() {
    let alerts_view = serde_json::json!({
        "open": 0, "critical": 0, "unacknowledged": 0, "unread": 0,
        "channels": [
            { "name": "mail", "kind": "email", "failing_since": "2026-01-01T00:00:00Z" },
            { "name": "chat", "kind": "slack", "failing_since": null },
            { "name": "phone", "kind": "ntfy", "failing_since": null, "held_until": "2026-01-01T00:01:00Z" },
        ],
    });
    insta::assert_snapshot!(alerts(&serde_json::from_value(alerts_view).unwrap()), @r"
    open incidents  none
    channels        mail fails since 2026-01-01T00:00:00Z, chat, phone has carried as much as it may until 2026-01-01T00:01:00Z
    ");
}

#[test]
fn breakers_are_told_apart_by_what_holds() {
    let told = BreakersView {
        open: 13,
        paused: 9,
        decided: 2,
        ..BreakersView::default()
    };
    assert_eq!(breakers(&told), "13 open, 9 paused, 2 decided by hand");
    assert_eq!(breakers(&BreakersView::default()), "");
}

#[test]
fn an_empty_library_says_so() {
    let mut status = fixtures::status();
    (status.items, status.trashed) = (BTreeMap::new(), 0);
    status.degraded.clear();
    let shown = render(&status, PLAIN);
    assert!(shown.contains("Items\n  none yet\n"), "{shown}");
    assert!(shown.ends_with("Nothing is degraded.\n"), "{shown}");
}

#[tokio::test]
async fn watching_prints_a_line_each_time_and_ends_with_the_first_error() {
    let looks = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let answer = async move || match looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 | 1 => Ok(Json(fixtures::status())),
        _ => Err(StatusCode::BAD_GATEWAY),
    };
    let client = Client::InProcess(Router::new().route(routes::STATUS, get(answer)));
    let (output, data, _) = captured(true);
    let error = record(Duration::from_millis(1), &client, &output)
        .await
        .unwrap_err();
    assert_eq!(error.exit, Exit::Failure);
    let lines: Vec<StatusView> = data
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
}
