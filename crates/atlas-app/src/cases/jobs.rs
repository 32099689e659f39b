//! Looking at jobs, and the owner's word on them.

use atlas_domain::{Job, JobId, JobState};
use atlas_store::{CancelledJob, JobFilter, JobPage, Library};

use super::limits::page_size;
use crate::app::App;
use crate::error::AppError;
use crate::services::BACKGROUND_PROCESSING;
use crate::views::{JobQuery, JobView};
use crate::worker::KindsAtRest;

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
        let library = self.library()?;
        let mut page = library.list_jobs(self.user(), filter).await?;
        self.tell_of_rest(library, &mut page.jobs);
        Ok(page)
    }

    /// One job with its tries.
    pub async fn job(&self, job: JobId) -> Result<JobView, AppError> {
        let library = self.library()?;
        let attempt_log = library.attempts_of_job(self.user(), job).await?;
        let mut job = library.job(self.user(), job).await?;
        self.tell_of_rest(library, std::slice::from_mut(&mut job));
        Ok(JobView { job, attempt_log })
    }

    /// Says of jobs that are due why they wait all the same: when their kind comes to rest, nothing is written about
    /// each of them.
    fn tell_of_rest(&self, library: &Library, jobs: &mut [Job]) {
        let Some(background) = self.parts.services.get(BACKGROUND_PROCESSING) else {
            return;
        };
        let (rest, now) = (KindsAtRest::now(background), library.now());
        let waits = |job: &&mut Job| {
            job.state == JobState::Ready && job.run_at <= now && rest.kinds().contains(&job.kind)
        };
        for job in jobs.iter_mut().filter(waits) {
            "kind_rests".clone_into(&mut job.reason);
            job.message = format!(
                "jobs of this kind rest: `atlas breaker show {BACKGROUND_PROCESSING} {}` says why",
                job.kind
            );
        }
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
