//! What the sample site answers is what its manifest says, page by page, over HTTP.

use std::collections::BTreeSet;
use std::path::PathBuf;

use http::{Request, Response, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

use super::site::{Page, SampleSite};

#[tokio::test]
async fn every_page_is_served_as_the_manifest_says() {
    let site = SampleSite::serve().await.unwrap();
    for page in &site.manifest.pages {
        let answer = get(&site, &page.path).await;
        assert_eq!(answer.status(), page.status, "{}", page.path);
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(
            header("content-type"),
            page.content_type.as_deref(),
            "{}",
            page.path
        );
        assert_eq!(header("location"), page.redirect.as_deref(), "{}", page.path);
        for (name, value) in &page.headers {
            assert_eq!(header(name), Some(value.as_str()), "{}: {name}", page.path);
        }
        let expected = page
            .file
            .as_ref()
            .map(|file| std::fs::read(pages().join(file)).unwrap());
        assert_eq!(
            answer.body().as_ref(),
            expected.unwrap_or_default(),
            "{}",
            page.path
        );
    }
}

#[tokio::test]
async fn what_the_manifest_does_not_name_is_not_there() {
    let site = SampleSite::serve().await.unwrap();
    assert_eq!(get(&site, "/nowhere").await.status(), 404);
}

#[tokio::test]
async fn every_redirect_leads_to_a_page_of_the_site() {
    let site = SampleSite::serve().await.unwrap();
    for target in site
        .manifest
        .pages
        .iter()
        .filter_map(|page| page.redirect.as_ref())
    {
        assert!(get(&site, target).await.status().as_u16() < 404, "{target}");
    }
}

#[tokio::test]
async fn every_page_is_described_judged_and_has_a_file_and_every_file_a_page() {
    let site = SampleSite::serve().await.unwrap();
    assert!(site.saved_urls().len() >= 20);
    assert!(site.manifest.searches.len() >= 5);
    for page in &site.manifest.pages {
        let Page { path, about, .. } = page;
        assert!(!about.is_empty(), "{path} is not described");
        assert_eq!(page.save, page.expected.is_some(), "{path}: saved is expected");
        assert_eq!(
            page.file.is_some(),
            page.redirect.is_none(),
            "{path}: a file or a redirect"
        );
    }
    let named: BTreeSet<String> = site
        .manifest
        .pages
        .iter()
        .filter_map(|page| page.file.clone())
        .collect();
    let bundled: BTreeSet<String> = std::fs::read_dir(pages())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(named, bundled);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test is the client of its own site on loopback"
)]
async fn get(site: &SampleSite, path: &str) -> Response<Bytes> {
    let stream = tokio::net::TcpStream::connect(site.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, site.address.to_string())
        .body(Empty::<Bytes>::new())
        .unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

/// The files in this checkout, which need not be the one that the binary was built in.
#[expect(clippy::disallowed_methods, reason = "cargo says where the package lies")]
fn pages() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    PathBuf::from(package).join("sample-site/pages")
}
