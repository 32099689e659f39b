//! `Guard`: the circuit breaker of a file in one direction. Whoever it turns away reads the error that opened it: that
//! the disk is full says more than that a breaker is open. It writes nothing anywhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atlas_resilience::Service;
use atlas_resilience::breaker::{Breaker, CallResult, OverlayMode, Permit, Phase, Refusal, RefusalCause};

use super::busy::Patience;
use crate::error::StoreError;
use crate::services::DatabaseServices;

/// Those of one file.
#[derive(Debug)]
pub(super) struct Guards {
    pub(super) reading: Guard,
    pub(super) writing: Arc<Guard>,
    pub(super) maintenance: Guard,
}

impl Guards {
    /// Those of the file with this name, among those of all files.
    pub(super) fn of(services: &DatabaseServices, file: &str) -> Self {
        Self {
            reading: Guard::of(&services.operations, &format!("{file}.read")),
            writing: Arc::new(Guard::of(&services.operations, &format!("{file}.write"))),
            maintenance: Guard::of(&services.maintenance, file),
        }
    }

    /// That of a reader with a lock that somebody else holds.
    pub(super) fn patience(&self) -> Patience {
        Patience::by(&self.reading.service)
    }
}

/// A breaker, and what went wrong last.
#[derive(Debug)]
pub(super) struct Guard {
    service: Arc<Service>,
    breaker: Arc<Breaker>,
    last_error: Mutex<Option<StoreError>>,
}

impl Guard {
    fn of(service: &Arc<Service>, scope: &str) -> Self {
        Self {
            service: Arc::clone(service),
            breaker: service.breakers().get(scope),
            last_error: Mutex::default(),
        }
    }

    /// Whether a call would be let through, without taking a permit: before it queues for something else.
    pub(super) fn peek(&self) -> Result<(), StoreError> {
        self.breaker.peek().map_err(|refusal| self.refused(refusal))
    }

    /// The permit for one call, or why there is none.
    pub(super) fn ask(&self) -> Result<Permit<'_>, StoreError> {
        self.breaker.acquire().map_err(|refusal| self.refused(refusal))
    }

    /// A permit, or when to ask again, when that is known.
    pub(super) fn ask_plainly(&self) -> Result<Permit<'_>, Option<Duration>> {
        let now = self.service.breakers().now();
        self.breaker.acquire().map_err(|refusal| refusal.retry_in(now))
    }

    /// The call of that permit has ended. Whether that has opened the breaker.
    pub(super) fn finish(&self, permit: Permit<'_>, result: CallResult, error: Option<&StoreError>) -> bool {
        let went_wrong = matches!(result, CallResult::Failure | CallResult::Outage);
        let error = error.filter(|_| went_wrong);
        if let Some(error) = error {
            // Before anybody is turned away because of it.
            *self.last() = Some(error.as_cause());
        }
        let reason = error.map(ToString::to_string);
        let change = permit.finish_with(result, reason.as_deref()).transition;
        change.is_some_and(|change| change.to == Phase::Open)
    }

    /// What keeps calls away, or did until a moment ago and is still to be proved over.
    pub(super) fn outage(&self) -> Option<StoreError> {
        match self.peek() {
            Err(refused) => Some(refused),
            Ok(()) if self.is_closed() => None,
            Ok(()) => self.last_error(),
        }
    }

    /// What went wrong last.
    pub(super) fn last_error(&self) -> Option<StoreError> {
        self.last().clone()
    }

    /// Whether its own judgement lets everybody through.
    pub(super) fn is_closed(&self) -> bool {
        self.breaker.status().phase == Phase::Closed
    }

    /// Whether it takes any notice of results: a person can decide that it does not.
    pub(super) fn judges(&self) -> bool {
        self.breaker.status().overlay.mode != OverlayMode::Disabled
    }

    fn refused(&self, refusal: Refusal) -> StoreError {
        if refusal.cause == RefusalCause::ForcedOpen {
            return StoreError::StoppedByHand {
                service: self.service.name(),
                scope: self.breaker.name().to_string(),
                reason: self.breaker.status().overlay.reason,
            };
        }
        let cause = self.last_error();
        let now = self.service.breakers().now();
        StoreError::Paused {
            cause: Box::new(cause.unwrap_or_else(|| StoreError::Busy("it failed a moment ago".to_owned()))),
            retry_in: refusal.retry_in(now).unwrap_or_default(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<StoreError>> {
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a result says of the file. An answer is an answer: that something does not exist, or must not be, is said by a
/// file that is well.
pub(super) fn judge<T>(result: &Result<T, StoreError>) -> CallResult {
    let Err(error) = result else {
        return CallResult::Success;
    };
    match error {
        StoreError::Full(_)
        | StoreError::Io(_)
        | StoreError::Unknown(_)
        | StoreError::ReadOnly
        | StoreError::ReadOnlyFileSystem(_) => CallResult::Outage,
        StoreError::Busy(_) | StoreError::Interrupted => CallResult::Failure,
        // Damage and a file that is not at its place are remembered and refused elsewhere, and are looked for with each
        // write at no cost. Nothing was asked of the file in the other cases, or by a bug.
        StoreError::Corrupt { .. }
        | StoreError::Displaced { .. }
        | StoreError::Closed
        | StoreError::Panicked(_)
        | StoreError::Paused { .. }
        | StoreError::StoppedByHand { .. } => CallResult::Ignored,
        StoreError::NotFound { .. }
        | StoreError::Conflict(_)
        | StoreError::BadCursor(_)
        | StoreError::LeaseLost
        | StoreError::NewerSchema { .. }
        | StoreError::OlderSchema { .. }
        | StoreError::MigrationChanged { .. }
        | StoreError::NoLibrary(_)
        | StoreError::Lost { .. }
        | StoreError::Foreign { .. }
        | StoreError::Blob { .. }
        | StoreError::Unreadable(_)
        | StoreError::Sqlite(_) => CallResult::Success,
    }
}

/// The same of a read. A page that cannot be read says nothing of the others, so only several reads in a row that fail
/// are an outage.
pub(super) fn judge_read<T>(result: &Result<T, StoreError>) -> CallResult {
    match judge(result) {
        CallResult::Outage => CallResult::Failure,
        judged => judged,
    }
}
