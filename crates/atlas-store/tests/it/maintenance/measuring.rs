//! Where the bytes are: every page is accounted for, and every column says what it takes.

use atlas_store::maintenance::{ColumnSums, Snapshot};
use rstest::rstest;

use super::{Place, rows, table};

const FILLED: &str = "CREATE TABLE content(id INTEGER PRIMARY KEY, url TEXT UNIQUE, body TEXT, n REAL); \
    CREATE TABLE tag(name TEXT PRIMARY KEY, body) WITHOUT ROWID; \
    CREATE VIRTUAL TABLE search USING fts5(body, content='content', content_rowid='id'); \
    CREATE TABLE gone(body); \
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
    INSERT INTO content SELECT i, 'https://a.example/' || i, replace(hex(zeroblob(i)), '00', 'wörd '), i / 3.0 FROM n; \
    INSERT INTO tag SELECT url, body FROM content; \
    INSERT INTO gone SELECT zeroblob(70000) FROM content LIMIT 20; \
    INSERT INTO search(search) VALUES ('rebuild'); DROP TABLE gone;";

#[rstest]
fn every_page_of_the_file_is_accounted_for(
    #[values(512, 1024, 4096, 65_536)] page_size_bytes: u64,
    #[values("NONE", "FULL", "INCREMENTAL")] auto_vacuum: &str,
    #[values("DELETE", "WAL")] mode: &str,
) {
    let place = Place::with(&format!(
        "PRAGMA page_size = {page_size_bytes}; PRAGMA auto_vacuum = {auto_vacuum}; \
         PRAGMA journal_mode = {mode}; {FILLED}"
    ));
    let bytes = place.look().bytes().unwrap();
    assert_eq!(bytes.unaccounted_pages, 0, "{bytes:?}");
    let used: u64 = bytes.objects.iter().map(|object| object.pages).sum();
    let all = used + bytes.free_pages + bytes.map_pages + bytes.lock_pages;
    let size_bytes = std::fs::metadata(place.path()).unwrap().len();
    assert_eq!(all * page_size_bytes, size_bytes);
    assert_eq!(bytes.free_pages > 0, auto_vacuum != "FULL");
    assert_eq!(bytes.unread, []);
}

#[test]
fn pages_are_told_by_table_and_by_index() {
    let place = Place::with(FILLED);
    let bytes = place.look().bytes().unwrap();
    let named = |name: &str| bytes.objects.iter().find(|object| object.name == name).unwrap();
    let content = named("content");
    assert!(content.payload_bytes > 300 * 300, "{content:?}");
    assert!(content.pages * 4096 > content.payload_bytes + content.unused_bytes);
    let index = named("sqlite_autoindex_content_1");
    assert_eq!((index.table.as_str(), index.is_index), ("content", true));
    assert!(!named("tag").is_index);
    assert!(named("search_data").pages > 0);
    assert_eq!(named("sqlite_schema").pages, 1);
}

/// As an audit counts while it reads.
fn sums_of_rows(snapshot: &Snapshot, name: &str) -> ColumnSums {
    let table = table(snapshot, name);
    let mut sums = ColumnSums::new(&table.stored_columns(), snapshot.file().unwrap().encoding);
    for row in rows(snapshot, name) {
        sums.add(&row.values);
    }
    sums
}

#[rstest]
fn the_bytes_of_columns_are_the_same_however_they_are_counted(
    #[values("UTF-8", "UTF-16le", "UTF-16be")] encoding: &str,
) {
    let place = Place::with(&format!(
        "PRAGMA encoding = '{encoding}'; {FILLED} \
         INSERT INTO content VALUES (1000, NULL, '', NULL), (9223372036854775807, '🦀', x'00ff', 1e300), \
         (-1, 'b', 12, 2), (70000, 'c', 140737488355327, 3), (-9223372036854775808, 'd', -8388609, 4)"
    ));
    let snapshot = place.look();
    for name in ["content", "tag"] {
        let looked = snapshot
            .column_bytes(&table(&snapshot, name), &mut |_| ())
            .unwrap();
        assert_eq!(looked, sums_of_rows(&snapshot, name), "{name}");
    }
    let content = sums_of_rows(&snapshot, "content");
    let (url, body) = (&content.columns[1], &content.columns[2]);
    assert_eq!((content.rows, url.nulls, body.empties), (305, 1, 1));
    let letters = if encoding == "UTF-8" { 6 } else { 10 };
    assert_eq!(body.longest_bytes, 300 * letters);
}

#[test]
fn computed_columns_take_room_only_where_they_are_kept() {
    let place = Place::with(
        "CREATE TABLE t(a TEXT, b AS (a || a), c AS (a || a || a) STORED); INSERT INTO t VALUES ('xy')",
    );
    let snapshot = place.look();
    let sums = snapshot
        .column_bytes(&table(&snapshot, "t"), &mut |_| ())
        .unwrap();
    let columns: Vec<_> = sums
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.bytes))
        .collect();
    assert_eq!(columns, [("a", 2), ("c", 6)]);
}

#[test]
fn the_look_at_columns_tells_how_far_it_is() {
    let place = Place::with(
        "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         INSERT INTO t SELECT i FROM n",
    );
    let snapshot = place.look();
    let mut told = Vec::new();
    let table = table(&snapshot, "t");
    snapshot
        .column_bytes(&table, &mut |progress| told.push(progress))
        .unwrap();
    let done: Vec<_> = told.iter().map(|progress| progress.rows_done).collect();
    assert_eq!(done, [1_000, 2_000, 2_500]);
    assert!(told.iter().all(|progress| progress.rows_total == Some(2_500)));
}
