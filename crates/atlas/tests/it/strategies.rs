//! The further ways to a page: a variant that it names, the data that it carries, an archive. Real servers, and steps
//! as `show --why` tells them.

use std::time::Duration;

use serde_json::Value;

use crate::support::{AilingSite, Answer, Atlas, Site, Trouble, article, eventually};

/// An application's shell: without scripts there is nothing to read.
fn shell(head: &str, body: &str) -> Answer {
    Answer::page(format!(
        "<!doctype html><html lang=en><head><title>On Lights</title>{head}</head>\
         <body><div id=root></div>{body}<script src=/app.js></script></body></html>"
    ))
}

/// The same article, for which `canonical` is its page.
fn article_of(canonical: &str) -> Answer {
    let head = format!("<head><link rel=canonical href='{canonical}'>");
    let page = article("On Lights", "lighthouse");
    Answer::page(page.text().replacen("<head>", &head, 1))
}

/// What an archive is asked for, whatever the page.
fn template(archive: &str) -> String {
    format!("{archive}?of={{url}}")
}

/// Strategy and end of each step of the last try.
async fn steps(atlas: &Atlas, url: &str) -> (Value, Vec<(String, String)>) {
    let view = atlas.json(&["show", "--why", url]).await;
    let attempts = view["why"]["attempts"].as_array().unwrap();
    let steps = attempts.last().unwrap()["steps"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = steps
        .map(|step| (text(&step["strategy"]), text(&step["result"])))
        .collect();
    (view, told)
}

fn told(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(strategy, result): &(&str, &str)| ((*strategy).to_owned(), (*result).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_names_its_page_in_amp_is_stored_from_there_under_its_own_address() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let page = site.put("/lights", shell("<link rel=amphtml href=/fast/lights>", ""));
    let amp = site.put("/fast/lights", article_of("/lights"));
    let entry = atlas.add(&page).await;
    assert_eq!(entry["outcome"], "stored", "{entry}");

    let (view, steps) = steps(&atlas, &page).await;
    assert_eq!(steps, told(&[("direct", "ok"), ("amp", "ok")]));
    assert_eq!(view["url"], page);
    assert_eq!(view["why"]["snapshot"]["strategy"], "amp");
    assert_eq!(view["why"]["snapshot"]["final_url"], amp);
    let first = &view["why"]["attempts"][0]["steps"][0]["message"];
    assert!(first.as_str().unwrap().contains("js stub"), "{first}");
    let found = atlas.json(&["search", "lighthouse"]).await;
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");

    // Its bytes are kept, and say the same again.
    let before = site.requests();
    let again = atlas.run(&["reprocess", &page, "--wait", "--json"]).await;
    assert!(again.stdout.contains("unchanged"), "{again:?}");
    assert_eq!(site.requests(), before, "nobody was asked");
    let text = atlas.run(&["show", "--why", &page]).await.stdout;
    assert!(text.contains("looks like a js stub page"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_that_is_no_better_is_passed_over_for_the_next() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let named = "<link rel=amphtml href=/fast><link rel=alternate media=print href=/print/7>";
    let page = site.put("/lights", shell(named, ""));
    site.put("/fast", shell("<link rel=canonical href=/lights>", ""));
    site.put("/print/7", article_of("/print/7"));
    let entry = atlas.add(&page).await;
    assert_eq!(entry["outcome"], "stored", "{entry}");
    let (view, steps) = steps(&atlas, &page).await;
    assert_eq!(steps, told(&[("direct", "ok"), ("amp", "ok"), ("print", "ok")]));
    assert_eq!(view["why"]["snapshot"]["strategy"], "print");
    assert_eq!(site.requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_a_shell_carries_as_data_is_stored() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let sentences =
        "The lighthouse keeps its lamp where the cliff is highest, and nobody climbs to it. ".repeat(30);
    let data =
        serde_json::json!({"props": {"pageProps": {"post": {"title": "On Lights", "body": sentences}}}});
    let script = format!("<script id=__NEXT_DATA__ type=application/json>{data}</script>");
    let page = site.put("/lights", shell("", &script));
    let entry = atlas.add(&page).await;
    assert_eq!(entry["outcome"], "stored", "{entry}");
    let (view, steps) = steps(&atlas, &page).await;
    assert_eq!(steps, told(&[("direct", "ok"), ("embedded", "ok")]));
    assert_eq!(view["why"]["snapshot"]["strategy"], "direct");
    let again = atlas.run(&["reprocess", &page, "--wait", "--json"]).await;
    assert!(again.stdout.contains("unchanged"), "{again:?}");
}

/// Nobody has allowed 127.0.0.2: whoever names an archive trusts it as it is named, and nothing that it names.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_blocked_is_stored_from_the_archive_that_its_owner_named() {
    let (site, archive) = (Site::start().await, Site::start_on("127.0.0.2").await);
    let copy = archive.put("/get", article("On Lights", "lighthouse"));
    let atlas = Atlas::new()
        .with("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.1")
        .with("ATLAS_FETCH_ARCHIVE_URL", &template(&copy));
    let _server = atlas.serve().await;
    let page = site.put("/lights", Answer::page("<h1>Forbidden</h1>").with_status(403));
    let entry = atlas.add(&page).await;
    assert_eq!(entry["outcome"], "stored", "{entry}");
    let (view, steps) = steps(&atlas, &page).await;
    assert_eq!(steps, told(&[("direct", "http_403"), ("archive", "ok")]));
    assert_eq!(view["url"], page);
    assert_eq!(view["why"]["snapshot"]["strategy"], "archive");
    assert_eq!((site.requests(), archive.requests()), (1, 1));
    let good = site.put("/good", article("On Boats", "boathouse"));
    assert_eq!(atlas.add(&good).await["outcome"], "stored");
    assert_eq!(
        archive.requests(),
        1,
        "what the site gives is not asked for elsewhere"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_archive_sends_us_is_guarded_and_the_page_itself_is_not_asked_again() {
    let (site, archive) = (Site::start().await, Site::start_on("127.0.0.2").await);
    let hidden = Site::start_on("127.0.0.3").await;
    let target = hidden.put("/secret", article("On Secrets", "secret"));
    let copy = archive.put(
        "/get",
        Answer::page("").with_status(302).with_header("location", &target),
    );
    let atlas = Atlas::new()
        .with("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.1")
        .with("ATLAS_FETCH_ARCHIVE_URL", &template(&copy));
    let _server = atlas.serve().await;
    let page = site.put("/lights", Answer::page("gone").with_status(410));
    let entry = atlas.add(&page).await;
    assert_eq!(
        (&entry["outcome"], &entry["reason"]),
        (&"link_only".into(), &"gone".into()),
        "{entry}"
    );
    let (_, refused) = steps(&atlas, &page).await;
    assert_eq!(
        refused,
        told(&[("direct", "http_410"), ("archive", "refused_address")])
    );
    assert_eq!(hidden.requests(), 0);

    let other = site.put("/other", Answer::page("gone").with_status(410));
    archive.put(
        "/get",
        Answer::page("").with_status(302).with_header("location", &other),
    );
    assert_eq!(atlas.add(&other).await["reason"], "gone");
    let (_, sent_back) = steps(&atlas, &other).await;
    assert_eq!(
        sent_back,
        told(&[("direct", "http_410"), ("archive", "bad_redirect")])
    );
    assert_eq!(site.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_down_changes_nothing_but_its_breaker() {
    let (site, archive) = (
        Site::start().await,
        AilingSite::start_on("127.0.0.4", Trouble::Refused),
    );
    let atlas = Atlas::new().with("ATLAS_FETCH_ARCHIVE_URL", &template(&archive.url("/get")));
    let _server = atlas.serve().await;
    for number in 0..5 {
        let page = site.put(&format!("/{number}"), Answer::page("no").with_status(403));
        let entry = atlas.add(&page).await;
        assert_eq!(
            (&entry["outcome"], &entry["reason"]),
            (&"link_only".into(), &"blocked".into()),
            "{entry}"
        );
        let result = if number < 4 {
            "connect_refused"
        } else {
            "circuit_open"
        };
        let (view, steps) = steps(&atlas, &page).await;
        assert_eq!(steps, told(&[("direct", "http_403"), ("archive", result)]));
        assert_eq!(view["why"]["snapshot"]["strategy"], "direct");
    }
    let list = atlas.json(&["breaker", "ls"]).await;
    let mut breakers = list["breakers"].as_array().unwrap().iter();
    let archive = breakers.find(|view| view["service"] == "api_calls").unwrap();
    assert_eq!(
        (&archive["scope"], &archive["state"]),
        (&"archive".into(), &"open".into())
    );
    let shell = site.put("/shell", shell("", ""));
    assert_eq!(atlas.add(&shell).await["outcome"], "quarantined");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_waits_for_the_page_itself_and_the_archive_is_asked_once_at_its_end() {
    let (archive, down) = (
        Site::start().await,
        AilingSite::start_on("127.0.0.5", Trouble::Failing),
    );
    let copy = archive.put("/get", article("On Lights", "lighthouse"));
    let atlas = Atlas::new()
        .with("ATLAS_WORKER_RETRY_BASE_MS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_ATTEMPTS", "1")
        .with("ATLAS_ARTICLE_PROCESSING_OPEN_AFTER_FAILURES", "50")
        .with("ATLAS_FETCH_ARCHIVE_URL", &template(&copy));
    let _server = atlas.serve().await;
    let page = down.url("/lights");
    assert_eq!(atlas.add(&page).await["outcome"], "deferred");
    eventually(Duration::from_secs(30), "the page is given up", async || {
        atlas.json(&["show", &page]).await["state"] != "queued"
    })
    .await;
    let (view, steps) = steps(&atlas, &page).await;
    assert_eq!(view["state"], "stored", "{view}");
    assert_eq!(steps, told(&[("direct", "http_500"), ("archive", "ok")]));
    assert_eq!(view["why"]["attempts"].as_array().unwrap().len(), 6);
    assert_eq!(archive.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_names_of_others_is_refused_and_told() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let hostile = site.put("/1", shell("<link rel=amphtml href=http://10.1.2.3/admin>", ""));
    let entry = atlas.add(&hostile).await;
    assert_eq!(
        (&entry["outcome"], &entry["reason"]),
        (&"quarantined".into(), &"js_stub".into()),
        "{entry}"
    );
    let (_, refused) = steps(&atlas, &hostile).await;
    assert_eq!(refused, told(&[("direct", "ok"), ("amp", "other_site")]));
    let text = atlas.run(&["show", "--why", &hostile]).await.stdout;
    assert!(
        text.contains("http://10.1.2.3/admin is no place of the page's site"),
        "{text}"
    );

    site.put("/fast", article_of("http://elsewhere.example/lights"));
    let thief = site.put("/2", shell("<link rel=amphtml href=/fast>", ""));
    assert_eq!(atlas.add(&thief).await["outcome"], "quarantined");
    let (_, foreign) = steps(&atlas, &thief).await;
    assert_eq!(foreign, told(&[("direct", "ok"), ("amp", "other_page")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_archive_is_asked_where_none_is_named() {
    let (atlas, site) = (Atlas::new(), Site::start().await);
    let _server = atlas.serve().await;
    let page = site.put("/lights", Answer::page("no").with_status(403));
    let entry = atlas.add(&page).await;
    assert_eq!(
        (&entry["outcome"], &entry["reason"]),
        (&"link_only".into(), &"blocked".into()),
        "{entry}"
    );
    let (_, steps) = steps(&atlas, &page).await;
    assert_eq!(steps, told(&[("direct", "http_403")]));
    assert_eq!(site.requests(), 1);
}

#[tokio::test]
async fn a_template_that_leads_nowhere_is_refused_before_anything_starts() {
    let atlas = Atlas::new().with(
        "ATLAS_FETCH_ARCHIVE_URL",
        "https://me:secret@archive.example/{url}",
    );
    let finished = atlas.run(&["list"]).await;
    assert_ne!(finished.code, 0);
    assert!(finished.stderr.contains("fetch.archive_url"), "{finished:?}");
    assert!(!finished.stderr.contains("secret"), "{finished:?}");
}
