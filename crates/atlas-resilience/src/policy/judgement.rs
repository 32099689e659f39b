//! `Judgement`: what one result says, to each of its readers. Whoever makes the call knows its protocol and judges.

use std::borrow::Cow;
use std::time::Duration;

use crate::breaker::CallResult;
use crate::egress::Reach;
use crate::retry_class::RetryClass;

/// What a result says about the other side, about trying again, and about our own network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// For the breaker.
    pub health: CallResult,
    /// For the retry. `None` when there is nothing to try again.
    pub retry: Option<RetryClass>,
    /// For the guard of the network.
    pub reach: Reach,
    /// What went wrong, for people. Empty when nothing did.
    pub reason: Cow<'static, str>,
}

impl Judgement {
    /// All went well.
    pub const fn success() -> Self {
        Self::answered(None)
    }

    /// The other side is well; what it answered is final, whether we like it or not.
    pub const fn refused() -> Self {
        Self::answered(Some(RetryClass::Permanent))
    }

    const fn answered(retry: Option<RetryClass>) -> Self {
        Self {
            health: CallResult::Success,
            retry,
            reach: Reach::Reached,
            reason: Cow::Borrowed(""),
        }
    }

    /// The other side was reached and is not well; it may be soon.
    pub fn transient(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            health: CallResult::Failure,
            retry: Some(RetryClass::Transient),
            reach: Reach::Reached,
            reason: reason.into(),
        }
    }

    /// No answer came in time. Whether the other side or the way there is to blame is not known.
    pub fn timeout(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            retry: Some(RetryClass::Timeout),
            reach: Reach::Unknown,
            ..Self::transient(reason)
        }
    }

    /// The call did not get out.
    pub fn not_reached(reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            reach: Reach::NotReached,
            ..Self::transient(reason)
        }
    }

    /// The other side is well and asks to be left alone.
    pub fn throttled(pause: Option<Duration>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            health: CallResult::Throttled { pause },
            retry: Some(RetryClass::Throttled { retry_after: pause }),
            reach: Reach::Reached,
            reason: reason.into(),
        }
    }

    /// It ended for reasons of our own, which trying again does not change.
    pub const fn ignored() -> Self {
        Self {
            health: CallResult::Ignored,
            retry: Some(RetryClass::Permanent),
            reach: Reach::Unknown,
            reason: Cow::Borrowed(""),
        }
    }
}
