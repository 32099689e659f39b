//! What an answer of a model's provider means: for asking again, for the circuit breaker, and for the purse. Providers
//! themselves are asked nowhere yet; whoever does it goes by this.

use std::time::Duration;

use atlas_domain::{Completion, ModelFailure, ModelFault, Timestamp};
use atlas_resilience::breaker::{Command, OverlayMode};
use atlas_resilience::{Judgement, Service};

/// Money is put in by people, who do so by day.
const A_DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Codes in the body of an answer by which providers say that the account is empty, whatever the status.
const OUT_OF_MONEY: [&str; 3] = [
    "insufficient_quota",
    "billing_hard_limit_reached",
    "credit_balance_too_low",
];
/// The same for prompts that are too long.
const TOO_LONG: [&str; 2] = ["context_length_exceeded", "prompt_too_long"];
/// The same for questions that are not answered.
const FILTERED: [&str; 2] = ["content_filter", "content_policy_violation"];

/// Why a provider that answered with `status` has not answered the question. `code` is the one in its body. None: it
/// has.
pub fn fault_of(status: u16, code: Option<&str>) -> Option<ModelFault> {
    let is_one_of = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    if (200..300).contains(&status) {
        return None;
    }
    Some(match status {
        402 => ModelFault::OutOfMoney,
        _ if is_one_of(&OUT_OF_MONEY) => ModelFault::OutOfMoney,
        _ if is_one_of(&TOO_LONG) => ModelFault::TooLong,
        _ if is_one_of(&FILTERED) => ModelFault::Filtered,
        401 | 403 => ModelFault::Unauthorised,
        404 | 410 => ModelFault::ModelGone,
        413 => ModelFault::TooLong,
        429 => ModelFault::RateLimited,
        408 | 425 | 500 | 502..=504 | 520..=529 => ModelFault::Overloaded,
        _ => ModelFault::BadRequest,
    })
}

/// What one call says about its provider. An answer is an answer: one that nobody can use is no sign of illness.
pub fn judge(result: Result<&Completion, &ModelFailure>) -> Judgement {
    let Err(failure) = result else {
        return Judgement::success();
    };
    let reason = failure.fault.as_str();
    match failure.fault {
        ModelFault::ConnectFailed | ModelFault::Overloaded | ModelFault::CutOff => {
            Judgement::transient(reason)
        }
        ModelFault::Slow => Judgement::timeout(reason),
        ModelFault::RateLimited => Judgement::throttled(failure.retry_after, reason),
        ModelFault::OutOfMoney
        | ModelFault::Unauthorised
        | ModelFault::ModelGone
        | ModelFault::TooLong
        | ModelFault::Filtered
        | ModelFault::BadRequest
        | ModelFault::BadAnswer => Judgement::refused(),
    }
}

/// Stops every call to a provider without money, until a person decides otherwise or the next day begins: that of UTC,
/// by which accounts are settled.
pub fn stop_for_want_of_money(service: &Service, scope: &str, now: Timestamp) {
    let since_midnight = now.as_millis().rem_euclid(A_DAY_MILLIS);
    let rest = u64::try_from(A_DAY_MILLIS - since_midnight).unwrap_or_default();
    let stop = Command::Overlay {
        mode: OverlayMode::ForcedOpen,
        lasts: Some(Duration::from_millis(rest)),
        reason: "billing: the account of this provider is empty".to_owned(),
    };
    service.breakers().operate(scope, stop);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use atlas_resilience::breaker::CallResult;
    use atlas_resilience::{ManualClock, PolicySettings, RetryClass, ServiceSettings, Surroundings};
    use rstest::rstest;

    use super::*;

    fn failure(fault: ModelFault, retry_after: Option<Duration>) -> ModelFailure {
        ModelFailure {
            fault,
            message: String::new(),
            retry_after,
        }
    }

    #[rstest]
    #[case::good(200, None, None)]
    #[case::overloaded(529, None, Some(ModelFault::Overloaded))]
    #[case::down(503, None, Some(ModelFault::Overloaded))]
    #[case::rate(429, None, Some(ModelFault::RateLimited))]
    #[case::no_money_by_code(429, Some("insufficient_quota"), Some(ModelFault::OutOfMoney))]
    #[case::no_money(402, None, Some(ModelFault::OutOfMoney))]
    #[case::key(401, None, Some(ModelFault::Unauthorised))]
    #[case::retired(404, None, Some(ModelFault::ModelGone))]
    #[case::long(400, Some("context_length_exceeded"), Some(ModelFault::TooLong))]
    #[case::filtered(400, Some("content_filter"), Some(ModelFault::Filtered))]
    #[case::nonsense(400, None, Some(ModelFault::BadRequest))]
    fn status_and_code_say_why_there_is_no_answer(
        #[case] status: u16,
        #[case] code: Option<&str>,
        #[case] fault: Option<ModelFault>,
    ) {
        assert_eq!(fault_of(status, code), fault);
    }

    #[rstest]
    #[case(ModelFault::ConnectFailed)]
    #[case(ModelFault::Overloaded)]
    #[case(ModelFault::CutOff)]
    fn a_provider_in_trouble_is_asked_again(#[case] fault: ModelFault) {
        let judgement = judge(Err(&failure(fault, None)));
        assert_eq!(judgement.health, CallResult::Failure);
        assert_eq!(judgement.retry, Some(RetryClass::Transient));
    }

    #[rstest]
    #[case(ModelFault::OutOfMoney)]
    #[case(ModelFault::TooLong)]
    #[case(ModelFault::Filtered)]
    #[case(ModelFault::BadAnswer)]
    fn what_asking_again_does_not_change_is_no_failure_of_the_provider(#[case] fault: ModelFault) {
        let judgement = judge(Err(&failure(fault, None)));
        assert_eq!(judgement.health, CallResult::Success);
        assert_eq!(judgement.retry, Some(RetryClass::Permanent));
    }

    #[test]
    fn a_provider_that_asks_for_a_pause_gets_it() {
        let pause = Some(Duration::from_secs(20));
        let judgement = judge(Err(&failure(ModelFault::RateLimited, pause)));
        assert_eq!(judgement.health, CallResult::Throttled { pause });
    }

    #[test]
    fn without_money_nobody_is_asked_until_the_next_day() {
        let clock = Arc::new(ManualClock::starting_at(Duration::from_hours(24 * 20_000 + 18)));
        let surroundings = Surroundings {
            clock: Arc::clone(&clock) as Arc<dyn atlas_resilience::Clock>,
            journal: None,
            observer: None,
            seed: 7,
        };
        let settings = PolicySettings {
            attempt_timeout: Duration::from_secs(1),
            overall_timeout: Duration::from_secs(1),
            retry: None,
            breaker: Some(ServiceSettings::default()),
            concurrency: None,
            rate: None,
        };
        let service = Service::new("llm_operations", settings, surroundings, None, []);
        let six_in_the_evening = Timestamp::from_millis((24 * 20_000 + 18) * 3_600_000);
        stop_for_want_of_money(&service, "local.small", six_in_the_evening);
        let is_asked = || service.breakers().get("local.small").acquire().is_ok();
        assert!(!is_asked());
        clock.advance(Duration::from_hours(6) - Duration::from_secs(1));
        assert!(!is_asked());
        clock.advance(Duration::from_secs(1));
        assert!(is_asked());
    }
}
