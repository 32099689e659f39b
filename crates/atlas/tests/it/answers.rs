//! What is no content does not become content, and every outcome says why.

use encoding_rs::{EUC_KR, Encoding, GB18030, SHIFT_JIS, WINDOWS_1252};
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

#[rstest]
#[case::pdf("application/pdf", b"%PDF-1.7".as_slice())]
#[case::pdf_under_a_false_name("text/html", b"%PDF-1.7".as_slice())]
#[case::picture("image/png", b"\x89PNG\r\n\x1a\n".as_slice())]
#[tokio::test(flavor = "multi_thread")]
async fn what_atlas_cannot_read_keeps_its_link(#[case] content_type: &str, #[case] body: &[u8]) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas
        .add(&site.put("/x", Answer::bytes(content_type, body)))
        .await;
    assert_eq!(
        (&added["outcome"], &added["reason"]),
        (&"link_only".into(), &"unsupported".into()),
        "{added}"
    );
}

#[rstest]
#[case::no_content(204)]
#[case::not_modified(304)]
#[case::empty_page(200)]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_body_is_no_content(#[case] status: u16) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas
        .add(&site.put("/x", Answer::page("").with_status(status)))
        .await;
    assert_eq!(added["outcome"], "quarantined", "{added}");
    assert_eq!(atlas.json(&["status"]).await["index"]["documents"], 0);
}

#[rstest]
#[case::meta_that_the_header_contradicts("text/html; charset=iso-8859-1", "utf-8", WINDOWS_1252)]
#[case::windows_1252_declared_as_latin_1("text/html", "iso-8859-1", WINDOWS_1252)]
#[case::only_the_header_tells("text/html; charset=Shift_JIS", "", SHIFT_JIS)]
#[case::shift_jis("text/html", "shift_jis", SHIFT_JIS)]
#[case::gb18030("text/html", "gb18030", GB18030)]
#[case::euc_kr("text/html", "euc-kr", EUC_KR)]
#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_read_in_the_charset_it_was_written_in(
    #[case] content_type: &str,
    #[case] declared: &str,
    #[case] encoding: &'static Encoding,
) {
    // A word that only a right decoder finds: of Western, Japanese, Chinese or Korean letters.
    let word = match encoding.name() {
        "windows-1252" => "œuvre–straße",
        "Shift_JIS" => "図書館",
        "gb18030" => "图书馆",
        _ => "도서관",
    };
    let page = format!("<meta charset='{declared}'>{}", article("T", word).text());
    let (bytes, _, unmappable) = encoding.encode(&page);
    assert!(!unmappable);
    let (site, atlas) = (Site::start().await, Atlas::new());
    let added = atlas
        .add(&site.put("/x", Answer::bytes(content_type, bytes)))
        .await;
    assert_eq!(added["outcome"], "stored", "{added}");
    let shown = atlas.json(&["show", added["id"].as_str().unwrap()]).await;
    let text = shown["document"]["article"]["text"].as_str().unwrap();
    assert!(text.contains(word), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_a_redirect_is_refused_and_leaves_no_trace() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let target = site
        .put("/end", article("T", "tango"))
        .replace("http://", "http://anna:hunter2@");
    let moved = Answer::page("")
        .with_status(302)
        .with_header("location", target + "?token=hunter2");
    let added = atlas.add(&site.put("/start", moved)).await;
    assert_eq!(
        (&added["outcome"], &added["reason"]),
        (&"link_only".into(), &"refused".into()),
        "{added}"
    );
    let id = added["id"].as_str().unwrap();
    let why = atlas.run(&["show", "--why", id]).await.stdout;
    for told in ["http_302", &site.url("/start"), "credentials", &site.url("/end")] {
        assert!(why.contains(told), "no {told} in:\n{why}");
    }
    let job = atlas.json(&["job", "ls"]).await["jobs"][0]["id"].clone();
    let shown = atlas.json(&["job", "show", job.as_str().unwrap()]).await;
    assert_eq!(
        shown["attempt_log"][0]["steps"][0]["hops"][1]["result"],
        "credentials"
    );
    assert!(!format!("{added}{why}{shown}").contains("hunter2"));
    for file in std::fs::read_dir(atlas.data_dir()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(7).any(|window| window == b"hunter2"),
                "{}",
                path.display()
            );
        }
    }
}

#[rstest]
#[case::password("https://anna:hunter2@example.com/")]
#[case::unreadable("https://anna:hunter2@[bad/")]
#[case::another_scheme("ftp://anna:hunter2@example.com/")]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_in_an_address_is_never_repeated(#[case] url: &str) {
    let atlas = Atlas::new();
    for arguments in [
        &["add", url] as &[&str],
        &["add", "--json", url],
        &["show", url],
        &["rm", url],
    ] {
        let finished = atlas.run(arguments).await;
        assert_ne!(finished.code, 0, "{arguments:?}");
        assert!(!format!("{finished:?}").contains("hunter2"), "{finished:?}");
    }
}
