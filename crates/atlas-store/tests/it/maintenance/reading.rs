//! Rows are read all, once, in the order of their keys, as they are stored.

use atlas_store::maintenance::{Key, LookError, Row, RowLimits, TableHash, Value, row_hash};
use rstest::rstest;

use super::{Place, read_all, rowids, rows, table, text};

fn small(rows: usize) -> RowLimits {
    RowLimits {
        rows,
        ..RowLimits::default()
    }
}

#[rstest]
fn batches_of_any_size_give_the_same_rows(#[values(1, 2, 7, 1_000)] batch: usize) {
    let place = Place::with(
        "CREATE TABLE t(a, b); INSERT INTO t(rowid, a, b) VALUES \
         (-9223372036854775808, 1, 'x'), (-1, 2.5, NULL), (0, x'00', ''), (7, 'seven', 7), (9223372036854775807, 0, 1)",
    );
    let (rows, unread) = read_all(&place.look(), "t", small(batch));
    assert_eq!(
        (rowids(&rows), unread.len()),
        (vec![i64::MIN, -1, 0, 7, i64::MAX], 0)
    );
    assert_eq!(rows[1].values, [Value::Real(2.5), Value::Null]);
    assert_eq!(rows[2].values, [Value::Blob(vec![0]), text("")]);
}

#[test]
fn a_batch_ends_when_it_has_enough_bytes() {
    let place = Place::with(
        "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) \
         INSERT INTO t SELECT zeroblob(1000) FROM n",
    );
    let snapshot = place.look();
    let limits = RowLimits {
        bytes: 2_500,
        ..RowLimits::default()
    };
    let mut stream = snapshot
        .rows(&table(&snapshot, "t"), &["a".to_owned()], None, limits)
        .unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = stream.next_batch().unwrap() {
        sizes.push(batch.rows.len());
    }
    assert_eq!(sizes, [3, 3, 3, 1]);
    assert_eq!(stream.progress().rows_done, 10);
}

#[rstest]
#[case::ascending("PRIMARY KEY(a, b)")]
#[case::first_backwards("PRIMARY KEY(a DESC, b)")]
#[case::second_backwards("PRIMARY KEY(a, b DESC)")]
#[case::without_case("PRIMARY KEY(a COLLATE NOCASE DESC, b)")]
fn a_table_without_rowid_is_read_in_the_order_of_its_key(
    #[case] key: &str,
    #[values(1, 3, 1_000)] batch: usize,
) {
    let place = Place::with(&format!(
        "CREATE TABLE t(b, a, c, {key}) WITHOUT ROWID; CREATE INDEX by_c ON t(c); \
         INSERT INTO t(a, b, c) VALUES ('x', 1, 9), ('X2', 2, 8), ('x', 2, 7), (1, 'one', 6), (1.5, x'00', 5), \
         (x'ff', 0, 4), ('', '', 3), ('x', 3, 2), (1, 'two', 1)"
    ));
    let snapshot = place.look();
    let columns = key.trim_start_matches("PRIMARY KEY(").trim_end_matches(')');
    let mut expected = Vec::new();
    let writer = place.writer();
    let mut ordered = writer
        .prepare(&format!("SELECT c FROM t ORDER BY {columns}"))
        .unwrap();
    let mut ordered = ordered.query([]).unwrap();
    while let Some(row) = ordered.next().unwrap() {
        expected.push(Value::Integer(row.get(0).unwrap()));
    }
    let (found, unread) = read_all(&snapshot, "t", small(batch));
    let found: Vec<_> = found.into_iter().map(|row| row.values[2].clone()).collect();
    assert_eq!((found, unread.len()), (expected, 0));
}

#[rstest]
#[case::rowid("CREATE TABLE t(a, b)")]
#[case::primary_key("CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID")]
fn reading_goes_on_behind_a_key_that_was_kept(#[case] sql: &str) {
    let place = Place::with(&format!(
        "{sql}; INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4)"
    ));
    let snapshot = place.look();
    let all = rows(&snapshot, "t");
    let kept = serde_json::to_string(&all[1].key).unwrap();
    let key: Key = serde_json::from_str(&kept).unwrap();
    assert_eq!(key, all[1].key);
    let mut stream = snapshot
        .rows(
            &table(&snapshot, "t"),
            &["a".to_owned(), "b".to_owned()],
            Some(key),
            small(1_000),
        )
        .unwrap();
    let rest = stream.next_batch().unwrap().unwrap().rows;
    assert_eq!(rest, all[2..]);
    assert_eq!(stream.position(), Some(&all[3].key));
    assert!(stream.next_batch().unwrap().is_none());
}

#[test]
fn keys_are_ordered_as_sqlite_orders_them() {
    let place = Place::with(
        "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES \
         (9007199254740993), (9007199254740992.0), (-1.5), (-1), (9223372036854775807), (9.3e18), (-1e300), \
         ('b'), ('B'), (''), (x''), (x'00'), ('ä')",
    );
    let keys: Vec<Key> = rows(&place.look(), "t").into_iter().map(|row| row.key).collect();
    assert_eq!(keys.len(), 13);
    for pair in keys.windows(2) {
        assert!(pair[0].compare(&pair[1]).is_lt(), "{pair:?}");
    }
}

