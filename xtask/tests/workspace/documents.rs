//! Documents name only what exists: paths in code, targets of links; and no decision record is forgotten.

use crate::markdown::{code_words, link_targets};
use crate::repository::{TextFile, assert_none, has_extension, paths, text_files};

/// What a newcomer, a packager or a lawyer looks for first.
const EXPECTED: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// Folders at the root: a word in code that begins with one of them is a path in this repository.
const FOLDERS: [&str; 10] = [
    "crates",
    "tools",
    "xtask",
    "docs",
    "corpus",
    "packaging",
    "fuzz",
    "benches",
    ".ci",
    ".config",
];

#[test]
fn has_the_documents_that_people_look_for() {
    let paths = paths();
    let missing: Vec<String> = EXPECTED
        .iter()
        .filter(|name| !exists(&paths, name))
        .map(ToString::to_string)
        .collect();

    assert_none(
        &missing,
        "A document that people look for at the root is missing. Write it.",
    );
}

#[test]
fn paths_named_in_documents_exist() {
    let paths = paths();
    // The change log tells of files as they were.
    let documents = documents()
        .into_iter()
        .filter(|document| document.path != "CHANGELOG.md");
    let findings: Vec<String> = documents
        .flat_map(|document| rotten_paths(&document, &paths))
        .collect();

    assert_none(
        &findings,
        "A document names a path that does not exist. Correct it; if what it describes is gone, correct that too. \
         A path that is meant as a pattern is written with <angle brackets>.",
    );
}

#[test]
fn relative_links_lead_somewhere() {
    let paths = paths();
    let findings: Vec<String> = documents()
        .iter()
        .flat_map(|document| broken_links(document, &paths))
        .collect();

    assert_none(
        &findings,
        "A link in a document leads nowhere. Correct its target, relative to the document.",
    );
}

#[test]
fn every_decision_record_is_linked() {
    assert_none(
        &unlinked_records(&documents()),
        "A decision record is linked from no other document. Add it to the list in docs/adr/README.md.",
    );
}

fn documents() -> Vec<TextFile> {
    text_files(|path| has_extension(path, "md") && (path.starts_with("docs/") || !path.contains('/')))
}

fn rotten_paths(document: &TextFile, paths: &[String]) -> Vec<String> {
    code_words(&document.text)
        .into_iter()
        .filter(|mention| names_missing_path(&mention.text, paths))
        .map(|mention| format!("{}:{}: {}", document.path, mention.line, mention.text))
        .collect()
}

/// Whether a word in code is a path of this repository, and does not exist.
///
/// Much else has slashes: routes, media types, files of a running Atlas. So a path is what begins with a
/// folder of ours or with the name of a crate, and what ends with `.rs`, of which the last parts are enough.
fn names_missing_path(word: &str, paths: &[String]) -> bool {
    let word = word
        .trim_end_matches(|c: char| ",;:.)/".contains(c))
        .trim_start_matches('(');
    let word = word
        .rsplit_once(':')
        .filter(|(_, line)| line.parse::<u32>().is_ok())
        .map_or(word, |(path, _)| path);
    let word = word.strip_prefix("./").unwrap_or(word);
    if word.is_empty()
        || !word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
    {
        return false;
    }
    match word.split_once('/') {
        Some((first, _)) if FOLDERS.contains(&first) => !exists(paths, word),
        Some((first, _)) if first.starts_with("atlas-") => !exists(paths, &format!("crates/{word}")),
        _ if has_extension(word, "rs") => !paths.iter().any(|path| is_end_of(word, path)),
        _ => false,
    }
}

fn broken_links(document: &TextFile, paths: &[String]) -> Vec<String> {
    link_targets(&document.text)
        .into_iter()
        .filter(|mention| {
            resolved(&document.path, &mention.text).is_some_and(|target| !exists(paths, &target))
        })
        .map(|mention| format!("{}:{}: {}", document.path, mention.line, mention.text))
        .collect()
}

