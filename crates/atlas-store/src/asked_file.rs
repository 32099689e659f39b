//! Asks one question of a file of SQLite that the owner named: one statement that only reads, within a time. It must
//! not change the file, open another one, or go on when nobody waits any more.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use tokio::time::timeout;

use crate::error::StoreError;
use crate::sqlite::open_read_only;

/// Steps of SQLite's machine between two looks whether somebody still waits: some microseconds.
const STEPS_PER_LOOK: i32 = 1_000;
/// How long the lock of whoever writes the file is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(1);
/// A longer value is no figure, and must not fill the memory on its way to being refused.
const LONGEST_VALUE_BYTES: i32 = 1024 * 1024;

/// The first value of the first row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AskedValue {
    /// A number.
    Number(f64),
    /// There is a row, and nothing in it.
    Null,
    /// Text or bytes.
    NoNumber,
    /// There is no row.
    NoRow,
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskFailure {
    /// The file cannot be read, or the statement makes no sense there.
    #[error("{0}")]
    Failed(String),
    /// The statement would do something else than read this one file.
    #[error("the statement may only read this file: it must be one SELECT, without ATTACH or PRAGMA")]
    Refused,
    /// The question before has not come back: where the file lies, nothing answers.
    #[error("the question before this one has had no answer yet, although its time is over")]
    StillAsked,
    /// Somebody else has the file locked.
    #[error("the file is locked by somebody else")]
    Busy,
    /// The time was up.
    #[error("no answer within {} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

/// Lets one question after another be asked of a file. What hangs in the file system itself cannot be ended: each further
/// question would cost another thread.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<AtomicBool>);

/// However a question ends, there may be another.
struct Taken(Turn);

impl Turn {
    fn take(&self) -> Option<Taken> {
        let is_taken = self.0.swap(true, Ordering::AcqRel);
        (!is_taken).then(|| Taken(self.clone()))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        (self.0).0.store(false, Ordering::Release);
    }
}

/// Asks `statement` of the file at `path`, for at most `limit`. It is opened for this one question, beside whoever
/// writes it; a time limit ends the statement itself. While one question of `turn` has not come back, no other is asked.
pub async fn ask_file(
    path: PathBuf,
    statement: String,
    limit: Duration,
    turn: &Turn,
) -> Result<AskedValue, AskFailure> {
    let Some(taken) = turn.take() else {
        return Err(AskFailure::StillAsked);
    };
    let is_over = EndOnDrop::default();
    let must_end = Arc::clone(&is_over.0);
    let asking = tokio::task::spawn_blocking(move || {
        let _taken = taken;
        ask(&path, &statement, must_end)
    });
    match timeout(limit, asking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panicked)) => Err(AskFailure::Failed(panicked.to_string())),
        Err(_elapsed) => Err(AskFailure::TimedOut(limit)),
    }
}

fn ask(path: &Path, statement: &str, must_end: Arc<AtomicBool>) -> Result<AskedValue, AskFailure> {
    if !path.is_file() {
        // To open something else, such as a pipe, may wait for ever.
        return Err(AskFailure::Failed(format!("{} is no file", path.display())));
    }
    let open = open_read_only(path).map_err(|error| match error {
        StoreError::Busy(_) => AskFailure::Busy,
        // What the system says of a file that is not there does not name it.
        other => AskFailure::Failed(format!("{}: {other}", path.display())),
    });
    let mut connection = open?;
    confine(&mut connection, must_end).map_err(|error| of_sqlite(&error))?;
    let mut prepared = connection.prepare(statement).map_err(|error| of_sqlite(&error))?;
    if !prepared.readonly() || prepared.column_count() == 0 {
        return Err(AskFailure::Refused);
    }
    let value = prepared.query_row([], |row| Ok(value_of(row.get_ref(0)?)));
    Ok(value
        .optional()
        .map_err(|error| of_sqlite(&error))?
        .unwrap_or(AskedValue::NoRow))
}

/// Each of these alone would do for honest statements. The file is named by the owner, and so is the statement; but what
/// a mistake can do is nothing at all.
fn confine(connection: &mut Connection, must_end: Arc<AtomicBool>) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE_BYTES)?;
    connection.progress_handler(STEPS_PER_LOOK, Some(move || must_end.load(Ordering::Relaxed)))?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }))
}

fn value_of(value: ValueRef<'_>) -> AskedValue {
    match value {
        ValueRef::Null => AskedValue::Null,
        #[expect(clippy::cast_precision_loss, reason = "a figure is judged, not counted with")]
        ValueRef::Integer(number) => AskedValue::Number(number as f64),
        ValueRef::Real(number) => AskedValue::Number(number),
        ValueRef::Text(_) | ValueRef::Blob(_) => AskedValue::NoNumber,
    }
}

fn of_sqlite(error: &rusqlite::Error) -> AskFailure {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => AskFailure::Refused,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => AskFailure::Busy,
        _ if matches!(error, rusqlite::Error::MultipleStatement) => AskFailure::Refused,
        // A function that is denied is an error like any other, known by its words alone.
        _ if error.to_string().contains("not authorized") => AskFailure::Refused,
        _ => AskFailure::Failed(format!("the statement cannot be carried out: {error}")),
    }
}

/// Whoever does not wait any more must not leave a statement running.
#[derive(Default)]
struct EndOnDrop(Arc<AtomicBool>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
