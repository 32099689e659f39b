//! Looking at jobs, and the owner's word on them.

use atlas_domain::{Job, JobId};
use atlas_store::{CancelledJob, JobFilter, JobPage};

use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::views::{JobQuery, JobView};

const MAX_PAGE: u32 = 1_000;

impl App {
    /// A page of jobs, the most recently changed first.
    pub async fn jobs(&self, query: JobQuery) -> Result<JobPage, AppError> {
        let filter = JobFilter {
            state: query.state,
            kind: query.kind,
            limit: page_size(query.limit, 50, MAX_PAGE)?,
            after: query.after,
        };
        Ok(self.library()?.list_jobs(self.user(), filter).await?)
    }

    /// One job with its tries.
    pub async fn job(&self, job: JobId) -> Result<JobView, AppError> {
        let library = self.library()?;
        Ok(JobView {
            job: library.job(self.user(), job).await?,
            attempt_log: library.attempts_of_job(self.user(), job).await?,
        })
    }

    /// Sends an ended job round again, or a waiting one at once.
    pub async fn retry_job(&self, job: JobId) -> Result<Job, AppError> {
        let job = self.writable()?.retry_job(self.user(), job).await?;
        self.changed();
        Ok(job)
    }

    /// Calls off a job that waits or runs, or drops a dead one.
    pub async fn cancel_job(&self, job: JobId) -> Result<CancelledJob, AppError> {
        let job = self.writable()?.cancel_job(self.user(), job).await?;
        self.parts.signals.job_finished();
        Ok(job)
    }
}
