//! What a file and its tables are.

use atlas_store::maintenance::{AutoVacuum, Encoding, FtsContent, Generated, RowLimits, Table, TableKind};
use rstest::rstest;

use super::{Place, read_all, table};

fn kind_of(tables: &[Table], name: &str) -> TableKind {
    tables
        .iter()
        .find(|table| table.name == name)
        .unwrap()
        .kind
        .clone()
}

#[rstest]
fn page_size_and_encoding_are_told(
    #[values(512, 4096, 65_536)] page_size_bytes: u64,
    #[values(("UTF-8", Encoding::Utf8), ("UTF-16le", Encoding::Utf16Le), ("UTF-16be", Encoding::Utf16Be))]
    encoding: (&str, Encoding),
    #[values("DELETE", "WAL")] mode: &str,
) {
    let (name, encoding) = encoding;
    let place = Place::with(&format!(
        "PRAGMA page_size = {page_size_bytes}; PRAGMA encoding = '{name}'; PRAGMA journal_mode = {mode}; \
         CREATE TABLE content(body); INSERT INTO content VALUES ('größer')"
    ));
    let snapshot = place.look();
    let file = snapshot.file().unwrap();
    assert_eq!((file.page_size_bytes, file.encoding), (page_size_bytes, encoding));
    assert_eq!(file.size_bytes, file.pages * page_size_bytes);
    assert_eq!(file.sqlite_version_written.as_deref(), Some(rusqlite::version()));
    let (rows, unread) = read_all(&snapshot, "content", RowLimits::default());
    assert_eq!(
        (rows[0].values[0].bytes(), unread.len()),
        ("größer".as_bytes(), 0)
    );
}

#[test]
fn the_marks_of_its_program_are_told() {
    let place = Place::with(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA application_id = 1234; PRAGMA user_version = -7; \
         CREATE TABLE content(body); CREATE TABLE other(body); DROP TABLE other",
    );
    let file = place.look().file().unwrap();
    assert_eq!(file.auto_vacuum, AutoVacuum::Incremental);
    assert_eq!((file.application_id, file.user_version), (1234, -7));
    assert_eq!((file.schema_version, file.free_pages), (3, 1));
    assert_eq!((file.hard_links, file.damage), (1, None));
}

#[test]
fn every_kind_of_table_is_known_as_what_it_is() {
    let place = Place::with(
        "CREATE TABLE content(id INTEGER PRIMARY KEY AUTOINCREMENT, title, body TEXT); \
         CREATE TABLE tag(name TEXT PRIMARY KEY, n) WITHOUT ROWID; \
         CREATE TABLE typed(n INTEGER) STRICT; \
         CREATE VIEW titles AS SELECT title FROM content; \
         CREATE VIRTUAL TABLE own USING fts5(body); \
         CREATE VIRTUAL TABLE outside USING fts5(body, content='content', content_rowid='id'); \
         CREATE VIRTUAL TABLE nowhere USING fts5(body, content=''); \
         CREATE VIRTUAL TABLE older USING fts4(content='content', body); \
         CREATE VIRTUAL TABLE own_more USING fts5(body); \
         CREATE VIRTUAL TABLE box USING rtree(id, x0, x1); \
         INSERT INTO content(title, body) VALUES ('a', 'b'); INSERT INTO own VALUES ('x'); ANALYZE",
    );
    let tables = place.look().tables().unwrap();
    let fts = |content| TableKind::Virtual {
        module: "fts5".to_owned(),
        content: Some(content),
    };
    let shadow = |of: &str| TableKind::Shadow { of: of.to_owned() };
    assert_eq!(kind_of(&tables, "content"), TableKind::Ordinary);
    assert_eq!(kind_of(&tables, "tag"), TableKind::Ordinary);
    assert_eq!(kind_of(&tables, "titles"), TableKind::View);
    assert_eq!(kind_of(&tables, "sqlite_sequence"), TableKind::Internal);
    assert_eq!(kind_of(&tables, "sqlite_stat1"), TableKind::Internal);
    assert_eq!(kind_of(&tables, "own"), fts(FtsContent::Own));
    assert_eq!(kind_of(&tables, "nowhere"), fts(FtsContent::Contentless));
    let content = || Some("content".to_owned());
    assert_eq!(
        kind_of(&tables, "outside"),
        fts(FtsContent::External {
            table: content().unwrap(),
            rowid_column: Some("id".to_owned())
        })
    );
    assert!(matches!(kind_of(&tables, "older"), TableKind::Virtual { module, .. } if module == "fts4"));
    assert_eq!(kind_of(&tables, "own_content"), shadow("own"));
    assert_eq!(kind_of(&tables, "own_more_content"), shadow("own_more"));
    assert_eq!(kind_of(&tables, "box_node"), shadow("box"));
    let records: Vec<_> = tables
        .iter()
        .filter(|table| table.holds_records())
        .map(|table| (table.name.as_str(), table.rows, table.without_rowid, table.strict))
        .collect();
    assert_eq!(
        records,
        [
            ("content", Some(1), false, false),
            ("tag", Some(0), true, false),
            ("typed", Some(0), false, true)
        ]
    );
    let virtual_rows = tables.iter().filter(|table| !table.has_stored_rows());
    assert!(virtual_rows.clone().count() > 5);
    assert!(virtual_rows.map(|table| table.rows).all(|rows| rows.is_none()));
    assert!(tables.iter().all(|table| table.trouble.is_empty()), "{tables:?}");
}

