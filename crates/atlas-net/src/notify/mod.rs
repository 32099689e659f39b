//! Takes messages to the channels that the owner has set up: e-mail through a relay, webhooks, a command. One try a
//! call, under the policy of the channel: when to try again is decided by whoever keeps the message.

mod command;
mod failure;
mod judge;
mod mail;
mod relay;
mod shape;
mod signature;
mod smtp;
mod webhook;

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use atlas_domain::{
    Clock, Fate, KnownChannel, Message, Messenger, PortFuture, Receipt, SendFailure, Timestamp,
};
use atlas_resilience::{Call, Deadline, Service};

use crate::fetch::{AddressPolicy, ClientError, Resolve};
pub use command::Command;
pub use mail::{MailError, Mailing};
pub use relay::{Relay, RelayError, Security};
pub use shape::{Shape, Target, TargetError};
pub use signature::{SecretError, SigningSecret};

/// How one channel is reached.
#[derive(Debug, Clone)]
pub enum Channel {
    /// Through a mail relay.
    Email {
        /// The relay.
        relay: Relay,
        /// From whom and to whom.
        mailing: Mailing,
    },
    /// By a request to an address.
    Webhook(Target),
    /// By a program on this machine.
    Command(Command),
}

impl Channel {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Email { .. } => "email",
            Self::Webhook(_) => "webhook",
            Self::Command(_) => "command",
        }
    }
}

/// Sends to channels by name.
pub struct Notifier {
    reach: RwLock<Arc<Reach>>,
    /// What redirects are judged by.
    addresses: AddressPolicy,
    resolver: Arc<dyn Resolve>,
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
    /// What went wrong last with a channel that has been failing since: once it is left alone, nothing else says why.
    failed: Mutex<HashMap<String, String>>,
}

/// Channels as they are set now, with the client that trusts their hosts. A message that is on its way keeps those it
/// began with.
struct Reach {
    channels: HashMap<String, Channel>,
    /// None where no channel is a webhook: to make a client takes its time.
    http: Option<webhook::Sender>,
    /// However long a channel asks to be left alone.
    longest_pause: Duration,
}

/// Channels that were ready to be used, so that they can be put back.
pub struct Replaced(Arc<Reach>);

impl Notifier {
    /// For these channels, each a scope of `service`. One that asks to be left alone is, for `longest_pause` at most.
    /// Their hosts are trusted as they are named; what they redirect to must pass `addresses`.
    pub fn new(
        channels: HashMap<String, Channel>,
        longest_pause: Duration,
        addresses: &AddressPolicy,
        resolver: Arc<dyn Resolve>,
        service: Arc<Service>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let reach = Reach::new(channels, longest_pause, addresses, &resolver, &service)?;
        Ok(Self {
            reach: RwLock::new(Arc::new(reach)),
            addresses: addresses.clone(),
            resolver,
            service,
            clock,
            failed: Mutex::default(),
        })
    }

    /// Takes these channels beside those that were, in place of any of the same name, and another longest pause: while
    /// channels change there are messages under way for those that will be gone. Returns what was, for
    /// [`Notifier::put_back`].
    pub fn add(
        &self,
        channels: HashMap<String, Channel>,
        longest_pause: Duration,
    ) -> Result<Replaced, ClientError> {
        let mut all = self.reach().channels.clone();
        all.extend(channels);
        self.replace(all, longest_pause)
    }

    /// Takes other channels, and another longest pause, in place of all that were. Returns those, for
    /// [`Notifier::put_back`]; where the new ones cannot be reached at all, they stay. A pause that has begun is not
    /// cut short.
    pub fn replace(
        &self,
        channels: HashMap<String, Channel>,
        longest_pause: Duration,
    ) -> Result<Replaced, ClientError> {
        let (addresses, resolver) = (&self.addresses, &self.resolver);
        let reach = Reach::new(channels, longest_pause, addresses, resolver, &self.service)?;
        Ok(Replaced(self.change(Arc::new(reach))))
    }

    /// Takes the channels that were replaced back again.
    pub fn put_back(&self, before: Replaced) {
        self.change(before.0);
    }

