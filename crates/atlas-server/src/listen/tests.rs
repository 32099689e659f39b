//! Connections that hang, stay, or come too many, over pipes and on a paused clock; then on real sockets.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::routing::get;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{Notify, Semaphore, mpsc};
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
        Self::limited(router, LIMITS)
    }

    fn limited(router: Router, limits: Limits) -> Self {
        let (dial, pipes) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(Pipes(pipes), router, limits, stop.clone()));
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

/// A handler that says when it is asked, and answers once for each permit.
fn held(entered: &Arc<Notify>, answers: &Arc<Semaphore>) -> Router {
    let (entered, answers) = (Arc::clone(entered), Arc::clone(answers));
    let handler = async move || {
        entered.notify_one();
        answers.acquire().await.unwrap().forget();
        "hello"
    };
    Router::new().route("/", get(handler))
}

/// So few that a test can fill them, and no time limit that could make room.
const FOUR: Limits = Limits {
    connections: 4,
    head: Duration::from_hours(1),
    write: Duration::from_hours(1),
    grace: Duration::from_secs(1),
};

/// Far longer than anything takes that is not stuck.
const STUCK: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn half_a_head_is_not_waited_for_after_ten_seconds() {
    let server = Server::start(hello());
    let mut client = server.connect();
    let begun = Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\nhost: loc").await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert_eq!(begun.elapsed(), LIMITS.head);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_answered_may_be_silent_for_ten_seconds() {
    let server = Server::start(hello());
    let mut client = server.connect();
    client.write_all(REQUEST).await.unwrap();
    read_hello(&mut client).await;
    let begun = Instant::now();
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(begun.elapsed(), LIMITS.head);
}

