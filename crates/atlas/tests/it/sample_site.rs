//! The demo as a newcomer runs it.

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
    ] {
        assert!(
            finished.stdout.contains(expected),
            "{expected} is missing in\n{}",
            finished.stdout
        );
    }
}
