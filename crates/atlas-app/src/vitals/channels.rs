//! `Channels`: the ways to people outside, for a word that belongs to no incident. It sends nothing but tests; alerts
//! are told by whoever looks after the server.

use std::fmt::Write as _;
use std::sync::Arc;

use atlas_domain::{
    Clock, Entropy, KnownChannel, Message, Messenger, Receipt, SendFailure, Severity, Timestamp,
};
use serde_json::json;

/// The ways to people outside.
pub struct Channels {
    messenger: Arc<dyn Messenger>,
    clock: Arc<dyn Clock>,
    entropy: Arc<Entropy>,
    /// How messages name this machine.
    host: Option<String>,
}

/// A test that did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TestFailure {
    /// There is no such channel.
    #[error("there is no channel `{name}`; {}", those(.known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// It was sent, and this came of it.
    #[error(transparent)]
    Failed(#[from] SendFailure),
}

fn those(known: &[String]) -> String {
    if known.is_empty() {
        return "none is set up".to_owned();
    }
    format!("there are: {}", known.join(", "))
}

impl Channels {
    /// Those that `messenger` reaches. `host`: how messages name this machine.
    pub fn new(
        messenger: Arc<dyn Messenger>,
        clock: Arc<dyn Clock>,
        entropy: Arc<Entropy>,
        host: Option<String>,
    ) -> Self {
        Self {
            messenger,
            clock,
            entropy,
            host,
        }
    }

    /// All that are set up.
    pub fn known(&self) -> Vec<KnownChannel> {
        self.messenger.channels()
    }

    /// Who carries messages.
    pub fn messenger(&self) -> &Arc<dyn Messenger> {
        &self.messenger
    }

    /// Sends a real message that says that it is a test, and tells what the other side said. Takes as long as the policy
    /// of messages allows.
    pub async fn test(&self, name: &str) -> Result<Receipt, TestFailure> {
        let known = self.known();
        if !known.iter().any(|channel| channel.name == name) {
            return Err(TestFailure::Unknown {
                name: name.to_owned(),
                known: known.into_iter().map(|channel| channel.name).collect(),
            });
        }
        let message = message(&self.fresh_id(), name, self.host.as_deref(), self.clock.now());
        Ok(self.messenger.send(name, &message).await?)
    }

    /// Never the same twice: a receiver must not take it for the test before.
    fn fresh_id(&self) -> String {
        let mut id = "test-".to_owned();
        for byte in self.entropy.ten_bytes() {
            let _ = write!(id, "{byte:02x}"); // to a text this does not fail
        }
        id
    }
}

fn message(delivery_id: &str, channel: &str, host: Option<&str>, at: Timestamp) -> Message {
    let whence = host.map(|host| format!(" on {host}")).unwrap_or_default();
    let title = format!("Atlas{whence}: a test of the channel {channel}");
    let text = format!(
        "This is a test of the channel {channel}, which somebody asked for.\nNothing is wrong, and nothing is to be \
         done.\n\nSent by Atlas{whence} at {at}.\nDelivery {delivery_id}\n"
    );
    let json = json!({
        "version": 1,
        "delivery_id": delivery_id,
        "follows": null,
        "kind": "test",
        "severity": Severity::Info,
        "host": host,
        "title": title,
        "at": at.to_string(),
        "link": null,
        "counts": { "critical": 0, "warning": 0, "info": 0, "resolved": 0, "fired_and_resolved": 0 },
        "incidents": [],
        "more": 0,
    });
    Message {
        delivery_id: delivery_id.to_owned(),
        follows: None,
        severity: Severity::Info,
        title,
        text,
        html: None,
        json: json.to_string(),
        link: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use atlas_domain::time::ManualClock;
    use atlas_domain::{Fate, PortFuture};

    use super::*;

    /// One channel, `mail`, that answers so.
    struct Relay {
        got: Mutex<Vec<Message>>,
        answer: Result<Receipt, SendFailure>,
    }

    impl Messenger for Relay {
        fn channels(&self) -> Vec<KnownChannel> {
            vec![KnownChannel {
                name: "mail".to_owned(),
                kind: "email",
            }]
        }

        fn send<'a>(
            &'a self,
            _channel: &'a str,
            message: &'a Message,
        ) -> PortFuture<'a, Result<Receipt, SendFailure>> {
            self.got.lock().unwrap().push(message.clone());
            Box::pin(async { self.answer.clone() })
        }
    }

    fn channels(answer: Result<Receipt, SendFailure>) -> (Channels, Arc<Relay>) {
        let relay = Arc::new(Relay {
            got: Mutex::default(),
            answer,
        });
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_750_000_000_000)));
        let messenger = Arc::clone(&relay) as Arc<dyn Messenger>;
        (
            Channels::new(
                messenger,
                clock,
                Arc::new(Entropy::seeded(7)),
                Some("attic".to_owned()),
            ),
            relay,
        )
    }

    fn receipt() -> Receipt {
        Receipt::of_all("250 OK")
    }

    #[tokio::test]
    async fn a_test_is_a_real_message_that_says_what_it_is() {
        let (channels, relay) = channels(Ok(receipt()));

        assert_eq!(channels.test("mail").await, Ok(receipt()));
        channels.test("mail").await.unwrap();

        let got = relay.got.lock().unwrap().clone();
        assert!(
            got[0].text.contains("This is a test of the channel mail"),
            "{}",
            got[0].text
        );
        assert!(got[0].text.contains("2025-06-15T15:06:40"), "{}", got[0].text);
        assert!(got[0].text.contains(&got[0].delivery_id));
        assert_eq!(got[0].severity, Severity::Info);
        let json: serde_json::Value = serde_json::from_str(&got[0].json).unwrap();
        assert_eq!((&json["kind"], &json["host"]), (&json!("test"), &json!("attic")));
        assert_ne!(got[0].delivery_id, got[1].delivery_id);
    }

    #[tokio::test]
    async fn what_the_other_side_says_is_told_as_it_is() {
        let failure = SendFailure {
            fate: Fate::Refused,
            message: "`relay.test` answered 550: no such user".to_owned(),
            retry_after: None,
        };
        let (channels, _relay) = channels(Err(failure.clone()));
        assert_eq!(channels.test("mail").await, Err(TestFailure::Failed(failure)));
    }

    #[tokio::test]
    async fn a_channel_that_there_is_not_is_told_with_those_that_there_are() {
        let (channels, relay) = channels(Ok(receipt()));
        let failure = channels.test("pager").await.unwrap_err();
        assert_eq!(
            failure.to_string(),
            "there is no channel `pager`; there are: mail"
        );
        assert!(relay.got.lock().unwrap().is_empty());
    }
}
