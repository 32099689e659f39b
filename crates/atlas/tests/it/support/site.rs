//! A local web site whose pages a test writes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use tokio::net::TcpListener;

/// What the site answers for one path.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    delay: Duration,
}

/// What the site answers, and who has asked.
#[derive(Default)]
struct Pages {
    answers: HashMap<String, Answer>,
    requests: usize,
    under_way: usize,
    /// The most requests that were ever under way at once.
    peak: usize,
}

type Shared = Arc<Mutex<Pages>>;

/// A web site that lives as long as its test.
pub(crate) struct Site {
    address: SocketAddr,
    pages: Shared,
}

impl Answer {
    /// An HTML page.
    pub(crate) fn page(body: impl Into<String>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
            body: body.into().into_bytes(),
            delay: Duration::ZERO,
        }
    }

    /// Any bytes, announced as this.
    pub(crate) fn bytes(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            ..Self::page("")
        }
    }

    /// The same answer, but not at once: requests that overlap are seen to overlap.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::start_on("127.0.0.1").await
    }

    /// A site on another address of this machine.
    pub(crate) async fn start_on(address: &str) -> Self {
        let pages = Shared::default();
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&pages));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, pages }
    }

    /// Answers `path` with `answer` from now on, and returns its address.
    pub(crate) fn put(&self, path: &str, answer: Answer) -> String {
        self.pages.lock().unwrap().answers.insert(path.to_owned(), answer);
        self.url(path)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests have come.
    pub(crate) fn requests(&self) -> usize {
        self.pages.lock().unwrap().requests
    }

    /// How many requests were under way at once at most.
    pub(crate) fn peak(&self) -> usize {
        self.pages.lock().unwrap().peak
    }
}

async fn answer(State(pages): State<Shared>, uri: Uri) -> Response {
    let found = {
        let mut pages = pages.lock().unwrap();
        pages.requests += 1;
        pages.under_way += 1;
        pages.peak = pages.peak.max(pages.under_way);
        pages.answers.get(uri.path()).cloned()
    };
    if let Some(answer) = &found {
        tokio::time::sleep(answer.delay).await;
    }
    pages.lock().unwrap().under_way -= 1;
    let Some(answer) = found else {
        return (
            StatusCode::NOT_FOUND,
            "<html><title>404 Not Found</title><h1>Not Found</h1></html>",
        )
            .into_response();
    };
    let mut headers = HeaderMap::new();
    for (name, value) in &answer.headers {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        );
    }
    (StatusCode::from_u16(answer.status).unwrap(), headers, answer.body).into_response()
}

/// A page that a person would call an article, about `word`.
pub(crate) fn article(title: &str, word: &str) -> Answer {
    let paragraph = |n: usize| {
        format!(
            "<p>Paragraph {n} of this text on {word} says something that takes a whole sentence to say. \
             It goes on for a while, because {word} deserves more than a remark in passing, and it ends \
             where the next paragraph begins to look at {word} from another side.</p>"
        )
    };
    let body: String = (1..=6).map(paragraph).collect();
    Answer::page(format!(
        "<!doctype html><html lang=en><head><title>{title}</title>\
         <meta property=og:type content=article><meta name=author content='Ada Example'>\
         <meta property='article:published_time' content='2024-05-06T07:08:09Z'></head>\
         <body><nav><a href=/>Home</a></nav><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    ))
}

impl Answer {
    /// The page as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The same page with bytes in it that nobody sees.
    pub(crate) fn with_comment(mut self, text: &str) -> Self {
        self.body.extend(["<!-- ", text, " -->"].concat().bytes());
        self
    }
}
