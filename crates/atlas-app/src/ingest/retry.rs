//! When to try again, and when to give a page up as unreachable: nothing is dead-lettered for another's outage.

use std::time::Duration;

use atlas_domain::{LinkReason, Outcome};
use atlas_resilience::Backoff;
use atlas_store::Postponement;

use super::Ingest;
use super::run::{Exit, Run};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A name that does not exist is looked up once more after a day.
pub(super) const NAME_RECHECK: Duration = DAY;

/// The wait before each further try, before jitter.
static SCHEDULE: [Duration; 5] = [
    MINUTE,
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(3),
    Duration::from_hours(12),
];

/// Postponements that were nobody's fault, over at least [`DEFERRALS_SPAN`].
const MAX_DEFERRALS: u32 = 50;
const DEFERRALS_SPAN: Duration = Duration::from_hours(3 * 24);
/// However it was spent, after this time the page is unreachable.
const MAX_AGE: Duration = Duration::from_hours(14 * 24);
/// No server can ask for a longer pause.
const MAX_PAUSE: Duration = DAY;
/// A pause that a server asks for, when it does not say how long, or says that it is over.
const PAUSE: Duration = Duration::from_mins(5);
/// The shortest pause after each one that did not help, the last for all further ones: a server that says
/// "in a second" for ever is not asked every second.
static SHORTEST_PAUSES: [Duration; 4] = [Duration::ZERO, MINUTE, PAUSE, Duration::from_mins(30)];

/// Whether there is no further try after this one: the schedule is used up.
pub(super) fn is_last_try(run: &Run) -> bool {
    run.lease.job.attempts + 1 >= run.lease.job.max_attempts
}

/// What stood in the way.
pub(super) struct Trouble {
    /// Stable reason code.
    pub(super) reason: String,
    /// The same as a sentence.
    pub(super) message: String,
    /// How long the other side asks us to wait, when it does.
    pub(super) retry_after: Option<Duration>,
}

impl Ingest {
    /// The other side failed: this try counts. The next waits as long as the other side asks, at least.
    pub(super) fn try_again(&self, run: &Run, trouble: Trouble) -> Exit {
        let job = &run.lease.job;
        let tries = job.attempts + 1;
        if is_last_try(run) || self.is_too_old(run) {
            return unreachable(tries, &trouble);
        }
        let backoff = Backoff::schedule(SCHEDULE.as_slice())
            .delay(tries, None, self.entropy.fraction())
            .unwrap_or(HOUR);
        let asked = trouble.retry_after.unwrap_or_default().min(MAX_PAUSE);
        self.try_again_after(backoff.max(asked), trouble)
    }

    /// This try counts, and the next is due after `wait`.
    pub(super) fn try_again_after(&self, wait: Duration, trouble: Trouble) -> Exit {
        self.postponed(wait, true, trouble)
    }

    /// The other side asked for a pause: nobody's try.
    pub(super) fn pause(&self, run: &Run, trouble: Trouble) -> Exit {
        let pauses = usize::try_from(run.lease.job.deferrals).unwrap_or(usize::MAX);
        let shortest = SHORTEST_PAUSES[pauses.min(SHORTEST_PAUSES.len() - 1)];
        self.deferred(run, shortest, MINUTE, trouble)
    }

    /// Atlas's own limits held the request back: nobody's try, and the host was not even asked. A host that is left
    /// alone has many who wait for it: they come back one after another over half of that time again, so that the
    /// first finds out for the others.
    pub(super) fn put_off(&self, run: &Run, trouble: Trouble) -> Exit {
        let crowd = trouble.retry_after.unwrap_or_default() / 2;
        self.deferred(run, Duration::ZERO, crowd.max(MINUTE), trouble)
    }

    fn deferred(&self, run: &Run, shortest: Duration, spread: Duration, trouble: Trouble) -> Exit {
        let job = &run.lease.job;
        let now = self.clock.now();
        let waited_long = job
            .deferred_since
            .is_some_and(|since| now.since(since) >= DEFERRALS_SPAN);
        if (job.deferrals >= MAX_DEFERRALS && waited_long) || self.is_too_old(run) {
            return unreachable(job.deferrals, &trouble);
        }
        let asked = trouble.retry_after.filter(|asked| !asked.is_zero());
        let wait = asked.unwrap_or(PAUSE).min(MAX_PAUSE).max(shortest);
        // A little more than asked, spread, so that not everybody is back at the same moment.
        self.postponed(wait + spread.mul_f64(self.entropy.fraction()), false, trouble)
    }

    fn postponed(&self, wait: Duration, counts: bool, trouble: Trouble) -> Exit {
        let until = self.clock.now().after(wait);
        Exit::Postponed(Postponement {
            until,
            counts,
            reason: trouble.reason,
            message: trouble.message,
        })
    }

    fn is_too_old(&self, run: &Run) -> bool {
        self.clock.now().since(run.lease.job.created_at) >= MAX_AGE
    }
}

fn unreachable(tries: u32, trouble: &Trouble) -> Exit {
    Exit::without_bytes(Outcome::LinkOnly {
        reason: LinkReason::Unreachable,
        message: format!("given up after {tries} tries; the last time: {}", trouble.message),
    })
}
