//! The rules of the queue: which job is due, who gets it, and what becomes of it.

use atlas_domain::{ItemState, JobKind, JobState};
use atlas_store::JobScope;

use super::{ItemNumber, Model, ModelJob};

const MAX_ATTEMPTS: u32 = 6;

impl Model {
    /// The owner asks for it now, whatever it was put off to.
    pub(in crate::model) fn request(&mut self, item: ItemNumber, kind: JobKind) {
        self.enqueue(item, kind);
        let live = self.live(item, kind).expect("just enqueued");
        self.caused.insert(live);
        let job = &mut self.jobs[live];
        if job.state == JobState::Ready {
            job.run_at = job.run_at.min(self.now);
        }
    }

    pub(super) fn enqueue(&mut self, item: ItemNumber, kind: JobKind) {
        if self.live(item, kind).is_some() {
            return;
        }
        self.caused.insert(self.jobs.len());
        self.jobs.push(ModelJob {
            item,
            kind,
            state: JobState::Ready,
            attempts: 0,
            deferrals: 0,
            gone: false,
            run_at: self.now,
            risky: false,
            suspect: false,
            crashes: 0,
        });
    }

    pub(super) fn live(&self, item: ItemNumber, kind: JobKind) -> Option<usize> {
        self.jobs
            .iter()
            .position(|job| job.is_live() && job.item == item && job.kind == kind)
    }

    /// The job's last try is over. A good end overtakes every failure of its item, another one those of its kind.
    pub(super) fn end(&mut self, number: usize, state: JobState) {
        self.caused.remove(&number);
        let job = &mut self.jobs[number];
        (job.state, job.risky) = (state, false);
        let (item, kind) = (job.item, job.kind);
        for (other, job) in self.jobs.iter_mut().enumerate() {
            let overtaken = match state {
                JobState::Done => true,
                JobState::Dead => job.kind == kind,
                _ => false,
            };
            if overtaken && other != number && job.item == item && job.state == JobState::Dead {
                job.state = JobState::Cancelled;
            }
        }
    }

    fn is_in(&self, scope: JobScope, job: usize) -> bool {
        scope == JobScope::All || self.caused.contains(&job)
    }

    pub(in crate::model) fn next_due(&self, scope: JobScope) -> Option<u64> {
        let jobs = self.jobs.iter().enumerate();
        jobs.filter(|(number, job)| job.state == JobState::Ready && self.is_in(scope, *number))
            .map(|(_, job)| job.run_at)
            .min()
    }

    pub(in crate::model) fn has_due_jobs(&self, scope: JobScope, now: u64) -> bool {
        self.jobs.iter().enumerate().any(|(number, job)| {
            let due = job.state == JobState::Ready && job.run_at <= now;
            self.is_in(scope, number) && (due || job.state == JobState::Leased)
        })
    }

    /// The jobs that a worker gets, in order. All pages are on hosts of their own.
    pub(in crate::model) fn claim(&mut self, limit: usize, scope: JobScope) -> Vec<usize> {
        let leased: Vec<&ModelJob> = self
            .jobs
            .iter()
            .filter(|job| job.state == JobState::Leased)
            .collect();
        if leased.iter().any(|job| job.suspect) {
            return Vec::new();
        }
        let alone = leased.is_empty();
        let mut due: Vec<usize> = (0..self.jobs.len())
            .filter(|&job| self.jobs[job].state == JobState::Ready && self.jobs[job].run_at <= self.now)
            .filter(|&job| self.is_in(scope, job))
            .collect();
        due.sort_by_key(|&job| {
            (
                self.jobs[job].kind == JobKind::ReprocessItem,
                self.jobs[job].run_at,
                job,
            )
        });
        let (suspects, innocent): (Vec<usize>, Vec<usize>) =
            due.iter().partition(|&&job| self.jobs[job].suspect);
        let claimed = match suspects.first() {
            Some(suspect) if alone => vec![*suspect],
            _ => innocent.into_iter().take(limit).collect(),
        };
        for &job in &claimed {
            self.jobs[job].state = JobState::Leased;
        }
        claimed
    }

    pub(in crate::model) fn enter_risky_stage(&mut self, job: usize) {
        self.jobs[job].risky = true;
    }

    pub(in crate::model) fn release(&mut self, job: usize) {
        self.jobs[job].state = JobState::Ready;
        self.jobs[job].risky = false;
    }

    pub(in crate::model) fn postpone(&mut self, job: usize, counts: bool, until: u64) {
        self.caused.remove(&job);
        let job = &mut self.jobs[job];
        job.state = JobState::Ready;
        job.run_at = until;
        job.attempts += u32::from(counts);
        job.deferrals = if counts { 0 } else { job.deferrals + 1 };
        (job.risky, job.suspect, job.crashes) = (false, false, 0);
    }

    pub(in crate::model) fn expire(&mut self) {
        for number in 0..self.jobs.len() {
            let job = &mut self.jobs[number];
            if job.state != JobState::Leased {
                continue;
            }
            job.attempts += 1;
            (job.run_at, job.risky) = (self.now, false);
            if job.attempts >= MAX_ATTEMPTS {
                self.end(number, JobState::Dead);
                self.fail_queued_item(number);
            } else {
                job.state = JobState::Ready;
            }
        }
    }

    /// The next process has caused nothing yet.
    pub(in crate::model) fn crash(&mut self) {
        self.caused.clear();
        for number in 0..self.jobs.len() {
            let job = &mut self.jobs[number];
            if job.state != JobState::Leased {
                continue;
            }
            job.state = JobState::Ready;
            if job.risky {
                job.risky = false;
                if job.crashes == 3 {
                    self.end(number, JobState::Dead);
                    self.fail_queued_item(number);
                } else {
                    job.crashes += 1;
                    job.suspect = true;
                }
            }
        }
    }

    pub(super) fn fail_queued_item(&mut self, job: usize) {
        let item = &mut self.items[self.jobs[job].item];
        if item.state == ItemState::Queued {
            item.state = ItemState::Failed;
        }
    }

    /// Whether the job may go round again.
    pub(in crate::model) fn retry(&mut self, number: usize) -> bool {
        let (item, kind) = (self.jobs[number].item, self.jobs[number].kind);
        if self.live(item, kind).is_some() {
            return false;
        }
        self.caused.insert(number);
        let job = &mut self.jobs[number];
        (job.state, job.run_at, job.attempts, job.deferrals) = (JobState::Ready, self.now, 0, 0);
        (job.suspect, job.crashes) = (false, 0);
        if self.items[item].state == ItemState::Failed {
            self.items[item].state = ItemState::Queued;
        }
        true
    }

    pub(in crate::model) fn cancel(&mut self, job: usize) {
        self.end(job, JobState::Cancelled);
        self.fail_queued_item(job);
    }
}
