//! What lies over the routes besides the guard: counting, safe headers, a time limit, and an answer for panics.
//! It never changes what a handler says.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::App;
use atlas_app::vitals::probes::OWN_MARK;
use atlas_domain::panic_message;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, timeout};

use crate::error::ApiError;

const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Answers carry one person's library: no cache may keep them, no browser may run or frame them.
const SAFE_HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Counts the request under its route's pattern, unless the program asked itself, and puts the safe headers on its
/// answer.
pub(crate) async fn observe(
    State(app): State<Arc<App>>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = known_method(request.method());
    let mark = request.headers().get(OWN_MARK);
    let is_own = mark.is_some_and(|mark| app.metrics().is_own(mark.as_bytes()));
    let mut response = next.run(request).await;
    if !is_own {
        let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
        app.metrics()
            .request_answered(route, method, response.status().as_u16(), begun.elapsed());
    }
    response.headers_mut().extend(SAFE_HEADERS);
    response
}

/// Gives up on a handler that takes too long.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    timeout(TIME_LIMIT, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!(
            "no answer within {} s; what was asked for may still happen",
            TIME_LIMIT.as_secs()
        );
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "timeout", detail).into_response()
    })
}

/// A panic is a bug in one handler: its caller hears of it, the log has the reason, and the connection lives on.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer that catches panics hands them over"
)]
pub(crate) fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(
        message = panic_message(panic.as_ref()),
        "a request handler panicked"
    );
    ApiError::internal().into_response()
}

/// The method as a label: a caller could invent any number of others.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
