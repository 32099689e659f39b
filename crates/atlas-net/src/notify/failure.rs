//! Says why a message was not sent, and what is known of it. The one place where errors of the policy become a
//! [`SendFailure`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{Fate, SendFailure};
use atlas_resilience::{PolicyError, Rejection};

/// A longer message says nothing more: it quotes the other side.
const MESSAGE_LIMIT_CHARS: usize = 500;

pub(super) fn not_sent(message: impl Into<String>) -> SendFailure {
    failure(Fate::NotSent, message.into())
}

/// What answers is well; it only does not want this message now.
pub(super) fn not_yet(message: impl Into<String>) -> SendFailure {
    failure(Fate::NotYet, message.into())
}

pub(super) fn refused(message: impl Into<String>) -> SendFailure {
    failure(Fate::Refused, message.into())
}

pub(super) fn unknown(message: impl Into<String>) -> SendFailure {
    failure(Fate::Unknown, message.into())
}

fn failure(fate: Fate, mut message: String) -> SendFailure {
    message.retain(|character| !character.is_control());
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_LIMIT_CHARS) {
        message.truncate(end);
        message.push('…');
    }
    SendFailure {
        fate,
        message,
        retry_after: None,
    }
}

/// What the policy made of the try. One that ran out of time after it had begun to hand the message over may have
/// been heard.
pub(super) fn of_policy(
    error: PolicyError<SendFailure>,
    channel: &str,
    handed_over: &AtomicBool,
) -> SendFailure {
    match error {
        PolicyError::Inner(failure) => failure,
        PolicyError::Timeout { limit, .. } => out_of_time(
            format!("`{channel}` did not answer within {limit:?}"),
            handed_over,
        ),
        PolicyError::DeadlineExceeded { .. } => out_of_time(
            format!("the time for one try was over before `{channel}` answered"),
            handed_over,
        ),
        PolicyError::Rejected { policy, rejection } => of_rejection(policy, rejection, channel),
    }
}

/// One that is left alone, with what went wrong before.
pub(super) fn after(held_back: &SendFailure, before: &str) -> SendFailure {
    SendFailure {
        retry_after: held_back.retry_after,
        ..failure(
            held_back.fate,
            format!("{}; before that: {before}", held_back.message),
        )
    }
}

fn out_of_time(message: String, handed_over: &AtomicBool) -> SendFailure {
    if handed_over.load(Ordering::Relaxed) {
        unknown(format!("{message}; it may have the message"))
    } else {
        not_sent(message)
    }
}

fn of_rejection(policy: &str, rejection: Rejection, channel: &str) -> SendFailure {
    let retry_after: Option<Duration> = match rejection {
        Rejection::TooFast { retry_in } => Some(retry_in),
        Rejection::CircuitOpen { retry_in, .. } => retry_in,
        Rejection::TooMany | Rejection::NetworkDown { .. } => None,
    };
    SendFailure {
        retry_after,
        ..failure(
            Fate::HeldBack,
            format!("`{channel}` is left alone: {rejection}; see `atlas breaker show {policy} {channel}`"),
        )
    }
}
