//! The table of fault cases names tests that exist.

use std::path::{Path, PathBuf};

#[test]
fn every_test_that_the_table_names_exists() {
    let crates = crates();
    let table = std::fs::read_to_string(crates.join("atlas/tests/vitals/README.md")).unwrap();
    let mut sources = String::new();
    read_all(&crates, &mut sources);
    let names = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let missing: Vec<&str> = names
        .filter(|name| !sources.contains(&format!("fn {name}(")))
        .collect();
    assert!(missing.is_empty(), "named and not there: {missing:#?}");
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
