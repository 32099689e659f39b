//! Taking in the bodies of requests, before any handler sees them: within a limit for each, within one budget of
//! memory for all, and only for as long as they keep coming. What a body says is not looked at.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::error::ApiError;

/// What all bodies together may take up, beyond [`FREE_BYTES`] of each.
const BUDGET_BYTES: usize = 128 * 1024 * 1024;
/// A body this short is always taken in, so that large ones never keep ordinary requests out.
const FREE_BYTES: usize = 64 * 1024;
/// The budget is shared out in pieces of this size.
const PIECE_BYTES: usize = 1024;
/// Within each `PROGRESS_TIME`, this much of a body must arrive, or its end.
const PROGRESS_BYTES: usize = 256 * 1024;
const PROGRESS_TIME: Duration = Duration::from_secs(10);

/// How bodies are taken in. Clones share one budget.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    budget: Arc<Semaphore>,
    limit_bytes: usize,
}

impl Intake {
    /// With a budget of its own, for bodies of up to `limit_bytes`.
    pub(crate) fn up_to(limit_bytes: usize) -> Self {
        Self {
            budget: Arc::new(Semaphore::new(BUDGET_BYTES / PIECE_BYTES)),
            limit_bytes,
        }
    }

    /// With the same budget, for bodies of up to `limit_bytes`.
    pub(crate) fn but_up_to(&self, limit_bytes: usize) -> Self {
        Self {
            budget: Arc::clone(&self.budget),
            limit_bytes,
        }
    }

    async fn take(&self, mut body: Body) -> Result<TakenBody, ApiError> {
        if body.size_hint().lower() > self.limit_bytes as u64 {
            return Err(self.too_large());
        }
        let mut taken = TakenBody::default();
        let (mut deadline, mut fresh_bytes) = (Instant::now() + PROGRESS_TIME, 0);
        while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| too_slow())? {
            let frame = frame.map_err(|error| ApiError::invalid(format!("the body broke off: {error}")))?;
            let Ok(bytes) = frame.into_data() else { continue };
            if taken.bytes.len() + bytes.len() > self.limit_bytes {
                return Err(self.too_large());
            }
            self.pay(&mut taken, bytes.len())?;
            taken.bytes.extend_from_slice(&bytes);
            fresh_bytes += bytes.len();
            if fresh_bytes >= PROGRESS_BYTES {
                (deadline, fresh_bytes) = (Instant::now() + PROGRESS_TIME, 0);
            }
        }
        Ok(taken)
    }

    /// Reserves what `more` bytes need on top of what has been reserved.
    fn pay(&self, taken: &mut TakenBody, more: usize) -> Result<(), ApiError> {
        let owed = (taken.bytes.len() + more)
            .saturating_sub(FREE_BYTES)
            .div_ceil(PIECE_BYTES);
        let paid = taken.budget.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = owed.saturating_sub(paid);
        if missing == 0 {
            return Ok(());
        }
        let budget = Arc::clone(&self.budget);
        let permit = budget
            .try_acquire_many_owned(missing as u32)
            .map_err(|_| too_many())?;
        match &mut taken.budget {
            Some(paid) => paid.merge(permit),
            unpaid => *unpaid = Some(permit),
        }
        Ok(())
    }

    fn too_large(&self) -> ApiError {
        let detail = format!("the body is longer than {} bytes", self.limit_bytes);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }
}

/// A whole body, and what it occupies of the budget for as long as anybody has its bytes.
#[derive(Debug, Default)]
struct TakenBody {
    bytes: Vec<u8>,
    budget: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for TakenBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Takes in the body, then lets the handler have it. Its share of the budget is free again when the handler has
/// made of it what it needs, however long it goes on after that.
pub(crate) async fn take_body(
    State(intake): State<Intake>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let taken = intake.take(body).await?;
    let request = Request::from_parts(head, Body::from(Bytes::from_owner(taken)));
    Ok(next.run(request).await)
}

fn too_slow() -> ApiError {
    let detail = format!(
        "the body does not arrive: {} bytes, or its end, must come within {} s",
        PROGRESS_BYTES,
        PROGRESS_TIME.as_secs()
    );
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "slow_body", detail)
}

fn too_many() -> ApiError {
    let detail = "too many large requests at once; try again when they are done";
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
}

#[cfg(test)]
mod tests;
