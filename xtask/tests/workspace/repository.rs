//! The repository as the rules see it: its files, and what its packages declare. Knows no rule.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

/// One dependency that a package of ours declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kind: DependencyKind,
    /// Whether `to` is a package of this repository.
    pub(crate) is_ours: bool,
}

/// A text file, its path relative to the root and with `/`.
#[derive(Debug)]
pub(crate) struct TextFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Every dependency that the packages of the workspace declare, optional ones included.
pub(crate) fn edges() -> Vec<Edge> {
    let edges_of = |package: Package| {
        let from = package.name.to_string();
        package.dependencies.into_iter().map(move |dependency| Edge {
            from: from.clone(),
            to: dependency.name,
            kind: dependency.kind,
            is_ours: dependency.path.is_some(),
        })
    };
    declared().into_iter().flat_map(edges_of).collect()
}

/// The names of the workspace's packages.
pub(crate) fn packages() -> Vec<String> {
    declared()
        .into_iter()
        .map(|package| package.name.to_string())
        .collect()
}

/// The path of every file, sorted.
pub(crate) fn paths() -> Vec<String> {
    let root = root();
    let mut paths = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry of a folder").path();
            let name = path.file_name().unwrap_or_default();
            if path.is_dir() {
                if name != ".git" && name != "target" {
                    folders.push(path);
                }
            } else {
                let relative = path.strip_prefix(&root).unwrap_or(&path);
                paths.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    paths.sort();
    paths
}

/// The files whose path passes the filter, with their text.
pub(crate) fn text_files(wanted: impl Fn(&str) -> bool) -> Vec<TextFile> {
    let root = root();
    let read = |path: String| {
        let text = fs::read_to_string(root.join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        TextFile { path, text }
    };
    paths()
        .into_iter()
        .filter(|path| wanted(path))
        .map(read)
        .collect()
}

/// Whether the name of a file ends with a dot and this extension.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// Fails with the findings, if there are any, and what to do about them.
#[track_caller]
pub(crate) fn assert_none(findings: &[String], advice: &str) {
    let mut message = String::new();
    for finding in findings {
        let _ = writeln!(message, "  {finding}");
    }
    assert!(findings.is_empty(), "{advice}\n{message}");
}

/// The packages as their manifests declare them, without looking for what they depend on.
fn declared() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps();
    command
        .exec()
        .expect("cargo reads the manifests of this workspace")
        .packages
}

/// Asked at run time: checkouts that share build products share this test's binary, too.
#[expect(clippy::disallowed_methods, reason = "cargo says where the package lies")]
fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    Path::new(&package)
        .parent()
        .map(Path::to_owned)
        .unwrap_or_default()
}
