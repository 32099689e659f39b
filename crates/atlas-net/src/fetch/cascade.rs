//! The cascade: strategies are tried in order until one brings a good answer, and what each did is recorded.
//! To add a strategy, add one entry to [`strategies`]. Those that only make sense once somebody has looked into the
//! page are in `copies.rs`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{
    Clock, FetchError, FetchFault, FetchRequest, Fetched, Hop, PortFuture, Strategy, StrategyStep, Timestamp,
};
use atlas_resilience::Deadline;
use url::Url;

use super::direct::Direct;
use super::failure::Failure;
use super::given::GivenHtml;
use super::settings::FetchSettings;

/// Every way to get a page, the first choice first. Link only is not among them: it is what remains when
/// none of them has brought anything.
fn strategies(
    settings: &FetchSettings,
    clock: Arc<dyn Clock>,
    direct: Direct,
) -> Vec<Box<dyn FetchStrategy>> {
    vec![
        Box::new(GivenHtml {
            clock,
            limit_bytes: settings.html_limit_bytes,
        }),
        Box::new(direct),
    ]
}

/// One way to get a page.
pub(super) trait FetchStrategy: Send + Sync {
    /// Its name.
    fn strategy(&self) -> Strategy;

    /// Tries it, before `deadline`.
    fn try_fetch<'a>(&'a self, request: &'a FetchRequest, deadline: Deadline) -> PortFuture<'a, Tried>;
}

/// How a strategy ended.
pub(super) enum Tried {
    /// It has nothing to do with this request. Not recorded.
    NotApplicable,
    /// What it was given to use is of no use, and nothing else may be tried in its place.
    Unusable(Failure),
    /// There was an answer, whatever its status, at the end of this way.
    Answered(Answer, Vec<Hop>),
    /// There was none, and the way ended here.
    Failed(Failure, Vec<Hop>),
}

/// An answer, before the cascade has added what it knows.
pub(super) struct Answer {
    pub(super) final_url: Url,
    /// The machine that answered, when one did.
    pub(super) address: Option<IpAddr>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) fetched_at: Timestamp,
    pub(super) retry_after: Option<Duration>,
}

impl Answer {
    fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Stable code of how it ended.
    pub(super) fn code(&self) -> String {
        if self.is_good() {
            "ok".to_owned()
        } else {
            format!("http_{}", self.status)
        }
    }
}

/// The strategies in their order.
pub(super) struct Cascade {
    strategies: Vec<Box<dyn FetchStrategy>>,
}

impl Cascade {
    /// The strategies of [`strategies`].
    pub(super) fn new(settings: &FetchSettings, clock: Arc<dyn Clock>, direct: Direct) -> Self {
        Self {
            strategies: strategies(settings, clock, direct),
        }
    }

    /// The first good answer; otherwise the first answer, since an error page is an answer too; otherwise
    /// the first failure, which is the one of the page itself.
    pub(super) async fn run(
        &self,
        request: &FetchRequest,
        deadline: Deadline,
    ) -> Result<Fetched, FetchError> {
        let mut steps = Vec::new();
        let mut second_best: Option<(Strategy, Answer)> = None;
        let mut first_failure: Option<Failure> = None;
        for way in &self.strategies {
            let strategy = way.strategy();
            match way.try_fetch(request, deadline).await {
                Tried::NotApplicable => {}
                Tried::Unusable(failure) => {
                    steps.push(failed_step(strategy, &failure, Vec::new()));
                    return Err(link_only(Some(failure), steps));
                }
                Tried::Failed(failure, hops) => {
                    steps.push(failed_step(strategy, &failure, hops));
                    first_failure.get_or_insert(failure);
                }
                Tried::Answered(answer, hops) => {
                    steps.push(answered_step(strategy, &answer, hops));
                    if answer.is_good() {
                        return Ok(fetched(&request.url, strategy, answer, steps));
                    }
                    second_best.get_or_insert((strategy, answer));
                }
            }
        }
        match second_best {
            Some((strategy, answer)) => Ok(fetched(&request.url, strategy, answer, steps)),
            None => Err(link_only(first_failure, steps)),
        }
    }
}

pub(super) fn failed_step(strategy: Strategy, failure: &Failure, hops: Vec<Hop>) -> StrategyStep {
    StrategyStep {
        strategy,
        result: failure.fault.to_string(),
        message: failure.message.clone(),
        hops,
    }
}

pub(super) fn answered_step(strategy: Strategy, answer: &Answer, hops: Vec<Hop>) -> StrategyStep {
    StrategyStep {
        strategy,
        result: answer.code(),
        message: String::new(),
        hops,
    }
}

/// What `strategy` brought from `asked`.
pub(super) fn fetched(asked: &Url, strategy: Strategy, answer: Answer, steps: Vec<StrategyStep>) -> Fetched {
    Fetched {
        url: asked.clone(),
        final_url: answer.final_url,
        status: answer.status,
        headers: answer.headers,
        body: answer.body,
        strategy,
        steps,
        fetched_at: answer.fetched_at,
        retry_after: answer.retry_after,
    }
}

/// Nobody had the page: only its link can be kept.
fn link_only(failure: Option<Failure>, mut steps: Vec<StrategyStep>) -> FetchError {
    let Failure {
        fault,
        message,
        retry_after,
    } = failure
        .unwrap_or_else(|| Failure::new(FetchFault::ConnectFailed, "no strategy applies to this page"));
    steps.push(StrategyStep::without_hops(Strategy::LinkOnly, fault.as_str()));
    FetchError {
        fault,
        message,
        steps,
        retry_after,
    }
}

#[cfg(test)]
mod tests;
