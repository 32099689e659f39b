//! A web site in trouble, byte by byte, until it recovers: then it serves an article for every path. It keeps the
//! moment of each request that met the trouble.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, interval};

use super::article;

/// How long the pause is that a site in trouble asks for.
pub(crate) const ASKED_PAUSE: Duration = Duration::from_secs(1);

/// What is wrong with a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nobody listens.
    Refused,
    /// The connection breaks off after the request.
    Reset,
    /// 500.
    Failing,
    /// 503 and a time to come back.
    Unavailable,
    /// 429 and a time to come back.
    TooManyRequests,
    /// No answer, with the connection open.
    Hanging,
    /// The end comes before the announced length.
    Truncated,
    /// A byte now and then, without an end.
    Dripping,
}

/// Lives as long as its test.
pub(crate) struct AilingSite {
    pub(crate) trouble: Trouble,
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    /// Keeps the port while nobody listens on it.
    silent: Mutex<Option<TcpSocket>>,
}

#[derive(Default)]
struct Shared {
    is_well: bool,
    failed: Vec<Instant>,
}

impl Trouble {
    pub(crate) const ALL: [Self; 8] = [
        Self::Refused,
        Self::Reset,
        Self::Failing,
        Self::Unavailable,
        Self::TooManyRequests,
        Self::Hanging,
        Self::Truncated,
        Self::Dripping,
    ];

    /// The reason that Atlas gives for it.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Refused => "connect_refused",
            Self::Reset => "connect_failed",
            Self::Failing => "http_500",
            Self::Unavailable => "http_503",
            Self::TooManyRequests => "http_429",
            Self::Hanging | Self::Dripping => "timeout",
            Self::Truncated => "truncated",
        }
    }

    /// Whether the site is well and only asks for a pause.
    pub(crate) fn asks_for_a_pause(self) -> bool {
        matches!(self, Self::Unavailable | Self::TooManyRequests)
    }
}

impl AilingSite {
    /// A site on an address of this machine.
    pub(crate) fn start_on(address: &str, trouble: Trouble) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        let site = Self {
            trouble,
            address: socket.local_addr().unwrap(),
            shared: Arc::default(),
            silent: Mutex::new(Some(socket)),
        };
        if trouble != Trouble::Refused {
            site.listen();
        }
        site
    }

    /// From now on every page is there.
    pub(crate) fn recover(&self) {
        self.shared.lock().unwrap().is_well = true;
        self.listen();
    }

    /// In trouble again. A site that nobody listened on listens from now on, and breaks connections off.
    pub(crate) fn relapse(&self) {
        self.shared.lock().unwrap().is_well = false;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What its breaker is called.
    pub(crate) fn scope(&self) -> String {
        self.address.to_string()
    }

    /// When the requests came that met the trouble. Of a port where nobody listens there are none.
    pub(crate) fn failed_requests(&self) -> Vec<Instant> {
        self.shared.lock().unwrap().failed.clone()
    }

    fn listen(&self) {
        let Some(socket) = self.silent.lock().unwrap().take() else {
            return;
        };
        let listener = socket.listen(128).unwrap();
        let (trouble, shared) = (self.trouble, Arc::clone(&self.shared));
        tokio::spawn(async move { accept(listener, trouble, shared).await });
    }
}

async fn accept(listener: TcpListener, trouble: Trouble, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, trouble, Arc::clone(&shared)));
    }
}

/// One request a connection. `None` when the other side has gone.
async fn answer(mut stream: TcpStream, trouble: Trouble, shared: Arc<Mutex<Shared>>) -> Option<()> {
    let path = requested_path(&mut stream).await?;
    let is_well = {
        let mut shared = shared.lock().unwrap();
        if !shared.is_well {
            shared.failed.push(Instant::now());
        }
        shared.is_well
    };
    if is_well {
        let url = format!("http://{}{path}", stream.local_addr().ok()?);
        let page = article(&format!("Title {url}"), &format!("word {url}"));
        send(&mut stream, "200 OK", page.text().len(), page.text()).await?;
        return stream.shutdown().await.ok();
    }
    let later = format!("\r\nretry-after: {}", ASKED_PAUSE.as_secs());
    match trouble {
        Trouble::Refused | Trouble::Reset => stream.set_zero_linger().ok()?,
        Trouble::Failing => send(&mut stream, "500 Internal Server Error", 4, "oops").await?,
        Trouble::Unavailable => send(&mut stream, &format!("503 Busy{later}"), 4, "busy").await?,
        Trouble::TooManyRequests => send(&mut stream, &format!("429 Slowly{later}"), 4, "slow").await?,
        Trouble::Truncated => send(&mut stream, "200 OK", 10_000, "<html>").await?,
        Trouble::Hanging => {
            let _ = stream.read(&mut [0; 16]).await; // until the client hangs up
        }
        Trouble::Dripping => {
            send(&mut stream, "200 OK", 10_000, "<html>").await?;
            let mut drops = interval(Duration::from_millis(50));
            loop {
                drops.tick().await;
                stream.write_all(b" ").await.ok()?;
            }
        }
    }
    Some(())
}

/// `status` may bring headers along.
async fn send(stream: &mut TcpStream, status: &str, announced_bytes: usize, body: &str) -> Option<()> {
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {announced_bytes}\r\nconnection: close\r\n\r\n\
         {body}"
    );
    stream.write_all(response.as_bytes()).await.ok()
}

async fn requested_path(stream: &mut TcpStream) -> Option<String> {
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    let text = String::from_utf8(received).ok()?;
    text.split(' ').nth(1).map(str::to_owned)
}
