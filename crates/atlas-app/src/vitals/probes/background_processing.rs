//! `BackgroundProbe`: sees whether jobs are worked on. A long queue is no trouble as long as it moves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_domain::{CheckOutcome, JobState, PortFuture};
use atlas_store::{Counts, OverdueLeases};

use super::super::{Looked, Probe};
use super::{LimitsHandle, failed};
use crate::app::App;
use crate::error::AppError;

/// The worker looks around at least twice as often.
const SILENCE_CRIT: Duration = Duration::from_mins(2);
/// A lease that ran out is taken back within a lease.
const OVERDUE_WARN: Duration = Duration::from_mins(2);
/// A long queue that moves is an import: only once the oldest job that could run has waited for so long is it worth
/// knowing,
const QUEUE_WARN: Duration = Duration::from_mins(10);
/// and now it does not move.
const QUEUE_CRIT: Duration = Duration::from_hours(1);
/// However few there are.
const STUCK_CRIT: Duration = Duration::from_hours(6);

/// Looks at the worker and its queue.
pub struct BackgroundProbe {
    app: Arc<App>,
    limits: LimitsHandle,
    /// What the length of the queue said last: long is left at another value than it is entered.
    before: Mutex<Option<CheckOutcome>>,
}

impl BackgroundProbe {
    /// One that looks at the worker of `app`.
    pub fn new(app: Arc<App>, limits: LimitsHandle) -> Self {
        Self {
            app,
            limits,
            before: Mutex::new(None),
        }
    }
}

impl Probe for BackgroundProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            match self.look_at_queue().await {
                Ok(looked) => looked,
                Err(error) => failed(&error),
            }
        })
    }
}

impl BackgroundProbe {
    async fn look_at_queue(&self) -> Result<Looked, AppError> {
        let app = &self.app;
        let library = app.library()?.for_looking();
        let silent_for = app.parts.signals.worker_silent_for();
        let counts = library.counts(app.user()).await?;
        let overdue = library.overdue_leases().await?;
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let length = self
            .limits
            .borrow()
            .ready_jobs
            .judge(could_run(&counts) as f64, *before);
        *before = Some(length);
        Ok(judge(silent_for, &counts, length, overdue))
    }
}

fn of_state(counts: &Counts, state: JobState) -> u64 {
    let count = counts.jobs.iter().find(|(known, _)| *known == state);
    count.map_or(0, |(_, count)| *count)
}

/// Those that wait for nothing but the worker.
fn could_run(counts: &Counts) -> u64 {
    of_state(counts, JobState::Ready).saturating_sub(counts.waiting_later)
}

/// `length` is what the number of jobs alone says.
fn judge(
    silent_for: Option<Duration>,
    counts: &Counts,
    length: CheckOutcome,
    overdue: OverdueLeases,
) -> Looked {
    let ready = could_run(counts);
    let oldest = Duration::from_millis(counts.oldest_ready_ms);
    let waiting = format!("{ready} jobs could run, the oldest for {} s", oldest.as_secs());
    if silent_for.is_none_or(|silent_for| silent_for >= SILENCE_CRIT) {
        let since = silent_for.map_or_else(
            || "since the start".to_owned(),
            |silent_for| format!("for {} s", silent_for.as_secs()),
        );
        return Looked::new(
            CheckOutcome::NoAnswer,
            format!("the worker has not looked around {since}"),
        );
    }
    if (length == CheckOutcome::Crit && oldest >= QUEUE_CRIT) || (ready > 0 && oldest >= STUCK_CRIT) {
        return Looked::new(CheckOutcome::Crit, waiting);
    }
    if overdue.longest >= OVERDUE_WARN {
        let message = format!(
            "{} jobs are held by nobody, the oldest for {} s",
            overdue.count,
            overdue.longest.as_secs()
        );
        return Looked::new(CheckOutcome::Warn, message);
    }
    if length >= CheckOutcome::Warn && oldest >= QUEUE_WARN {
        return Looked::new(CheckOutcome::Warn, waiting);
    }
    let dead = of_state(counts, JobState::Dead);
    Looked::new(CheckOutcome::Ok, format!("{waiting}; {dead} were given up"))
}

#[cfg(test)]
mod tests {
    use atlas_vitals::health::READY_JOBS;
    use rstest::rstest;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn counts(ready: u64, later: u64, oldest: Duration) -> Counts {
        Counts {
            jobs: vec![(JobState::Ready, ready)],
            waiting_later: later,
            oldest_ready_ms: oldest.as_millis() as u64,
            ..Counts::default()
        }
    }

    #[rstest]
    #[case::idle(Some(MINUTE / 2), counts(0, 0, Duration::ZERO), CheckOutcome::Ok)]
    #[case::import_that_moves(Some(MINUTE / 2), counts(20_000, 0, MINUTE), CheckOutcome::Ok)]
    #[case::all_wait_for_later(Some(MINUTE / 2), counts(900, 900, Duration::ZERO), CheckOutcome::Ok)]
    #[case::long_and_old(Some(MINUTE / 2), counts(100, 0, MINUTE * 10), CheckOutcome::Warn)]
    #[case::longer_and_older(Some(MINUTE / 2), counts(500, 0, MINUTE * 60), CheckOutcome::Crit)]
    #[case::one_for_ever(Some(MINUTE / 2), counts(1, 0, MINUTE * 360), CheckOutcome::Crit)]
    #[case::worker_is_gone(Some(MINUTE * 2), counts(0, 0, Duration::ZERO), CheckOutcome::NoAnswer)]
    #[case::worker_never_came(None, counts(0, 0, Duration::ZERO), CheckOutcome::NoAnswer)]
    fn a_queue_must_move(
        #[case] silent_for: Option<Duration>,
        #[case] counts: Counts,
        #[case] expected: CheckOutcome,
    ) {
        let length = READY_JOBS.judge(could_run(&counts) as f64, None);
        let looked = judge(silent_for, &counts, length, OverdueLeases::default());
        assert_eq!(looked.outcome, expected, "{}", looked.message);
    }

    #[test]
    fn jobs_that_nobody_holds_are_worth_knowing() {
        let overdue = OverdueLeases {
            count: 3,
            longest: MINUTE * 2,
        };
        let looked = judge(
            Some(MINUTE / 2),
            &counts(0, 0, Duration::ZERO),
            CheckOutcome::Ok,
            overdue,
        );
        assert_eq!(looked.outcome, CheckOutcome::Warn);
    }
}
