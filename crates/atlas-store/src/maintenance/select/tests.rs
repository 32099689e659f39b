//! How SQLite goes about the statements: along the tree of the table, beginning where it is told, without sorting.

use rstest::rstest;
use rusqlite::OpenFlags;

use super::*;
use crate::maintenance::Looking;
use crate::maintenance::schema::ask;

fn plan(snapshot: &Snapshot, sql: &str) -> String {
    // With a number in the place of each bound value.
    let sql = sql.replace('?', "");
    let steps = ask(snapshot, &format!("EXPLAIN QUERY PLAN {sql}"), |row| {
        row.get::<_, String>("detail")
    });
    steps.unwrap().join("; ")
}

fn made(path: &std::path::Path, columns: &str) -> Snapshot {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    rusqlite::Connection::open_with_flags(path, flags)
        .and_then(|sql| sql.execute_batch(&format!("CREATE TABLE t({columns}; CREATE INDEX by_b ON t(b)")))
        .unwrap();
    Snapshot::open(path, Looking::default()).unwrap()
}

#[rstest]
#[case::rowid("a, b)")]
#[case::rowid_by_another_name("a INTEGER PRIMARY KEY, b)")]
#[case::one("a PRIMARY KEY, b) WITHOUT ROWID")]
#[case::two("a, b, PRIMARY KEY(b, a)) WITHOUT ROWID")]
#[case::backwards("a, b, PRIMARY KEY(a DESC, b)) WITHOUT ROWID")]
#[case::mixed("a, b, PRIMARY KEY(a, b DESC)) WITHOUT ROWID")]
#[case::without_case("a TEXT, b, PRIMARY KEY(a COLLATE NOCASE, b)) WITHOUT ROWID")]
#[case::without_case_by_column("a TEXT COLLATE NOCASE, b, PRIMARY KEY(a, b)) WITHOUT ROWID")]
fn a_batch_begins_behind_its_key_and_is_not_sorted(#[case] columns: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.db");
    let snapshot = made(&path, columns);
    let tables = snapshot.tables().unwrap();
    let table = tables.iter().find(|table| table.name == "t").unwrap();
    for reading in [Reading::Sizes, Reading::Values { longest_bytes: 5_000 }] {
        let select = Select::of(&snapshot, table, &table.stored_columns(), reading).unwrap();
        let (first, next) = (plan(&snapshot, &select.first), plan(&snapshot, &select.next));
        assert!(
            !first.contains("TEMP B-TREE") && !next.contains("TEMP B-TREE"),
            "{first}; {next}"
        );
        assert!(next.starts_with("SEARCH main.t USING"), "{next}");
        assert!(!next.contains("by_b"), "{next}");
    }
}

#[rstest]
#[case::as_the_column("a TEXT COLLATE NOCASE, b, PRIMARY KEY(a, b)) WITHOUT ROWID", true)]
#[case::otherwise_than_the_column("a TEXT, b, PRIMARY KEY(a COLLATE NOCASE, b)) WITHOUT ROWID", false)]
#[case::backwards("a, b, PRIMARY KEY(a, b DESC)) WITHOUT ROWID", false)]
fn a_key_is_compared_at_once_only_where_its_columns_compare_alike(
    #[case] columns: &str,
    #[case] at_once: bool,
) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.db");
    let snapshot = made(&path, columns);
    let tables = snapshot.tables().unwrap();
    let table = tables.iter().find(|table| table.name == "t").unwrap();
    let select = Select::of(&snapshot, table, &table.stored_columns(), Reading::Sizes).unwrap();
    assert_eq!(select.next.contains("(?1, ?2)"), at_once, "{}", select.next);
}
