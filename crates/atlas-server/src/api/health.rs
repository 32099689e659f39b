//! Whether the process lives and can work: for supervisors and load balancers. Looks, and changes nothing.

use axum::extract::State;
use axum::http::StatusCode;

use super::Shared;
use crate::error::ApiError;

/// The process turns: that this is answered is the answer.
pub(crate) async fn show_liveness() -> &'static str {
    "ok\n"
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
