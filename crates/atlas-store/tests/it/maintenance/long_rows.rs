//! Rows that are too long for the memory are given by their beginning and hash, and lose nothing of their identity.

use atlas_store::maintenance::{Key, LongKind, LongValue, RowLimits, Unread, Value, row_hash};
use rstest::rstest;

use super::{Place, read_all, rows};

fn short() -> RowLimits {
    RowLimits {
        row_bytes: 20_000,
        prefix_bytes: 100,
        ..RowLimits::default()
    }
}

fn long(value: &Value) -> &LongValue {
    match value {
        Value::Long(long) => long,
        other => panic!("{} bytes are not too long", other.bytes().len()),
    }
}

/// A text in which nothing repeats at the size of a piece.
const TEXT: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) \
    SELECT group_concat(i || ' größer 🦀', ', ') FROM n";

#[rstest]
fn a_long_value_has_the_hash_of_all_its_bytes(
    #[values("UTF-8", "UTF-16le", "UTF-16be")] encoding: &str,
    #[values(
        "CREATE TABLE t(k PRIMARY KEY, a, b, c)",
        "CREATE TABLE t(k PRIMARY KEY, a, b, c) WITHOUT ROWID",
        "CREATE TABLE t(k PRIMARY KEY, a, b, c, d AS (k + 1))"
    )]
    table: &str,
) {
    let place = Place::with(&format!(
        "PRAGMA encoding = '{encoding}'; {table}; \
         INSERT INTO t VALUES (1, ({TEXT}), CAST(({TEXT}) AS BLOB), 'short'), (2, 'x', 1, NULL)"
    ));
    let snapshot = place.look();
    let whole = rows(&snapshot, "t");
    let (shortened, unread) = read_all(&snapshot, "t", short());
    assert_eq!(unread, []);
    assert_eq!(shortened[1], whole[1]);
    let (whole, shortened) = (&whole[0].values, &shortened[0].values);
    assert_eq!(shortened[3], whole[3], "short values stay whole beside long ones");
    for (at, kind) in [(1, LongKind::Text), (2, LongKind::Blob)] {
        let (long, bytes) = (long(&shortened[at]), whole[at].bytes());
        assert_eq!((long.kind, long.length_bytes), (kind, bytes.len() as u64));
        assert_eq!(long.prefix, bytes[..100]);
        assert_eq!(long.hash, *blake3::hash(bytes).as_bytes());
    }
    assert_eq!(row_hash(shortened), row_hash(whole));
}

#[test]
fn a_text_with_half_pairs_has_the_hash_of_what_sqlite_makes_of_it() {
    // Any units at all, many of them half of a pair, and an odd number of bytes.
    let place = Place::with(
        "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
         INSERT INTO t SELECT CAST(CAST(group_concat(char(i * 7919 % 55000)) AS BLOB) || x'00d8' AS TEXT) FROM n; \
         INSERT INTO t VALUES (CAST(randomblob(30001) AS TEXT))",
    );
    let mut units = Vec::new();
    blake3::Hasher::new().finalize_xof().fill({
        units.resize(40_001, 0);
        &mut units
    });
    for byte in units.iter_mut().skip(1).step_by(6) {
        *byte = 0xd8 | (*byte & 7);
    }
    place
        .writer()
        .execute("UPDATE t SET a = CAST(?1 AS TEXT) WHERE rowid = 2", [units])
        .unwrap();
    let snapshot = place.look();
    let whole = rows(&snapshot, "t");
    let (shortened, _) = read_all(&snapshot, "t", short());
    assert!(matches!(shortened[1].values[0], Value::Long(_)));
    for (whole, shortened) in whole.iter().zip(&shortened) {
        assert_eq!(row_hash(&whole.values), row_hash(&shortened.values));
    }
}

#[test]
fn many_values_that_are_long_together_stay_within_the_limit() {
    let place = Place::with(
        "CREATE TABLE t(a, b, c, d); INSERT INTO t VALUES (zeroblob(9000), zeroblob(9000), zeroblob(9000), 1)",
    );
    let (rows, _) = read_all(&place.look(), "t", short());
    let held: usize = rows[0].values.iter().map(|value| value.bytes().len()).sum();
    assert_eq!(held, 9_000 + 9_000 + 100);
    assert_eq!(rows[0].values[3], Value::Integer(1));
}

#[rstest]
#[case::thirty_megabytes(30)]
#[ignore = "takes a while: run it after changes to how long values are read"]
#[case::a_hundred_megabytes(100)]
fn a_huge_row_is_given_by_its_beginning(#[case] megabytes: u64) {
    let bytes = megabytes * 1024 * 1024;
    let place = Place::with(&format!(
        "CREATE TABLE t(a TEXT, b); INSERT INTO t VALUES ('before', 1), ('huge', zeroblob({bytes})), ('behind', 3)"
    ));
    let (rows, unread) = read_all(&place.look(), "t", RowLimits::default());
    assert_eq!((rows.len(), unread.len()), (3, 0));
    let huge = long(&rows[1].values[1]);
    assert_eq!((huge.length_bytes, huge.prefix.len()), (bytes, 64 * 1024));
    let mut hasher = blake3::Hasher::new();
    let megabyte = vec![0; 1024 * 1024];
    for _ in 0..megabytes {
        hasher.update(&megabyte);
    }
    assert_eq!(huge.hash, *hasher.finalize().as_bytes());
}

#[test]
fn a_huge_row_that_cannot_be_read_in_pieces_is_refused_by_name() {
    let bytes = 64 * 1024 * 1024 + 1;
    let place = Place::with(&format!(
        "CREATE TABLE t(k PRIMARY KEY, body) WITHOUT ROWID; \
         INSERT INTO t VALUES (1, 'x'), (2, zeroblob({bytes})), (3, 'y')"
    ));
    let (rows, unread) = read_all(&place.look(), "t", RowLimits::default());
    assert_eq!(rows.len(), 2, "the others are read");
    match unread.as_slice() {
        [Unread::Row { key, why }] => {
            assert_eq!(*key, Key::Primary(vec![Value::Integer(2)]));
            assert!(
                why.contains("`body`") && why.contains(&bytes.to_string()),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}
