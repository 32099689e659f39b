//! Sole use is proven, the copy is verified, and what is compacted is the same file.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use atlas_store::maintenance::cleaning::{CleaningError, Held};
use atlas_store::maintenance::{LookError, Looking};
use rstest::rstest;

use super::{hashes, hold, impatient, remove};
use crate::cleaning::doomed;
use crate::maintenance::Place;

const ROWS: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT);
    INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        SELECT i, hex(randomblob(500)) FROM n;";

#[rstest]
#[case::idle_on_a_log("PRAGMA journal_mode = WAL;", "SELECT count(*) FROM t")]
#[case::reading_with_a_journal("", "BEGIN; SELECT count(*) FROM t")]
#[case::writing_with_a_journal("", "BEGIN IMMEDIATE")]
#[case::writing_a_log(
    "PRAGMA journal_mode = WAL;",
    "BEGIN IMMEDIATE; INSERT INTO t (body) VALUES ('new')"
)]
fn a_file_that_somebody_else_uses_is_refused(#[case] mode: &str, #[case] use_it: &str) {
    let place = Place::with(&format!("{mode} {ROWS}"));
    let peer = place.writer();
    for statement in use_it.split(';') {
        let mut statement = peer.prepare(statement).unwrap();
        let mut rows = statement.raw_query();
        while rows.next().unwrap().is_some() {}
    }
    let refused = Held::take(&place.path(), &impatient(), Looking::default());
    assert!(
        matches!(
            refused,
            Err(CleaningError::InUse { .. } | CleaningError::Look(LookError::Locked(_)))
        ),
        "{:?}",
        refused.err()
    );
    // What the peer does afterwards is there.
    if !peer.is_autocommit() {
        peer.execute_batch("COMMIT").unwrap();
    }
    peer.execute_batch("INSERT INTO t (body) VALUES ('late')")
        .unwrap();
    drop(peer);
    let late: i64 = place
        .writer()
        .query_row("SELECT count(*) FROM t WHERE body = 'late'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(late, 1);
}

#[rstest]
#[case::log("WAL")]
#[case::journal("DELETE")]
fn a_held_file_is_closed_to_others_and_let_go_as_it_was(#[case] mode: &str) {
    let place = Place::with(&format!("PRAGMA journal_mode = {mode}; {ROWS}"));
    let held = hold(&place);
    let other = place.writer();
    other.busy_timeout(std::time::Duration::from_millis(20)).unwrap();
    other
        .execute_batch("INSERT INTO t (body) VALUES ('x')")
        .unwrap_err();
    drop(other);
    held.let_go().unwrap();
    let other = place.writer();
    other.execute_batch("INSERT INTO t (body) VALUES ('x')").unwrap();
    let now: String = other
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert!(now.eq_ignore_ascii_case(mode), "{now}");
}

#[test]
fn a_copy_holds_what_the_file_holds_and_is_for_its_owner() {
    let place = Place::with(ROWS);
    let held = hold(&place);
    let copied = held.back_up(&place.beside("copy.db"), &mut |_| {}).unwrap();
    assert_eq!(copied.hashes, hashes(&held));
    assert_eq!(copied.hashes.tables["t"].rows, 500);
    assert_eq!(
        std::fs::metadata(&copied.path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = held.back_up(&copied.path, &mut |_| {});
    assert!(again.is_err(), "an older copy is never written over");
}

#[rstest]
#[case::plain("")]
#[case::small_pages("PRAGMA page_size = 1024; PRAGMA user_version = 7; PRAGMA application_id = 99;")]
#[case::wide_text("PRAGMA encoding = 'UTF-16le';")]
#[case::incremental("PRAGMA auto_vacuum = 2;")]
#[case::log("PRAGMA journal_mode = WAL;")]
fn compacting_gives_bytes_back_and_leaves_the_file_in_its_place(#[case] settings: &str) {
    let place = Place::with(&format!(
        "{settings} {ROWS} CREATE TABLE loose (body); INSERT INTO loose (rowid, body) SELECT id * 3, body FROM t;
         CREATE INDEX by_body ON t (body);"
    ));
    let before = std::fs::metadata(place.path()).unwrap();
    let settings = |connection: &rusqlite::Connection| -> Vec<String> {
        [
            "page_size",
            "user_version",
            "application_id",
            "encoding",
            "auto_vacuum",
            "journal_mode",
        ]
        .iter()
        .map(|name| {
            connection
                .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
                .map(|value| format!("{name} {value:?}"))
                .unwrap()
        })
        .collect()
    };
    let settings_before = settings(&place.writer());

    let mut held = hold(&place);
    let most = doomed(&held, "loose", |key| {
        !matches!(key, atlas_store::maintenance::Key::Rowid(300))
    });
    assert_eq!(remove(&held, &place, &most, &[]).rows, 499);
    let (tables, kept) = (held.look().tables().unwrap(), hashes(&held));
    let compacted = held.compact(&place.beside("small.db"), &tables, &kept).unwrap();
    assert!(compacted.after_bytes < compacted.before_bytes, "{compacted:?}");
    assert_eq!(hashes(&held), kept, "rows keep their keys");
    held.let_go().unwrap();

    let after = std::fs::metadata(place.path()).unwrap();
    assert_eq!(
        (before.ino(), before.mode(), before.uid()),
        (after.ino(), after.mode(), after.uid())
    );
    assert_eq!(after.len(), compacted.after_bytes);
    assert_eq!(settings(&place.writer()), settings_before);
    assert!(!place.beside("small.db").exists());
}

#[test]
fn a_file_goes_back_to_its_copy() {
    let place = Place::with(ROWS);
    let mut held = hold(&place);
    let copied = held.back_up(&place.beside("copy.db"), &mut |_| {}).unwrap();
    let all = doomed(&held, "t", |_| true);
    remove(&held, &place, &all, &[]);
    assert!(matches!(
        held.verify(&copied.hashes),
        Err(CleaningError::Differs { .. })
    ));
    held.roll_back(&copied.path, &copied.hashes).unwrap();
    assert_eq!(hashes(&held), copied.hashes);
}

#[test]
fn what_cannot_be_cleaned_up_is_refused_by_name() {
    let place = Place::with(ROWS);
    let take = |path: &std::path::Path| {
        let taken = Held::take(path, &impatient(), Looking::default());
        taken.err().unwrap().to_string()
    };
    let link = place.beside("link.db");
    std::os::unix::fs::symlink(place.path(), &link).unwrap();
    assert!(take(&link).contains("symbolic link"));
    assert!(take(&place.beside("missing.db")).contains("there is no file"));
    let text = place.beside("text.db");
    std::fs::write(&text, "not a database, but long enough to look at").unwrap();
    assert!(take(&text).contains("not a SQLite database"));
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(take(&place.path()).contains("read-only"));
}
