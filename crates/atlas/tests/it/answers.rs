//! What is no content does not become content, and every outcome says why.

use rstest::rstest;

use crate::support::{Answer, Atlas, Site, article};

const LOGIN: &str = "<html><title>Sign in</title><body><main><h1>Sign in</h1><form action=/login method=post>\
    <label>E-mail <input type=email name=email></label><label>Password <input type=password name=password></label>\
    <button>Sign in</button></form><p>Please sign in to continue.</p></main></body></html>";
const CHALLENGE: &str = "<html><head><title>Just a moment...</title><meta name=robots content=noindex></head><body>\
    <h1>Checking your browser before accessing the site</h1><script>window._cf_chl_opt={};</script>\
    <noscript>Enable JavaScript and cookies to continue</noscript></body></html>";
const ERROR: &str = "<html><title>500 Internal Server Error</title><h1>Internal Server Error</h1></html>";
const NOT_FOUND: &str = "<html><title>Page not found</title><h1>Page not found</h1><p>Sorry, the page you are \
    looking for does not exist.</p></html>";

#[rstest]
#[case::d1_a_failed_fetch_is_not_saved_as_content(ERROR, 500, "deferred")]
#[case::gone(NOT_FOUND, 404, "link_only")]
#[case::gone_for_good(NOT_FOUND, 410, "link_only")]
#[case::forbidden(CHALLENGE, 403, "link_only")]
#[case::throttled(ERROR, 429, "deferred")]
#[tokio::test(flavor = "multi_thread")]
async fn an_error_answer_is_no_content(#[case] body: &str, #[case] status: u16, #[case] outcome: &str) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas
        .add(&site.put("/x", Answer::page(body).with_status(status)))
        .await;
    assert_eq!(added["outcome"], outcome, "{added}");
    assert_ne!(added["message"], "");
    assert_eq!(
        atlas.json(&["list"]).await["items"][0]["title"],
        serde_json::Value::Null
    );
}

#[rstest]
#[case::login_form(LOGIN)]
#[case::robot_check(CHALLENGE)]
#[case::soft_404(NOT_FOUND)]
#[case::error_page(ERROR)]
#[tokio::test(flavor = "multi_thread")]
async fn junk_with_status_200_is_kept_out_of_search(#[case] body: &str) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas.add(&site.put("/x", Answer::page(body))).await;
    assert!(
        ["quarantined", "rejected"].contains(&added["outcome"].as_str().unwrap()),
        "{added}"
    );
    assert_eq!(atlas.json(&["status"]).await["index"]["documents"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_to_a_known_page_is_that_page() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let target = site.put("/target", article("T", "tango"));
    let first = atlas.add(&target).await;
    let moved = site.put(
        "/old",
        Answer::page("")
            .with_status(301)
            .with_header("location", "/target"),
    );
    let second = atlas.add(&moved).await;
    assert_eq!(second["outcome"], "duplicate");
    assert_eq!(second["reason"], "same_url");
    let shown = atlas.json(&["show", second["id"].as_str().unwrap()]).await;
    assert_eq!(shown["duplicate_of"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_refused_unless_it_is_allowed() {
    let (site, atlas) = (
        Site::start().await,
        Atlas::new().with("ATLAS_FETCH_ALLOW_HOSTS", "example.com"),
    );
    let added = atlas.add(&site.put("/x", article("X", "xray"))).await;
    assert_eq!(added["outcome"], "link_only");
    assert_eq!(added["reason"], "refused");
    assert!(
        added["message"].as_str().unwrap().contains("allow_hosts"),
        "{added}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_is_tried_again_later() {
    let atlas = Atlas::new();
    // Bound and closed again: nobody listens there.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let added = atlas.add(&format!("http://127.0.0.1:{port}/")).await;
    assert_eq!(added["outcome"], "deferred", "{added}");
    assert_eq!(added["reason"], "connect_refused");
    let jobs = atlas.json(&["job", "ls"]).await;
    assert_eq!(jobs["jobs"][0]["attempts"], 1);
    assert_eq!(jobs["jobs"][0]["state"], "ready");
}
