//! Has messages sent, each attempt in a task of its own under a hard limit, and brings back how it ended.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atlas_domain::{Fate, KnownChannel, Message, Messenger, Receipt, SendFailure, panic_message};
use atlas_vitals::alerts::{self, Answer, Attempt, DeliveryId};
use futures_util::FutureExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// However long a channel allows itself. It is less than the time after which an attempt counts as lost.
pub const LONGEST_ATTEMPT: Duration = Duration::from_mins(2);

/// An attempt that has ended.
pub(super) struct Answered {
    pub(super) delivery: DeliveryId,
    pub(super) answer: Answer,
}

/// Has messages sent.
pub(super) struct Sending {
    messenger: Arc<dyn Messenger>,
    answers: mpsc::UnboundedSender<Answered>,
    under_way: Arc<AtomicUsize>,
}

impl Sending {
    pub(super) fn new(messenger: Arc<dyn Messenger>) -> (Self, mpsc::UnboundedReceiver<Answered>) {
        let (answers, answered) = mpsc::unbounded_channel();
        let sending = Self {
            messenger,
            answers,
            under_way: Arc::default(),
        };
        (sending, answered)
    }

    /// The channels that messages can take.
    pub(super) fn channels(&self) -> Vec<KnownChannel> {
        self.messenger.channels()
    }

    /// Whether an attempt is under way.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Acquire) > 0
    }

    /// Begins an attempt.
    pub(super) fn begin(&self, attempt: Attempt) {
        let (messenger, answers) = (Arc::clone(&self.messenger), self.answers.clone());
        let under_way = Arc::clone(&self.under_way);
        under_way.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            #[cfg(feature = "failpoints")]
            fail::fail_point!("vitals::send", |_| std::process::abort());
            let answer = tell(messenger.as_ref(), &attempt).await;
            #[cfg(feature = "failpoints")]
            fail::fail_point!("vitals::sent", |_| std::process::abort());
            // Nobody waits for it any more when the process ends: the next one asks again, under the same id.
            let _ = answers.send(Answered {
                delivery: attempt.delivery,
                answer,
            });
            under_way.fetch_sub(1, Ordering::AcqRel);
        });
    }
}

async fn tell(messenger: &dyn Messenger, attempt: &Attempt) -> Answer {
    let message = written(&attempt.message);
    let sent = AssertUnwindSafe(timeout(LONGEST_ATTEMPT, async {
        messenger.send(&attempt.channel, &message).await
    }));
    match sent.catch_unwind().await {
        Ok(Ok(sent)) => answer_of(sent),
        Ok(Err(_elapsed)) => Answer::Unknown {
            reason: format!("no answer within {} s", LONGEST_ATTEMPT.as_secs()),
        },
        Err(panic) => Answer::Unknown {
            reason: format!("sending itself failed: {}", panic_message(panic.as_ref())),
        },
    }
}

fn answer_of(sent: Result<Receipt, SendFailure>) -> Answer {
    let failure = match sent {
        Ok(receipt) if receipt.missed.is_empty() => return Answer::Delivered,
        Ok(receipt) => {
            return Answer::DeliveredInPart {
                missed: receipt.missed.len(),
                reason: receipt.misses(),
            };
        }
        Err(failure) => failure,
    };
    let SendFailure {
        fate,
        message: reason,
        retry_after,
    } = failure;
    match fate {
        Fate::NotSent | Fate::NotYet | Fate::HeldBack => Answer::Failed { reason, retry_after },
        Fate::Unknown => Answer::Unknown { reason },
        Fate::Refused => Answer::Refused { reason },
    }
}

/// The message as channels carry it.
fn written(message: &alerts::Message) -> Message {
    Message {
        delivery_id: message.delivery.to_string(),
        follows: message.follows.map(|first| first.to_string()),
        severity: message.severity,
        title: message.title.clone(),
        text: message.text(),
        html: Some(message.html()),
        json: message.json(),
        link: message.link.clone(),
    }
}
