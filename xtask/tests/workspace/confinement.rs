//! Libraries that only certain crates may use, because a rule or a heavy build is confined there. Looks at
//! what our crates declare for other than tests; deny.toml looks at the whole graph.

use cargo_metadata::DependencyKind;

use crate::repository::{Edge, assert_none, edges};

/// A set of libraries, the crates that may use them, and the rule this serves.
struct Confinement {
    libraries: &'static [&'static str],
    users: &'static [&'static str],
    rule: &'static str,
}

const CONFINEMENTS: [Confinement; 8] = [
    Confinement {
        libraries: &[
            "reqwest",
            "hyper-rustls",
            "tokio-rustls",
            "tokio-tungstenite",
            "lettre",
        ],
        users: &["atlas-net"],
        rule: "outbound calls go through atlas-net, which guards addresses and applies a policy",
    },
    Confinement {
        // The binary talks to its own server through a socket.
        libraries: &["hyper", "hyper-util"],
        users: &["atlas-net", "atlas-server", "atlas"],
        rule: "HTTP is spoken by atlas-net outwards and by atlas-server inwards",
    },
    Confinement {
        libraries: &["axum", "tower-http"],
        users: &["atlas-server", "atlas"],
        rule: "routes and their layers are in atlas-server",
    },
    Confinement {
        libraries: &["rusqlite", "libsqlite3-sys"],
        // The tools make foreign files, which the store's pragmas and version check must not touch, and stand below SQLite.
        users: &["atlas-store", "legacy-databases", "power-loss"],
        rule: "only atlas-store contains SQL",
    },
    Confinement {
        libraries: &["tantivy"],
        users: &["atlas-search"],
        rule: "the index is derived, read and written in atlas-search",
    },
    Confinement {
        libraries: &["trafilatura", "libreadability", "scraper"],
        users: &["atlas-extract"],
        rule: "pages are parsed in atlas-extract, which runs in a child process",
    },
    Confinement {
        libraries: &["clap"],
        // The tool is a program of its own, for developers.
        users: &["atlas", "legacy-databases"],
        rule: "only the binary reads its command line and configuration",
    },
    Confinement {
        libraries: &["ratatui", "crossterm"],
        users: &["atlas"],
        rule: "only the command line draws on a terminal",
    },
];

#[test]
fn heavy_libraries_stay_in_the_crate_that_confines_them() {
    assert_none(
        &escapes(&edges()),
        "A library is used outside the crate that confines it. Call that crate instead, through a port where the \
         layers demand one.",
    );
}

fn escapes(edges: &[Edge]) -> Vec<String> {
    let broken = |edge: &Edge| {
        CONFINEMENTS
            .iter()
            .filter(|confinement| confinement.libraries.contains(&edge.to.as_str()))
            .find(|confinement| !confinement.users.contains(&edge.from.as_str()))
            .map(|confinement| format!("{} uses {}: {}", edge.from, edge.to, confinement.rule))
    };
    edges
        .iter()
        .filter(|edge| edge.kind != DependencyKind::Development)
        .filter_map(broken)
        .collect()
}

mod examples {
    use super::*;

    fn edge(from: &str, to: &str, kind: DependencyKind) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            kind,
            is_ours: false,
        }
    }

    #[test]
    fn finds_a_client_outside_the_crate_for_outbound_calls() {
        let findings = escapes(&[
            edge("atlas-net", "reqwest", DependencyKind::Normal),
            edge("atlas-app", "reqwest", DependencyKind::Normal),
        ]);

        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(
            findings[0].starts_with("atlas-app uses reqwest: outbound calls"),
            "{findings:?}"
        );
    }

    #[test]
    fn leaves_tests_free() {
        assert!(escapes(&[edge("atlas", "rusqlite", DependencyKind::Development)]).is_empty());
        assert_eq!(
            escapes(&[edge("atlas", "rusqlite", DependencyKind::Build)]).len(),
            1
        );
    }
}
