//! A small HTTP/1.1 server that does what a test tells it, byte by byte. It records who asked for what.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{AbortHandle, JoinSet};
use url::Url;

/// A part of an answer.
pub(crate) enum Step {
    /// These bytes.
    Send(Vec<u8>),
    /// These bytes, again and again.
    SendForever(Vec<u8>),
    /// One byte, again and again, a while apart.
    Trickle(u8, Duration),
    /// Nothing more, with the connection open.
    Stall,
    /// Waits until the test lets it go on.
    WaitFor(Arc<Semaphore>),
    /// Ends the connection in an orderly way. Without it the next request is awaited.
    Close,
    /// Breaks the connection off.
    Reset,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

type Script = dyn Fn(&Request) -> Vec<Step> + Send + Sync;

/// Runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

struct Shared {
    script: Box<Script>,
    requests: Mutex<Vec<Request>>,
    connections: watch::Sender<usize>,
    /// Requests that are being answered, and the most there ever were.
    in_flight: watch::Sender<(usize, usize)>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), script).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        script: impl Fn(&Request) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            requests: Mutex::default(),
            connections: watch::Sender::new(0),
            in_flight: watch::Sender::new((0, 0)),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared))).abort_handle();
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// A server that answers every request with these steps.
    pub(crate) async fn always(steps: impl Fn() -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start(move |_request| steps()).await
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// The same page under a name.
    pub(crate) fn url_at(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("http://{host}:{}{path}", self.address.port())).unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        *self.shared.connections.borrow()
    }

    pub(crate) async fn wait_for_in_flight(&self, count: usize) {
        self.shared
            .in_flight
            .subscribe()
            .wait_for(|(now, _)| *now >= count)
            .await
            .unwrap();
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.shared.in_flight.borrow().1
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The first half of a response.
pub(crate) fn head(status: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("HTTP/1.1 {status}\r\n{}\r\n", lines.concat()).into_bytes()
}

/// A whole response.
pub(crate) fn response(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<Step> {
    let length = body.len().to_string();
    let headers: Vec<_> = headers
        .iter()
        .copied()
        .chain([("content-length", length.as_str())])
        .collect();
    vec![Step::Send([&head(status, &headers), body].concat())]
}

/// A page.
pub(crate) fn page(body: &str) -> Vec<Step> {
    response("200 OK", &[("content-type", "text/html")], body.as_bytes())
}

/// A redirect.
pub(crate) fn redirect(target: &str) -> Vec<Step> {
    response("302 Found", &[("location", target)], b"")
}

pub(crate) fn loopback(last: u8, port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), port)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and its connections with it.
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let connection = *shared.connections.borrow();
        shared.connections.send_modify(|count| *count += 1);
        connections.spawn(talk(stream, connection, Arc::clone(&shared)));
    }
}

async fn talk(mut stream: TcpStream, connection: usize, shared: Arc<Shared>) {
    let mut received = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut received, connection).await {
        shared.requests.lock().unwrap().push(request.clone());
        shared.in_flight.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        let go_on = answer(&mut stream, (shared.script)(&request)).await;
        shared.in_flight.send_modify(|(now, _)| *now -= 1);
        if go_on.is_none() {
            return;
        }
    }
}

/// `None` when the connection is over.
async fn answer(stream: &mut TcpStream, steps: Vec<Step>) -> Option<()> {
    for step in steps {
        match step {
            Step::Send(bytes) => stream.write_all(&bytes).await.ok()?,
            Step::SendForever(bytes) => loop {
                stream.write_all(&bytes).await.ok()?;
            },
            Step::Trickle(byte, apart) => loop {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(apart).await;
            },
            Step::Stall => {
                // Until the client hangs up.
                let _ = stream.read(&mut [0; 16]).await;
                return None;
            }
            Step::WaitFor(gate) => gate.acquire().await.unwrap().forget(),
            Step::Close => {
                let _ = stream.shutdown().await;
                return None;
            }
            Step::Reset => {
                stream.set_zero_linger().unwrap();
                return None;
            }
        }
    }
    Some(())
}

async fn read_request(stream: &mut TcpStream, received: &mut Vec<u8>, connection: usize) -> Option<Request> {
    let end = loop {
        if let Some(start) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            break start + 4;
        }
        if stream.read_buf(received).await.ok()? == 0 || !received[0].is_ascii_uppercase() {
            return None; // the end, or no HTTP
        }
    };
    let text = String::from_utf8(received.drain(..end).collect()).unwrap();
    let mut lines = text.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Some(Request {
        path,
        headers,
        connection,
    })
}
