//! The demo as a newcomer runs it.

use std::io::{BufRead, BufReader};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::Atlas;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ingests_searches_explains_and_ends() {
    let finished = Atlas::new()
        .run(&["demo", "--exit", "--bind", "127.0.0.1:0"])
        .await;
    // It compares every outcome and every first hit with the site's manifest.
    assert_eq!(finished.code, 0, "{}", finished.stdout);
    for expected in [
        "stored",
        "duplicate (same_content)",
        "Search:",
        "**",
        "Quarantine",
        "soft_404",
        "from start to the first",
        "the whole is healthy",
        "system_resources",
        "disk_space",
        "database",
        " api ",
        "background_processing",
        "content_pipeline",
        "what is in the library is found",
    ] {
        assert!(
            finished.stdout.contains(expected),
            "{expected} is missing in\n{}",
            finished.stdout
        );
    }
}

#[rstest]
#[case::before_the_first_page_is_in("Saving ", 130)]
#[case::in_the_middle_of_saving("stored ", 130)]
#[case::in_the_middle_of_searching("Search:", 130)]
#[case::while_it_serves("Serving on", 0)]
#[tokio::test(flavor = "multi_thread")]
async fn the_demo_ends_when_asked_whatever_it_is_at(#[case] phase: &'static str, #[case] expected: i32) {
    let atlas = Atlas::new();
    let scratch = atlas.folder().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let atlas = atlas.with("TMPDIR", scratch.to_str().unwrap());
    let mut demo = atlas.spawn(&["demo", "--bind", "127.0.0.1:0"]);
    let (code, shown) = tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        let reached = lines.by_ref().any(|line| line.unwrap().contains(phase));
        assert!(reached, "the demo never came to `{phase}`");
        kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
        let rest: Vec<String> = lines.map(|line| line.unwrap()).collect();
        (demo.wait().unwrap().code(), rest)
    })
    .await
    .unwrap();
    assert_eq!(code, Some(expected), "{shown:#?}");
    let went_on = shown.iter().any(|line| line.contains("Serving on"));
    assert!(expected == 0 || !went_on, "the tour went on: {shown:#?}");
    let left = std::fs::read_dir(&scratch).unwrap().count();
    assert_eq!(left, 0, "its directory is thrown away");
}
