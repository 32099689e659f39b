//! One batch of write requests: a single commit for all of them, and no request pays for another's failure.
//!
//! A request that fails on its own is rolled back to its savepoint. A full disk, an I/O error or an interrupt
//! destroys the *whole* transaction, savepoints included; then the guilty request is answered with its error
//! and all others run again, each in a transaction of its own. A lock that somebody else holds is waited for, and then
//! everything runs again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use atlas_domain::panic_message;
use atlas_resilience::Service;
use rusqlite::{Connection, ErrorCode, ffi};

use super::busy::{LOCK_WAIT, Patience};
use super::log::LogEnd;
use super::pulse::Pulse;
use super::unclear::{Found, look};
use crate::error::StoreError;

/// A write request with its caller waiting.
pub(super) trait Request: Send {
    /// Runs inside a transaction, keeping its value until it is answered. May be called again.
    fn run(&mut self, connection: &Connection) -> Result<(), StoreError>;
    /// Tells the caller. The value counts only if the commit did.
    fn answer(self: Box<Self>, result: Result<(), StoreError>);
    /// Nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
}

/// The disk under the file of a batch: the outside world, which tests let fail.
pub(super) trait Disk: Send {
    /// Where the file lies.
    fn path(&self) -> &Path;
    /// Fails unless the file that was opened is still at its place.
    fn check(&self) -> Result<(), StoreError>;
    /// Opens the same file again, and never makes one.
    fn reopen(&self) -> Result<Connection, StoreError>;
    /// Ends a transaction.
    fn commit(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        connection.execute_batch("COMMIT")
    }
    /// Lets time pass for whoever holds the lock.
    #[expect(
        clippy::disallowed_methods,
        reason = "another program holds the lock, tells nobody when it lets go, and this thread has no runtime"
    )]
    fn wait(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
    /// Makes room on a full disk. Whether there is more than before, so that it is worth trying again.
    fn make_room(&self) -> bool;
}

/// How a batch ended for the connection it ran on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Ready for the next batch.
    Usable,
    /// An I/O error hit it: its view of the file cannot be trusted any more.
    Suspect,
}

/// What a batch leaves behind.
pub(super) struct BatchEnd {
    /// Whether the connection can go on.
    pub(super) connection: ConnectionState,
    /// Requests that were not answered, because another one broke their transaction, or because room was made
    /// for them: each must run again in a transaction of its own. Of a batch of one only when room was made,
    /// which can be done once.
    pub(super) again: Vec<Box<dyn Request>>,
}

/// What a batch runs in.
pub(super) struct Surroundings<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) log_end: &'a LogEnd,
    /// By whose policy locks are waited for.
    pub(super) service: &'a Service,
    /// Beats whenever a lock is waited for once more.
    pub(super) pulse: &'a Pulse,
}

/// Runs `requests` as one transaction and answers them, except those that must run again.
pub(super) fn commit_batch(
    connection: &Connection,
    mut requests: Vec<Box<dyn Request>>,
    mark: i64,
    surroundings: &Surroundings<'_>,
) -> BatchEnd {
    let Surroundings { disk, log_end, .. } = *surroundings;
    requests.retain(|request| !request.is_abandoned());
    if requests.is_empty() {
        return BatchEnd {
            connection: ConnectionState::Usable,
            again: requests,
        };
    }
    match attempt_patiently(connection, &mut requests, mark, surroundings) {
        Attempt::Committed(results) => {
            answer_all(requests, results);
            BatchEnd {
                connection: ConnectionState::Usable,
                again: Vec::new(),
            }
        }
        Attempt::CommitUnclear(error, results) => {
            let found = look(disk, mark);
            log_end.set_unclear(matches!(found, Found::Unknown(_))); // before anybody hears of it and looks
            let again = match found {
                Found::Committed => {
                    answer_all(requests, results);
                    Vec::new()
                }
                Found::RolledBack => again_unless_alone(requests, &error),
                Found::Unknown(error) => {
                    fail_all(requests, &error);
                    Vec::new()
                }
            };
            BatchEnd {
                connection: ConnectionState::Suspect,
                again,
            }
        }
        Attempt::NotBegun(error) | Attempt::CommitFailed(error) | Attempt::Destroyed { error, .. }
            if matches!(error, StoreError::Full(_)) && disk.make_room() =>
        {
            BatchEnd {
                connection: state_after(&error),
                again: requests,
            }
        }
        Attempt::NotBegun(error) | Attempt::Held { by: None, error } => {
            fail_all(requests, &error);
            BatchEnd {
                connection: state_after(&error),
                again: Vec::new(),
            }
        }
        Attempt::CommitFailed(error) => {
            let again = again_unless_alone(requests, &error);
            BatchEnd {
                connection: state_after(&error),
                again,
            }
        }
        Attempt::Destroyed { by, error } | Attempt::Held { by: Some(by), error } => {
            requests.remove(by).answer(Err(error.clone()));
            BatchEnd {
                connection: state_after(&error),
                again: requests,
            }
        }
    }
}

/// One large request can fill the disk for all at the COMMIT; alone, each gets what it deserves.
fn again_unless_alone(requests: Vec<Box<dyn Request>>, error: &StoreError) -> Vec<Box<dyn Request>> {
    if requests.len() > 1 {
        return requests;
    }
    fail_all(requests, error);
    Vec::new()
}

