//! The bundled sample site, served over real HTTP on a loopback port: good pages, and junk of every class.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{StatusCode, Uri, header};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::error::{CliError, Exit};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sample-site");

/// What `manifest.toml` says.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    #[serde(rename = "page")]
    pub(super) pages: Vec<Page>,
    #[serde(rename = "search")]
    pub(super) searches: Vec<Search>,
}

/// One address of the site.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) path: String,
    pub(super) file: Option<String>,
    pub(super) status: u16,
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) headers: HashMap<String, String>,
    pub(super) redirect: Option<String>,
    #[serde(default = "yes")]
    pub(super) save: bool,
    pub(super) about: String,
    pub(super) expected: Option<Expected>,
}

/// What Atlas must make of a page.
#[derive(Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) outcome: String,
    #[serde(default)]
    pub(super) reason: String,
}

/// A query with the page that must come first.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    pub(super) query: String,
    pub(super) first: String,
    pub(super) about: String,
}

fn yes() -> bool {
    true
}

/// A page to save.
pub(super) struct SavedUrl {
    pub(super) url: String,
    pub(super) is_duplicate: bool,
}

/// The running site. It ends with the process.
pub(super) struct SampleSite {
    pub(super) manifest: Arc<Manifest>,
    pub(super) address: SocketAddr,
}

impl SampleSite {
    /// Serves the site on a free loopback port.
    pub(super) async fn serve() -> Result<Self, CliError> {
        let manifest = Arc::new(manifest()?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(answer).with_state(Arc::clone(&manifest));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { manifest, address })
    }

    /// The addresses to save, in the order of the manifest.
    pub(super) fn saved_urls(&self) -> Vec<SavedUrl> {
        let saved = |page: &Page| SavedUrl {
            url: self.url(&page.path),
            is_duplicate: page
                .expected
                .as_ref()
                .is_some_and(|expected| expected.outcome == "duplicate"),
        };
        self.manifest
            .pages
            .iter()
            .filter(|page| page.save)
            .map(saved)
            .collect()
    }

    /// The page at an address.
    pub(super) fn page(&self, url: &str) -> Option<&Page> {
        self.manifest
            .pages
            .iter()
            .find(|page| self.url(&page.path) == url)
    }

    /// The address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Page {
    /// The content of its file; none if it names no file, or one that is not bundled.
    fn bytes(&self) -> Option<&'static [u8]> {
        let file = FILES.get_file(format!("pages/{}", self.file.as_ref()?))?;
        Some(file.contents())
    }
}

impl Expected {
    /// Whether it came out so.
    pub(super) fn is(&self, outcome: &str, reason: &str) -> bool {
        self.outcome == outcome && self.reason == reason
    }
}

fn manifest() -> Result<Manifest, CliError> {
    let broken = |what: String| {
        CliError::new(
            Exit::Failure,
            format!("the bundled sample site is broken: {what}"),
        )
    };
    let text = FILES
        .get_file("manifest.toml")
        .and_then(include_dir::File::contents_utf8)
        .ok_or_else(|| broken("no manifest.toml".to_owned()))?;
    toml_edit::de::from_str(text).map_err(|error| broken(error.to_string()))
}

/// The query is ignored, as most sites ignore what they do not know.
async fn answer(State(manifest): State<Arc<Manifest>>, uri: Uri) -> Response {
    let path = |page: &&Page| page.path.split('?').next() == Some(uri.path());
    let Some(page) = manifest.pages.iter().find(path) else {
        return plain(StatusCode::NOT_FOUND, "no such page in the sample site");
    };
    let mut response = Response::builder().status(page.status);
    if let Some(content_type) = &page.content_type {
        response = response.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(target) = &page.redirect {
        response = response.header(header::LOCATION, target);
    }
    for (name, value) in &page.headers {
        response = response.header(name, value);
    }
    response
        .body(Body::from(page.bytes().unwrap_or_default()))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "a broken manifest entry"))
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
