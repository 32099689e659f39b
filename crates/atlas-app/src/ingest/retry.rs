//! When to try again, and when to give a page up as unreachable: nothing is dead-lettered for another's outage.

use std::time::Duration;

use atlas_domain::{LinkReason, Outcome};
use atlas_resilience::Backoff;
use atlas_store::{Companions, Crowd, Postponement};

use super::Ingest;
use super::run::{Exit, Run};

const DAY: Duration = Duration::from_hours(24);

/// A name that does not exist is looked up once more after a day.
pub(super) const NAME_RECHECK: Duration = DAY;

/// The wait before each further try, before jitter, in steps: from a minute to twelve hours.
const SCHEDULE: [u32; 5] = [1, 5, 30, 180, 720];

/// Postponements that were nobody's fault, over at least [`DEFERRALS_SPAN`].
const MAX_DEFERRALS: u32 = 50;
const DEFERRALS_SPAN: Duration = Duration::from_hours(3 * 24);
/// However it was spent, after this time the page is unreachable.
const MAX_AGE: Duration = Duration::from_hours(14 * 24);
/// No server can ask for a longer pause.
const MAX_PAUSE: Duration = DAY;
/// Over how long those come back at most who wait for one host.
const LONGEST_CROWD: Duration = Duration::from_hours(1);
/// An outage of the network that is over earlier than in this part of a step is waited for by each alone.
const SOON_ONLINE: u32 = 12;
/// A pause that a server asks for, when it does not say how long, or says that it is over, in steps.
const PAUSE: u32 = 5;
/// The shortest pause in steps after each one that did not help, the last for all further ones: a server that says
/// "in a second" for ever is not asked every second.
const SHORTEST_PAUSES: [u32; 4] = [0, 1, PAUSE, 30];

/// How long jobs wait that are put off. Every wait that is ours to choose is so many steps of one length; how long a
/// page is waited for at most is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobWaits {
    /// The longest wait before the second try.
    pub step: Duration,
}

impl Default for JobWaits {
    fn default() -> Self {
        Self {
            step: Duration::from_mins(1),
        }
    }
}

impl JobWaits {
    fn schedule(self) -> Backoff {
        Backoff::schedule(SCHEDULE.map(|steps| self.step * steps).to_vec())
    }
}

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
            return unreachable(&format!("{tries} tries"), &trouble);
        }
        let backoff = self
            .waits
            .schedule()
            .delay(tries, None, self.entropy.fraction())
            .unwrap_or(self.waits.step * SCHEDULE[SCHEDULE.len() - 1]);
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
        self.deferred(run, self.waits.step * shortest, self.waits.step, trouble)
    }

    /// Atlas's own limits held the request back: nobody's try, and the host was not even asked. A host that is left
    /// alone has many who wait for it: they come back one after another over half of that time again, an hour at most,
    /// so that the first finds out for the others.
    pub(super) fn put_off(&self, run: &Run, trouble: Trouble) -> Exit {
        let spread = self.crowd_spread(&trouble);
        self.deferred(run, Duration::ZERO, spread, trouble)
    }

    /// The same, and whoever waits for that as well goes with it, unless it is soon over.
    pub(super) fn put_off_with_crowd(&self, run: &Run, trouble: Trouble, who: Companions) -> Exit {
        let (now, wait) = (self.clock.now(), self.asked(&trouble));
        let soon = match who {
            Companions::SameHost => self.waits.step,
            Companions::Everybody => self.waits.step / SOON_ONLINE,
        };
        let crowd = Crowd {
            who,
            from: now.after(wait),
            spread: self.crowd_spread(&trouble),
            made_after: now.before(MAX_AGE),
        };
        match self.put_off(run, trouble) {
            Exit::Postponed(postponement, None) if wait > soon => Exit::Postponed(postponement, Some(crowd)),
            exit => exit,
        }
    }

    fn crowd_spread(&self, trouble: &Trouble) -> Duration {
        let spread = trouble.retry_after.unwrap_or_default() / 2;
        spread.min(LONGEST_CROWD).max(self.waits.step)
    }

    fn asked(&self, trouble: &Trouble) -> Duration {
        let asked = trouble.retry_after.filter(|asked| !asked.is_zero());
        asked.unwrap_or(self.waits.step * PAUSE).min(MAX_PAUSE)
    }

    fn deferred(&self, run: &Run, shortest: Duration, spread: Duration, trouble: Trouble) -> Exit {
        let job = &run.lease.job;
        let now = self.clock.now();
        let waited_long = job
            .deferred_since
            .is_some_and(|since| now.since(since) >= DEFERRALS_SPAN);
        if (job.deferrals >= MAX_DEFERRALS && waited_long) || self.is_too_old(run) {
            return unreachable(&format!("being put off {} times", job.deferrals), &trouble);
        }
        let wait = self.asked(&trouble).max(shortest);
        // A little more than asked, spread, so that not everybody is back at the same moment.
        self.postponed(wait + spread.mul_f64(self.entropy.fraction()), false, trouble)
    }

    fn postponed(&self, wait: Duration, counts: bool, trouble: Trouble) -> Exit {
        let until = self.clock.now().after(wait);
        let postponement = Postponement {
            until,
            counts,
            reason: trouble.reason,
            message: trouble.message,
        };
        Exit::Postponed(postponement, None)
    }

    fn is_too_old(&self, run: &Run) -> bool {
        self.clock.now().since(run.lease.job.created_at) >= MAX_AGE
    }
}

fn unreachable(after: &str, trouble: &Trouble) -> Exit {
    Exit::without_bytes(Outcome::LinkOnly {
        reason: LinkReason::Unreachable,
        message: format!("given up after {after}; the last time: {}", trouble.message),
    })
}
