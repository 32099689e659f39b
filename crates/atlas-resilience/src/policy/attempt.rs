//! One attempt, from the look at the breaker to the result's judgement.

use tokio::time::Instant;

use crate::breaker::{CallResult, Refusal};
use crate::bulkhead::BulkheadPermit;
use crate::clock::Moment;
use crate::deadline::Deadline;
use crate::egress::{EgressPass, Reach};

use super::{Judgement, Policy, PolicyError, Rejection};

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
        let (result, mut judgement) = self
            .attempt_in_time(
                deadline.within_from(now, self.attempt_timeout),
                now.checked_add(self.attempt_timeout)
                    .is_some_and(|end| end <= deadline.instant()),
                place,
                judge,
                attempt,
            )
            .await;
        // The network first: what it is to blame for is nobody else's failure.
        if let (Some(egress), Some(way_out)) = (&self.egress, way_out) {
            // While it is known to be down, a call that brought no answer at all did not get out either.
            let nobody_answered =
                judgement.reach == Reach::Unknown && judgement.health == CallResult::Failure;
            if nobody_answered && egress.is_down() {
                judgement.reach = Reach::NotReached;
            }
            way_out.report(judgement.reach);
            if judgement.reach == Reach::NotReached && egress.is_down() {
                judgement.health = CallResult::Ignored;
            }
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
        let entered = tokio::time::timeout_at(deadline.instant(), bulkhead.enter(scope)).await;
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
        attempt_deadline: Deadline,
        has_all_its_time: bool,
        place: Option<BulkheadPermit>,
        judge: &Judge,
        attempt: &mut Attempt,
    ) -> Attempted<T, E>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline, Option<BulkheadPermit>) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        match tokio::time::timeout_at(attempt_deadline.instant(), attempt(attempt_deadline, place)).await {
            Ok(result) => {
                let judgement = judge(result.as_ref());
                (result.map_err(PolicyError::Inner), judgement)
            }
            // An attempt that was cut short by its caller must not be held against the other side.
            Err(_elapsed) if !has_all_its_time => (
                Err(PolicyError::DeadlineExceeded { policy: self.name }),
                Judgement::ignored(),
            ),
            Err(_elapsed) => {
                let limit = self.attempt_timeout;
                let judgement = Judgement::timeout(format!("no answer within {limit:?}"));
                (
                    Err(PolicyError::Timeout {
                        policy: self.name,
                        limit,
                    }),
                    judgement,
                )
            }
        }
    }

    fn circuit_open(&self, refusal: Refusal) -> Rejection {
        let now = self.breakers.as_ref().map(|breakers| breakers.now());
        Rejection::CircuitOpen {
            cause: refusal.cause,
            retry_in: now.and_then(|now| refusal.retry_in(now)),
        }
    }

    const fn rejected<E>(&self, rejection: Rejection) -> PolicyError<E> {
        PolicyError::Rejected {
            policy: self.name,
            rejection,
        }
    }
}