fn unlinked_records(documents: &[TextFile]) -> Vec<String> {
    let is_linked = |record: &TextFile| {
        documents
            .iter()
            .filter(|document| document.path != record.path)
            .any(|document| {
                link_targets(&document.text)
                    .iter()
                    .any(|mention| resolved(&document.path, &mention.text).as_ref() == Some(&record.path))
            })
    };
    documents
        .iter()
        .filter(|document| document.path.starts_with("docs/adr/") && document.path != "docs/adr/README.md")
        .filter(|record| !is_linked(record))
        .map(|record| record.path.clone())
        .collect()
}

/// The path from the root that a link leads to, or nothing if it leaves the repository or stays in its document.
fn resolved(document: &str, target: &str) -> Option<String> {
    let path = target.split(['#', '?']).next().unwrap_or_default();
    if path.is_empty() || target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    if path.starts_with('/') {
        parts.clear();
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() => {}
            // Above the root, or a name: the first does not exist, as it should be.
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether a path from the root is a file, or a folder with files in it.
fn exists(paths: &[String], path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.is_empty()
        || paths.iter().any(|known| {
            known
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

fn is_end_of(word: &str, path: &str) -> bool {
    path.strip_suffix(word)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

mod examples {
    use super::*;

    fn paths() -> Vec<String> {
        let paths = [
            "README.md",
            ".ci/run",
            "crates/atlas-app/src/ingest/mod.rs",
            "docs/adr/0001-shape.md",
            "docs/guide/start.md",
        ];
        paths.map(str::to_owned).to_vec()
    }

    fn document(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn finds_paths_that_have_rotted() {
        for rotten in [
            "crates/atlas-app/src/ingest.rs",
            "crates/atlas-app/src/ingest.rs:12",
            "atlas-net/src/fetch/",
            "docs/adr/0002-queue.md,",
            "./docs/tour",
            "judge.rs",
            "gest/mod.rs",
        ] {
            assert!(names_missing_path(rotten, &paths()), "{rotten}");
        }
    }

    #[test]
    fn accepts_paths_that_exist() {
        for path in [
            "crates/atlas-app/src/ingest/mod.rs:40",
            "crates/",
            "atlas-app/src",
            "ingest/mod.rs",
            "docs/guide/start.md).",
            ".ci/run",
        ] {
            assert!(!names_missing_path(path, &paths()), "{path}");
        }
    }

    #[test]
    fn leaves_alone_what_is_no_path_of_the_repository() {
        for word in [
            "text/html",
            "/readyz",
            "DATA/token",
            "config.toml",
            "atlas/failpoints",
            "http://127.0.0.1/docs/x",
            "docs/adr/<number>-<title>.md",
            "crates/*/src",
            "~/.cache/atlas",
            "--",
        ] {
            assert!(!names_missing_path(word, &paths()), "{word}");
        }
    }

    #[test]
    fn tells_where_a_document_names_a_missing_path() {
        let document = document(
            "ARCHITECTURE.md",
            "The story\nis `crates/atlas-app/src/tale.rs`.\n",
        );

        assert_eq!(
            rotten_paths(&document, &paths()),
            ["ARCHITECTURE.md:2: crates/atlas-app/src/tale.rs"]
        );
    }

    #[test]
    fn finds_links_that_lead_nowhere() {
        let text = "[a](../adr/0001-shape.md#why) [b](start.md) [c](adr/0001-shape.md) [d](../../README.md)\n\
                    [e](https://example.org/gone) [f](#below) [g](../../../outside.md) [h](/docs/guide)";
        let document = document("docs/guide/start.md", text);

        let expected = [
            "docs/guide/start.md:1: adr/0001-shape.md",
            "docs/guide/start.md:2: ../../../outside.md",
        ];
        assert_eq!(broken_links(&document, &paths()), expected);
    }

    #[test]
    fn finds_decision_records_that_no_other_document_links() {
        let documents = [
            document("README.md", "[shape](docs/adr/0001-shape.md)"),
            document("docs/adr/README.md", "[queue](0002-queue.md)"),
            document("docs/adr/0001-shape.md", ""),
            document("docs/adr/0002-queue.md", ""),
            document("docs/adr/0003-vault.md", "[myself](0003-vault.md)"),
        ];

        assert_eq!(unlinked_records(&documents), ["docs/adr/0003-vault.md"]);
    }
}
