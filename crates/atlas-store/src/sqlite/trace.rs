//! What statements really run, for tests that look at their plans. Nothing of this is in the program.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

/// Every statement that any connection of this process has run, with the file it ran on.
static RUN: Mutex<Vec<(PathBuf, String)>> = Mutex::new(Vec::new());

/// The connection, from now on watched.
pub(crate) fn watched(mut connection: Connection, path: &Path) -> Connection {
    let path = path.to_owned();
    let record = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(_, sql) = event {
            run().push((path.clone(), sql.to_owned()));
        }
    };
    connection
        .trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(record))
        .expect("a new connection can be traced");
    connection
}

/// What has run on the file since it was asked for last.
pub(crate) fn take_statements(path: &Path) -> Vec<String> {
    run()
        .extract_if(.., |(on, _)| on == path)
        .map(|(_, sql)| sql)
        .collect()
}

fn run() -> MutexGuard<'static, Vec<(PathBuf, String)>> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner)
}
