//! Opens a file that was found worth it: for reading only, confined to what looking needs, with one read transaction. A
//! damaged one is opened a second time, leniently, so that what is left of it can be read.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OpenFlags};

use super::error::LookError;
use super::inspect::{Found, beside, is_there};
use super::looking::{Looking, Way};
use crate::sqlite::uri_of;

/// Steps of SQLite's machine between two looks whether somebody still waits: some microseconds.
const STEPS_PER_LOOK: i32 = 1_000;
/// Pages are kept in memory up to this size, whatever the size of the file.
const CACHE_KIB: i64 = 8 * 1024;
/// Statements that stay prepared: two for each table that is read at the same time.
const STATEMENTS: usize = 32;

/// All that is asked of a file besides its rows.
const PRAGMAS: [&str; 18] = [
    "application_id",
    "auto_vacuum",
    "data_version", // full-text search asks it of itself
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "journal_mode",
    "page_count",
    "page_size",
    "quick_check",
    "schema_version",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// An open file.
pub(super) struct Opened {
    pub(super) sql: Connection,
    /// What was wrong with it at once.
    pub(super) damage: Option<String>,
    /// Files that SQLite made beside it.
    pub(super) made_beside: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    Strict,
    /// Goes on where the file is shorter than it says, and where parts of the schema make no sense.
    Lenient,
}

/// Opens it and begins the read transaction.
pub(super) fn open(found: &Found, looking: &Looking) -> Result<Opened, LookError> {
    let companions = ["-wal", "-shm", "-journal"].map(|suffix| beside(&found.path, suffix));
    let missing: Vec<PathBuf> = companions.into_iter().filter(|path| !is_there(path)).collect();
    let (sql, damage) = match begin(found, looking, Strictness::Strict) {
        Ok(sql) => (sql, None),
        Err(LookError::Damaged { detail, .. }) => {
            let sql = begin(found, looking, Strictness::Lenient).map_err(|error| explained(found, error))?;
            (sql, Some(detail))
        }
        Err(error) => return Err(explained(found, error)),
    };
    Ok(Opened {
        sql,
        damage,
        made_beside: missing.into_iter().filter(|path| is_there(path)).collect(),
    })
}

fn begin(found: &Found, looking: &Looking, strictness: Strictness) -> Result<Connection, LookError> {
    let failed = |error: rusqlite::Error| LookError::of_sqlite(&found.path, &error);
    let mut sql = connect(found).map_err(failed)?;
    confine(&mut sql, looking, strictness).map_err(failed)?;
    sql.execute_batch("BEGIN").map_err(failed)?;
    // The transaction begins with the first read, which must find the schema too.
    let begun = sql.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match begun.map_err(failed) {
        Err(LookError::Damaged { .. }) if strictness == Strictness::Lenient => Ok(sql),
        other => other.map(|()| sql),
    }
}

fn connect(found: &Found) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match found.way {
        Way::Shared => Connection::open_with_flags(&found.path, flags),
        Way::Still => {
            let uri = uri_of(&found.path) + "?immutable=1";
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)
        }
    }
}

/// A file is data from outside: its schema may run no functions, damage is noticed early, nothing is mapped (a file that
/// shrinks under a map ends the process), and no statement can do more than read.
fn confine(sql: &mut Connection, looking: &Looking, strictness: Strictness) -> Result<(), rusqlite::Error> {
    sql.busy_timeout(looking.lock_wait)?;
    sql.set_prepared_statement_cache_capacity(STATEMENTS);
    sql.set_db_config(
        DbConfig::SQLITE_DBCONFIG_DEFENSIVE,
        strictness == Strictness::Strict,
    )?;
    if strictness == Strictness::Lenient {
        // Does not make anything writable here: it lets SQLite go on behind what makes no sense. It comes before all
        // that looks at the schema.
        sql.pragma_update(None, "writable_schema", true)?;
    }
    // A column that does not exist must be an error, not a piece of text with its name.
    sql.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    sql.pragma_update(None, "trusted_schema", false)?;
    sql.pragma_update(None, "cell_size_check", true)?;
    sql.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    sql.pragma_update(None, "cache_size", -CACHE_KIB)?;
    sql.pragma_update(None, "temp_store", "MEMORY")?;
    // It would be built in memory, as large as the table.
    sql.pragma_update(None, "automatic_index", false)?;
    sql.pragma_update(None, "query_only", true)?;
    let cancel = Arc::clone(&looking.cancel);
    sql.progress_handler(STEPS_PER_LOOK, Some(move || cancel.load(Ordering::Relaxed)))?;
    sql.authorizer(Some(may))
}

fn may(context: AuthContext<'_>) -> Authorization {
    let is_allowed = match context.action {
        AuthAction::Select
        | AuthAction::Read { .. }
        | AuthAction::Recursive
        | AuthAction::Transaction { .. }
        // Modules of virtual tables prepare these when they are asked anything. To run one fails: the file is open for
        // reading only.
        | AuthAction::Insert { .. }
        | AuthAction::Update { .. }
        | AuthAction::Delete { .. } => true,
        AuthAction::Function { function_name } => {
            !["load_extension", "fts3_tokenizer"].contains(&function_name.to_ascii_lowercase().as_str())
        }
        AuthAction::Pragma { pragma_name, .. } => PRAGMAS.contains(&pragma_name),
        _ => false,
    };
    if is_allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

/// Where a log stands in the way, SQLite only says that a file cannot be opened.
fn explained(found: &Found, error: LookError) -> LookError {
    let has_log = std::fs::metadata(beside(&found.path, "-wal")).is_ok_and(|log| log.len() > 0);
    match error {
        LookError::Io { path, detail } | LookError::Sqlite { path, detail } if has_log => {
            LookError::LogUnreadable { path, detail }
        }
        other => other,
    }
}
