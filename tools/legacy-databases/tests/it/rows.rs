//! What holds for every shape: the same rows each time, one truth a row, sound files.

use std::collections::BTreeSet;

use legacy_databases::{GenerateError, Journal, Preset, Recipe, Shape, generate};
use rstest::rstest;

use crate::file::{File, quoted};

fn recipe(preset: &str, rows: u64) -> Recipe {
    Preset::named(preset).expect("a preset").recipe(Some(rows))
}

#[rstest]
fn the_same_recipe_gives_the_same_rows(
    #[values(
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-podcasts",
        "mixed-index",
        "mixed-inbox",
        "mixed-strange",
        "predecessor-search"
    )]
    preset: &str,
) {
    let (first, second) = (File::of(&recipe(preset, 120)), File::of(&recipe(preset, 120)));

    assert_eq!(first.truths, second.truths);
    assert_eq!(first.tables(), second.tables());
    for table in first.tables() {
        assert_eq!(first.dump(&table), second.dump(&table), "{table}");
    }
}

#[test]
fn another_seed_gives_other_rows() {
    let mut other = recipe("mixed-a", 50);
    other.seed += 1;
    assert_ne!(
        File::of(&recipe("mixed-a", 50)).dump("content"),
        File::of(&other).dump("content")
    );
}

#[rstest]
fn every_row_has_one_truth(
    #[values(
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-podcasts",
        "mixed-index",
        "mixed-inbox",
        "predecessor-a"
    )]
    preset: &str,
) {
    let file = File::of(&recipe(preset, 250));
    for table in file.tables() {
        let told: Vec<i64> = file
            .truths
            .iter()
            .filter(|truth| truth.table == table)
            .map(|truth| truth.rowid)
            .collect();
        let distinct: BTreeSet<i64> = told.iter().copied().collect();
        let connection = file.open();
        let mut statement = connection
            .prepare(&format!("SELECT rowid FROM {}", quoted(&table)))
            .unwrap();
        let there: BTreeSet<i64> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();

        assert_eq!(told.len(), distinct.len(), "{table}");
        assert_eq!(distinct, there, "{table}");
        assert_eq!(
            file.summary.rows.get(&table),
            Some(&(there.len() as u64)),
            "{table}"
        );
    }
}

#[test]
fn every_row_of_the_strange_tables_has_one_truth_by_rowid_or_key() {
    let file = File::of(&recipe("mixed-strange", 300));
    let connection = file.open();
    for (table, name) in [("order", "\"key\""), ("shadowed", "rowid")] {
        let mut statement = connection
            .prepare(&format!("SELECT {name} FROM {}", quoted(table)))
            .unwrap();
        let there: BTreeSet<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let told: BTreeSet<String> = file.own(table).filter_map(|truth| truth.key.clone()).collect();
        assert!(!there.is_empty());
        assert_eq!(told, there, "{table}");
    }
    for table in file
        .tables()
        .iter()
        .filter(|table| *table != "order" && *table != "shadowed")
    {
        let told = file.truths.iter().filter(|truth| truth.table == *table);
        let distinct: BTreeSet<i64> = told.clone().map(|truth| truth.rowid).collect();
        let there = file.number(&format!("SELECT count(*) FROM {}", quoted(table)));
        assert_eq!(
            (told.count() as u64, distinct.len() as u64),
            (there, there),
            "{table}"
        );
    }
}

#[rstest]
fn a_file_is_sound(
    #[values(
        "mixed-a",
        "mixed-b",
        "mixed-c",
        "mixed-d",
        "mixed-segments",
        "mixed-search",
        "mixed-podcasts",
        "mixed-index",
        "mixed-inbox",
        "mixed-strange"
    )]
    preset: &str,
    #[values(1, 2, 3, 4)] variation: u64,
) {
    let mut recipe = recipe(preset, 60);
    recipe.variation = variation;
    recipe.free_pages = 20;
    let file = File::of(&recipe);
    let connection = file.open();
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    assert!(
        !connection
            .prepare("PRAGMA foreign_key_check")
            .unwrap()
            .exists([])
            .unwrap()
    );
    // Full-text indexes leave some free pages of their own.
    let free = file.summary.free_pages;
    assert!((20..60).contains(&free), "{free}");

    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_list WHERE type = 'virtual'")
        .unwrap();
    let indexes: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for index in indexes {
        let check = format!("INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)");
        connection.execute(&check, []).unwrap();
    }
}

#[test]
fn variations_differ_in_their_tables() {
    let schema = |variation| {
        let file = File::of(&Recipe {
            variation,
            ..recipe("mixed-b", 5)
        });
        let connection = file.open();
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
            .unwrap();
        let all: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        all.join("\n")
    };
    let distinct: BTreeSet<String> = (0..6).map(schema).collect();
    assert!(distinct.len() >= 5, "{}", distinct.len());
}

#[test]
fn a_log_that_was_left_behind_holds_the_last_rows() {
    let file = File::of(&Recipe {
        journal: Journal::WalLeftBehind,
        ..recipe("mixed-b", 200)
    });
    let mut log = file.path.clone().into_os_string();
    log.push("-wal");
    assert!(std::fs::metadata(&log).unwrap().len() > 0);

    let alone = file.path.with_extension("alone");
    std::fs::copy(&file.path, &alone).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test looks into a foreign file")]
    let copy = rusqlite::Connection::open(&alone).unwrap();
    let of_copy: i64 = copy
        .query_row("SELECT count(*) FROM content", [], |row| row.get(0))
        .unwrap();

    assert_eq!(of_copy, 196);
    assert_eq!(file.number("SELECT count(*) FROM content"), 200);
}

#[test]
fn nothing_that_exists_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.db");
    std::fs::write(&path, "mine").unwrap();

    let refused = generate(&recipe("mixed-a", 5), &path, &mut |_| Ok(()));

    assert!(matches!(refused, Err(GenerateError::Exists(_))), "{refused:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
}

#[test]
fn a_page_has_the_size_that_is_asked_for() {
    let file = File::of(&Recipe {
        page_size: 1024,
        ..Recipe::mixed(Shape::Inbox, 20, 4)
    });
    assert_eq!(file.number("PRAGMA page_size"), 1024);
}
