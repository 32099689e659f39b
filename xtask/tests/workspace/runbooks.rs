//! What a message says to read is there: each rule that comes with Atlas names a section of the guide's runbooks, and
//! each section is named by a rule. Whether what it says to run can be run is tried where commands are known.

use std::collections::BTreeSet;

use crate::repository::{assert_none, text_files};

const RULES: &str = "crates/atlas-vitals/src/alerts/rules/builtin.toml";
const RUNBOOKS: &str = "docs/guide/runbooks.md";

#[test]
fn every_rule_names_a_section_of_the_runbooks() {
    let named = runbooks(&text(RULES));
    assert!(named.len() > 10, "the rules name where to read on: {named:?}");
    let sections = anchors(&text(RUNBOOKS));
    let missing: Vec<String> = named
        .into_iter()
        .filter(|runbook| !is_there(runbook, &sections))
        .collect();
    assert_none(
        &missing,
        "A rule in builtin.toml names a runbook that docs/guide/runbooks.md does not have. Write the section, and name \
         it as `docs/guide/runbooks.md#anchor`.",
    );
}

#[test]
fn every_runbook_is_named_by_a_rule() {
    let named = runbooks(&text(RULES));
    let unused: Vec<String> = anchors(&text(RUNBOOKS))
        .into_iter()
        .map(|anchor| format!("{RUNBOOKS}#{anchor}"))
        .filter(|runbook| !named.contains(runbook))
        .collect();
    assert_none(
        &unused,
        "A section of docs/guide/runbooks.md is named by no rule in builtin.toml. Name it, or remove it.",
    );
}

fn text(path: &str) -> String {
    let mut files = text_files(|found| found == path);
    files.pop().unwrap_or_else(|| panic!("there is no {path}")).text
}

fn runbooks(rules: &str) -> BTreeSet<String> {
    let values = rules
        .lines()
        .filter_map(|line| line.strip_prefix("runbook = \"")?.strip_suffix('"'));
    values.map(str::to_owned).collect()
}

/// The sections of the second level: the first is the document's title.
fn anchors(document: &str) -> BTreeSet<String> {
    let titles = document.lines().filter_map(|line| line.strip_prefix("## "));
    titles.map(anchor).collect()
}

/// As the usual renderers make it: in small letters, spaces as hyphens, the rest left out.
fn anchor(title: &str) -> String {
    let kept = title.to_lowercase();
    let kept = kept.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    kept.collect()
}

fn is_there(runbook: &str, anchors: &BTreeSet<String>) -> bool {
    let anchor = runbook
        .strip_prefix(RUNBOOKS)
        .and_then(|rest| rest.strip_prefix('#'));
    anchor.is_some_and(|anchor| anchors.contains(anchor))
}

#[test]
fn a_section_goes_by_its_title() {
    let sections = anchors("# Runbooks\n\n## Disk space\n\n## API: errors\n");
    assert_eq!(
        sections,
        BTreeSet::from(["disk-space".to_owned(), "api-errors".to_owned()])
    );
    assert!(is_there("docs/guide/runbooks.md#disk-space", &sections));
    for wrong in [
        "disk-space",
        "docs/guide/runbooks.md#disk",
        "docs/guide/operating.md#disk-space",
    ] {
        assert!(!is_there(wrong, &sections), "{wrong}");
    }
}

#[test]
fn what_a_rule_names_is_read_from_its_line() {
    let rules =
        "name = \"a\"\nrunbook = \"docs/guide/runbooks.md#cpu\"\nreason = \"a runbook = \\\"b\\\"\"\n";
    assert_eq!(
        runbooks(rules),
        BTreeSet::from(["docs/guide/runbooks.md#cpu".to_owned()])
    );
}
