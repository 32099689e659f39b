//! A page whose extraction hangs, eats memory or overflows the stack is an outcome of that item; the server and
//! its other pages do not notice.

use std::time::Duration;

use rstest::rstest;
use tokio::time::Instant;

use crate::support::{Answer, Atlas, Site, article};

#[rstest]
#[case("hang", "extract_timeout")]
#[case("memory", "extract_memory")]
#[case("stack", "extract_stack")]
#[case("panic", "extract_crashed")]
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_extraction_is_an_outcome(#[case] fault: &str, #[case] reason: &str) {
    let site = Site::start().await;
    let atlas = Atlas::new()
        .with("ATLAS_EXTRACTION_DEADLINE_SECS", "3")
        .with("ATLAS_EXTRACTION_MEMORY_MB", "256");
    let mut server = atlas.serve().await;
    let hostile =
        format!("<html><head><meta name=\"atlas-fault\" content=\"{fault}\"></head><body>x</body></html>");
    let (bad, good) = (
        site.put("/bad", Answer::page(hostile)),
        site.put("/good", article("Good", "golf")),
    );
    let begun = Instant::now();
    let (bad, good) = tokio::join!(atlas.add(&bad), atlas.add(&good));
    // Five times the deadline of the extraction, because machines are busy.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(bad["outcome"], "failed", "{bad}");
    assert_eq!(bad["reason"], reason);
    assert_eq!(good["outcome"], "stored", "{good}");
    assert!(server.runs());
    let jobs = atlas.json(&["job", "ls", "--state", "dead"]).await;
    assert_eq!(jobs["jobs"][0]["reason"], reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_pathological_html_ends_within_its_deadline() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let deep = "<div>".repeat(200_000) + "deep";
    let added = atlas.add(&site.put("/deep", Answer::page(deep))).await;
    assert_ne!(added["outcome"], "queued", "{added}");
    let good = atlas.add(&site.put("/good", article("Good", "golf"))).await;
    assert_eq!(good["outcome"], "stored");
}
