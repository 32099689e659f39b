//! SQL is found in one crate only. Goes by what statements look like in capitals, because their words in
//! small letters are English; tests may look into a database as they like.

use crate::repository::{TextFile, assert_none, has_extension, text_files};
use crate::rust_files::production_lines;

/// What no sentence contains. Where a statement may be broken into lines, its beginning has to do, and it
/// then stands behind a quotation mark.
const STATEMENTS: [&str; 18] = [
    "\"SELECT ",
    "\"UPDATE ",
    "\"WITH ",
    "SELECT * FROM ",
    "SELECT COUNT(",
    "SELECT count(",
    "INSERT INTO ",
    "INSERT OR ",
    "REPLACE INTO ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "CREATE TRIGGER ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "PRAGMA ",
    "BEGIN IMMEDIATE",
];

#[test]
fn only_the_store_contains_sql() {
    let others = text_files(|path| {
        has_extension(path, "rs") && path.starts_with("crates/") && !path.starts_with("crates/atlas-store/")
    });
    let findings: Vec<String> = others.iter().flat_map(statements).collect();

    assert_none(
        &findings,
        "SQL outside atlas-store. Give the store a method with the name of what is wanted, and call it.",
    );
}

fn statements(file: &TextFile) -> Vec<String> {
    production_lines(file)
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter(|(_, line)| STATEMENTS.iter().any(|statement| line.contains(statement)))
        .map(|(index, line)| format!("{}:{}: {}", file.path, index + 1, line.trim()))
        .collect()
}

mod examples {
    use super::*;

    fn found(text: &str) -> usize {
        statements(&TextFile {
            path: "crates/atlas-app/src/lib.rs".to_owned(),
            text: text.to_owned(),
        })
        .len()
    }

    #[test]
    fn finds_statements_on_one_line_and_on_several() {
        assert_eq!(found("let ids = store.all(\"SELECT id FROM item\");"), 1);
        assert_eq!(
            found("let ids = store.all(\n    \"SELECT id,\n        url FROM item\",\n);"),
            1
        );
        assert_eq!(found("    DELETE FROM job WHERE id = ?1"), 1);
        assert_eq!(found("connection.run(\"PRAGMA user_version\")"), 1);
    }

    #[test]
    fn leaves_prose_alone() {
        assert_eq!(found("/// Follows what `INSERT INTO job` did in the store."), 0);
        assert_eq!(
            found("\"Nothing to delete from the vault; select an item to update.\""),
            0
        );
        assert_eq!(found("const SELECTED: &str = \"selected\";"), 0);
    }
}
