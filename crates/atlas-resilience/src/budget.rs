//! `RetryBudget`: how many retries a service and each of its scopes can afford, so that retries do not make an
//! outage worse. It decides at once and never waits; what a first attempt costs is nothing, so it is not asked.

mod bucket;
mod ledger;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::retry_class::RetryClass;
use ledger::Ledger;

/// What a [`RetryBudget`] holds, what it charges, and what it gives back.
///
/// The scheme is that of the AWS SDKs' retry quota (a token bucket in which a retry after a timeout costs more than
/// one after another failure), with a credit for each success as in "gRPC Retry Design" (gRPC proposal A6, *retry
/// throttling*) and a steady reserve as in Finagle's `RetryBudget` (`minRetriesPerSec`). Unlike A6, which stops at
/// half of its tokens, a bucket is used to the last token.
///
/// In a total outage the attempts are at most the first attempts, plus the tokens and the refill, each divided by the
/// price. While some calls succeed, the retries are besides that at most `success_credit_thousandths` / 1000 for
/// each success, divided by the price: one retry for ten successes with the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetSettings {
    /// Tokens that the bucket of the whole service holds when it is full, as it is in the beginning.
    pub service_tokens: u32,
    /// Tokens that the bucket of each scope holds when it is full, as it is in the beginning. Less than the
    /// service's, if one bad scope shall not be able to use up what belongs to all.
    pub scope_tokens: u32,
    /// Tokens for a retry after the other side refused because of its load.
    pub throttled_price: u32,
    /// Tokens for a retry after a failure that may pass.
    pub transient_price: u32,
    /// Tokens for a retry after a timeout: such an attempt has kept both sides busy for longest.
    pub timeout_price: u32,
    /// Thousandths of a token that each success brings back to both buckets.
    pub success_credit_thousandths: u32,
    /// The time in which one token comes back by itself, so that a library that was left alone is never locked out.
    pub refill_every: Duration,
    /// At most so many scopes are remembered; a full bucket is not, because an unknown one counts as full. When
    /// there are more, the one that lacks least is forgotten; the service's bucket still holds.
    pub max_scopes: usize,
}

/// 50 tokens; 1, 2 and 5 for a retry; 0.2 for a success; one in ten seconds; 1,024 scopes.
impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            service_tokens: 50,
            scope_tokens: 50,
            throttled_price: 1,
            transient_price: 2,
            timeout_price: 5,
            success_credit_thousandths: 200,
            refill_every: Duration::from_secs(10),
            max_scopes: 1_024,
        }
    }
}

impl BudgetSettings {
    /// The price of a retry after such a failure, in thousandths of a token. What is permanent is never retried.
    fn price_thousandths(&self, class: RetryClass) -> Option<u64> {
        let tokens = match class {
            RetryClass::Throttled { .. } => self.throttled_price,
            RetryClass::Transient => self.transient_price,
            RetryClass::Timeout => self.timeout_price,
            RetryClass::Permanent => return None,
        };
        Some(bucket::thousandths(tokens))
    }
}

/// Why a retry was refused: the call's own error is to be returned now, and whoever owns the work tries it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BudgetExhausted {
    /// The whole service has been failing.
    #[error("the service has no retry left in its budget; it needs successes or time")]
    Service,
    /// This scope has been failing.
    #[error("the scope has no retry left in its budget; it needs successes or time")]
    Scope,
    /// The failure is one that no budget pays a retry for.
    #[error("a permanent failure is not retried")]
    Permanent,
}

/// A token bucket for a service and one for each of its scopes, against retry storms.
///
/// ```
/// use atlas_resilience::{BudgetSettings, Moment, RetryBudget, RetryClass};
///
/// let budget = RetryBudget::new(BudgetSettings { service_tokens: 2, ..BudgetSettings::default() });
/// let now = Moment::ORIGIN;
/// assert!(budget.take_retry("example.com", RetryClass::Transient, now).is_ok());
/// assert!(budget.take_retry("example.com", RetryClass::Transient, now).is_err());
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    ledger: Mutex<Ledger>,
    /// Whether a bucket may lack something, so that calls of a well service pass without the lock. Written under it.
    lacks: AtomicBool,
}

impl RetryBudget {
    /// All buckets are full.
    pub fn new(settings: BudgetSettings) -> Self {
        Self {
            ledger: Mutex::new(Ledger::new(settings)),
            lacks: AtomicBool::new(false),
        }
    }

    /// Pays for a retry in that scope after a failure of that class, from both buckets, or from neither.
    pub fn take_retry(&self, scope: &str, class: RetryClass, now: Moment) -> Result<(), BudgetExhausted> {
        let mut ledger = self.lock();
        let taken = ledger.take_retry(scope, class, now);
        self.lacks.store(ledger.lacks(), Ordering::Release);
        taken
    }

    /// Credits a success, of a first attempt or of a retry, to both buckets.
    pub fn credit_success(&self, scope: &str, now: Moment) {
        if self.is_full() {
            return;
        }
        let mut ledger = self.lock();
        ledger.credit_success(scope, now);
        self.lacks.store(ledger.lacks(), Ordering::Release);
    }

    /// Gives back what was paid for a retry that was not made after all, to both buckets.
    pub fn give_back(&self, scope: &str, class: RetryClass, now: Moment) {
        let mut ledger = self.lock();
        ledger.give_back(scope, class, now);
        self.lacks.store(ledger.lacks(), Ordering::Release);
    }

    /// Whether nothing can be added to any bucket. What time alone has filled may be noticed only by the next success.
    pub fn is_full(&self) -> bool {
        !self.lacks.load(Ordering::Acquire)
    }

    /// Whole tokens in the service's bucket.
    pub fn service_tokens(&self, now: Moment) -> u32 {
        self.lock().service_tokens(now)
    }

    /// Whole tokens in the scope's bucket.
    pub fn scope_tokens(&self, scope: &str, now: Moment) -> u32 {
        self.lock().scope_tokens(scope, now)
    }

    /// How many scopes are remembered because they lacked something when they were last looked at.
    pub fn remembered_scopes(&self) -> usize {
        self.lock().remembered_scopes()
    }

    /// Every change is complete before the next begins, so a panic elsewhere leaves the ledger sound.
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod storm_tests;
#[cfg(test)]
mod tests;
