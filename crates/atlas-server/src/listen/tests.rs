//! Connections that hang, stay, or come too many, over pipes and on a paused clock; then both real listeners.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::routing::get;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A listener whose connections are pipes.
struct Pipes(mpsc::UnboundedReceiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(stream) => (stream, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A server on pipes.
struct Server {
    dial: mpsc::UnboundedSender<DuplexStream>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Server {
    fn start(router: Router) -> Self {
        let (dial, pipes) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(Pipes(pipes), router, stop.clone()));
        Self { dial, stop, task }
    }

    fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(64 * 1024);
        self.dial.send(server).unwrap();
        client
    }
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// Reads until the answer of `hello` is complete; the connection may stay open.
async fn read_hello(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&answer));
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_closed_after_ten_seconds() {
    let server = Server::start(hello());
    let mut client = server.connect();
    let begun = Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), HEAD_LIMIT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_connection_beyond_the_limit_waits_for_another_to_end() {
    let server = Server::start(hello());
    let mut held: Vec<_> = (0..MAX_CONNECTIONS).map(|_| server.connect()).collect();
    for client in &mut held {
        client.write_all(REQUEST).await.unwrap();
        read_hello(client).await;
    }
    let mut waiting = server.connect();
    waiting.write_all(REQUEST).await.unwrap();
    let too_early = timeout(Duration::from_secs(1), read_hello(&mut waiting)).await;
    assert!(too_early.is_err(), "one connection too many was served");

    drop(held.pop());
    let answer = timeout(Duration::from_secs(1), read_hello(&mut waiting))
        .await
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_an_open_request_end_and_closes_idle_connections() {
    let (entered, leave) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (inside, until) = (Arc::clone(&entered), Arc::clone(&leave));
    let handler = async move || {
        inside.notify_one();
        until.notified().await;
        "hello"
    };
    let server = Server::start(Router::new().route("/", get(handler)));
    let (mut busy, mut idle) = (server.connect(), server.connect());
    busy.write_all(REQUEST).await.unwrap();
    entered.notified().await;

    server.stop.cancel();
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0, "idle connections close");
    leave.notify_one();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    server.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stopping_cuts_off_a_request_that_does_not_end() {
    let entered = Arc::new(Notify::new());
    let inside = Arc::clone(&entered);
    let handler = async move || {
        inside.notify_one();
        std::future::pending::<&'static str>().await
    };
    let server = Server::start(Router::new().route("/", get(handler)));
    let mut client = server.connect();
    client.write_all(REQUEST).await.unwrap();
    entered.notified().await;

    let begun = Instant::now();
    server.stop.cancel();
    server.task.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), GRACE.as_secs());
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
}

async fn greets(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(REQUEST).await.unwrap();
    let answer = read_hello(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test is the client of its own listener on loopback"
)]
async fn serves_over_tcp() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve_tcp(listener, hello(), stop.clone()));
    greets(TcpStream::connect(address).await.unwrap()).await;
    stop.cancel();
    server.await.unwrap();
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is free again"
    );
}

#[tokio::test]
async fn serves_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve_unix(listener, hello(), stop.clone()));
    greets(tokio::net::UnixStream::connect(&path).await.unwrap()).await;
    stop.cancel();
    server.await.unwrap();
}
