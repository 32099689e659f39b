//! Jobs: looking at them, and the owner's word on them. Runs none.

use atlas_app::views::{JobQuery, JobView, OutcomesQuery, OutcomesReport};
use atlas_domain::{Job, JobId};
use atlas_store::{CancelledJob, JobPage};
use axum::extract::State;

use super::{Answer, Shared};
use crate::error::ApiError;
use crate::extract::{Json, NoQuery, Path, Query};

pub(crate) async fn list_jobs(State(app): Shared, Query(query): Query<JobQuery>) -> Answer<JobPage> {
    Ok(Json(app.jobs(query).await?))
}

pub(crate) async fn show_outcomes(
    State(app): Shared,
    Query(query): Query<OutcomesQuery>,
) -> Answer<OutcomesReport> {
    Ok(Json(app.outcomes(query).await?))
}

pub(crate) async fn show_job(State(app): Shared, _: NoQuery, Path(job): Path<String>) -> Answer<JobView> {
    Ok(Json(app.job(job_id(&job)?).await?))
}

pub(crate) async fn retry_job(State(app): Shared, _: NoQuery, Path(job): Path<String>) -> Answer<Job> {
    Ok(Json(app.retry_job(job_id(&job)?).await?))
}

pub(crate) async fn cancel_job(
    State(app): Shared,
    _: NoQuery,
    Path(job): Path<String>,
) -> Answer<CancelledJob> {
    Ok(Json(app.cancel_job(job_id(&job)?).await?))
}

fn job_id(text: &str) -> Result<JobId, ApiError> {
    text.parse()
        .map_err(|_| ApiError::invalid(format!("`{text}` is not the id of a job")))
}
