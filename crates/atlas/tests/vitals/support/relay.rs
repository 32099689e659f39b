//! A mail server that misbehaves on purpose, at the step that the test names, and keeps the letters it was given.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::{PATIENCE, eventually};

/// What goes wrong in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// It takes the connection and says nothing.
    NeverSpeaks,
    /// It says nothing more after this command. `.` is the end of a letter.
    StallsAt(&'static str),
    /// It answers this command so.
    Answers(&'static str, &'static str),
    /// It answers so whoever names this recipient.
    AnswersTo(&'static str, &'static str),
    /// It closes the connection at this command.
    ClosesAt(&'static str),
}

/// A letter as it came.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) text: String,
    /// Whether it was taken, as the other side was told.
    pub(crate) was_taken: bool,
}

/// Lives as long as its test.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    next: VecDeque<Fault>,
    then: Fault,
    conversations: Vec<Instant>,
    letters: Vec<Given>,
}

impl Given {
    /// By which a repetition is told.
    pub(crate) fn message_id(&self) -> &str {
        let mut ids = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("Message-ID: "));
        ids.next().unwrap()
    }
}

impl Relay {
    /// In each conversation the next of these goes wrong, and after them nothing.
    pub(crate) async fn start(faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::new(Mutex::new(Shared {
                next: faults.iter().copied().collect(),
                then: Fault::None,
                conversations: Vec::new(),
                letters: Vec::new(),
            })),
        };
        tokio::spawn(accept(listener, Arc::clone(&relay.shared)));
        relay
    }

    /// From now on this goes wrong each time.
    pub(crate) fn always(&self, fault: Fault) {
        self.shared.lock().unwrap().then = fault;
    }

    /// The channel that hands letters about what is critical in here, and nothing less.
    pub(crate) fn channel(&self, name: &str) -> String {
        format!(
            "name = {name:?}\nkind = \"email\"\nurl = \"smtp://{}\"\nfrom = \"atlas@mail.example\"\n\
             to = \"reader@mail.example\"\nmin_severity = \"critical\"\n",
            self.address
        )
    }

    /// When conversations began.
    pub(crate) fn conversations(&self) -> Vec<Instant> {
        self.shared.lock().unwrap().conversations.clone()
    }

    /// Every letter that was given whole, taken or not.
    pub(crate) fn letters(&self) -> Vec<Given> {
        self.shared.lock().unwrap().letters.clone()
    }

    /// Those that were taken.
    pub(crate) fn taken(&self) -> Vec<Given> {
        let mut letters = self.letters();
        letters.retain(|letter| letter.was_taken);
        letters
    }

    /// Waits until so many letters were taken.
    pub(crate) async fn takes(&self, count: usize) -> Vec<Given> {
        eventually(PATIENCE, &format!("{count} letters are taken"), async || {
            self.taken().len() >= count
        })
        .await;
        self.taken()
    }

    /// Waits until so many conversations have begun.
    pub(crate) async fn is_spoken_to(&self, times: usize) {
        eventually(PATIENCE, &format!("{times} conversations begin"), async || {
            self.conversations().len() >= times
        })
        .await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let fault = {
            let mut shared = shared.lock().unwrap();
            shared.conversations.push(Instant::now());
            shared.next.pop_front().unwrap_or(shared.then)
        };
        tokio::spawn(speak(stream, fault, Arc::clone(&shared)));
    }
}

/// One conversation. `None` when the other side has gone.
async fn speak(stream: TcpStream, fault: Fault, shared: Arc<Mutex<Shared>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    if fault == Fault::NeverSpeaks {
        return stay_silent(&mut stream).await;
    }
    stream.write_all(b"220 relay.example\r\n").await.ok()?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let verb = line.split([' ', ':', '\r', '\n']).next()?.to_ascii_uppercase();
        let fault_here = match fault {
            Fault::AnswersTo(who, answer) if verb == "RCPT" && line.contains(who) => {
                Fault::Answers("RCPT", answer)
            }
            fault => fault,
        };
        carry_on(&mut stream, fault_here, &verb).await?;
        if verb == "QUIT" {
            return Some(());
        }
        let refuses = matches!(fault, Fault::Answers("DATA", _));
        if verb == "DATA" && !refuses {
            let text = letter(&mut stream).await?;
            let was_taken = !matches!(fault, Fault::Answers(".", _));
            shared.lock().unwrap().letters.push(Given { text, was_taken });
            carry_on(&mut stream, fault, ".").await?;
        }
    }
}

/// Answers a command, well or badly.
async fn carry_on(stream: &mut BufReader<TcpStream>, fault: Fault, verb: &str) -> Option<()> {
    let answer = match fault {
        Fault::StallsAt(at) if at == verb => {
            stay_silent(stream).await;
            return None;
        }
        Fault::ClosesAt(at) if at == verb => return None,
        Fault::Answers(at, answer) if at == verb => answer,
        _ => agreement(verb),
    };
    stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()
}

fn agreement(verb: &str) -> &'static str {
    match verb {
        "EHLO" => "250-relay.example\r\n250 8BITMIME",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 ok",
    }
}

async fn letter(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    loop {
        let before = text.len();
        if stream.read_line(&mut text).await.ok()? == 0 {
            return None;
        }
        if &text[before..] == ".\r\n" {
            text.truncate(before);
            return Some(text);
        }
    }
}

async fn stay_silent(stream: &mut BufReader<TcpStream>) -> Option<()> {
    let mut ignored = String::new();
    while stream.read_line(&mut ignored).await.ok()? > 0 {
        ignored.clear();
    }
    Some(())
}
