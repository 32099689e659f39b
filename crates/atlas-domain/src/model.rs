//! The `LanguageModel` port: asking a model for a text, and the ways in which that fails.

use std::time::Duration;

use crate::fetch::PortFuture;
use crate::words::words;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it is told about its task.
    pub task: String,
    /// What it is asked. Text from pages is data, and fenced as such.
    pub text: String,
    /// The longest answer, in tokens.
    pub answer_limit_tokens: u32,
    /// Stays the same however often this is asked, so that no answer is paid for twice.
    pub idempotency_key: String,
}

/// What a model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// Tokens that were paid for: asked and answered.
    pub tokens: (u64, u64),
}

words! {
    /// Why there is no answer.
    pub enum ModelFault {
        /// Nobody was reached.
        ConnectFailed = "connect_failed",
        /// The provider is in trouble, or has too much to do.
        Overloaded = "overloaded",
        /// The first word did not come in time.
        Slow = "slow",
        /// The answer broke off.
        CutOff = "cut_off",
        /// The provider asks for a pause.
        RateLimited = "rate_limited",
        /// There is no money left. Asking again does not change that.
        OutOfMoney = "out_of_money",
        /// The key is wrong, or may not do this.
        Unauthorised = "unauthorised",
        /// There is no such model any more.
        ModelGone = "model_gone",
        /// The prompt is longer than the model reads: it has to be cut into parts.
        TooLong = "too_long",
        /// The provider does not answer such questions.
        Filtered = "filtered",
        /// The provider does not understand the request.
        BadRequest = "bad_request",
        /// The answer is not of the form that was asked for. It is asked for once more.
        BadAnswer = "bad_answer",
    }
}

/// There is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModelFailure {
    /// Why.
    pub fault: ModelFault,
    /// A sentence for people, without secrets.
    pub message: String,
    /// How long the provider asks to be left alone.
    pub retry_after: Option<Duration>,
}

/// A model behind some provider.
pub trait LanguageModel: Send + Sync {
    /// Asks once, and again by its policy.
    fn complete<'a>(&'a self, prompt: &'a Prompt) -> PortFuture<'a, Result<Completion, ModelFailure>>;
}
