//! Commands as scripts meet them: what stays saved when a command ends early, and how wrong use is answered.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::Value;

use crate::support::{Answer, Atlas, Site, article, eventually};

/// A list of addresses whose pages take longer than any test.
fn slow_list(site: &Site, atlas: &Atlas, length: usize) -> String {
    let urls: Vec<String> = (0..length)
        .map(|n| {
            site.put(
                &format!("/{n}"),
                article("Slow", "slow").after(Duration::from_mins(5)),
            )
        })
        .collect();
    let list = atlas.folder().join("list.txt");
    std::fs::write(&list, urls.join("\n")).unwrap();
    list.to_str().unwrap().to_owned()
}

#[rstest]
#[case::without_a_server(false)]
#[case::with_a_server(true)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_add_has_saved_everything_and_tells_what_is_known(#[case] with_server: bool) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let list = slow_list(&site, &atlas, 150);
    let _server = if with_server {
        Some(atlas.serve().await)
    } else {
        None
    };

    let adding = atlas.start(&["add", "--wait=600", "--json", &list]);
    let minute = Duration::from_mins(1);
    eventually(minute, "a page is asked for", async || site.requests() > 0).await;
    eventually(minute, "all 150 are saved", async || {
        atlas.json(&["list", "--limit", "1"]).await["total"] == 150
    })
    .await;
    let interrupted = adding.interrupt().await;

    assert_eq!(interrupted.code, 130, "{interrupted:?}");
    let report: Value = serde_json::from_str(&interrupted.stdout).unwrap();
    let items = report["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|item| item["outcome"] == "queued"));
    assert!(interrupted.stderr.contains("are saved"), "{}", interrupted.stderr);
    assert_eq!(atlas.json(&["list", "--limit", "1"]).await["total"], 150);
}

