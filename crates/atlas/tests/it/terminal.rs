//! Answers as a person sees them: on a terminal, a row keeps to its line.

use crate::support::{Atlas, Site, article};

const TITLE: &str =
    "Why a rye starter that was fed too late smells of apples, and what four bakers do about it";

#[tokio::test(flavor = "multi_thread")]
async fn a_row_keeps_to_its_line_on_a_terminal_and_is_whole_in_a_pipe() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/long", article(TITLE, "rye"))).await;
    let junk = "<html><title>Note</title><p>Buy oats and barley at the mill.</p></html>";
    atlas
        .add(&site.put("/stub", crate::support::Answer::page(junk)))
        .await;
    for list in [&["list"] as &[&str], &["job", "ls"], &["quarantine", "ls"]] {
        for columns in [80, 100] {
            let lines = atlas.run_on_terminal(columns, list).await;
            assert!(lines.len() > 1, "{list:?}: {lines:#?}");
            let longest = lines.iter().map(|line| line.chars().count()).max();
            assert!(longest <= Some(usize::from(columns)), "{list:?}: {lines:#?}");
            let id = lines[1].split_whitespace().next().unwrap();
            assert_eq!(id.len(), 36, "what one names things by is never cut: {lines:#?}");
        }
    }
    let narrow = atlas.run_on_terminal(80, &["list"]).await.join("\n");
    assert!(
        narrow.contains("Why a rye starter") && narrow.contains('…'),
        "{narrow}"
    );
    let piped = atlas.run(&["list"]).await.stdout;
    assert!(piped.contains(TITLE) && piped.contains("SAVED"), "{piped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_keeps_its_passage_and_its_address_whole_on_a_terminal() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    atlas.add(&site.put("/long", article(TITLE, "rye"))).await;
    let hits = atlas.run_on_terminal(60, &["search", "rye"]).await;
    let passage = |lines: &[String]| -> String {
        let words = lines.iter().flat_map(|line| line.split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    };
    assert!(
        hits[0].chars().count() <= 60 && hits[0].ends_with('…'),
        "{hits:#?}"
    );
    assert!(hits.iter().all(|line| line.chars().count() <= 60), "{hits:#?}");
    let piped = atlas.run(&["search", "rye"]).await.stdout;
    let piped: Vec<String> = piped.lines().map(str::to_owned).collect();
    assert_eq!(passage(&hits[1..]), passage(&piped[1..]));
}
