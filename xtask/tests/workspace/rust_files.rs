//! The form of our Rust files: each opens by saying what it is, none is too long to be read as one, and none is
//! tied to the folder it was built in.

use crate::repository::{TextFile, assert_none, has_extension, text_files};

/// Production lines, tests not counted. Half of it is already much.
const MAX_LINES: usize = 600;

#[test]
fn every_file_opens_with_what_it_is() {
    let silent: Vec<String> = our_files()
        .iter()
        .filter(|file| !says_what_it_is(file))
        .map(path)
        .collect();

    assert_none(
        &silent,
        "A file does not open with `//!`. Begin it with one to five lines: what it is, and what it must not do.",
    );
}

#[test]
fn no_file_is_too_long_to_read() {
    let lengths = our_files()
        .into_iter()
        .map(|file| (production_lines(&file).count(), file.path));
    let long: Vec<String> = lengths
        .filter(|(count, _)| *count > MAX_LINES)
        .map(|(count, path)| format!("{path}: {count} lines"))
        .collect();

    assert_none(
        &long,
        &format!("A file has more than {MAX_LINES} lines without its tests. Split it along its own seams."),
    );
}

/// Checkouts that share build products also share test binaries: one that kept its folder would read, and judge,
/// another checkout.
#[test]
fn no_program_keeps_the_folder_it_was_built_in() {
    let kept_folder = concat!("env!(\"CARGO_", "MANIFEST_DIR\")");
    let keeping: Vec<String> = text_files(|path| has_extension(path, "rs"))
        .iter()
        .filter(|file| file.text.contains(kept_folder))
        .map(path)
        .collect();

    assert_none(
        &keeping,
        "A file asks for its package's folder while it is compiled. Ask at run time: std::env::var_os.",
    );
}

/// The lines of a file without its tests: those of a file of tests are none, and elsewhere tests come last.
pub(crate) fn production_lines(file: &TextFile) -> impl Iterator<Item = &str> {
    let mut lines = file.text.lines().peekable();
    if is_tests(&file.path) {
        lines.by_ref().for_each(drop);
    }
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let opens_tests = line == "#[cfg(test)]"
            && lines
                .peek()
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'));
        (!opens_tests).then_some(line)
    })
    .fuse()
}

/// Rust files of the crates, of the tools and of xtask.
fn our_files() -> Vec<TextFile> {
    let folders = ["crates/", "tools/", "xtask/"];
    text_files(|path| has_extension(path, "rs") && folders.iter().any(|folder| path.starts_with(folder)))
}

fn path(file: &TextFile) -> String {
    file.path.clone()
}

fn says_what_it_is(file: &TextFile) -> bool {
    file.text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//! "))
        .is_some_and(|text| !text.is_empty())
}

fn is_tests(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs")
}

mod examples {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_opening_is_a_sentence_on_the_first_line() {
        assert!(says_what_it_is(&file(
            "a.rs",
            "//! Leases jobs.\n\nuse std::fs;\n"
        )));
        assert!(!says_what_it_is(&file("a.rs", "//!\n//! Leases jobs.\n")));
        assert!(!says_what_it_is(&file(
            "a.rs",
            "use std::fs;\n//! Leases jobs.\n"
        )));
        assert!(!says_what_it_is(&file("a.rs", "// Leases jobs.\n")));
        assert!(!says_what_it_is(&file("a.rs", "")));
    }

    #[test]
    fn tests_at_the_end_of_a_file_do_not_count() {
        let file = file(
            "crates/a/src/lib.rs",
            "//! A.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    // long\n}\n",
        );

        assert_eq!(
            production_lines(&file).collect::<Vec<_>>(),
            ["//! A.", "fn a() {}"]
        );
    }

    #[test]
    fn what_follows_a_module_of_tests_in_a_file_of_its_own_counts() {
        let file = file(
            "crates/a/src/lib.rs",
            "//! A.\n#[cfg(test)]\nmod tests;\nfn a() {}\n",
        );

        assert_eq!(production_lines(&file).count(), 4);
    }

    #[test]
    fn files_of_tests_do_not_count() {
        assert_eq!(
            production_lines(&file("crates/a/src/queue/tests.rs", "//! A.\n")).count(),
            0
        );
        assert_eq!(
            production_lines(&file("crates/a/tests/it/main.rs", "//! A.\n")).count(),
            0
        );
        assert_eq!(
            production_lines(&file("crates/a/src/contests.rs", "//! A.\n")).count(),
            1
        );
    }
}
