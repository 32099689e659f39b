//! `ApiProbe`: has the program ask its own listener, as any client would, and judges the answer, the time it took, and
//! how the requests of others have fared in the last minutes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use tokio::time::Instant;

use super::super::{Looked, Probe};
use super::LimitsHandle;
use crate::app::App;

/// The header by which a request of the program to itself is known, so that it is counted nowhere. Its value is a secret
/// of the running process.
pub const OWN_MARK: &str = "x-atlas-own-request";

/// Requests of the last minutes are looked at.
const OVER: Duration = Duration::from_mins(5);
/// Fewer failures say nothing of the whole,
const FAILED_AT_LEAST: u64 = 5;
/// but so large a share of the requests does,
const FAILED_WARN: f64 = 0.05;
/// and with this much of it hardly anybody is served.
const FAILED_CRIT: f64 = 0.5;

/// Asks this very server, through its real listener. The binary knows where that is, and how one gets in.
pub trait OwnApi: Send + Sync {
    /// The status of an answer, or why there was none.
    fn ask(&self) -> PortFuture<'_, Result<u16, String>>;

    /// What its requests carry in [`OWN_MARK`], if anything.
    fn mark(&self) -> Option<&str>;
}

/// Looks at the API.
pub struct ApiProbe {
    own: Arc<dyn OwnApi>,
    app: Arc<App>,
    limits: LimitsHandle,
    /// What the time it took said last: slow is left at another value than it is entered.
    before: Mutex<Option<CheckOutcome>>,
    past: Mutex<Requests>,
}

/// Totals at each look, the latest last.
#[derive(Debug, Default)]
struct Requests(VecDeque<(Instant, u64, u64)>);

impl ApiProbe {
    /// One that asks by `own`, whose requests are counted nowhere from now on.
    pub fn new(own: Arc<dyn OwnApi>, app: Arc<App>, limits: LimitsHandle) -> Self {
        if let Some(mark) = own.mark() {
            app.metrics().leave_out(mark);
        }
        Self {
            own,
            app,
            limits,
            before: Mutex::new(None),
            past: Mutex::default(),
        }
    }

    fn judge(&self, answer: Result<u16, String>, took: Duration) -> Looked {
        let status = match answer {
            Ok(status) => status,
            Err(message) => return Looked::new(CheckOutcome::NoAnswer, message),
        };
        if !(200..300).contains(&status) {
            return Looked::new(
                CheckOutcome::Crit,
                format!("the server answered its own request with {status}"),
            );
        }
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self
            .limits
            .borrow()
            .api_seconds
            .judge(took.as_secs_f64(), *before);
        *before = Some(outcome);
        Looked::new(outcome, format!("answered after {} ms", took.as_millis()))
    }

    fn look_back(&self) -> Option<Looked> {
        let answered = self.app.metrics().answered_by_class();
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        past.add(Instant::now(), answered.iter().sum(), answered[4]);
        past.judge()
    }
}

impl Requests {
    /// How many there have been since the start, and how many of them failed by our fault.
    fn add(&mut self, at: Instant, requests: u64, failed: u64) {
        self.0.push_back((at, requests, failed));
        // One from before the time is kept, to count from.
        while self
            .0
            .get(1)
            .is_some_and(|(second, ..)| at.duration_since(*second) >= OVER)
        {
            self.0.pop_front();
        }
    }

    fn judge(&self) -> Option<Looked> {
        let ((_, first, failed_first), (_, last, failed_last)) = (self.0.front()?, self.0.back()?);
        let (requests, failed) = (last - first, failed_last - failed_first);
        let share = failed as f64 / requests.max(1) as f64;
        if failed < FAILED_AT_LEAST || share < FAILED_WARN {
            return None;
        }
        let outcome = if share >= FAILED_CRIT {
            CheckOutcome::Crit
        } else {
            CheckOutcome::Warn
        };
        let message = format!("{failed} of {requests} requests failed by our fault within five minutes");
        Some(Looked::new(outcome, message))
    }
}

impl Probe for ApiProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let begun_at = Instant::now();
            let answer = self.own.ask().await;
            let took = begun_at.elapsed();
            let looked = self.judge(answer, took);
            let worse = self.look_back().filter(|past| past.outcome > looked.outcome);
            worse.unwrap_or(looked).after(took)
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::test_app::TestApp;
    use crate::vitals::Limits;

    struct Nobody;

    impl OwnApi for Nobody {
        fn ask(&self) -> PortFuture<'_, Result<u16, String>> {
            Box::pin(async { Err("connection refused".to_owned()) })
        }

        fn mark(&self) -> Option<&str> {
            None
        }
    }

    fn probe(process: &TestApp) -> ApiProbe {
        let limits = tokio::sync::watch::channel(Limits::default()).1;
        ApiProbe::new(Arc::new(Nobody), Arc::new(process.app()), limits)
    }

    #[rstest]
    #[case::quick(Ok(200), 20, CheckOutcome::Ok)]
    #[case::slow(Ok(200), 2_000, CheckOutcome::Warn)]
    #[case::far_too_slow(Ok(200), 5_000, CheckOutcome::Crit)]
    #[case::wrong(Ok(500), 20, CheckOutcome::Crit)]
    #[case::mute(Err("connection refused".to_owned()), 20, CheckOutcome::NoAnswer)]
    #[tokio::test]
    async fn an_answer_must_be_right_and_in_time(
        #[case] answer: Result<u16, String>,
        #[case] took_millis: u64,
        #[case] expected: CheckOutcome,
    ) {
        let process = TestApp::open();
        let probe = probe(&process);
        assert_eq!(
            probe.judge(answer, Duration::from_millis(took_millis)).outcome,
            expected
        );
    }

    #[tokio::test]
    async fn a_server_that_refuses_gives_no_answer() {
        let process = TestApp::open();
        let looked = probe(&process).look().await;
        assert_eq!(looked.outcome, CheckOutcome::NoAnswer);
        assert_eq!(looked.message, "connection refused");
    }

    #[rstest]
    #[case::few(&[(0, 0), (4, 4)], None)]
    #[case::among_many(&[(0, 0), (1_000, 20)], None)]
    #[case::some(&[(0, 0), (100, 5)], Some(CheckOutcome::Warn))]
    #[case::most(&[(0, 0), (10, 9)], Some(CheckOutcome::Crit))]
    #[case::over_for_long(&[(0, 0), (10, 9), (20, 9), (30, 9), (40, 9), (50, 9), (60, 9)], None)]
    fn requests_of_the_last_minutes_must_be_served(
        #[case] looks: &[(u64, u64)],
        #[case] expected: Option<CheckOutcome>,
    ) {
        let (begun_at, mut past) = (Instant::now(), Requests::default());
        for (minute, (requests, failed)) in looks.iter().enumerate() {
            past.add(
                begun_at + Duration::from_mins(1) * minute as u32,
                *requests,
                *failed,
            );
        }
        assert_eq!(past.judge().map(|looked| looked.outcome), expected);
    }
}