#[test]
fn what_is_computed_is_read_only_if_it_is_asked_for() {
    let place = Place::with(
        "CREATE TABLE t(a, b AS (a * 2), c AS (a * 3) STORED); INSERT INTO t VALUES (7); \
         CREATE TRIGGER stop BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    let snapshot = place.look();
    assert_eq!(rows(&snapshot, "t")[0].values, [Value::Integer(7)]);
    let columns = ["c".to_owned(), "b".to_owned()];
    let mut stream = snapshot
        .rows(&table(&snapshot, "t"), &columns, None, RowLimits::default())
        .unwrap();
    let batch = stream.next_batch().unwrap().unwrap();
    assert_eq!(batch.rows[0].values, [Value::Integer(21), Value::Integer(14)]);
}

#[test]
fn text_that_is_none_is_given_as_it_is() {
    let place = Place::with(
        "CREATE TABLE t(a TEXT); INSERT INTO t VALUES (CAST(x'61ff00fe62' AS TEXT)), ('{\"a\":')",
    );
    let rows = rows(&place.look(), "t");
    assert_eq!(rows[0].values, [Value::Text(b"a\xff\0\xfeb".to_vec())]);
    assert_eq!(rows[1].values, [text("{\"a\":")]);
}

#[rstest]
#[case::one_name_hidden("CREATE TABLE t(rowid TEXT, a)", Some(1))]
#[case::all_hidden("CREATE TABLE t(rowid TEXT, oid TEXT, _rowid_ TEXT)", None)]
#[case::all_hidden_by_the_key("CREATE TABLE t(rowid INTEGER PRIMARY KEY, oid TEXT, _rowid_ TEXT)", Some(1))]
fn a_hidden_rowid_is_found_or_the_table_refused(#[case] sql: &str, #[case] rowid: Option<i64>) {
    let place = Place::with(&format!("{sql}; INSERT INTO t DEFAULT VALUES"));
    let snapshot = place.look();
    let table = table(&snapshot, "t");
    let stream = snapshot.rows(&table, &table.stored_columns(), None, RowLimits::default());
    match (stream, rowid) {
        (Ok(mut stream), Some(rowid)) => {
            assert_eq!(rowids(&stream.next_batch().unwrap().unwrap().rows), [rowid]);
        }
        (Err(LookError::Unfit { what, .. }), None) => assert!(what.contains("hide its rowid"), "{what}"),
        (stream, _) => panic!("{:?}", stream.map(|_| ())),
    }
}

#[test]
fn what_has_no_rows_of_its_own_and_unknown_columns_are_refused() {
    let place = Place::with(
        "CREATE TABLE t(a); CREATE VIEW v AS SELECT a FROM t; CREATE VIRTUAL TABLE f USING fts5(a)",
    );
    let snapshot = place.look();
    for (name, column) in [("v", "a"), ("f", "a"), ("t", "b")] {
        let refused = snapshot.rows(
            &table(&snapshot, name),
            &[column.to_owned()],
            None,
            RowLimits::default(),
        );
        assert!(
            matches!(refused.map(|_| ()), Err(LookError::Unfit { .. })),
            "{name}"
        );
    }
}

fn table_hash(rows: &[Row]) -> TableHash {
    let mut hash = TableHash::default();
    for row in rows {
        hash.add(&row.key, &row_hash(&row.values));
    }
    hash
}

#[test]
fn the_same_rows_have_the_same_hash_in_another_file_and_encoding() {
    let sql = "CREATE TABLE t(a TEXT, b); INSERT INTO t VALUES ('größer', 1), ('🦀', x'00'), (NULL, 1e300)";
    let here = Place::with(&format!("PRAGMA page_size = 512; {sql}"));
    let there = Place::with(&format!(
        "PRAGMA encoding = 'UTF-16be'; {sql}; CREATE INDEX by_a ON t(a)"
    ));
    let (here, there) = (rows(&here.look(), "t"), rows(&there.look(), "t"));
    assert_eq!(table_hash(&here), table_hash(&there));
    assert_ne!(table_hash(&here), table_hash(&here[..2]));
}

#[test]
fn as_many_columns_as_sqlite_allows_are_read() {
    let names: Vec<String> = (0..1_990).map(|at| format!("c{at}")).collect();
    let place = Place::with(&format!(
        "CREATE TABLE t({}); INSERT INTO t(c7) VALUES ('x')",
        names.join(", ")
    ));
    let snapshot = place.look();
    assert_eq!(rows(&snapshot, "t")[0].values[7], text("x"));
    let sums = snapshot
        .column_bytes(&table(&snapshot, "t"), &mut |_| ())
        .unwrap();
    assert_eq!(sums.columns[7].bytes, 1);
}