#[rstest]
#[case::without_a_server(false)]
#[case::with_a_server(true)]
#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_when_its_time_is_up_with_what_is_known(#[case] with_server: bool) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let list = slow_list(&site, &atlas, 3);
    let quick = site.put("/quick", article("Quick", "quick"));
    let _server = if with_server {
        Some(atlas.serve().await)
    } else {
        None
    };
    // The quick one first: two at once are asked of one host.
    let begun = now();
    let finished = atlas.run(&["add", "--wait=4", "--json", &quick, &list]).await;
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "it waited for pages that take five minutes"
    );
    assert_eq!(finished.code, 0, "{finished:?}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let outcome = |n: usize| report["items"][n]["outcome"].as_str().unwrap();
    assert_eq!(
        [outcome(0), outcome(1), outcome(3)],
        ["stored", "queued", "queued"],
        "{report}"
    );
    assert!(
        finished.stderr.contains("not done yet: 3 items"),
        "{}",
        finished.stderr
    );
    assert_eq!(atlas.json(&["search", "quick"]).await["total"], 1);
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long another process takes is measured on the machine's own clock"
)]
fn now() -> Instant {
    Instant::now()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_an_old_charset_is_taken_as_it_is() {
    let atlas = Atlas::new();
    let page = atlas.folder().join("latin.html");
    let mut html = b"<html><meta charset=iso-8859-1><title>Caf\xe9</title><article><h1>Caf\xe9</h1>".to_vec();
    for _ in 0..8 {
        html.extend(b"<p>In the Caf\xe9 de la Paix they still serve cr\xeape with a slice of na\xefvet\xe9 on the side.</p>");
    }
    html.extend(b"</article></html>");
    std::fs::write(&page, html).unwrap();
    let url = "https://example.com/cafe";
    let added = atlas
        .run(&["add", "--wait", "--html", page.to_str().unwrap(), url])
        .await;
    assert_eq!(added.code, 0, "{added:?}");
    let shown = atlas.json(&["show", url]).await;
    assert_eq!(shown["document"]["article"]["title"], "Café");
    assert!(
        shown["document"]["article"]["text"]
            .as_str()
            .unwrap()
            .contains("crêpe with a slice of naïveté")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reprocessing_tells_what_became_of_each() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let good = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let junk = "<html><title>Note</title><p>Buy oats and barley at the mill.</p></html>";
    let stub = atlas.add(&site.put("/stub", Answer::page(junk))).await;
    let (good, stub) = (good["id"].as_str().unwrap(), stub["id"].as_str().unwrap());

    let both = atlas.run(&["reprocess", good, "nope", stub, "--json"]).await;
    assert_eq!(both.code, 3, "{both:?}");
    let report: Value = serde_json::from_str(&both.stdout).unwrap();
    let outcome = |n: usize| report["items"][n]["outcome"].as_str().unwrap();
    assert!(["stored", "unchanged"].contains(&outcome(0)), "{report}");
    assert_eq!((outcome(1), outcome(2)), ("failed", "quarantined"));
    assert_eq!(report["items"][1]["reason"], "not_found");

    assert_eq!(atlas.run(&["reprocess", good]).await.code, 0);
    let only_junk = atlas.run(&["reprocess", "--wait", stub]).await;
    assert_eq!(only_junk.code, 1, "{only_junk:?}");
    assert!(
        only_junk.stdout.starts_with("quarantined "),
        "{}",
        only_junk.stdout
    );
    assert_eq!(atlas.run(&["reprocess", "nope"]).await.code, 5);
}

#[rstest]
#[case::an_empty_name(&["rm", ""], "it is empty")]
#[case::a_blank_name(&["show", " "], "it is empty")]
#[case::no_items(&["list", "--limit", "0"], "0 is not in 1..")]
#[case::all_and_a_part(&["list", "--all", "--limit", "5"], "cannot be used with")]
#[case::too_many_hits(&["search", "x", "--limit", "201"], "1..=200")]
#[case::a_mistyped_field(&["search", "autor:quill"], "did you mean `author`?")]
#[case::a_field_without_a_value(&["search", "tag:"], "has no value")]
#[case::no_jobs(&["job", "ls", "--limit", "0"], "0 is not in 1..")]
#[case::no_cursor(&["list", "--after", "yesterday"], "`yesterday` is not a page cursor")]
#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_explained(#[case] arguments: &[&str], #[case] hint: &str) {
    let atlas = Atlas::new();
    atlas
        .run(&["add", "--html", "/dev/null", "https://example.com/"])
        .await;
    atlas.run(&["tag", "https://example.com/", "+x"]).await;
    let finished = atlas.run(arguments).await;
    assert_eq!(finished.code, 2, "{finished:?}");
    assert!(finished.stderr.contains(hint), "{}", finished.stderr);
}

#[rstest]
#[case::long("x".repeat(5_000))]
#[case::endless("x".repeat(100_000))]
#[case::many_words("x ".repeat(65))]
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_too_much_is_refused_with_the_limit(#[case] query: String) {
    let atlas = Atlas::new();
    atlas.run(&["tag", "https://example.com/", "+x"]).await; // makes the library
    let finished = atlas.run(&["search", &query]).await;
    assert_eq!(finished.code, 2, "{}", finished.stderr);
    assert!(
        finished.stderr.len() < 400,
        "{} bytes of complaint",
        finished.stderr.len()
    );
    assert!(
        finished.stderr.contains("4096 bytes") || finished.stderr.contains("32000 are the limit"),
        "{}",
        finished.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_everything_is_one_answer_however_many_pages_it_takes() {
    let atlas = Atlas::new();
    let list = atlas.folder().join("list.txt");
    let urls: Vec<String> = (0..510).map(|n| format!("http://127.0.0.1:9/{n}")).collect();
    std::fs::write(&list, urls.join("\n")).unwrap();
    // Nobody listens there, and a command that may not wait leaves them queued.
    atlas.run(&["add", "--wait=0", list.to_str().unwrap()]).await;

    let page = atlas.json(&["list"]).await;
    assert_eq!(page["items"].as_array().unwrap().len(), 50);
    let whole = atlas.json(&["list", "--all"]).await;
    assert_eq!((&whole["total"], &whole["next"]), (&510.into(), &Value::Null));
    let mut listed: Vec<&str> = whole["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["url"].as_str().unwrap())
        .collect();
    listed.sort_unstable();
    let mut saved: Vec<&str> = urls.iter().map(String::as_str).collect();
    saved.sort_unstable();
    assert_eq!(listed, saved);
    let lines = atlas.run(&["list", "--all", "--jsonl"]).await;
    assert_eq!(lines.stdout.lines().count(), 510);
    let shown = atlas.run(&["list"]).await;
    assert!(
        shown.stderr.contains("50 of 510; more with --after"),
        "{}",
        shown.stderr
    );
    assert!(shown.stderr.contains("--all"), "{}", shown.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_was_set_is_told_as_it_was_set() {
    let atlas = Atlas::new().with("ATLAS_STORAGE_FLOOR_MB", "200");
    atlas.run(&["tag", "https://example.com/", "+x"]).await; // makes the library
    let status = atlas.run(&["status"]).await.stdout;
    assert!(status.contains("200 MB must stay free"), "{status}");
    let atlas = atlas.with("ATLAS_STORAGE_FLOOR_MB", "1000000");
    for told in [
        atlas.run(&["status"]).await.stdout,
        atlas.run(&["doctor"]).await.stdout,
    ] {
        assert!(told.contains("1 TB must stay free"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bug_is_said_to_be_one_without_its_innards() {
    let finished = Atlas::new()
        .run_with(
            &["list"],
            &[("FAILPOINTS", "command::run=panic(the innards of a bug)")],
        )
        .await;
    assert_eq!(finished.code, 5, "there is nothing to list: {finished:?}");
    let atlas = Atlas::new();
    atlas.run(&["tag", "https://example.com/", "+x"]).await;
    let finished = atlas
        .run_with(
            &["list"],
            &[("FAILPOINTS", "command::run=panic(the innards of a bug)")],
        )
        .await;
    assert_eq!(finished.code, 1, "{finished:?}");
    assert!(
        finished.stderr.contains("a fault of its own"),
        "{}",
        finished.stderr
    );
    assert!(!finished.stderr.contains("innards"), "{}", finished.stderr);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_folder_has_its_line_also_one_that_cannot_be_read() {
    let atlas = Atlas::new();
    let pages = atlas.folder().join("pages");
    std::fs::create_dir(&pages).unwrap();
    std::fs::write(pages.join("b.html"), article("Rye", "rye").text()).unwrap();
    for torn in ["a.html.gz", "c.html.gz"] {
        std::fs::write(pages.join(torn), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    }
    let folder = pages.to_str().unwrap();
    let extracted = atlas.run(&["extract", folder, "--jsonl"]).await;
    assert_eq!(extracted.code, 3, "{extracted:?}");
    let lines: Vec<Value> = extracted
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["id"].as_str().unwrap(),
                line["error"]["code"].as_str().unwrap_or("none"),
            )
        })
        .collect();
    assert_eq!(told, [("a", "unreadable"), ("b", "none"), ("c", "unreadable")]);

    std::fs::remove_file(pages.join("b.html")).unwrap();
    assert_eq!(atlas.run(&["extract", folder, "--jsonl"]).await.code, 1);
}
