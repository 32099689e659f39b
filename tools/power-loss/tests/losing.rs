//! The disk loses what was not synced and nothing else, and what relies on more than SQLite promises is caught by it.

// A test binary has this set always; clippy takes it as the sign that helpers are test code too.
#![cfg(test)]

use std::path::Path;

use power_loss::Disk;
use rstest::rstest;
use rusqlite::{Connection, OpenFlags};

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::default()).unwrap()
}

/// A database with a table of one row, on the disk for good.
fn database(folder: &Path, journal_mode: &str) {
    let sql = open(&folder.join("a.db"));
    sql.execute_batch(&format!(
        "PRAGMA journal_mode = {journal_mode}; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL);
         INSERT INTO t (text) VALUES ('first');"
    ))
    .unwrap();
}

/// Adds rows one by one until the power is away. Answers how many were acknowledged.
fn add_rows(path: &Path, settings: &str) -> i64 {
    let sql = open(path);
    if sql.execute_batch(settings).is_err() {
        return 0;
    }
    let mut rows = 0;
    let long = "long ".repeat(1_000);
    while rows < 5 && sql.execute("INSERT INTO t (text) VALUES (?1)", [&long]).is_ok() {
        rows += 1;
    }
    rows
}

/// How many rows there are besides the first; none if the file is damaged.
fn found(path: &Path) -> Option<i64> {
    let sql = open(path);
    let check: String = sql
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .ok()?;
    let rows = sql
        .query_row("SELECT count(*) - 1 FROM t", [], |row| row.get(0))
        .ok()?;
    (check == "ok").then_some(rows)
}

/// Every crash of the workload: acknowledged rows, and those that were found.
fn crashes(journal_mode: &str, settings: &str) -> Vec<(i64, Option<i64>)> {
    let mut all = Vec::new();
    for operation in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let (before, after) = (folder.path().join("before"), folder.path().join("after"));
        std::fs::create_dir(&before).unwrap();
        database(&before, journal_mode);
        let disk = Disk::begin(&before, Some(operation)).unwrap();
        let acknowledged = add_rows(&before.join("a.db"), settings);
        disk.lose_power(&after, operation).unwrap();
        let is_over = disk.operations() < operation;
        drop(disk);
        all.push((acknowledged, found(&after.join("a.db"))));
        if is_over {
            break;
        }
    }
    all
}

#[rstest]
#[case::log("WAL", "PRAGMA synchronous = FULL")]
#[case::journal("DELETE", "PRAGMA synchronous = EXTRA")]
fn whatever_was_acknowledged_is_there_and_nothing_is_damaged(
    #[case] journal_mode: &str,
    #[case] settings: &str,
) {
    let crashes = crashes(journal_mode, settings);
    assert!(crashes.len() > 20, "{}", crashes.len());
    for (operation, (acknowledged, found)) in crashes.into_iter().enumerate() {
        let found = found.unwrap_or_else(|| panic!("operation {operation}: damaged"));
        assert!(
            found >= acknowledged && found <= acknowledged + 1,
            "operation {operation}: {acknowledged} acknowledged, {found} found"
        );
    }
}

#[rstest]
#[case::nothing_is_synced("DELETE", "PRAGMA synchronous = OFF")]
#[case::there_is_no_journal("DELETE", "PRAGMA journal_mode = OFF")]
#[case::the_deletion_of_the_journal_is_not_synced("DELETE", "PRAGMA synchronous = FULL")]
#[case::the_log_is_not_synced_at_once("WAL", "PRAGMA synchronous = NORMAL")]
fn settings_that_are_not_safe_are_caught(#[case] journal_mode: &str, #[case] settings: &str) {
    let is_lost = |(acknowledged, found): (i64, Option<i64>)| found.is_none_or(|found| found < acknowledged);
    assert!(crashes(journal_mode, settings).into_iter().any(is_lost));
}

#[test]
fn the_same_seed_finds_the_same_and_files_of_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let before = folder.path().join("before");
    std::fs::create_dir_all(before.join("blobs")).unwrap();
    std::fs::write(before.join("blobs/one"), b"page").unwrap();
    database(&before, "WAL");
    let disk = Disk::begin(&before, Some(7)).unwrap();
    add_rows(&before.join("a.db"), "");
    let crash = |name: &str, seed| {
        let after = folder.path().join(name);
        let crash = disk.lose_power(&after, seed).unwrap();
        assert_eq!(std::fs::read(after.join("blobs/one")).unwrap(), b"page");
        (crash, std::fs::read(after.join("a.db-wal")).unwrap_or_default())
    };
    assert_eq!(crash("one", 1), crash("two", 1));
    assert_ne!(crash("three", 1).1, crash("four", 2).1);
}