#[tokio::test(start_paused = true)]
async fn a_head_without_an_end_is_refused() {
    let server = Server::start(hello());
    let mut client = server.connect();
    let mut head = b"GET / HTTP/1.1\r\nhost: localhost\r\nx: ".to_vec();
    head.resize(BUFFER_BYTES + 1, b'x');
    // The server may close before it has read everything.
    let (_, answer) = {
        let (mut read, mut write) = tokio::io::split(&mut client);
        let mut answer = String::new();
        let written = tokio::join!(write.write_all(&head), read.read_to_string(&mut answer));
        (written, answer)
    };
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_takes_is_given_up() {
    let large = "x".repeat(1024 * 1024);
    let server = Server::start(Router::new().route("/", get(async move || large)));
    let mut client = server.connect();
    client.write_all(REQUEST).await.unwrap();
    let begun = Instant::now();
    tokio::time::sleep(LIMITS.write + Duration::from_secs(1)).await;
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(
        rest.len() < 1024 * 1024,
        "the whole answer was kept for a client that did not read"
    );
    assert!(begun.elapsed() < LIMITS.write + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_taken_slowly_is_given_whole() {
    let large = "x".repeat(1024 * 1024);
    let server = Server::start(Router::new().route("/", get(async move || large)));
    let mut client = server.connect();
    client.write_all(REQUEST).await.unwrap();
    let (mut taken, mut piece) = (0, vec![0; 64 * 1024]);
    while taken < 1024 * 1024 {
        tokio::time::sleep(LIMITS.write * 9 / 10).await;
        let read = client.read(&mut piece).await.unwrap();
        assert!(read > 0, "cut off after {taken} bytes");
        taken += read;
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_takes_the_place_of_whoever_has_waited_longest() {
    let server = Server::limited(hello(), FOUR);
    let mut clients: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.write_all(REQUEST).await.unwrap();
        read_hello(client).await;
    }
    // The first asks again, so that the second has waited longest.
    clients[0].write_all(REQUEST).await.unwrap();
    read_hello(&mut clients[0]).await;

    greets(server.connect()).await;

    assert_eq!(clients[1].read(&mut [0; 1]).await.unwrap(), 0, "closed");
    for stays in [0, 2, 3] {
        greets(&mut clients[stays]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_is_being_answered_keeps_its_place_and_a_newcomer_waits() {
    let (entered, answers) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let server = Server::limited(held(&entered, &answers), FOUR);
    let mut clients: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.write_all(REQUEST).await.unwrap();
        entered.notified().await;
    }
    let mut newcomer = server.connect();
    newcomer.write_all(REQUEST).await.unwrap();
    let too_early = timeout(Duration::from_secs(1), entered.notified()).await;
    assert!(too_early.is_err(), "one connection too many was served");

    answers.add_permits(1); // its connection then waits for its client, and can make room
    timeout(STUCK, entered.notified()).await.unwrap();
    answers.add_permits(4);
    read_hello(&mut newcomer).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_arriving_does_not_keep_its_place() {
    let take_all = async |_: String| "hello";
    let server = Server::limited(Router::new().route("/", axum::routing::post(take_all)), FOUR);
    let mut stalled: Vec<_> = (0..4).map(|_| server.connect()).collect();
    for client in &mut stalled {
        let half = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\nhalf";
        client.write_all(half).await.unwrap();
    }
    let mut newcomer = server.connect();
    let whole = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nwhole";
    newcomer.write_all(&whole[..whole.len() - 1]).await.unwrap();
    timeout(STUCK, read_hello(&mut newcomer)).await.unwrap();
    assert_eq!(stalled[0].read(&mut [0; 1]).await.unwrap(), 0, "closed");
}

#[tokio::test(start_paused = true)]
async fn stopping_lets_an_open_request_end_and_closes_idle_connections() {
    let (entered, answers) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let server = Server::start(held(&entered, &answers));
    let (mut busy, mut idle) = (server.connect(), server.connect());
    busy.write_all(REQUEST).await.unwrap();
    entered.notified().await;

    server.stop.cancel();
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0, "idle connections close");
    answers.add_permits(1);
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    server.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stopping_cuts_off_a_request_that_does_not_end() {
    let (entered, never) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let server = Server::start(held(&entered, &never));
    let mut client = server.connect();
    client.write_all(REQUEST).await.unwrap();
    entered.notified().await;

    let begun = Instant::now();
    server.stop.cancel();
    server.task.await.unwrap();
    assert_eq!(begun.elapsed(), LIMITS.grace);
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
}

async fn greets(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(REQUEST).await.unwrap();
    let answer = read_hello(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

/// Real sockets: more connections than there are places, each with half a head, and no time limit that helps.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test is the client of its own listener on loopback"
)]
async fn half_open_connections_keep_nobody_out() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(serve(listener, hello(), FOUR, stop.clone()));
    let mut half_open = Vec::new();
    for _ in 0..40 {
        let mut client = TcpStream::connect(address).await.unwrap();
        // It may have been closed by now, to make room for the next.
        let _ = client.write_all(b"GET / HTTP/1.1\r\nhost: loc").await;
        half_open.push(client);
    }
    let honest = async { greets(TcpStream::connect(address).await.unwrap()).await };
    timeout(STUCK, honest)
        .await
        .expect("half-open connections keep an honest client out");
    stop.cancel();
    server.await.unwrap();
}

/// Real sockets: a crowd that is being answered over TCP fills TCP, and TCP alone.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the test is the client of its own listener on loopback"
)]
async fn a_crowd_on_tcp_leaves_the_unix_socket_free() {
    let (entered, answers) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let routes = held(&entered, &answers).route("/prompt", get(async || "hello"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = tcp.local_addr().unwrap();
    let unix = UnixListener::bind(&path).unwrap();
    let stop = CancellationToken::new();
    let over_tcp = tokio::spawn(serve(tcp, routes.clone(), FOUR, stop.clone()));
    let over_unix = tokio::spawn(serve(unix, routes, FOUR, stop.clone()));
    let mut crowd = Vec::new();
    for _ in 0..4 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        entered.notified().await;
        crowd.push(client);
    }
    let owner = async {
        let mut client = tokio::net::UnixStream::connect(&path).await.unwrap();
        client
            .write_all(b"GET /prompt HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .await
            .unwrap();
        read_hello(&mut client).await
    };
    timeout(STUCK, owner)
        .await
        .expect("the owner's socket does not answer");
    stop.cancel();
    over_tcp.await.unwrap();
    over_unix.await.unwrap();
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
