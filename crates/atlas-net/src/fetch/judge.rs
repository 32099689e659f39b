//! What one exchange says about the host, about trying again and about our own network. It judges connections and
//! statuses, never content; the job's own retries read the same result elsewhere.

use atlas_domain::FetchFault;
use atlas_resilience::{Judgement, Reach};

use super::cascade::Answer;
use super::exchange::Reply;
use super::failure::Failure;

/// An answer is an answer: a host that says 404 or 403 is well.
pub(super) fn judge(result: Result<&Reply, &Failure>) -> Judgement {
    match result {
        Ok(Reply::Redirect { .. }) => Judgement::success(),
        Ok(Reply::Answer(answer)) => judge_answer(answer),
        Err(failure) => judge_failure(failure),
    }
}

fn judge_answer(answer: &Answer) -> Judgement {
    let reason = || format!("http_{}", answer.status);
    match answer.status {
        429 => Judgement::throttled(answer.retry_after, reason()),
        503 if answer.retry_after.is_some() => Judgement::throttled(answer.retry_after, reason()),
        408 | 425 | 500 | 502..=504 | 520..=529 => Judgement::transient(reason()),
        _ => Judgement::success(),
    }
}

fn judge_failure(failure: &Failure) -> Judgement {
    let reason = failure.fault.as_str();
    match failure.fault {
        FetchFault::DnsFailed | FetchFault::NoRoute => Judgement::not_reached(reason),
        FetchFault::ConnectRefused
        | FetchFault::ConnectFailed
        | FetchFault::Truncated
        | FetchFault::BadResponse => Judgement::transient(reason),
        FetchFault::Timeout => Judgement::timeout(reason),
        FetchFault::TlsFailed
        | FetchFault::TooLarge
        | FetchFault::EmptyPage
        | FetchFault::RedirectLoop
        | FetchFault::BadRedirect
        | FetchFault::UnsupportedScheme
        | FetchFault::Credentials
        | FetchFault::AddressTooLong => Judgement::refused(),
        // A name that does not exist is an answer too, but not one of the host.
        FetchFault::NameNotFound => Judgement {
            reach: Reach::Reached,
            ..Judgement::ignored()
        },
        FetchFault::RefusedAddress
        | FetchFault::HostBusy
        | FetchFault::CircuitOpen
        | FetchFault::NetworkDown => Judgement::ignored(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use atlas_domain::Timestamp;
    use atlas_resilience::RetryClass;
    use atlas_resilience::breaker::CallResult;
    use rstest::rstest;
    use url::Url;

    use super::*;

    fn answer(status: u16, retry_after: Option<u64>) -> Reply {
        Reply::Answer(Answer {
            final_url: Url::parse("https://example.com/").unwrap(),
            address: None,
            status,
            headers: Vec::new(),
            body: Vec::new(),
            fetched_at: Timestamp::from_millis(0),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    #[rstest]
    #[case::good(200)]
    #[case::gone(410)]
    #[case::missing(404)]
    #[case::unauthorised(401)]
    #[case::forbidden(403)]
    #[case::legal(451)]
    fn a_host_that_answers_is_well(#[case] status: u16) {
        let judgement = judge(Ok(&answer(status, None)));
        assert_eq!(judgement.health, CallResult::Success);
        assert_eq!(judgement.retry, None);
    }

    #[rstest]
    #[case(408)]
    #[case(425)]
    #[case(500)]
    #[case(502)]
    #[case(503)]
    #[case(504)]
    #[case(522)]
    fn a_host_in_trouble_is_tried_again(#[case] status: u16) {
        let judgement = judge(Ok(&answer(status, None)));
        assert_eq!(judgement.health, CallResult::Failure);
        assert_eq!(judgement.retry, Some(RetryClass::Transient));
        assert_eq!(judgement.reach, Reach::Reached, "it answered");
    }

    #[rstest]
    #[case(429, None)]
    #[case(429, Some(7))]
    #[case(503, Some(7))]
    fn a_host_that_asks_for_a_pause_is_well(#[case] status: u16, #[case] retry_after: Option<u64>) {
        let pause = retry_after.map(Duration::from_secs);
        assert_eq!(
            judge(Ok(&answer(status, retry_after))).health,
            CallResult::Throttled { pause }
        );
    }

    #[rstest]
    #[case(FetchFault::DnsFailed)]
    #[case(FetchFault::NoRoute)]
    fn what_did_not_get_out_may_be_our_own_networks_fault(#[case] fault: FetchFault) {
        assert_eq!(judge(Err(&Failure::new(fault, ""))).reach, Reach::NotReached);
    }

    #[rstest]
    #[case(FetchFault::RefusedAddress)]
    #[case(FetchFault::NameNotFound)]
    #[case(FetchFault::HostBusy)]
    fn what_no_host_was_asked_says_nothing_about_it(#[case] fault: FetchFault) {
        let judgement = judge(Err(&Failure::new(fault, "")));
        assert_eq!(judgement.health, CallResult::Ignored);
        assert_eq!(judgement.retry, Some(RetryClass::Permanent));
    }
}