    fn change(&self, reach: Arc<Reach>) -> Arc<Reach> {
        let mut current = self.reach.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut current, reach)
    }

    /// Remembers why a channel fails, and says it of one that is left alone for that.
    fn with_reason(&self, channel: &str, failure: SendFailure) -> SendFailure {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.fate {
            Fate::HeldBack => match failed.get(channel) {
                Some(before) => failure::after(&failure, before),
                None => failure,
            },
            Fate::NotSent | Fate::NotYet | Fate::Unknown | Fate::Refused => {
                failed.insert(channel.to_owned(), failure.message.clone());
                failure
            }
        }
    }

    fn reach(&self) -> Arc<Reach> {
        Arc::clone(&self.reach.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reach {
    fn new(
        channels: HashMap<String, Channel>,
        longest_pause: Duration,
        addresses: &AddressPolicy,
        resolver: &Arc<dyn Resolve>,
        service: &Service,
    ) -> Result<Self, ClientError> {
        let attempt_timeout = service.settings().attempt_timeout;
        let targets: Vec<&Target> = channels
            .values()
            .filter_map(|channel| match channel {
                Channel::Webhook(target) => Some(target),
                Channel::Email { .. } | Channel::Command(_) => None,
            })
            .collect();
        let http = if targets.is_empty() {
            None
        } else {
            let targets = targets.into_iter();
            Some(webhook::Sender::new(
                targets,
                addresses,
                Arc::clone(resolver),
                attempt_timeout,
            )?)
        };
        Ok(Self {
            channels,
            http,
            longest_pause,
        })
    }

    /// One try. What it asks for is bounded here, once for every kind of channel and for everybody who reads it: the
    /// circuit breaker keeps a pause as well as the message does.
    async fn hand_over(
        &self,
        how: &Channel,
        message: &Message,
        now: Timestamp,
        handed_over: &AtomicBool,
    ) -> Result<Receipt, SendFailure> {
        let answer = match how {
            Channel::Email { relay, mailing } => {
                let letter = mailing
                    .letter(message, now)
                    .map_err(|error| failure::refused(error.to_string()))?;
                smtp::send(relay, &letter, handed_over).await
            }
            Channel::Webhook(target) => {
                let http = self.http.as_ref();
                let http = http.ok_or_else(|| failure::refused("there is no client".to_owned()))?;
                http.send(target, message, now, handed_over).await
            }
            Channel::Command(command) => command.send(message, handed_over).await,
        };
        answer.map_err(|failure| SendFailure {
            retry_after: failure.retry_after.map(|pause| pause.min(self.longest_pause)),
            ..failure
        })
    }
}

impl Messenger for Notifier {
    fn channels(&self) -> Vec<KnownChannel> {
        let reach = self.reach();
        let mut known: Vec<KnownChannel> = reach
            .channels
            .iter()
            .map(|(name, channel)| KnownChannel {
                name: name.clone(),
                kind: channel.kind(),
            })
            .collect();
        known.sort_by(|one, other| one.name.cmp(&other.name));
        known
    }

    fn send<'a>(
        &'a self,
        channel: &'a str,
        message: &'a Message,
    ) -> PortFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(async move {
            let reach = self.reach();
            let how = reach
                .channels
                .get(channel)
                .ok_or_else(|| failure::refused(format!("there is no channel `{channel}`")))?;
            let policy = self.service.policy();
            let deadline = Deadline::of_limit(self.service.settings().overall_timeout);
            // Outlives an attempt that is given up: by it one that had begun to hand over is told from one that had
            // not.
            let handed_over = AtomicBool::new(false);
            let sent = policy.run(
                Call::once(channel, deadline),
                judge::judge,
                async |_attempt_deadline| {
                    reach
                        .hand_over(how, message, self.clock.now(), &handed_over)
                        .await
                },
            );
            // A conversation in SMTP has a large state.
            let sent = Box::pin(sent).await;
            match sent.map_err(|error| failure::of_policy(error, channel, &handed_over)) {
                Ok(receipt) => {
                    let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                    failed.remove(channel);
                    Ok(receipt)
                }
                Err(failure) => Err(self.with_reason(channel, failure)),
            }
        })
    }
}
