//! Circuit breakers and policies: looking at them, and deciding about them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::services::{Inheritance, ServicePlan};
use atlas_app::{Metrics, Mode, Services};
use atlas_resilience::breaker::Event;
use atlas_resilience::{
    Batch, BreakerStore, Concurrency, ManualClock, PolicySettings, RetryPlan, ServiceSettings, StoreFailure,
};
use serde_json::json;

use crate::fixture::{Answer, TestApp};

const HOST: &str = "/api/v1/breakers/article_processing/example.com:443";

/// After the Unix epoch.
const NEW_YEAR_2026: Duration = Duration::from_hours(490_896);

fn with_services() -> TestApp {
    let one = std::num::NonZeroU32::MIN;
    let settings = PolicySettings {
        attempt_timeout: Duration::from_secs(20),
        overall_timeout: Duration::from_mins(1),
        retry: Some(RetryPlan::default()),
        breaker: Some(ServiceSettings::default()),
        concurrency: Some(Concurrency {
            total: one,
            per_scope: one,
            queues: true,
        }),
        rate: None,
    };
    let clock = Arc::new(ManualClock::starting_at(NEW_YEAR_2026));
    let metrics = Arc::new(Metrics::default());
    let plans = vec![ServicePlan::to_web("article_processing", settings, host_and_port)];
    let services = Arc::new(Services::new(
        plans,
        clock,
        7,
        Inheritance::default(),
        Arc::clone(&metrics),
    ));
    let keeping = Arc::clone(&services);
    tokio::spawn(async move { keeping.keep_in(&Kept).await });
    TestApp::open().reopened(|parts| {
        parts.services = services;
        parts.metrics = metrics;
    })
}

/// Where everything is kept at once.
struct Kept;

impl BreakerStore for Kept {
    fn write(&self, _batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
        Box::pin(async { Ok(()) })
    }
}

/// As good as the real one for these tests.
fn host_and_port(text: &str) -> Result<String, String> {
    let has_port = text.contains(':') && !text.contains(' ');
    has_port
        .then(|| text.to_owned())
        .ok_or_else(|| format!("`{text}` is no host with a port"))
}

fn trip(app: &TestApp) {
    let service = app.app.services().get("article_processing").unwrap();
    let breaker = service.breakers().get("example.com:443");
    for _ in 0..5 {
        breaker.acquire().unwrap().failure("http_500");
    }
    breaker.apply(Event::Ask);
}

async fn list(app: &TestApp, query: &str) -> serde_json::Value {
    app.get(&format!("/api/v1/breakers{query}")).await.json()
}

#[tokio::test]
async fn a_library_that_called_nobody_has_no_breakers() {
    assert_eq!(
        list(&with_services(), "?all=true").await,
        json!({"breakers": [], "network_down_until": null})
    );
}

