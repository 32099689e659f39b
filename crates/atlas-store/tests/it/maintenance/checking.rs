//! Whether a file is whole, and which rows refer to none.

use atlas_store::maintenance::{Depth, Integrity, Key, Reference};
use rstest::rstest;

use super::Place;

fn check(place: &Place, depth: Depth) -> Integrity {
    place.look().integrity(depth, 20).unwrap()
}

#[rstest]
fn a_whole_file_has_no_findings(
    #[values(Depth::Quick, Depth::Full)] depth: Depth,
    #[values("DELETE", "WAL")] mode: &str,
) {
    let place = Place::with(&format!(
        "PRAGMA journal_mode = {mode}; CREATE TABLE content(id INTEGER PRIMARY KEY, body UNIQUE); \
         CREATE VIRTUAL TABLE search USING fts5(body, content='content', content_rowid='id'); \
         CREATE VIRTUAL TABLE older USING fts4(body); CREATE VIRTUAL TABLE nowhere USING fts5(body, content=''); \
         INSERT INTO content VALUES (1, 'one'); INSERT INTO search(search) VALUES ('rebuild'); \
         INSERT INTO older VALUES ('x'); INSERT INTO nowhere(rowid, body) VALUES (1, 'y')"
    ));
    let integrity = check(&place, depth);
    assert!(integrity.is_whole(), "{integrity:?}");
    assert!(integrity.foreign_keys.is_empty() && !integrity.has_more);
}

/// Entries are missing in it.
fn say_that_the_index_has_all(place: &Place) {
    place
        .writer()
        .execute_batch(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = 'CREATE INDEX by_a ON t(a)' WHERE name = 'by_a'",
        )
        .unwrap();
}

#[test]
fn an_index_that_is_out_of_step_is_found_by_the_full_check() {
    let place = Place::with(
        "CREATE TABLE t(a); CREATE INDEX by_a ON t(a) WHERE a < 3; INSERT INTO t VALUES (1), (2), (3)",
    );
    say_that_the_index_has_all(&place);
    let full = check(&place, Depth::Full);
    assert!(!full.is_whole(), "{full:?}");
    assert!(
        full.findings.iter().any(|finding| finding.contains("by_a")),
        "{full:?}"
    );
}

#[test]
fn a_full_text_index_that_is_damaged_is_found() {
    let place = Place::with(
        "CREATE VIRTUAL TABLE search USING fts5(body); INSERT INTO search VALUES ('one'), ('two')",
    );
    place
        .writer()
        .execute_batch("UPDATE search_data SET block = zeroblob(30) WHERE id > 10")
        .unwrap();
    let integrity = check(&place, Depth::Full);
    assert!(!integrity.is_whole(), "{integrity:?}");
    let text = integrity.findings.join("; ");
    assert!(text.contains("search"), "{text}");
}

#[test]
fn no_more_findings_are_kept_than_were_asked_for() {
    let place = Place::with(
        "CREATE TABLE t(a); CREATE INDEX by_a ON t(a) WHERE a < 0; \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) INSERT INTO t SELECT i FROM n",
    );
    say_that_the_index_has_all(&place);
    let integrity = place.look().integrity(Depth::Full, 5).unwrap();
    assert_eq!(
        (integrity.findings.len(), integrity.has_more),
        (5, true),
        "{integrity:?}"
    );
}

#[test]
fn foreign_keys_that_lead_to_nothing_are_counted_by_key() {
    let place = Place::with(
        "PRAGMA foreign_keys = OFF; CREATE TABLE parent(id INTEGER PRIMARY KEY, url TEXT UNIQUE, plain); \
         CREATE TABLE child(p INT REFERENCES parent, u REFERENCES parent(url)); \
         CREATE TABLE lost(p INT REFERENCES vanished); \
         CREATE TABLE wrong(p REFERENCES parent(plain)); \
         CREATE TABLE kept(a PRIMARY KEY, p INT REFERENCES parent) WITHOUT ROWID; \
         INSERT INTO parent VALUES (1, 'a', 2); \
         INSERT INTO child VALUES (1, 'a'), (2, 'a'), (3, 'b'), (NULL, NULL); \
         INSERT INTO lost VALUES (1), (NULL); INSERT INTO kept VALUES ('x', 9); \
         INSERT INTO wrong VALUES (2)",
    );
    let integrity = check(&place, Depth::Quick);
    let mut found: Vec<_> = integrity
        .foreign_keys
        .iter()
        .map(|key| {
            (
                key.table.as_str(),
                key.parent.as_str(),
                key.rows,
                key.examples.as_slice(),
            )
        })
        .collect();
    found.sort_by_key(|(table, _, rows, _)| (*table, *rows));
    assert_eq!(
        found,
        [
            ("child", "parent", 1, [Key::Rowid(3)].as_slice()),
            ("child", "parent", 2, [Key::Rowid(2), Key::Rowid(3)].as_slice()),
            ("kept", "parent", 1, [].as_slice()),
            ("lost", "vanished", 1, [Key::Rowid(1)].as_slice()),
        ]
    );
    let unchecked: Vec<_> = integrity
        .unchecked
        .iter()
        .map(|unchecked| unchecked.what.as_str())
        .collect();
    assert_eq!(unchecked, ["foreign keys of `wrong`"]);
    assert!(!integrity.is_whole(), "what was not looked at is not whole");
}

fn reference(child_column: &str, parent: &str, parent_column: &str) -> Reference {
    Reference {
        child: "search_index".to_owned(),
        child_column: child_column.to_owned(),
        parent: parent.to_owned(),
        parent_column: parent_column.to_owned(),
    }
}

#[test]
fn orphans_are_found_by_the_columns_that_are_named() {
    let place = Place::with(
        "CREATE TABLE content(id INTEGER PRIMARY KEY, uid TEXT UNIQUE, title TEXT); \
         CREATE TABLE search_index(id INTEGER PRIMARY KEY, content_id TEXT, content_uid TEXT, title TEXT); \
         INSERT INTO content VALUES (1, 'a', 't'), (2, 'b', 't'); \
         INSERT INTO search_index VALUES (10, '1', 'a', 't'), (11, '3', 'x', 't'), (12, NULL, NULL, 't'), \
             (13, '2', 'y', 't')",
    );
    let references = [
        reference("content_id", "content", "id"),
        reference("content_uid", "content", "uid"),
        reference("title", "content", "title"),
        reference("content_id", "vanished", "id"),
        reference("nothing", "content", "id"),
    ];
    let found = place.look().orphans(&references).unwrap();
    assert_eq!(
        (found[0].rows, found[0].examples.as_slice()),
        (Some(1), [Key::Rowid(11)].as_slice())
    );
    assert_eq!(
        (found[1].rows, found[1].examples.as_slice()),
        (Some(2), [Key::Rowid(11), Key::Rowid(13)].as_slice())
    );
    let why: Vec<_> = found[2..]
        .iter()
        .map(|orphans| orphans.unchecked.as_deref().unwrap())
        .collect();
    assert!(why[0].contains("no index"), "{why:?}");
    assert!(why[1].contains("no table `vanished`"), "{why:?}");
    assert!(why[2].contains("no column `nothing`"), "{why:?}");
    assert!(found[2..].iter().all(|orphans| orphans.rows.is_none()));
}