enum Attempt {
    /// On the disk, with each request's own result.
    Committed(Vec<Result<(), StoreError>>),
    /// COMMIT reported an I/O error; the results count if it went through after all.
    CommitUnclear(StoreError, Vec<Result<(), StoreError>>),
    /// COMMIT failed and nothing is on the disk.
    CommitFailed(StoreError),
    /// The transaction could not begin.
    NotBegun(StoreError),
    /// Somebody else holds a lock, which request number `by` met, or else all of them; nothing is on the disk.
    Held { by: Option<usize>, error: StoreError },
    /// Request number `by` took the whole transaction with it.
    Destroyed { by: usize, error: StoreError },
}

/// What the last attempt comes to, locks included.
fn attempt_patiently(
    connection: &Connection,
    requests: &mut [Box<dyn Request>],
    mark: i64,
    surroundings: &Surroundings<'_>,
) -> Attempt {
    let Surroundings { disk, log_end, .. } = *surroundings;
    let mut patience = Patience::by(surroundings.service);
    loop {
        surroundings.pulse.beat();
        let attempted = attempt(connection, requests, mark, disk, log_end);
        if !matches!(attempted, Attempt::Held { .. }) {
            return attempted;
        }
        let Some(wait) = patience.next_wait() else {
            return attempted;
        };
        disk.wait(wait);
    }
}

fn attempt(
    connection: &Connection,
    requests: &mut [Box<dyn Request>],
    mark: i64,
    disk: &dyn Disk,
    log_end: &LogEnd,
) -> Attempt {
    let begun = connection
        .busy_timeout(LOCK_WAIT)
        .and_then(|()| connection.execute_batch("BEGIN IMMEDIATE"));
    match begun.map_err(StoreError::from) {
        Ok(()) => {}
        Err(error) => return held_or(error, Attempt::NotBegun),
    }
    let changes_before = connection.total_changes();
    let mut results = Vec::with_capacity(requests.len());
    for (index, request) in requests.iter_mut().enumerate() {
        let result = in_savepoint(connection, request.as_mut());
        if connection.is_autocommit() {
            let error = result.err().unwrap_or_else(|| {
                StoreError::Panicked("a store operation ended the transaction it ran in".to_owned())
            });
            return Attempt::Destroyed { by: index, error };
        }
        if let Err(error @ StoreError::Busy(_)) = result {
            roll_back(connection);
            let by = Some(index);
            return Attempt::Held { by, error };
        }
        results.push(result);
    }
    if connection.total_changes() == changes_before && !log_end.is_unclear() {
        // A claim that found nothing, a sweep with nothing to sweep: an idle process must not wake the disk.
        // (A change of the schema alone is not counted; migrations have a connection of their own.)
        // Behind a batch of unknown end it must: "there is no such item" would not hold if a crash brought it to life.
        roll_back(connection);
        return Attempt::Committed(results);
    }
    if let Err(error) = connection.execute("UPDATE writer_mark SET batch = ?1", [mark]) {
        roll_back(connection);
        return held_or(error.into(), Attempt::CommitFailed);
    }
    #[cfg(feature = "failpoints")]
    fail::fail_point!("store::before_commit", |_| std::process::abort());
    match disk.commit(connection) {
        Ok(()) => {
            log_end.set_unclear(false);
            #[cfg(feature = "failpoints")]
            fail::fail_point!("store::after_commit", |_| std::process::abort());
            Attempt::Committed(results)
        }
        Err(error) => {
            // The record that makes it a commit is written last: a write that failed has left it incomplete.
            let code = error.sqlite_error().map(|error| error.extended_code);
            let unclear = error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
                && code != Some(ffi::SQLITE_IOERR_WRITE);
            roll_back(connection);
            if unclear {
                Attempt::CommitUnclear(error.into(), results)
            } else {
                held_or(error.into(), Attempt::CommitFailed)
            }
        }
    }
}

fn held_or(error: StoreError, otherwise: impl FnOnce(StoreError) -> Attempt) -> Attempt {
    match error {
        StoreError::Busy(_) => Attempt::Held { by: None, error },
        error => otherwise(error),
    }
}

fn in_savepoint(connection: &Connection, request: &mut dyn Request) -> Result<(), StoreError> {
    connection.execute_batch("SAVEPOINT request")?;
    let result = catch_unwind(AssertUnwindSafe(|| request.run(connection)))
        .unwrap_or_else(|panic| Err(StoreError::Panicked(panic_message(panic.as_ref()).to_owned())));
    if connection.is_autocommit() {
        return result; // nothing left to release
    }
    match &result {
        Ok(()) => connection.execute_batch("RELEASE request")?,
        Err(_) => connection.execute_batch("ROLLBACK TO request; RELEASE request")?,
    }
    result
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
}

fn answer_all(requests: Vec<Box<dyn Request>>, results: Vec<Result<(), StoreError>>) {
    for (request, result) in requests.into_iter().zip(results) {
        request.answer(result);
    }
}

fn fail_all(requests: Vec<Box<dyn Request>>, error: &StoreError) {
    for request in requests {
        request.answer(Err(error.clone()));
    }
}

fn state_after(error: &StoreError) -> ConnectionState {
    match error {
        StoreError::Io(_) | StoreError::Corrupt { .. } => ConnectionState::Suspect,
        _ => ConnectionState::Usable,
    }
}
