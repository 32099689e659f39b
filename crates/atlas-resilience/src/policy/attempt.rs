//! One attempt, from the look at the breaker to the result's judgement.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::breaker::{CallResult, Refusal};
use crate::bulkhead::BulkheadPermit;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::egress::{Egress, EgressPass, Reach};

use super::{Judgement, Policy, PolicyError, Rejection};

/// How long an attempt may take.
#[derive(Debug, Clone, Copy)]
struct Time {
    end: Deadline,
    /// How long that is, when whoever gives no answer by then is to blame.
    fair: Option<Duration>,
}

/// What an attempt brought, and what that says.
type Attempted<T, E> = (Result<T, PolicyError<E>>, Judgement);

impl Policy {
    /// `Err` when the attempt did not start.
    pub(super) async fn attempt<T, E, Judge, Attempt, Running>(
        &self,
        scope: &str,
        deadline: Deadline,
        now: Instant,
        judge: &Judge,
        attempt: &mut Attempt,
    ) -> Result<Attempted<T, E>, PolicyError<E>>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline, Option<BulkheadPermit>) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        let breaker = self.breakers.as_ref().map(|breakers| breakers.get(scope));
        let refused = |refusal: Refusal| self.rejected(self.circuit_open(refusal));
        if let Some(breaker) = &breaker {
            breaker.peek().map_err(refused)?;
        }
        self.in_time(deadline, now)?;
        let (place, now) = self.queue(scope, deadline, now).await?;
        self.in_time(deadline, now)?;
        let way_out = self.way_out(scope)?;
        let permit = breaker
            .as_ref()
            .map(|breaker| breaker.acquire().map_err(refused))
            .transpose()?;
        let time = self.time_for_attempt(deadline, now);
        let (result, mut judgement) = self.attempt_in_time(time, place, judge, attempt).await;
        // The network first: what it is to blame for is nobody else's failure.
        if let (Some(egress), Some(way_out)) = (&self.egress, way_out) {
            tell_egress(egress, way_out, &mut judgement);
        }
        if let Some(counts) = &self.counts {
            let has_failed = matches!(judgement.health, CallResult::Failure | CallResult::Outage);
            counts.attempted(has_failed);
        }
        if let Some(permit) = permit {
            let reason = Some(&*judgement.reason).filter(|reason| !reason.is_empty());
            permit.finish_with(judgement.health, reason);
        }
        Ok((result, judgement))
    }

    /// Waits for the turn, then for the place, and says what time it is then. The clock is read again only by those who
    /// waited: a reading costs as much as a layer.
    async fn queue<E>(
        &self,
        scope: &str,
        deadline: Deadline,
        mut now: Instant,
    ) -> Result<(Option<BulkheadPermit>, Instant), PolicyError<E>> {
        if let Some(pace) = &self.pace {
            let waited = pace
                .wait_for_turn(scope, deadline)
                .await
                .map_err(|retry_in| self.rejected(Rejection::TooFast { retry_in }))?;
            if !waited.is_zero() {
                now = Instant::now();
            }
        }
        let Some(bulkhead) = &self.bulkhead else {
            return Ok((None, now));
        };
        if let Some(place) = bulkhead.try_enter(scope) {
            return Ok((Some(place), now));
        }
        if !bulkhead.has_queue() {
            return Err(self.rejected(Rejection::TooMany));
        }
        let entered = timeout_at(deadline.instant(), bulkhead.enter(scope)).await;
        let place = entered.map_err(|_elapsed| self.rejected(Rejection::TooMany))?;
        Ok((Some(place), Instant::now()))
    }

    fn in_time<E>(&self, deadline: Deadline, now: Instant) -> Result<(), PolicyError<E>> {
        if deadline.has_passed_by(now) {
            return Err(PolicyError::DeadlineExceeded { policy: self.name });
        }
        Ok(())
    }

    fn way_out<'a, E>(&'a self, scope: &'a str) -> Result<Option<EgressPass<'a>>, PolicyError<E>> {
        let Some(egress) = &self.egress else {
            return Ok(None);
        };
        let down = |until: Moment| {
            self.rejected(Rejection::NetworkDown {
                retry_in: until.since(egress.now()),
            })
        };
        egress.pass(scope).map(Some).map_err(down)
    }

    async fn attempt_in_time<T, E, Judge, Attempt, Running>(
        &self,
        time: Time,
        place: Option<BulkheadPermit>,
        judge: &Judge,
        attempt: &mut Attempt,
    ) -> Attempted<T, E>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline, Option<BulkheadPermit>) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        match until(time.end, attempt(time.end, place)).await {
            Some(result) => {
                let judgement = judge(result.as_ref());
                (result.map_err(PolicyError::Inner), judgement)
            }
            None => match time.fair {
                Some(limit) => (
                    Err(PolicyError::Timeout {
                        policy: self.name,
                        limit,
                    }),
                    Judgement::timeout(format!("no answer within {limit:?}")),
                ),
                None => (
                    Err(PolicyError::DeadlineExceeded { policy: self.name }),
                    Judgement::ignored(),
                ),
            },
        }
    }

    /// An attempt that was cut short by what its caller had left must not be held against the other side. One that our
    /// own settings ended has had what there is, unless waits and earlier attempts left it less than half of that:
    /// else a scope that always hangs would never be found out where an attempt may take as long as the whole.
    fn time_for_attempt(&self, deadline: Deadline, now: Instant) -> Time {
        let end = deadline.within_from(now, self.attempt_timeout);
        let is_whole = now
            .checked_add(self.attempt_timeout)
            .is_some_and(|whole| whole <= deadline.instant());
        if is_whole {
            let fair = Some(self.attempt_timeout);
            return Time { end, fair };
        }
        let given = end.instant().saturating_duration_since(now);
        let fair = deadline
            .limit_set()
            .filter(|limit| given.saturating_mul(2) >= self.attempt_timeout.min(*limit))
            .map(|_| in_millis(given));
        Time { end, fair }
    }

    fn circuit_open(&self, refusal: Refusal) -> Rejection {
        let now = self.breakers.as_ref().map(|breakers| breakers.now());
        Rejection::CircuitOpen {
            cause: refusal.cause,
            retry_in: now.and_then(|now| refusal.retry_in(now)),
        }
    }

    /// That its time was up before it began is nobody's refusal.
    pub(super) fn count_rejected<E>(&self, error: &PolicyError<E>) {
        if let (Some(counts), PolicyError::Rejected { .. }) = (&self.counts, error) {
            counts.rejected();
        }
    }

    const fn rejected<E>(&self, rejection: Rejection) -> PolicyError<E> {
        PolicyError::Rejected {
            policy: self.name,
            rejection,
        }
    }
}

/// While the network is known to be down, a call that brought no answer at all did not get out either.
fn tell_egress(egress: &Egress, way_out: EgressPass<'_>, judgement: &mut Judgement) {
    let nobody_answered = judgement.reach == Reach::Unknown && judgement.health == CallResult::Failure;
    if nobody_answered && egress.is_down() {
        judgement.reach = Reach::NotReached;
    }
    way_out.report(judgement.reach);
    if judgement.reach == Reach::NotReached && egress.is_down() {
        judgement.health = CallResult::Ignored;
    }
}

/// For people, who do not care by how many microseconds a deadline is older than its call.
fn in_millis(time: Duration) -> Duration {
    let millis = (time.as_micros() + 500) / 1_000;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// What the work brings, unless it takes longer. What is ready at once needs no timer, which costs more than a layer.
async fn until<Work: Future>(deadline: Deadline, work: Work) -> Option<Work::Output> {
    let mut work = pin!(work);
    let first_look = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    match first_look {
        Poll::Ready(brought) => Some(brought),
        Poll::Pending => timeout_at(deadline.instant(), work).await.ok(),
    }
}
