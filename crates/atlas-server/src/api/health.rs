//! Whether the process lives and can work, and how its services are: for supervisors, load balancers and people. Looks,
//! and changes nothing.

use atlas_app::vitals::HealthView;
use atlas_domain::HealthStatus;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Shared;
use crate::error::ApiError;
use crate::extract::{Json, NoQuery};

const HEALTH_JSON: &str = "application/health+json";

/// The main loop goes on. Nothing that it depends on is asked: what a restart would not mend is no reason for one.
pub(crate) async fn show_liveness(State(app): Shared) -> Result<&'static str, ApiError> {
    if app.is_alive().await {
        return Ok("ok\n");
    }
    Err(ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not_alive",
        "the main loop of this server does not go on; restart it",
    ))
}

/// The process can do its main job, or why not.
pub(crate) async fn show_readiness(State(app): Shared) -> Result<&'static str, ApiError> {
    match app.is_ready().await {
        Ok(()) => Ok("ready\n"),
        Err(reason) => Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "not_ready",
            reason,
        )),
    }
}

/// How every service is, as programs of ours read it.
pub(crate) async fn show_health(State(app): Shared, _: NoQuery) -> Result<Json<HealthView>, ApiError> {
    app.health().await.map(Json).ok_or_else(nobody_looks)
}

/// The same for programs of others. The status of the answer says only whether this instance can be used at all: one
/// that is worse than it should be still can.
pub(crate) async fn show_health_check(State(app): Shared) -> Result<Response, ApiError> {
    let health = app.health().await.ok_or_else(nobody_looks)?;
    let (word, status) = match health.overall {
        HealthStatus::Healthy => ("pass", StatusCode::OK),
        HealthStatus::Degraded | HealthStatus::Unknown => ("warn", StatusCode::OK),
        HealthStatus::Critical | HealthStatus::Down => ("fail", StatusCode::SERVICE_UNAVAILABLE),
    };
    let body = axum::Json(HealthCheck { status: word, health });
    let headers = [
        (header::CONTENT_TYPE, HEALTH_JSON),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((status, headers, body).into_response())
}

#[derive(Serialize)]
struct HealthCheck {
    status: &'static str,
    #[serde(flatten)]
    health: HealthView,
}

pub(super) fn nobody_looks() -> ApiError {
    let detail = "nobody looks after this process: only a server that can write does that";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_monitored", detail)
}
