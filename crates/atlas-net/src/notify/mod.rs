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
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use atlas_domain::{Clock, Message, Messenger, PortFuture, Receipt, SendFailure};
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

/// Sends to channels by name.
pub struct Notifier {
    channels: HashMap<String, Channel>,
    http: webhook::Sender,
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
}

impl Notifier {
    /// For these channels, each a scope of `service`. Their hosts are trusted as they are named; what they redirect to
    /// must pass `addresses`.
    pub fn new(
        channels: HashMap<String, Channel>,
        addresses: &AddressPolicy,
        resolver: Arc<dyn Resolve>,
        service: Arc<Service>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ClientError> {
        let attempt_timeout = service.settings().attempt_timeout;
        let targets = channels.values().filter_map(|channel| match channel {
            Channel::Webhook(target) => Some(target),
            Channel::Email { .. } | Channel::Command(_) => None,
        });
        let http = webhook::Sender::new(targets, addresses, resolver, attempt_timeout)?;
        Ok(Self {
            channels,
            http,
            service,
            clock,
        })
    }
}

impl Messenger for Notifier {
    fn send<'a>(
        &'a self,
        channel: &'a str,
        message: &'a Message,
    ) -> PortFuture<'a, Result<Receipt, SendFailure>> {
        Box::pin(async move {
            let how = self
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
                async |_attempt_deadline| match how {
                    Channel::Email { relay, mailing } => {
                        let letter = mailing
                            .letter(message, self.clock.now())
                            .map_err(|error| failure::refused(error.to_string()))?;
                        smtp::send(relay, &letter, &handed_over).await
                    }
                    Channel::Webhook(target) => {
                        self.http
                            .send(target, message, self.clock.now(), &handed_over)
                            .await
                    }
                    Channel::Command(command) => command.send(message, &handed_over).await,
                },
            );
            // A conversation in SMTP has a large state.
            Box::pin(sent)
                .await
                .map_err(|error| failure::of_policy(error, channel, &handed_over))
        })
    }
}
