//! What becomes of jobs, in the words of outcomes, and waiting for it. It changes nothing.

use std::time::Duration;

use atlas_domain::{Job, JobId, JobState, OutcomeWord};
use atlas_store::{Library, StoreError};
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::error::AppError;
use crate::views::{ItemOutcome, JobOutcome, MAX_JOBS_ASKED, OutcomesQuery, OutcomesReport};

/// The longest wait for items that have just been named.
pub(super) const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// The longest wait of a single question: shorter than any time limit on the way to whoever asks.
const LONGEST_QUESTION: Duration = Duration::from_secs(20);

/// How a job stands.
pub(super) struct Told {
    outcome: OutcomeWord,
    reason: String,
    message: String,
}

impl App {
    /// Tells how jobs stand, and waits a while until all of them are known if it is asked to.
    pub async fn outcomes(&self, query: OutcomesQuery) -> Result<OutcomesReport, AppError> {
        let jobs = job_ids(&query.jobs)?;
        let wait = Duration::from_millis(query.wait_ms);
        if wait > LONGEST_QUESTION {
            return Err(AppError::Invalid(format!(
                "`wait_ms` is {} at most, not {}; ask again for more",
                LONGEST_QUESTION.as_millis(),
                query.wait_ms
            )));
        }
        let (library, deadline) = (self.library()?, Instant::now() + wait);
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            let told = self.follow(library, job, deadline).await?;
            outcomes.push(JobOutcome {
                job: job.to_string(),
                outcome: told.as_ref().map_or(OutcomeWord::Queued, |told| told.outcome),
                reason: told.as_ref().map_or(String::new(), |told| told.reason.clone()),
                message: told.map_or(String::new(), |told| told.message),
            });
        }
        Ok(OutcomesReport { jobs: outcomes })
    }

    /// Waits for those that are on their way; returns how many of them ended.
    pub(super) async fn follow_all(
        &self,
        library: &Library,
        items: &mut [ItemOutcome],
        wait_secs: u64,
    ) -> u64 {
        let deadline = Instant::now() + Duration::from_secs(wait_secs).min(LONGEST_WAIT);
        let mut ended = 0;
        for item in items {
            let Some(job) = item.job.as_deref().and_then(|job| job.parse().ok()) else {
                continue;
            };
            match self.follow(library, job, deadline).await {
                Ok(Some(told)) => {
                    ended += u64::from(told.outcome != OutcomeWord::Deferred);
                    (item.outcome, item.reason, item.message) = (told.outcome, told.reason, told.message);
                }
                Ok(None) => {} // what is known by now: it is saved and will be processed
                Err(error) => {
                    // It is saved all the same; only its outcome is not known.
                    error.code().clone_into(&mut item.reason);
                    item.message = format!("saved; what became of it could not be read: {}", error.told());
                }
            }
        }
        ended
    }

    /// How the job stands once it has ended or been put off; none when neither is the case by `deadline`.
    pub(super) async fn follow(
        &self,
        library: &Library,
        job: JobId,
        deadline: Instant,
    ) -> Result<Option<Told>, AppError> {
        let mut finished = self.parts.signals.finished();
        loop {
            let told = match library.job(self.user(), job).await {
                Ok(found) => told(found),
                Err(error @ StoreError::NotFound { .. }) => Some(Told {
                    outcome: OutcomeWord::Failed,
                    reason: "not_found".to_owned(),
                    message: error.to_string(),
                }),
                Err(error) => return Err(error.into()),
            };
            // A moment that has passed already asks for what is known, not for another turn of the scheduler.
            if told.is_some() || Instant::now() >= deadline {
                return Ok(told);
            }
            if timeout_at(deadline, finished.changed()).await.is_err() {
                return Ok(None);
            }
        }
    }
}

fn job_ids(text: &str) -> Result<Vec<JobId>, AppError> {
    let names: Vec<&str> = text.split(',').collect();
    if names.len() > MAX_JOBS_ASKED {
        return Err(AppError::Invalid(format!(
            "`jobs` names {} jobs; {MAX_JOBS_ASKED} are the most at once",
            names.len()
        )));
    }
    let id = |name: &&str| {
        name.parse()
            .map_err(|_| AppError::Invalid(format!("`{name}` is not the id of a job")))
    };
    names.iter().map(id).collect()
}

fn told(job: Job) -> Option<Told> {
    let outcome = match (job.state, job.outcome) {
        (JobState::Ready, Some(OutcomeWord::Deferred)) => OutcomeWord::Deferred,
        (JobState::Ready | JobState::Leased, _) => return None,
        (JobState::Cancelled, _) => {
            return Some(Told {
                outcome: OutcomeWord::Failed,
                reason: if job.reason.is_empty() {
                    "cancelled".to_owned()
                } else {
                    job.reason
                },
                message: if job.message.is_empty() {
                    "its processing was called off".to_owned()
                } else {
                    job.message
                },
            });
        }
        (JobState::Done | JobState::Dead, outcome) => outcome.unwrap_or(OutcomeWord::Failed),
    };
    Some(Told {
        outcome,
        reason: job.reason,
        message: job.message,
    })
}