#[tokio::test]
async fn an_open_breaker_is_listed_with_its_end_and_its_reason() {
    let app = with_services();
    trip(&app);
    let breaker = &list(&app, "").await["breakers"][0];
    assert_eq!(breaker["service"], "article_processing");
    assert_eq!(breaker["scope"], "example.com:443");
    assert_eq!(
        (&breaker["state"], &breaker["overlay"]),
        (&json!("open"), &json!("auto"))
    );
    assert_eq!(
        (&breaker["trips"], &breaker["reason"]),
        (&json!(1), &json!("http_500"))
    );
    assert!(
        breaker["until"].as_str().unwrap().starts_with("2026-01-01T00:0"),
        "{breaker}"
    );
    assert_eq!(breaker["probe_due"], false);
    let status = app.get("/api/v1/status").await.json();
    assert_eq!(
        (&status["breakers"]["open"], &status["breakers"]["decided"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(status["degraded"], json!([]), "it is the other side's trouble");
}

#[tokio::test]
async fn a_well_breaker_is_listed_only_with_all_others() {
    let app = with_services();
    app.app
        .services()
        .get("article_processing")
        .unwrap()
        .breakers()
        .get("example.com:443");
    assert_eq!(list(&app, "").await["breakers"], json!([]));
    assert_eq!(list(&app, "?all=true").await["breakers"][0]["state"], "closed");
}

#[tokio::test]
async fn the_owner_opens_it_for_a_while_and_takes_it_back() {
    let app = with_services();
    let decision = json!({"for_secs": 7_200, "reason": "they asked"});
    let opened = app.post(&format!("{HOST}/open"), &decision).await.json();
    assert_eq!(
        (&opened["state"], &opened["overlay"]),
        (&json!("closed"), &json!("forced_open"))
    );
    assert_eq!(opened["overlay_until"], "2026-01-01T02:00:00.000Z");
    assert_eq!(
        list(&app, "").await["breakers"][0]["overlay_reason"],
        "they asked"
    );
    let status = app.get("/api/v1/status").await.json();
    assert_eq!(
        status["degraded"][0]["code"], "breaker_decided",
        "nobody forgets it"
    );
    let service = app.app.services().get("article_processing").unwrap();
    assert!(service.breakers().get("example.com:443").acquire().is_err());
    let automatic = app.act(&format!("{HOST}/auto")).await.json();
    assert_eq!(
        (&automatic["overlay"], &automatic["overlay_until"]),
        (&json!("auto"), &json!(null))
    );
    assert!(service.breakers().get("example.com:443").acquire().is_ok());
}

#[tokio::test]
async fn a_reset_forgets_the_past() {
    let app = with_services();
    trip(&app);
    let reset = app.act(&format!("{HOST}/reset")).await.json();
    assert_eq!(
        (&reset["state"], &reset["trips"], &reset["reason"]),
        (&json!("closed"), &json!(0), &json!(""))
    );
}

#[tokio::test]
async fn disabling_and_observing_let_every_call_through() {
    let app = with_services();
    trip(&app);
    for (verb, overlay) in [("disable", "disabled"), ("observe", "metrics_only")] {
        let decided = app.post(&format!("{HOST}/{verb}"), &json!({})).await.json();
        assert_eq!(
            (&decided["state"], &decided["overlay"]),
            (&json!("open"), &json!(overlay))
        );
        let service = app.app.services().get("article_processing").unwrap();
        assert!(
            service.breakers().get("example.com:443").acquire().is_ok(),
            "{verb}"
        );
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let app = with_services();
    let refused = |answer: Answer, told: &str| {
        let problem = answer.refuses(400, "invalid_request");
        assert!(problem.contains(told), "{problem}");
    };
    refused(
        app.get("/api/v1/breakers/articles/example.com:443").await,
        "there are: article_processing",
    );
    refused(
        app.get("/api/v1/breakers/article_processing/a%20b").await,
        "no host with a port",
    );
    refused(
        app.post(&format!("{HOST}/open"), &json!({"for_secs": 0})).await,
        "for_secs",
    );
    refused(
        app.post(&format!("{HOST}/open"), &json!({"for": "2h"})).await,
        "unknown field `for`",
    );
    refused(
        app.get("/api/v1/policies/articles").await,
        "there are: article_processing",
    );
}

#[tokio::test]
async fn a_process_that_only_reads_decides_nothing() {
    let app = with_services();
    let services = Arc::clone(app.app.services());
    let app = app.reopened(|parts| {
        parts.mode = Mode::ReadOnly;
        parts.services = services;
    });
    assert_ne!(app.post(&format!("{HOST}/open"), &json!({})).await.status, 200);
    assert_eq!(app.get(HOST).await.json()["overlay"], "auto");
}

#[tokio::test]
async fn a_policy_tells_its_worst_case() {
    let app = with_services();
    let policy = app.get("/api/v1/policies/article_processing").await.json();
    assert_eq!(policy["worst_case"].as_array().unwrap().len(), 3);
    assert_eq!(
        policy["worst_case"][0],
        json!({"wait_ms": 0, "begins_ms": 0, "ends_ms": 20_000})
    );
    assert_eq!(policy["worst_case_ms"], 60_000);
    assert_eq!(app.get("/api/v1/policies").await.json()["policies"][0], policy);
}

#[tokio::test]
async fn breakers_are_in_the_metrics() {
    let app = with_services();
    trip(&app);
    let metrics = app.get("/metrics").await.body;
    for line in [
        "atlas_breakers{service=\"article_processing\",state=\"open\"} 1",
        "atlas_breaker_transitions_total{service=\"article_processing\",state=\"open\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing in {metrics}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_write_says_why_it_takes_no_decision() {
    let app = with_services();
    let services = Arc::clone(app.app.services());
    let app = app.reopened(|parts| {
        parts.mode = Mode::ReadOnly;
        parts.services = services;
        parts.read_only_because = Some(atlas_store::StoreError::ReadOnlyFileSystem("/data".into()));
    });
    let detail = app
        .post(&format!("{HOST}/open"), &json!({}))
        .await
        .refuses(409, "read_only");
    assert!(detail.contains("/data"), "{detail}");
}
