//! Which crate of ours may use which. A crate that is not in the table may not exist.

use std::collections::BTreeSet;

use cargo_metadata::DependencyKind;

use crate::repository::{Edge, assert_none, edges, packages};

/// Each crate with those it may use; its tests may use others, as long as no circle closes.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("atlas-domain", &[]),
    ("atlas-resilience", &[]),
    ("atlas-extract", &["atlas-domain"]),
    ("atlas-vitals", &["atlas-domain"]),
    ("atlas-search", &["atlas-domain"]),
    (
        "atlas-store",
        &["atlas-domain", "atlas-resilience", "atlas-vitals"],
    ),
    ("atlas-net", &["atlas-domain", "atlas-resilience"]),
    (
        "atlas-app",
        &[
            "atlas-domain",
            "atlas-extract",
            "atlas-vitals",
            "atlas-store",
            "atlas-search",
            "atlas-resilience",
        ],
    ),
    ("atlas-server", &["atlas-domain", "atlas-app", "atlas-store"]),
    (
        "atlas",
        &[
            "atlas-domain",
            "atlas-resilience",
            "atlas-extract",
            "atlas-vitals",
            "atlas-search",
            "atlas-store",
            "atlas-net",
            "atlas-app",
            "atlas-server",
        ],
    ),
    // A tool of developers: it measures the gate, and must know nothing of it.
    ("legacy-databases", &[]),
    // Another one: it stands below SQLite, and knows nothing of what is above it.
    ("power-loss", &[]),
    ("xtask", &[]),
];

#[test]
fn crates_use_only_the_crates_below_them() {
    assert_none(
        &forbidden_edges(&edges()),
        "A crate uses one that its layer must not know. Let the lower layer declare a port, which a higher one \
         implements; or, if the layers themselves have changed, change ARCHITECTURE.md and then the table here.",
    );
}

#[test]
fn every_crate_has_its_place_in_the_layers() {
    let known = |name: &String| ALLOWED.iter().any(|(package, _)| package == name);
    let unknown: Vec<String> = packages().into_iter().filter(|name| !known(name)).collect();

    assert_none(
        &unknown,
        "A crate has no place in the layers. Say in ARCHITECTURE.md what it confines and which crates it may \
         use, then add it to the table here.",
    );
}

#[test]
fn tests_close_no_circle() {
    assert_none(
        &circles(&edges()),
        "A crate's tests use a crate that is built on it, so the types of two builds meet. Move these tests to \
         the crate above, or what they share to the crate below.",
    );
}

#[test]
fn xtask_is_built_from_nothing() {
    let used: Vec<String> = edges()
        .into_iter()
        .filter(|edge| edge.from == "xtask" && edge.kind != DependencyKind::Development)
        .map(|edge| edge.to)
        .collect();

    assert_none(
        &used,
        "xtask is compiled first on a fresh machine, and has no dependencies. Do without, or make it a test \
         in xtask/tests/workspace.",
    );
}

fn forbidden_edges(edges: &[Edge]) -> Vec<String> {
    let is_allowed = |edge: &Edge| {
        ALLOWED
            .iter()
            .any(|(package, uses)| *package == edge.from && uses.contains(&edge.to.as_str()))
    };
    edges
        .iter()
        .filter(|edge| edge.is_ours && edge.kind != DependencyKind::Development && !is_allowed(edge))
        .map(|edge| format!("{} uses {}", edge.from, edge.to))
        .collect()
}

/// Dependencies of tests from whose end one can walk back to their start. Cargo finds all other circles.
fn circles(edges: &[Edge]) -> Vec<String> {
    edges
        .iter()
        .filter(|edge| edge.is_ours && edge.kind == DependencyKind::Development)
        .filter(|edge| edge.from == edge.to || reachable(&edge.to, edges).contains(edge.from.as_str()))
        .map(|edge| format!("the tests of {} use {}", edge.from, edge.to))
        .collect()
}

fn reachable<'a>(start: &'a str, edges: &'a [Edge]) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut ahead = vec![start];
    while let Some(here) = ahead.pop() {
        let next = edges.iter().filter(|edge| edge.is_ours && edge.from == here);
        ahead.extend(
            next.map(|edge| edge.to.as_str())
                .filter(|name| seen.insert(*name)),
        );
    }
    seen
}

mod examples {
    use super::*;

    fn edge(from: &str, to: &str, kind: DependencyKind) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            kind,
            is_ours: true,
        }
    }

    #[test]
    fn finds_an_edge_that_goes_up() {
        let edges = [
            edge("atlas-store", "atlas-domain", DependencyKind::Normal),
            edge("atlas-store", "atlas-app", DependencyKind::Normal),
            edge("atlas-app", "atlas-net", DependencyKind::Build),
            edge("atlas-search", "atlas-store", DependencyKind::Development),
        ];

        assert_eq!(
            forbidden_edges(&edges),
            ["atlas-store uses atlas-app", "atlas-app uses atlas-net"]
        );
    }

    #[test]
    fn finds_a_circle_through_several_crates() {
        let edges = [
            edge("atlas-app", "atlas-store", DependencyKind::Normal),
            edge("atlas-store", "atlas-domain", DependencyKind::Normal),
            edge("atlas-domain", "atlas-app", DependencyKind::Development),
            edge("atlas-app", "atlas-net", DependencyKind::Development),
        ];

        assert_eq!(circles(&edges), ["the tests of atlas-domain use atlas-app"]);
    }

    #[test]
    fn finds_a_crate_whose_tests_use_itself() {
        let edges = [edge("atlas-net", "atlas-net", DependencyKind::Development)];

        assert_eq!(circles(&edges), ["the tests of atlas-net use atlas-net"]);
    }
}
