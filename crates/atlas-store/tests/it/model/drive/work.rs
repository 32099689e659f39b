//! What a worker does with jobs, and what a person decides about them.

use atlas_domain::{Job, JobId, JobKind, JobState, Outcome};
use atlas_store::{IngestCommit, JobFilter, JobScope, StoreError};

use super::words::{addresses, bytes_of, conclusion};
use super::{Driver, may};
use crate::fixture::{OWNER, START, commit_of};
use crate::model::Step;

impl Driver {
    pub(super) async fn claim(&mut self, limit: usize, scope: JobScope) {
        let leases = self.library.claim_in(scope, limit).await;
        self.model.now = self.now();
        let expected = self.model.claim(limit, scope);
        let claimed: Vec<_> = leases.iter().map(|lease| self.number_of(lease.job.id)).collect();
        assert_eq!(claimed, expected, "claimed in another order");
        self.held.extend(expected.into_iter().zip(leases));
    }

    pub(super) async fn work(&mut self, step: &Step, place: usize) {
        let (number, lease) = self.held[place].clone();
        self.model.now = self.now();
        if let Step::EnterRiskyStage { .. } = step {
            self.library.snapshot(&lease, 200, &bytes_of(number)).await;
            self.model.enter_risky_stage(number);
            return;
        }
        self.held.remove(place);
        match step {
            Step::Commit { ending, .. } => {
                let snapshot = self.library.snapshot(&lease, 200, &bytes_of(number)).await;
                let commit = IngestCommit {
                    addresses: addresses(*ending),
                    rejudged: lease.job.kind == JobKind::ReprocessItem,
                    ..commit_of(&lease, &snapshot, conclusion(*ending))
                };
                self.library.commit(&lease, commit).await.unwrap();
                self.model.commit(number, *ending);
            }
            Step::Postpone { counts, .. } => {
                let (to, attempt) = (self.library.in_an_hour(*counts), self.library.attempt());
                let until = to.until.since(START).as_secs();
                self.library.postpone_job(&lease, to, attempt).await.unwrap();
                self.model.postpone(number, *counts, until);
            }
            Step::Release { .. } => {
                self.library.release_job(&lease).await.unwrap();
                self.model.release(number);
            }
            _ => unreachable!("not about a lease: {step:?}"),
        }
    }

    /// Whoever held a lease that is none any more learns it at the next write, which changes nothing.
    pub(super) async fn lose_leases(&mut self) {
        let (held, lost): (Vec<_>, Vec<_>) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|(number, _)| self.model.jobs[*number].state == JobState::Leased);
        self.held = held;
        for (_, lease) in lost {
            let late = self
                .library
                .finish_job(&lease, Outcome::Unchanged, self.library.attempt())
                .await;
            assert!(matches!(late, Err(StoreError::LeaseLost)), "{late:?}");
        }
    }

    pub(super) async fn retry_dead(&mut self) {
        let Some(number) = self
            .model
            .jobs
            .iter()
            .rposition(|job| job.state == JobState::Dead)
        else {
            return;
        };
        self.model.now = self.now();
        let done = may(self.library.retry_job(OWNER, self.jobs[number]).await);
        assert_eq!(done, self.model.retry(number));
    }

    pub(super) async fn cancel_ready(&mut self) {
        let Some(number) = self
            .model
            .jobs
            .iter()
            .position(|job| job.state == JobState::Ready)
        else {
            return;
        };
        self.library.cancel_job(OWNER, self.jobs[number]).await.unwrap();
        self.model.cancel(number);
    }

    /// Finds the real jobs behind those that the model has just enqueued.
    pub(super) async fn learn_new_jobs(&mut self) {
        let real = self.all_jobs().await;
        for number in self.jobs.len()..self.model.jobs.len() {
            let expected = &self.model.jobs[number];
            let item = self.items[expected.item];
            let job = real.iter().find(|job| {
                job.item_id == Some(item) && job.kind == expected.kind && !self.jobs.contains(&job.id)
            });
            self.jobs
                .push(job.unwrap_or_else(|| panic!("missing: {expected:?}")).id);
        }
    }

    pub(super) async fn all_jobs(&self) -> Vec<Job> {
        let everything = JobFilter {
            limit: 10_000,
            ..JobFilter::default()
        };
        self.library.list_jobs(OWNER, everything).await.unwrap().jobs
    }

    pub(super) fn number_of(&self, job: JobId) -> usize {
        self.jobs
            .iter()
            .position(|known| *known == job)
            .expect("a job that the model has not")
    }
}
