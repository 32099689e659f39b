//! `Message` and the `Messenger` port: what is told to people outside, and how each try to tell it ended.

use std::time::Duration;

use crate::fetch::PortFuture;
use crate::health::Severity;

/// One message for one channel, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Stays the same however often it is tried: by it a receiver knows that it has the message already.
    pub delivery_id: String,
    /// The first message about the same thing, if this is not it: programs that know threads put both together.
    pub follows: Option<String>,
    /// How loud it is.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// The whole of it as plain text.
    pub text: String,
    /// The whole of it as HTML, for channels that show it.
    pub html: Option<String>,
    /// The same as one JSON object, for programs.
    pub json: String,
    /// Where to read on.
    pub link: Option<String>,
}

/// The other side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its own words, for people who look for a message there.
    pub answer: String,
    /// Those of several recipients for whom it was not taken. Nobody tries them again; mostly there are none.
    pub missed: Vec<Missed>,
}

/// A recipient whom a message did not reach, although others have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The address.
    pub who: String,
    /// A sentence for people, without secrets.
    pub why: String,
}

impl Receipt {
    /// The message has reached everybody whom it is for.
    #[must_use]
    pub fn of_all(answer: impl Into<String>) -> Self {
        Self {
            answer: answer.into(),
            missed: Vec::new(),
        }
    }

    /// Whom it did not reach and why, in a line. Empty where all have it.
    #[must_use]
    pub fn misses(&self) -> String {
        if self.missed.is_empty() {
            return String::new();
        }
        let each: Vec<String> = self
            .missed
            .iter()
            .map(|missed| format!("{} ({})", missed.who, missed.why))
            .collect();
        format!("it did not reach {}", each.join(", "))
    }
}

/// A try that did not end with a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendFailure {
    /// What is known about the message now.
    pub fate: Fate,
    /// A sentence for people, without secrets.
    pub message: String,
    /// How long the other side asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// What became of a message that has no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The other side has not taken it, and may take it later.
    NotSent,
    /// The other side works, and does not take this message yet: a mailbox is busy, or strangers have to come again.
    NotYet,
    /// The other side will never take it as it is.
    Refused,
    /// The other side may have it: the connection was lost after it had been handed over.
    Unknown,
    /// Nobody was asked: our own limits held it back.
    HeldBack,
}

/// A channel that the owner has set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownChannel {
    /// Its name.
    pub name: String,
    /// What it is, in a word: `email`, `webhook`, `command`.
    pub kind: &'static str,
}

/// Sends messages to the channels that the owner has set up.
pub trait Messenger: Send + Sync {
    /// All of them, by name.
    fn channels(&self) -> Vec<KnownChannel>;

    /// Tries once to send `message` to the channel of that name.
    fn send<'a>(
        &'a self,
        channel: &'a str,
        message: &'a Message,
    ) -> PortFuture<'a, Result<Receipt, SendFailure>>;
}
