//! The table of fault cases names tests that exist and that run with the others.

use std::path::{Path, PathBuf};

#[test]
fn every_test_that_the_table_names_is_run() {
    let crates = crates();
    let table = std::fs::read_to_string(crates.join("atlas/tests/vitals/README.md")).unwrap();
    let mut sources = String::new();
    read_all(&crates, &mut sources);
    let names = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let missing: Vec<&str> = names.filter(|name| !is_run(&sources, name)).collect();
    assert!(
        missing.is_empty(),
        "named, and not there or not run: {missing:#?}"
    );
}

#[test]
fn what_is_no_test_or_is_ignored_stands_for_nothing() {
    let source = "#[rstest]\n#[case(1)]\nfn one(\n\nfn two(\n\n#[test]\n#[ignore = \"slow\"]\nfn three(\n\n";
    assert!(is_run(source, "one"));
    assert!(!is_run(source, "two"));
    assert!(!is_run(source, "three"));
    assert!(!is_run(source, "four"));
}

/// Whether some function of that name is a test that nobody has to ask for.
fn is_run(sources: &str, name: &str) -> bool {
    let function = format!("fn {name}(");
    let mut found = sources.match_indices(&function);
    found.any(|(place, _)| {
        let attributes = sources[..place].rsplit("\n\n").next().unwrap_or_default();
        let is_test = ["#[test]", "#[tokio::test", "#[rstest]"]
            .iter()
            .any(|attribute| attributes.contains(attribute));
        is_test && !attributes.contains("#[ignore")
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the sources are is asked at run time"
)]
fn crates() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    Path::new(&package).parent().unwrap().to_owned()
}

fn read_all(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
