//! Calls of those who say by themselves that they are well. The last part of the address is a secret of the caller's
//! own, which opens nothing else; it must not get into an answer or a log.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use serde::Deserialize;

use super::Shared;
use crate::error::ApiError;
use crate::extract::{Path, Query};

/// How the caller is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallerStatus {
    #[default]
    Ok,
    Fail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    status: Option<CallerStatus>,
}

/// Takes a call in. A caller that has failed says so by `?status=fail`, or by the body `fail`; whatever else a body
/// says is its own business.
pub(crate) async fn take_heartbeat(
    State(app): Shared,
    method: Method,
    Path(secret): Path<String>,
    Query(call): Query<Call>,
    body: Bytes,
) -> Result<&'static str, ApiError> {
    // Whoever only looks whether there is something, as previews of links do, is not the one who is waited for.
    if method == Method::HEAD {
        let detail = "a call is made with GET or POST; HEAD counts as none";
        return Err(ApiError::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            detail,
        ));
    }
    let vitals = app.vitals().ok_or_else(nobody_waits)?;
    let status = call.status.unwrap_or_else(|| said_by(&body));
    if vitals.beat(&secret, status == CallerStatus::Fail).await {
        return Ok("ok\n");
    }
    let detail = "no check waits for calls at this address; its last part is what stands in the `secret_file` of the check";
    Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_heartbeat", detail))
}

fn said_by(body: &[u8]) -> CallerStatus {
    if body.trim_ascii().eq_ignore_ascii_case(b"fail") {
        CallerStatus::Fail
    } else {
        CallerStatus::Ok
    }
}

fn nobody_waits() -> ApiError {
    let detail = "nobody waits for calls here: only a server that can write does that";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_monitored", detail)
}
