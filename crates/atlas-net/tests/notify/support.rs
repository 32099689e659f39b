//! A notifier with one channel, and servers that follow a script.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::Messenger;
use atlas_domain::{Message, Receipt, SendFailure, Severity, SystemClock};
use atlas_net::fetch::{AddressPolicy, SystemResolver};
use atlas_net::notify::{Channel, Notifier};
use atlas_resilience::{Concurrency, PolicySettings, Service, ServiceSettings, Surroundings, TokioClock};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// How long one try may take here.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(3);

/// However long a channel asks to be left alone here.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_mins(10);

pub(crate) struct Sending {
    pub(crate) notifier: Notifier,
}

impl Sending {
    pub(crate) fn by(channel: Channel) -> Self {
        let two = NonZeroU32::new(2).unwrap();
        let settings = PolicySettings {
            attempt_timeout: ATTEMPT,
            overall_timeout: ATTEMPT * 2,
            retry: None,
            breaker: Some(ServiceSettings::default()),
            concurrency: Some(Concurrency {
                total: two,
                per_scope: two,
                queues: true,
            }),
            rate: None,
        };
        let surroundings = Surroundings {
            clock: Arc::new(TokioClock::new(|| std::time::SystemTime::UNIX_EPOCH)),
            journal: None,
            observer: None,
            seed: 7,
        };
        let service = Service::new("notifications", settings, surroundings, None, []);
        let channels = HashMap::from([("owner".to_owned(), channel)]);
        let notifier = Notifier::new(
            channels,
            LONGEST_PAUSE,
            &AddressPolicy::default(),
            Arc::new(SystemResolver),
            Arc::new(service),
            Arc::new(SystemClock),
        );
        Self {
            notifier: notifier.unwrap(),
        }
    }

    pub(crate) async fn send(&self, message: &Message) -> Result<Receipt, SendFailure> {
        self.notifier.send("owner", message).await
    }
}

pub(crate) fn message() -> Message {
    Message {
        delivery_id: "d-17".to_owned(),
        follows: None,
        severity: Severity::Critical,
        title: "disk_space is critical".to_owned(),
        text: "The disk is full: <97 %> & rising.\n".to_owned(),
        html: Some("<p>The disk is full.</p>".to_owned()),
        json: r#"{"delivery":"d-17"}"#.to_owned(),
        link: None,
    }
}

/// A server that handles one connection after another with `serve`, and what it was sent.
pub(crate) async fn server<Serving>(
    serve: impl Fn(TcpStream, mpsc::UnboundedSender<String>) -> Serving + Send + 'static,
) -> (SocketAddr, mpsc::UnboundedReceiver<String>)
where
    Serving: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, what_was_heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, heard.clone()));
        }
    });
    (address, what_was_heard)
}

/// Speaks SMTP: greets, then answers each command by `answer`; `None` closes the connection, an empty answer is
/// silence. A letter is asked about as the command `.`.
pub(crate) async fn speak_smtp(
    mut stream: TcpStream,
    heard: mpsc::UnboundedSender<String>,
    answer: fn(&str) -> Option<&'static str>,
) {
    let _ = stream.write_all(b"220 relay.example\r\n").await;
    speak_smtp_after_greeting(stream, heard, answer).await;
}

/// The same from there on.
pub(crate) async fn speak_smtp_after_greeting(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    heard: mpsc::UnboundedSender<String>,
    answer: fn(&str) -> Option<&'static str>,
) {
    let mut stream = BufReader::new(stream);
    let (mut line, mut letter) = (String::new(), None::<String>);
    loop {
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        let said = line.trim_end();
        let command = match &mut letter {
            Some(text) if said == "." => {
                let _ = heard.send(std::mem::take(text));
                letter = None;
                "."
            }
            Some(text) => {
                text.push_str(&line);
                continue;
            }
            None => said,
        };
        match answer(command) {
            None => return,
            Some("") => {}
            Some(answer) => {
                if command == "DATA" && answer.starts_with('3') {
                    letter = Some(String::new());
                }
                let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
            }
        }
    }
}

/// Reads one request, answers with `answer` as it stands, and closes.
pub(crate) async fn answer_http(mut stream: TcpStream, heard: mpsc::UnboundedSender<String>, answer: &str) {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((headers, body)) = text.split_once("\r\n\r\n") else {
            if read == 0 {
                return;
            }
            continue;
        };
        let length = headers.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")
                .map(str::to_owned)
        });
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            let _ = heard.send(text.into_owned());
            break;
        }
    }
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
