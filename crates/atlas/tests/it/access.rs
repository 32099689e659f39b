//! Who may do what, on the real server: nobody gets in without the token, what comes in stays data, and no way
//! in goes around the limits. The predecessor's faults D32 and D33 by name.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use http::{Method, StatusCode};
use rstest::rstest;
use tokio::net::TcpStream;

use crate::support::{Answer, Atlas, Serving, Site, article};

const FOREIGN: &str = "https://elsewhere.example";

/// Asks over TCP, with the token or without.
#[expect(
    clippy::disallowed_methods,
    reason = "a test calls its own server, as a client of its users does"
)]
pub(super) async fn ask(
    server: &Serving,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
) -> http::Response<hyper::body::Incoming> {
    let stream = TcpStream::connect(&server.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("host", &server.address);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    sender.send_request(request).await.unwrap()
}

#[rstest]
#[case::reading(Method::GET, "/api/v1/items")]
#[case::searching(Method::GET, "/api/v1/search?q=x")]
#[case::exporting(Method::GET, "/api/v1/export")]
#[case::metrics(Method::GET, "/metrics")]
#[case::saving(Method::POST, "/api/v1/items")]
#[case::processing_again(Method::POST, "/api/v1/reprocess")]
#[case::an_unknown_route(Method::POST, "/api/v1/tokens")]
#[tokio::test(flavor = "multi_thread")]
async fn d33_no_route_opens_without_the_token_or_hands_one_out(#[case] method: Method, #[case] path: &str) {
    let atlas = Atlas::new();
    let server = atlas.serve().await;
    let answer = ask(&server, method.clone(), path, &[]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let answer = ask(&server, method, path, &[("authorization", "Bearer guessed")]).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn d33_a_foreign_page_is_refused_even_with_the_token() {
    let atlas = Atlas::new();
    let server = atlas.serve().await;
    let bearer = format!("Bearer {}", atlas.token());
    let own = ask(
        &server,
        Method::GET,
        "/api/v1/items",
        &[("authorization", &bearer)],
    )
    .await;
    assert_eq!(own.status(), StatusCode::OK);
    assert!(!own.headers().contains_key("access-control-allow-origin"));
    for method in [Method::GET, Method::POST, Method::OPTIONS] {
        let headers = [("authorization", bearer.as_str()), ("origin", FOREIGN)];
        let answer = ask(&server, method, "/api/v1/items", &headers).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d33_what_comes_in_is_data_and_never_a_statement_or_a_command() {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let item = atlas.add(&site.put("/a", article("A", "alpha"))).await;
    let id = item["id"].as_str().unwrap();
    let proof = atlas.folder().join("proof");
    let command = format!("+$(touch {0}); touch {0}", proof.display());
    for hostile in ["+'; DROP TABLE item; --", "+x' OR '1'='1", command.as_str()] {
        assert_eq!(atlas.run(&["tag", id, hostile]).await.code, 0);
        let tag = hostile.trim_start_matches('+');
        assert_eq!(atlas.json(&["list", "--tag", tag]).await["total"], 1, "{tag}");
        atlas.run(&["search", tag]).await;
    }
    assert_eq!(atlas.json(&["list", "--tag", "' OR '1'='1"]).await["total"], 0);
    assert_eq!(atlas.json(&["list"]).await["total"], 1);
    assert!(!proof.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn d33_the_address_is_checked_where_the_connection_is_made() {
    let atlas = Atlas::new().with("ATLAS_FETCH_ALLOW_HOSTS", "127.0.0.1/32");
    let (site, inner) = (Site::start().await, Site::start_on("127.0.0.2").await);
    let secret = inner.put("/secret", article("Secret", "sierra"));
    let moved = Answer::page("").with_status(302).with_header("location", secret);
    let added = atlas.add(&site.put("/moved", moved)).await;
    assert_eq!(
        (&added["outcome"], &added["reason"]),
        (&"link_only".into(), &"refused".into())
    );
    assert_eq!(inner.requests(), 0, "not even a connection's first request");
}

#[tokio::test(flavor = "multi_thread")]
async fn d33_the_socket_and_the_token_are_for_their_owner_only() {
    let atlas = Atlas::new();
    let _server = atlas.serve().await;
    let mode = |name: &str| {
        let metadata = std::fs::metadata(atlas.data_dir().join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode("token"), mode("socket"), mode("")), (0o600, 0o600, 0o700));
}

/// Two at once on one host, whoever asks: commands without a server take turns, and with one they share its limit.
#[rstest]
#[case::without_a_server(false)]
#[case::with_a_server(true)]
#[tokio::test(flavor = "multi_thread")]
async fn d32_commands_at_once_share_the_limits_of_one(#[case] with_server: bool) {
    let (site, atlas) = (Site::start().await, Atlas::new());
    let [a, b, c, d] = std::array::from_fn(|n| {
        let page = article(&format!("T{n}"), &format!("word{n}"));
        site.put(&format!("/{n}"), page.after(Duration::from_millis(100)))
    });
    let _server = if with_server {
        Some(atlas.serve().await)
    } else {
        None
    };
    let (a, b, c, d) = tokio::join!(atlas.add(&a), atlas.add(&b), atlas.add(&c), atlas.add(&d));
    for added in [a, b, c, d] {
        assert_eq!(added["outcome"], "stored", "{added}");
    }
    assert!(site.peak() <= 2, "{} requests at once", site.peak());
    assert_eq!(atlas.json(&["list"]).await["total"], 4);
}
