//! `ApiProbe`: has the program ask its own listener, as any client would, and judges the answer and the time it took.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use atlas_vitals::health::API_SECONDS;
use tokio::time::Instant;

use super::super::{Looked, Probe};

/// Asks this very server, through its real listener. The binary knows where that is, and how one gets in.
pub trait OwnApi: Send + Sync {
    /// The status of an answer, or why there was none.
    fn ask(&self) -> PortFuture<'_, Result<u16, String>>;
}

/// Looks at the API.
pub struct ApiProbe {
    own: Arc<dyn OwnApi>,
    /// What the time it took said last: slow is left at another value than it is entered.
    before: Mutex<Option<CheckOutcome>>,
}

impl ApiProbe {
    /// One that asks by `own`.
    pub fn new(own: Arc<dyn OwnApi>) -> Self {
        Self {
            own,
            before: Mutex::new(None),
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
        let outcome = API_SECONDS.judge(took.as_secs_f64(), *before);
        *before = Some(outcome);
        Looked::new(outcome, format!("answered after {} ms", took.as_millis()))
    }
}

impl Probe for ApiProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let begun_at = Instant::now();
            let answer = self.own.ask().await;
            let took = begun_at.elapsed();
            self.judge(answer, took).after(took)
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    struct Nobody;

    impl OwnApi for Nobody {
        fn ask(&self) -> PortFuture<'_, Result<u16, String>> {
            Box::pin(async { Err("connection refused".to_owned()) })
        }
    }

    #[rstest]
    #[case::quick(Ok(200), 20, CheckOutcome::Ok)]
    #[case::slow(Ok(200), 2_000, CheckOutcome::Warn)]
    #[case::far_too_slow(Ok(200), 5_000, CheckOutcome::Crit)]
    #[case::wrong(Ok(500), 20, CheckOutcome::Crit)]
    #[case::mute(Err("connection refused".to_owned()), 20, CheckOutcome::NoAnswer)]
    fn an_answer_must_be_right_and_in_time(
        #[case] answer: Result<u16, String>,
        #[case] took_millis: u64,
        #[case] expected: CheckOutcome,
    ) {
        let probe = ApiProbe::new(Arc::new(Nobody));
        assert_eq!(
            probe.judge(answer, Duration::from_millis(took_millis)).outcome,
            expected
        );
    }

    #[tokio::test]
    async fn a_server_that_refuses_gives_no_answer() {
        let looked = ApiProbe::new(Arc::new(Nobody)).look().await;
        assert_eq!(looked.outcome, CheckOutcome::NoAnswer);
        assert_eq!(looked.message, "connection refused");
    }
}
