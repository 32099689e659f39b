//! One attempt, from the look at the breaker to the result's judgement.

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
        judge: &Judge,
        attempt: &mut Attempt,
    ) -> Result<Attempted<T, E>, PolicyError<E>>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        let breaker = self.breakers.as_ref().map(|breakers| breakers.get(scope));
        let refused = |refusal: Refusal| self.rejected(self.circuit_open(refusal));
        if let Some(breaker) = &breaker {
            breaker.peek().map_err(refused)?;
        }
        self.wait_for_turn(scope, deadline).await?;
        let _place = self.take_place(scope, deadline).await?;
        if deadline.has_passed() {
            return Err(PolicyError::DeadlineExceeded { policy: self.name });
        }
        let way_out = self.way_out(scope)?;
        let permit = breaker
            .as_ref()
            .map(|breaker| breaker.acquire().map_err(refused))
            .transpose()?;
        let (result, mut judgement) = self.attempt_in_time(deadline, judge, attempt).await;
        // The network first: what it is to blame for is nobody else's failure.
        if let (Some(egress), Some(way_out)) = (&self.egress, way_out) {
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

    async fn wait_for_turn<E>(&self, scope: &str, deadline: Deadline) -> Result<(), PolicyError<E>> {
        if deadline.has_passed() {
            return Err(PolicyError::DeadlineExceeded { policy: self.name });
        }
        let Some(pace) = &self.pace else { return Ok(()) };
        pace.wait_for_turn(scope, deadline)
            .await
            .map_err(|retry_in| self.rejected(Rejection::TooFast { retry_in }))
    }

    async fn take_place<E>(
        &self,
        scope: &str,
        deadline: Deadline,
    ) -> Result<Option<BulkheadPermit>, PolicyError<E>> {
        let Some(bulkhead) = &self.bulkhead else {
            return Ok(None);
        };
        tokio::time::timeout_at(deadline.instant(), bulkhead.enter(scope))
            .await
            .map(Some)
            .map_err(|_elapsed| self.rejected(Rejection::TooMany))
    }

    fn way_out<E>(&self, scope: &str) -> Result<Option<EgressPass<'_>>, PolicyError<E>> {
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
        deadline: Deadline,
        judge: &Judge,
        attempt: &mut Attempt,
    ) -> Attempted<T, E>
    where
        Judge: Fn(Result<&T, &E>) -> Judgement,
        Attempt: FnMut(Deadline) -> Running,
        Running: Future<Output = Result<T, E>>,
    {
        let attempt_deadline = deadline.within(self.attempt_timeout);
        match tokio::time::timeout_at(attempt_deadline.instant(), attempt(attempt_deadline)).await {
            Ok(result) => {
                let judgement = judge(result.as_ref());
                (result.map_err(PolicyError::Inner), judgement)
            }
            // An attempt that was cut short by its caller must not be held against the other side.
            Err(_elapsed) if attempt_deadline == deadline => (
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
