//! `SearchProbe`: searches as a person does, and sees whether the index follows the library.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use tokio::time::Instant;

use super::super::{Looked, Probe};
use super::failed;
use crate::app::{App, SearchState};
use crate::error::AppError;
use crate::views::SearchQuery;

/// A word that is in no library: to find nothing takes the whole way too.
const WORD: &str = "atlasvitalsprobe";
/// The index follows within seconds.
const LAG_WARN: Duration = Duration::from_mins(1);
/// By now it does not follow at all.
const LAG_CRIT: Duration = Duration::from_mins(10);

/// Looks at search.
pub struct SearchProbe(pub Arc<App>);

impl Probe for SearchProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            match self.search().await {
                Ok(looked) => looked,
                Err(error) => failed(&error),
            }
        })
    }
}

impl SearchProbe {
    async fn search(&self) -> Result<Looked, AppError> {
        let app = &self.0;
        let reader = match &app.parts.search {
            SearchState::Ready(reader) => reader,
            SearchState::Unavailable(reason) => return Err(AppError::SearchUnavailable(reason.clone())),
        };
        let begun_at = Instant::now();
        let reply = app
            .search(SearchQuery {
                q: WORD.to_owned(),
                limit: Some(1),
                ..SearchQuery::default()
            })
            .await?;
        let took = begun_at.elapsed();
        let lag = app.library()?.oldest_waiting(reader.watermark().as_ref()).await?;
        let is_rebuilt = app.parts.signals.is_index_rebuilt();
        Ok(judge(&reply.degraded_reason, lag, is_rebuilt).after(took))
    }
}

fn judge(shortcoming: &str, lag: Duration, is_rebuilt: bool) -> Looked {
    let behind = || format!("the index is {} s behind the library", lag.as_secs());
    match shortcoming {
        _ if is_rebuilt => Looked::new(CheckOutcome::Warn, "the index is being built anew"),
        _ if lag >= LAG_CRIT => Looked::new(CheckOutcome::Crit, behind()),
        "" | "index_lag" if lag >= LAG_WARN => Looked::new(CheckOutcome::Warn, behind()),
        "" | "index_lag" => Looked::new(CheckOutcome::Ok, "the index answers, and follows the library"),
        "timeout" => Looked::new(
            CheckOutcome::Warn,
            "the index did not look at everything in its time",
        ),
        other => Looked::new(CheckOutcome::Crit, format!("the index does not answer; {other}")),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::well("", 0, false, CheckOutcome::Ok)]
    #[case::just_saved("index_lag", 2, false, CheckOutcome::Ok)]
    #[case::behind("", 60, false, CheckOutcome::Warn)]
    #[case::stands_still("", 600, false, CheckOutcome::Crit)]
    #[case::rebuilt("", 900, true, CheckOutcome::Warn)]
    #[case::stopped("timeout", 0, false, CheckOutcome::Warn)]
    #[case::stand_in("titles: index: breaker_open", 0, false, CheckOutcome::Crit)]
    fn the_index_itself_must_answer(
        #[case] shortcoming: &str,
        #[case] lag_secs: u64,
        #[case] is_rebuilt: bool,
        #[case] expected: CheckOutcome,
    ) {
        let looked = judge(shortcoming, Duration::from_secs(lag_secs), is_rebuilt);
        assert_eq!(looked.outcome, expected, "{}", looked.message);
    }
}
