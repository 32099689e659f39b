//! Which rows go, which go with them, and which stay.

use atlas_store::maintenance::cleaning::Vault;
use atlas_store::maintenance::{Key, Reference};

use super::{RUN, doomed, hashes, hold, remove, vault};
use crate::maintenance::Place;

const FAMILY: &str = "
    CREATE TABLE page (id INTEGER PRIMARY KEY, body TEXT);
    CREATE TABLE goes (id INTEGER PRIMARY KEY, page_id REFERENCES page (id) ON DELETE CASCADE);
    CREATE TABLE points (id INTEGER PRIMARY KEY, page_id REFERENCES page (id) ON DELETE SET NULL);
    CREATE TABLE holds (id INTEGER PRIMARY KEY, page_id REFERENCES page (id));
    CREATE TABLE copy (id INTEGER PRIMARY KEY, page_id, body);
    CREATE TABLE of_goes (goes_id REFERENCES goes (id) ON DELETE CASCADE, x, PRIMARY KEY (goes_id, x)) WITHOUT ROWID;
    INSERT INTO page VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO goes VALUES (10, 1), (11, 1), (12, 2);
    INSERT INTO of_goes VALUES (10, 'x'), (12, 'y');
    INSERT INTO points VALUES (20, 1), (21, 2);
    INSERT INTO holds VALUES (30, 3);
    INSERT INTO copy VALUES (40, 1, 'a'), (41, 2, 'b');
    CREATE TRIGGER no_deletion BEFORE DELETE ON page BEGIN SELECT RAISE(ABORT, 'never'); END;
";

fn copies() -> Reference {
    Reference {
        child: "copy".to_owned(),
        child_column: "page_id".to_owned(),
        parent: "page".to_owned(),
        parent_column: "id".to_owned(),
    }
}

#[test]
fn what_belongs_to_a_row_goes_with_it_and_what_needs_it_keeps_it() {
    let place = Place::with(FAMILY);
    let held = hold(&place);
    let before = hashes(&held);
    let rows = doomed(&held, "page", |key| *key != Key::Rowid(2));
    let removed = remove(&held, &place, &rows, &[copies()]);
    assert_eq!((removed.rows, removed.followed), (1, 4));
    assert_eq!(removed.kept, [(1, "a row of `holds` needs it".to_owned())]);

    let counts = Vault::open(&vault(&place)).unwrap().counts().unwrap();
    let told: Vec<_> = counts
        .iter()
        .map(|(table, counts)| (table.as_str(), *counts))
        .collect();
    assert_eq!(
        told,
        [
            ("copy", (0, 1)),
            ("goes", (0, 2)),
            ("of_goes", (0, 1)),
            ("page", (1, 0))
        ]
    );
    // The file is exactly what it was, less what lies in the vault.
    let left = Vault::open(&vault(&place))
        .unwrap()
        .subtracted_from(&before)
        .unwrap();
    held.verify(&left).unwrap();
    held.let_go().unwrap();
    let points: Option<i64> = place
        .writer()
        .query_row("SELECT page_id FROM points WHERE id = 20", [], |row| row.get(0))
        .unwrap();
    assert_eq!(points, None);
}

#[test]
fn a_row_that_was_changed_since_stays() {
    let place = Place::with(FAMILY);
    let held = hold(&place);
    let mut rows = doomed(&held, "page", |key| *key == Key::Rowid(1));
    rows[0].row_hash = [7; 32];
    let removed = remove(&held, &place, &rows, &[]);
    assert_eq!(removed.rows, 0);
    assert_eq!(removed.kept, [(0, "it was changed".to_owned())]);
}

#[test]
fn a_copy_stays_where_the_better_one_is_gone() {
    let place = Place::with(FAMILY);
    let held = hold(&place);
    let mut rows = doomed(&held, "page", |key| *key == Key::Rowid(1));
    let survivor = doomed(&held, "page", |key| *key == Key::Rowid(2)).remove(0);
    rows[0].survivor = Some((Key::Rowid(9), survivor.row_hash));
    assert_eq!(remove(&held, &place, &rows, &[]).kept.len(), 1);
    rows[0].survivor = Some((survivor.key, survivor.row_hash));
    assert_eq!(remove(&held, &place, &rows, &[]).rows, 1);
}

#[test]
fn to_take_a_row_out_again_changes_nothing() {
    let place = Place::with(FAMILY);
    let held = hold(&place);
    let rows = doomed(&held, "page", |key| *key == Key::Rowid(1));
    remove(&held, &place, &rows, &[copies()]);
    let after = hashes(&held);
    let again = remove(&held, &place, &rows, &[copies()]);
    assert_eq!((again.rows, again.gone_before), (0, 1));
    assert_eq!(hashes(&held), after);
    assert_eq!(Vault::open(&vault(&place)).unwrap().verify().unwrap(), 5);
}

#[test]
fn a_vault_of_another_run_is_refused() {
    let place = Place::with(FAMILY);
    let held = hold(&place);
    remove(
        &held,
        &place,
        &doomed(&held, "page", |key| *key == Key::Rowid(1)),
        &[],
    );
    assert_eq!(Vault::open(&vault(&place)).unwrap().run().unwrap(), RUN);
    let removal = super::removal(&held, &[]);
    let batch = atlas_store::maintenance::cleaning::Batch {
        rows: &[],
        vault: &vault(&place),
        run: "run-2",
    };
    let refused = held.remove(&removal, batch).unwrap_err().to_string();
    assert!(refused.contains("belongs to the run run-1"), "{refused}");
}

#[test]
fn full_text_indexes_are_kept_in_step_whatever_their_kind() {
    let place = Place::with(
        "CREATE TABLE page (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
         CREATE VIRTUAL TABLE outside USING fts5 (title, body, content = 'page', content_rowid = 'id');
         CREATE VIRTUAL TABLE own USING fts5 (title, body);
         CREATE VIRTUAL TABLE old USING fts4 (content=page, title, body);
         CREATE TRIGGER page_in AFTER INSERT ON page BEGIN
             INSERT INTO outside (rowid, title, body) VALUES (new.id, new.title, new.body);
             INSERT INTO own (rowid, title, body) VALUES (new.id, new.title, new.body);
             INSERT INTO old (docid, title, body) VALUES (new.id, new.title, new.body);
         END;
         INSERT INTO page VALUES (1, 'one', 'heron'), (2, 'two', 'heron'), (3, 'three', 'gate');",
    );
    let found = || -> Vec<i64> {
        let sql = place.writer();
        ["outside", "own", "old"]
            .iter()
            .map(|index| {
                sql.query_row(
                    &format!("SELECT count(*) FROM {index} WHERE {index} MATCH 'heron'"),
                    [],
                    |row| row.get(0),
                )
                .unwrap()
            })
            .collect()
    };
    assert_eq!(found(), [2, 2, 2]);
    let held = hold(&place);
    let rows = doomed(&held, "page", |key| *key == Key::Rowid(2));
    assert_eq!(remove(&held, &place, &rows, &[]).rows, 1);
    held.let_go().unwrap();
    assert_eq!(found(), [1, 1, 1]);

    let held = hold(&place);
    let undone = held
        .undo(
            &super::removal(&held, &[]),
            &vault(&place),
            RUN,
            None,
            &mut |_| {},
        )
        .unwrap();
    assert_eq!(undone.conflicts, []);
    held.let_go().unwrap();
    assert_eq!(found(), [2, 2, 2]);
    for index in ["outside", "own"] {
        place
            .writer()
            .execute_batch(&format!(
                "INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)"
            ))
            .unwrap();
    }
}
