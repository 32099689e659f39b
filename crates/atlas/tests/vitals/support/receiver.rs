//! A receiver of webhooks, byte by byte: it answers as the test says, well or badly, and keeps what came and when.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, interval};

use super::{Door, PATIENCE, eventually};

/// What is answered to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// This status, with these headers, each ended by a line break.
    Status(u16, String),
    /// Nothing, with the connection open.
    Silence,
    /// 200, and then a body that never ends, byte by byte.
    SlowBody,
    /// The connection breaks off.
    Reset,
    /// 200 and a body of this size, as fast as it is taken.
    Body(u64),
}

/// A message that has come.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) at: Instant,
    /// The first line and the headers, in small letters.
    pub(crate) head: String,
    pub(crate) message: Value,
    /// What was answered.
    pub(crate) reply: Reply,
}

/// Lives as long as its test.
pub(crate) struct Receiver {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    /// Keeps the port while nobody listens on it.
    silent: Mutex<Option<TcpSocket>>,
}

struct Shared {
    /// The next answers,
    next: VecDeque<Reply>,
    /// and all after them.
    then: Reply,
    heard: Vec<Heard>,
    /// Bytes of bodies that were taken.
    body_bytes: u64,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, String::new())
    }

    pub(crate) fn with(status: u16, header: &str) -> Self {
        Self::Status(status, format!("{header}\r\n"))
    }

    pub(crate) fn accepts(&self) -> bool {
        match self {
            Self::Status(status, _) => (200..300).contains(status),
            Self::SlowBody | Self::Body(_) => true,
            Self::Silence | Self::Reset => false,
        }
    }
}

impl Heard {
    /// The delivery, by which a repetition is told.
    pub(crate) fn id(&self) -> String {
        self.message["delivery_id"].as_str().unwrap().to_owned()
    }

    /// What it says of the service of a door: `firing`, `resolved` and so on.
    pub(crate) fn kinds(&self) -> Vec<String> {
        self.incidents(Door::NAME)
            .map(|incident| incident["kind"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What it tells of a service.
    pub(crate) fn incidents(&self, service: &str) -> impl Iterator<Item = &Value> {
        let all = self.message["incidents"].as_array().map(Vec::as_slice);
        let all = all.unwrap_or_default().iter();
        all.filter(move |incident| incident["service"] == service)
    }
}

impl Receiver {
    /// One that accepts everything.
    pub(crate) fn start() -> Self {
        let receiver = Self::absent_on("127.0.0.1");
        receiver.appear();
        receiver
    }

    /// Nobody listens yet.
    pub(crate) fn absent_on(address: &str) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        Self {
            address: socket.local_addr().unwrap(),
            shared: Arc::new(Mutex::new(Shared {
                next: VecDeque::new(),
                then: Reply::status(204),
                heard: Vec::new(),
                body_bytes: 0,
            })),
            silent: Mutex::new(Some(socket)),
        }
    }

    /// From now on it listens.
    pub(crate) fn appear(&self) {
        let listener = self.silent.lock().unwrap().take().unwrap().listen(128).unwrap();
        tokio::spawn(accept(listener, Arc::clone(&self.shared)));
    }

    /// Answers so from now on.
    pub(crate) fn answers(&self, reply: Reply) {
        self.shared.lock().unwrap().then = reply;
    }

    /// Answers the next messages so.
    pub(crate) fn answers_next(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.lock().unwrap().next.extend(replies);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The channel that sends here what is critical, and nothing less: one message for the beginning and one for the
    /// end.
    pub(crate) fn channel(&self, name: &str) -> String {
        self.channel_with(name, "min_severity = \"critical\"")
    }

    /// The channel that sends here, with more settings.
    pub(crate) fn channel_with(&self, name: &str, settings: &str) -> String {
        format!(
            "name = {name:?}\nkind = \"webhook\"\nurl = {:?}\n{settings}\n",
            self.url()
        )
    }

    /// Every message, in order.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.shared.lock().unwrap().heard.clone()
    }

    /// Every message about the service of a door, in order.
    pub(crate) fn of_door(&self) -> Vec<Heard> {
        let mut heard = self.heard();
        heard.retain(|heard| !heard.kinds().is_empty());
        heard
    }

    /// The messages about the service of a door that were accepted.
    pub(crate) fn accepted(&self) -> Vec<Heard> {
        let mut heard = self.of_door();
        heard.retain(|heard| heard.reply.accepts());
        heard
    }

    /// How many bytes of long answers were taken.
    pub(crate) fn body_bytes(&self) -> u64 {
        self.shared.lock().unwrap().body_bytes
    }

    /// Waits until a message that says this of the service of a door has been accepted.
    pub(crate) async fn hears(&self, kind: &str) -> Heard {
        let find = || {
            let accepted = self.accepted();
            accepted
                .into_iter()
                .find(|heard| heard.kinds().iter().any(|known| known == kind))
        };
        eventually(PATIENCE, &format!("{kind} is told"), async || find().is_some()).await;
        find().unwrap()
    }

    /// Waits until so many messages about the service of a door have come, accepted or not.
    pub(crate) async fn hears_at_least(&self, count: usize) -> Vec<Heard> {
        eventually(PATIENCE, &format!("{count} messages come"), async || {
            self.of_door().len() >= count
        })
        .await;
        self.of_door()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&shared)));
    }
}

/// One message a connection. `None` when the other side has gone.
async fn answer(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) -> Option<()> {
    let (head, body) = request(&mut stream).await?;
    let reply = {
        let mut shared = shared.lock().unwrap();
        let reply = shared.next.pop_front().unwrap_or_else(|| shared.then.clone());
        shared.heard.push(Heard {
            at: Instant::now(),
            head,
            message: serde_json::from_slice(&body).unwrap_or(Value::Null),
            reply: reply.clone(),
        });
        reply
    };
    match reply {
        Reply::Status(status, headers) => {
            let head = format!(
                "HTTP/1.1 {status} Said\r\n{headers}content-length: 2\r\nconnection: close\r\n\r\nok"
            );
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.shutdown().await.ok()
        }
        Reply::Silence => {
            let _ = stream.read(&mut [0; 16]).await; // until the client hangs up
            Some(())
        }
        Reply::Reset => stream.set_zero_linger().ok(),
        Reply::SlowBody => {
            announce(&mut stream, 1_000_000).await?;
            let mut drops = interval(Duration::from_millis(50));
            loop {
                drops.tick().await;
                stream.write_all(b" ").await.ok()?;
            }
        }
        Reply::Body(bytes) => {
            announce(&mut stream, bytes).await?;
            let block = vec![b'x'; 64 * 1024];
            for _ in 0..bytes / block.len() as u64 {
                stream.write_all(&block).await.ok()?;
                shared.lock().unwrap().body_bytes += block.len() as u64;
            }
            Some(())
        }
    }
}

async fn announce(stream: &mut TcpStream, bytes: u64) -> Option<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.ok()
}

/// The head in small letters, and the body.
async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut received = Vec::new();
    loop {
        if let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&received[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            let body = &received[end + 4..];
            if body.len() >= length {
                return Some((head, body.to_vec()));
            }
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}
