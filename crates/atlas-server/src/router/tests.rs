//! What lies over the routes, tried with handlers that misbehave.

use atlas_app::{AppParts, Metrics, Mode, SearchState, Signals};
use atlas_store::{DataDir, StoreError};
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::get;
use http_body_util::BodyExt;
use tokio::time::Instant;
use tower::ServiceExt;

use super::*;

/// An app that touches no disk.
fn app() -> Arc<App> {
    Arc::new(App::new(AppParts {
        mode: Mode::OpsOnly,
        dir: DataDir::new("nowhere"),
        library: Err(StoreError::Closed),
        search: SearchState::Unavailable("there is none".to_owned()),
        signals: Arc::new(Signals::default()),
        metrics: Arc::new(Metrics::default()),
        services: Arc::default(),
        reconfigure: None,
        floor_bytes: 0,
        html_limit_bytes: 1_000,
        reserve_bytes: 0,
        read_only_because: None,
        version: "test",
        previous_run_was_killed: false,
    }))
}

async fn call(router: Router, request: Request<Body>) -> Response<Body> {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn text(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_panic_becomes_a_problem_that_is_counted_and_tells_nothing() {
    async fn explode() -> &'static str {
        panic!("inner workings")
    }
    let app = app();
    let router = dress(
        Router::new().route("/explode/{id}", get(explode)),
        Arc::clone(&app),
        None,
    );

    let response = call(
        router,
        Request::get("/explode/secret-id").body(Body::empty()).unwrap(),
    )
    .await;

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    let body = text(response).await;
    assert!(body.contains(r#""code":"internal""#), "{body}");
    assert!(!body.contains("inner workings"), "{body}");
    let metrics = app.metrics().render(&app.status().await, Vec::new());
    let line = r#"atlas_http_requests_total{route="/explode/{id}",method="GET",status="500"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
    assert!(!metrics.contains("secret-id"), "{metrics}");
}

#[tokio::test]
async fn invented_routes_and_methods_do_not_grow_the_metrics() {
    let app = app();
    for method in ["BREW", "WHEN"] {
        let request = Request::builder()
            .method(method)
            .uri("/coffee")
            .body(Body::empty())
            .unwrap();
        call(router(Arc::clone(&app)), request).await;
    }
    let metrics = app.metrics().render(&app.status().await, Vec::new());
    let line = r#"atlas_http_requests_total{route="unmatched",method="OTHER",status="404"} 2"#;
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_is_given_up() {
    let hang = Router::new()
        .route("/hang", get(std::future::pending::<&'static str>))
        .route_layer(from_fn(limit_time));
    let begun = Instant::now();

    let response = call(
        dress(hang, app(), None),
        Request::get("/hang").body(Body::empty()).unwrap(),
    )
    .await;

    assert_eq!(begun.elapsed().as_secs(), 30);
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(text(response).await.contains(r#""code":"timeout""#));
}

#[tokio::test]
async fn a_process_that_nobody_looks_after_says_so() {
    for path in ["/health", "/api/v1/health"] {
        let response = call(router(app()), Request::get(path).body(Body::empty()).unwrap()).await;

        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = text(response).await;
        assert!(body.contains(r#""code":"not_monitored""#), "{body}");
    }
}