#[test]
fn columns_keys_references_and_triggers_are_told() {
    let place = Place::with(
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE DEFAULT 'none'); \
         CREATE TABLE child(a TEXT, b INT REFERENCES parent ON DELETE CASCADE, c AS (a || b), d AS (b + 1) STORED, \
             PRIMARY KEY(b, a), FOREIGN KEY(a) REFERENCES parent(url)); \
         CREATE UNIQUE INDEX some ON child(a) WHERE b > 1; \
         CREATE INDEX backwards ON child(b DESC, a COLLATE NOCASE, lower(a)); \
         CREATE TRIGGER stop AFTER DELETE ON child BEGIN SELECT RAISE(ABORT, 'no'); END;",
    );
    let snapshot = place.look();
    let parent = table(&snapshot, "parent");
    let url = &parent.columns[1];
    assert_eq!((url.declared_type.as_str(), url.nullable), ("TEXT", false));
    assert_eq!(url.default.as_deref(), Some("'none'"));
    assert_eq!(parent.unique_keys(), [vec!["id"], vec!["url"]]);

    let child = table(&snapshot, "child");
    assert_eq!(child.primary_key(), ["b", "a"]);
    assert_eq!(child.stored_columns(), ["a", "b"]);
    let generated: Vec<_> = child.columns.iter().map(|column| column.generated).collect();
    assert_eq!(
        generated,
        [
            Generated::No,
            Generated::No,
            Generated::Virtual,
            Generated::Stored
        ]
    );
    assert_eq!(
        child.unique_keys(),
        [vec!["b", "a"]],
        "one with a condition is no key"
    );
    let backwards = child
        .indexes
        .iter()
        .find(|index| index.name == "backwards")
        .unwrap();
    let parts: Vec<_> = backwards
        .columns
        .iter()
        .map(|column| {
            (
                column.name.as_deref(),
                column.descending,
                column.collation.as_str(),
            )
        })
        .collect();
    assert_eq!(
        parts,
        [
            (Some("b"), true, "BINARY"),
            (Some("a"), false, "NOCASE"),
            (None, false, "BINARY")
        ]
    );
    let mut references: Vec<_> = child
        .foreign_keys
        .iter()
        .map(|key| {
            (
                key.columns[0].0.as_str(),
                key.columns[0].1.as_deref(),
                key.on_delete.as_str(),
            )
        })
        .collect();
    references.sort_unstable();
    assert_eq!(
        references,
        [("a", Some("url"), "NO ACTION"), ("b", None, "CASCADE")]
    );
    assert_eq!(child.triggers.len(), 1);
    assert!(child.triggers[0].sql.contains("RAISE(ABORT"));
}

#[test]
fn names_may_contain_anything() {
    let place = Place::with(
        "CREATE TABLE \"a \"\"quoted\"\" 'name'; -- [x]\"(\"select\", \"a b\", \"ö\"\"\", c INT); \
         INSERT INTO \"a \"\"quoted\"\" 'name'; -- [x]\" VALUES (1, 2, 3, 4)",
    );
    let snapshot = place.look();
    let name = "a \"quoted\" 'name'; -- [x]";
    let found = table(&snapshot, name);
    assert_eq!(found.stored_columns()[..3], ["select", "a b", "ö\""]);
    let (rows, unread) = read_all(&snapshot, name, RowLimits::default());
    assert_eq!((rows.len(), unread.len()), (1, 0));
    assert_eq!(snapshot.column_bytes(&found, &mut |_| ()).unwrap().rows, 1);
    assert_eq!(snapshot.bytes().unwrap().unaccounted_pages, 0);
}

#[test]
fn a_table_of_a_module_that_is_not_known_does_not_hide_the_others() {
    let place = Place::with("CREATE TABLE content(body); INSERT INTO content VALUES ('x')");
    place
        .writer()
        .execute_batch(
            "PRAGMA writable_schema = ON; \
             INSERT INTO sqlite_schema VALUES ('table', 'vectors', 'vectors', 0, 'CREATE VIRTUAL TABLE vectors USING vec0(a)')",
        )
        .unwrap();
    let snapshot = place.look();
    let vectors = table(&snapshot, "vectors");
    assert_eq!(
        vectors.kind,
        TableKind::Virtual {
            module: "vec0".to_owned(),
            content: None
        }
    );
    assert_eq!(vectors.trouble.len(), 1, "{:?}", vectors.trouble);
    assert!(vectors.trouble[0].contains("vec0"), "{:?}", vectors.trouble);
    assert_eq!(table(&snapshot, "content").rows, Some(1));
}
