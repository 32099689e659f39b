//! Circuit breakers and policies: looking at them, and deciding about them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::services::{Inheritance, SEARCH_OPERATIONS, ServicePlan, search_operations};
use atlas_app::{Metrics, Mode, Services};
use atlas_resilience::breaker::CallResult;
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
    let plans = vec![
        ServicePlan::to_web("article_processing", settings, host_and_port),
        ServicePlan::within(SEARCH_OPERATIONS, search_operations()),
    ];
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
    breaker.acquire().unwrap_err();
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
async fn what_lies_within_the_machine_and_is_not_called_holds_it_back() {
    let app = with_services();
    let status = async || app.get("/api/v1/status").await.json()["degraded"].clone();
    let service = app.app.services().get("search_operations").unwrap();
    let breaker = service.breakers().get("index");
    assert_eq!(status().await, json!([]));
    while let Ok(permit) = breaker.acquire() {
        permit.finish_with(CallResult::Failure, Some("index_failed"));
    }
    let degraded = status().await;
    assert_eq!(degraded[0]["code"], "breaker_open", "{degraded}");
    let message = degraded[0]["message"].as_str().unwrap();
    for told in [
        "`search_operations index`",
        "index_failed",
        "until 2026-01-01T00:0",
        "breaker reset search_operations index",
    ] {
        assert!(message.contains(told), "{message}");
    }

    let name = "/api/v1/breakers/search_operations/index";
    let decision = json!({"reason": "it is rebuilt"});
    app.post(&format!("{name}/open"), &decision).await.json();
    let degraded = status().await;
    let message = degraded[0]["message"].as_str().unwrap();
    assert!(message.contains("by hand (it is rebuilt)"), "{message}");
    assert_eq!(degraded[1]["code"], "breaker_decided");
    app.post(&format!("{name}/disable"), &json!({})).await.json();
    let codes: Vec<_> = status().await.as_array().unwrap().clone();
    assert_eq!((codes.len(), &codes[0]["code"]), (1, &json!("breaker_decided")));
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

/// The scopes of each page, by what the page before says.
async fn pages(app: &TestApp, query: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let page = list(app, &format!("{query}{after}")).await;
        let breakers = page["breakers"].as_array().unwrap().iter();
        let scopes = breakers.map(|breaker| breaker["scope"].as_str().unwrap().to_owned());
        pages.push(scopes.collect());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn a_list_comes_in_pages_that_name_each_breaker_once() {
    let app = with_services();
    let service = app.app.services().get("article_processing").unwrap();
    for number in 0..5 {
        service.breakers().get(&format!("{number}.example:443"));
    }
    trip(&app);
    assert_eq!(
        pages(&app, "?all=true&limit=4").await,
        [
            vec!["0.example:443", "1.example:443", "2.example:443", "3.example:443"],
            vec!["4.example:443", "example.com:443"]
        ]
    );
    assert_eq!(pages(&app, "?limit=1").await, [["example.com:443"]]);
    assert_eq!(
        pages(&app, "?all=true&limit=6").await.len(),
        1,
        "and no empty one"
    );
}

#[tokio::test]
async fn a_list_can_be_of_one_service_and_of_one_state() {
    let app = with_services();
    let service = app.app.services().get("article_processing").unwrap();
    service.breakers().get("well.example:443");
    trip(&app);
    for (query, scopes) in [
        ("?state=open", vec!["example.com:443"]),
        ("?state=closed", vec!["well.example:443"]),
        ("?state=half_open", vec![]),
        ("?service=article_processing", vec!["example.com:443"]),
        (
            "?service=article_processing&state=closed",
            vec!["well.example:443"],
        ),
    ] {
        assert_eq!(pages(&app, query).await, [scopes], "{query}");
    }
    for (query, told) in [
        ("?service=articles", "there are: article_processing"),
        ("?state=shut", "`half_open`"),
        ("?limit=0", "from 1 to 1000"),
        ("?after=somewhere", "`next`"),
    ] {
        let refused = app.get(&format!("/api/v1/breakers{query}")).await;
        let detail = refused.refuses(400, "invalid_request");
        assert!(detail.contains(told), "{query}: {detail}");
    }
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

#[tokio::test]
async fn a_decision_without_any_field_needs_no_body() {
    let app = with_services();
    let opened = app.act(&format!("{HOST}/open")).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(opened.json()["overlay"], "forced_open");
    assert_eq!(app.post(&format!("{HOST}/auto"), &json!(null)).await.status, 200);
    assert_eq!(app.act(&format!("{HOST}/reset")).await.status, 200);
}

#[tokio::test]
async fn what_a_decision_does_not_know_is_refused_by_its_name() {
    let app = with_services();
    for verb in ["open", "disable", "observe", "auto", "reset"] {
        let answer = app.post(&format!("{HOST}/{verb}"), &json!({"hard": true})).await;
        let detail = answer.refuses(400, "invalid_request");
        assert!(detail.contains("unknown field `hard`"), "{verb}: {detail}");
    }
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_refused_in_words_of_the_caller() {
    let app = with_services();
    let answer = app
        .post(&format!("{HOST}/open"), &json!({"for_secs": "2h"}))
        .await;
    let of_body = answer.refuses(400, "invalid_request");
    assert!(of_body.contains("for_secs"), "{of_body}");
    let of_query = app.get("/api/v1/breakers?limit=many").await;
    let of_query = of_query.refuses(400, "invalid_request");
    for detail in [of_body, of_query] {
        assert!(detail.contains("a whole number"), "{detail}");
        assert!(
            !detail.contains("u64") && !detail.contains("deserialize"),
            "{detail}"
        );
    }
}
