//! The order of strategies and what is recorded of them, with strategies that end as told.

use super::*;

/// Ends with this status or fault.
struct Scripted(Strategy, Result<u16, FetchFault>);

/// Has nothing to do with the request.
struct Absent;

impl FetchStrategy for Scripted {
    fn strategy(&self) -> Strategy {
        self.0
    }

    fn try_fetch<'a>(&'a self, request: &'a FetchRequest, _deadline: Deadline) -> PortFuture<'a, Tried> {
        let tried = match self.1 {
            Ok(status) => Tried::Answered(
                Answer {
                    final_url: request.url.clone(),
                    address: None,
                    status,
                    headers: Vec::new(),
                    body: Vec::new(),
                    fetched_at: Timestamp::from_millis(0),
                    retry_after: None,
                },
                Vec::new(),
            ),
            Err(FetchFault::TooLarge) => Tried::Unusable(Failure::new(FetchFault::TooLarge, "too long")),
            Err(fault) => Tried::Failed(Failure::new(fault, format!("{} failed", self.0)), Vec::new()),
        };
        Box::pin(async { tried })
    }
}

impl FetchStrategy for Absent {
    fn strategy(&self) -> Strategy {
        Strategy::GivenHtml
    }

    fn try_fetch<'a>(&'a self, _request: &'a FetchRequest, _deadline: Deadline) -> PortFuture<'a, Tried> {
        Box::pin(async { Tried::NotApplicable })
    }
}

fn scripted(strategy: Strategy, end: Result<u16, FetchFault>) -> Box<dyn FetchStrategy> {
    Box::new(Scripted(strategy, end))
}

async fn run(strategies: Vec<Box<dyn FetchStrategy>>) -> Result<Fetched, FetchError> {
    let request = FetchRequest {
        url: Url::parse("https://example.com/").unwrap(),
        given_html: None,
    };
    Cascade { strategies }
        .run(&request, Deadline::after(Duration::from_secs(1)))
        .await
}

fn results(steps: &[StrategyStep]) -> Vec<(Strategy, &str)> {
    steps
        .iter()
        .map(|step| (step.strategy, step.result.as_str()))
        .collect()
}

#[tokio::test]
async fn the_first_good_answer_ends_it() {
    let first = scripted(Strategy::GivenHtml, Ok(200));
    let fetched = run(vec![first, scripted(Strategy::Direct, Ok(200))])
        .await
        .unwrap();
    assert_eq!(fetched.strategy, Strategy::GivenHtml);
    assert_eq!(results(&fetched.steps), [(Strategy::GivenHtml, "ok")]);
}

#[tokio::test]
async fn a_later_good_answer_beats_an_error_page() {
    let first = scripted(Strategy::GivenHtml, Ok(403));
    let fetched = run(vec![first, scripted(Strategy::Direct, Ok(200))])
        .await
        .unwrap();
    assert_eq!((fetched.strategy, fetched.status), (Strategy::Direct, 200));
    assert_eq!(
        results(&fetched.steps),
        [(Strategy::GivenHtml, "http_403"), (Strategy::Direct, "ok")]
    );
}

#[tokio::test]
async fn an_error_page_beats_nothing() {
    let first = scripted(Strategy::GivenHtml, Ok(404));
    let fetched = run(vec![first, scripted(Strategy::Direct, Err(FetchFault::Timeout))])
        .await
        .unwrap();
    assert_eq!((fetched.strategy, fetched.status), (Strategy::GivenHtml, 404));
    assert_eq!(
        results(&fetched.steps),
        [(Strategy::GivenHtml, "http_404"), (Strategy::Direct, "timeout")]
    );
}

#[tokio::test]
async fn the_first_failure_is_the_one_that_counts() {
    let first = scripted(Strategy::GivenHtml, Err(FetchFault::DnsFailed));
    let error = run(vec![first, scripted(Strategy::Direct, Err(FetchFault::Timeout))])
        .await
        .unwrap_err();
    assert_eq!(
        (error.fault, error.message.as_str()),
        (FetchFault::DnsFailed, "given_html failed")
    );
    let expected = [
        (Strategy::GivenHtml, "dns_failed"),
        (Strategy::Direct, "timeout"),
        (Strategy::LinkOnly, "dns_failed"),
    ];
    assert_eq!(results(&error.steps), expected);
    let messages: Vec<_> = error.steps.iter().map(|step| step.message.as_str()).collect();
    assert_eq!(messages, ["given_html failed", "direct failed", ""]);
}

#[tokio::test]
async fn what_was_given_and_is_unusable_ends_it_with_its_reason() {
    let first = scripted(Strategy::GivenHtml, Err(FetchFault::TooLarge));
    let error = run(vec![first, scripted(Strategy::Direct, Err(FetchFault::Timeout))])
        .await
        .unwrap_err();
    assert_eq!(
        (error.fault, error.message.as_str()),
        (FetchFault::TooLarge, "too long")
    );
    let expected = [
        (Strategy::GivenHtml, "too_large"),
        (Strategy::LinkOnly, "too_large"),
    ];
    assert_eq!(results(&error.steps), expected);
}

#[tokio::test]
async fn what_does_not_apply_leaves_no_trace() {
    let fetched = run(vec![Box::new(Absent), scripted(Strategy::Direct, Ok(200))])
        .await
        .unwrap();
    assert_eq!(results(&fetched.steps), [(Strategy::Direct, "ok")]);
}
