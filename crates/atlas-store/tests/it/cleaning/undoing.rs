//! What was taken out comes back as it was, and nothing is overwritten.

use atlas_store::maintenance::Key;
use atlas_store::maintenance::cleaning::Undone;

use super::{RUN, doomed, hashes, hold, removal, remove, vault};
use crate::maintenance::Place;

const STRANGE: &str = r#"
    CREATE TABLE plain (body, more);
    INSERT INTO plain (rowid, body, more) VALUES (7, 'x', 1.0), (9, x'00ff', NULL), (-3, CAST(x'c328' AS TEXT), 1e300);
    CREATE TABLE "of key" ("the key" TEXT COLLATE NOCASE, n INTEGER, body, PRIMARY KEY ("the key", n DESC)) WITHOUT ROWID;
    INSERT INTO "of key" VALUES ('A', 1, 'x'), ('A', 2, 'y'), ('b', 1, NULL);
    CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT UNIQUE,
        letters INTEGER GENERATED ALWAYS AS (length(body)) STORED, lower TEXT AS (lower(body)));
    INSERT INTO counted (body) VALUES ('One'), ('Two'), ('Three');
    CREATE INDEX by_lower ON counted (lower) WHERE letters > 3;
    CREATE TABLE child (id INTEGER PRIMARY KEY, counted_id REFERENCES counted (id) ON DELETE SET NULL, x);
    INSERT INTO child VALUES (1, 1, 'a'), (2, 2, 'b');
    CREATE TABLE log (what);
    CREATE TRIGGER gone AFTER DELETE ON counted BEGIN INSERT INTO log VALUES (old.body); END;
    CREATE TRIGGER came AFTER INSERT ON counted BEGIN INSERT INTO log VALUES (new.body); END;
"#;

fn undo(place: &Place, only: Option<&[i64]>) -> Undone {
    let held = hold(place);
    let undone = held
        .undo(&removal(&held, &[]), &vault(place), RUN, only, &mut |_| {})
        .unwrap();
    held.let_go().unwrap();
    undone
}

#[test]
fn everything_comes_back_byte_for_byte() {
    let place = Place::with(STRANGE);
    let held = hold(&place);
    let before = hashes(&held);
    for table in ["plain", "of key", "counted"] {
        let rows = doomed(&held, table, |_| true);
        assert_eq!(remove(&held, &place, &rows, &[]).rows, 3, "{table}");
    }
    let tables = hashes(&held).tables;
    assert!(
        ["plain", "of key", "counted"]
            .iter()
            .all(|table| tables[*table].rows == 0)
    );
    held.let_go().unwrap();

    let undone = undo(&place, None);
    assert_eq!(
        (undone.rows, undone.references, undone.conflicts.len()),
        (9, 2, 0)
    );
    let held = hold(&place);
    assert_eq!(before.difference(&hashes(&held)), None);
    held.let_go().unwrap();
    let again = undo(&place, None);
    assert_eq!((again.rows, again.conflicts.len()), (0, 0));
    let sql = place.writer();
    let next: i64 = sql
        .query_row(
            "INSERT INTO counted (body) VALUES ('Four') RETURNING id",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(next, 4, "numbers that were given are not given again");
}

#[test]
fn one_row_comes_back_alone() {
    let place = Place::with(STRANGE);
    let held = hold(&place);
    remove(&held, &place, &doomed(&held, "counted", |_| true), &[]);
    let id = held
        .vaulted(&vault(&place), RUN, "counted", &Key::Rowid(2))
        .unwrap()
        .unwrap();
    held.let_go().unwrap();
    assert_eq!(undo(&place, Some(&[id])).rows, 1);
    let bodies: String = place
        .writer()
        .query_row("SELECT group_concat(body) FROM counted", [], |row| row.get(0))
        .unwrap();
    assert_eq!(bodies, "Two");
}

#[test]
fn what_stands_in_the_way_is_told_and_left() {
    let place = Place::with(STRANGE);
    let held = hold(&place);
    remove(&held, &place, &doomed(&held, "counted", |_| true), &[]);
    held.let_go().unwrap();
    place
        .writer()
        .execute_batch(
            "INSERT INTO counted (id, body) VALUES (1, 'mine'), (8, 'Two'); UPDATE child SET x = 'edited' WHERE id = 2;",
        )
        .unwrap();
    let undone = undo(&place, None);
    assert_eq!(undone.rows, 1);
    let told: Vec<_> = undone
        .conflicts
        .iter()
        .map(|conflict| {
            (
                conflict.key.clone(),
                conflict.why.split(':').next().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    assert_eq!(told[0], (Key::Rowid(1), "another row has its key now".to_owned()));
    assert!(told[1].1.contains("UNIQUE"), "{told:?}");
    let bodies: Vec<String> = {
        let sql = place.writer();
        let mut select = sql.prepare("SELECT id || body FROM counted ORDER BY id").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(bodies, ["1mine", "3Three", "8Two"]);
}
