//! `SearchProbe`: sees whether a document that everybody's way has led into the index is found by its word, in the time
//! that a search may take, and whether the index follows the library.

use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use atlas_search::SearchReader;
use atlas_store::Library;
use tokio::time::{Instant, timeout};

use super::super::{Looked, Probe};
use super::failed;
use crate::app::{App, SearchState};
use crate::cases::LookError;
use crate::error::AppError;

/// A word that is in no page: the canary's.
const WORD: &str = "atlasvitalscanary";
/// How long the index may take to follow a canary that was made just now.
const FIRST_FOUND_WITHIN: Duration = Duration::from_secs(5);
/// The index follows within seconds; an import keeps it busy for some more.
const LAG_WARN: Duration = Duration::from_secs(30);
/// By now it does not follow at all.
const LAG_CRIT: Duration = Duration::from_mins(10);

/// Looks at search.
pub struct SearchProbe(pub Arc<App>);

/// What there is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Canary {
    /// It is in the library.
    Kept,
    /// It was put there just now.
    New,
    /// Nothing can be written, and there is none.
    Missing,
}

/// What a look brought.
#[derive(Debug, Clone, Copy)]
struct Seen {
    canary: Canary,
    is_found: bool,
    took: Duration,
    /// Within this a search is answered by the index.
    budget: Duration,
    /// For how long the oldest change that the index has yet to follow has been waiting.
    lag: Duration,
    is_rebuilt: bool,
}

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
        let library = app.library()?.for_looking();
        let canary = self.canary(&library).await;
        let mut begun_at = Instant::now();
        let mut found = app.finds_canary(reader, WORD).await;
        if canary == Canary::New && matches!(found, Ok(false)) {
            self.until_indexed(reader).await;
            begun_at = Instant::now();
            found = app.finds_canary(reader, WORD).await;
        }
        let took = begun_at.elapsed();
        let is_rebuilt = app.parts.signals.is_index_rebuilt();
        let is_found = match found {
            Ok(is_found) => is_found,
            Err(error) => return Ok(unanswered(&error).after(took)),
        };
        let lag = library.oldest_waiting(reader.watermark().as_ref()).await?;
        let seen = Seen {
            canary,
            is_found,
            took,
            budget: app.index_budget(),
            lag,
            is_rebuilt,
        };
        Ok(judge(seen).after(took))
    }

    /// Sees to it that there is one. Where none can be made, whoever looks at the library says why.
    async fn canary(&self, library: &Library) -> Canary {
        match library.keep_canary(WORD).await {
            Ok(false) => Canary::Kept,
            Ok(true) => {
                self.0.parts.signals.changes.notify_one();
                Canary::New
            }
            Err(error) => {
                tracing::debug!(%error, "there is no canary to be found");
                Canary::Missing
            }
        }
    }

    async fn until_indexed(&self, reader: &SearchReader) {
        let mut indexed = self.0.parts.signals.indexed();
        self.0.parts.signals.index_wanted.notify_one();
        let follows = async {
            while !matches!(self.0.finds_canary(reader, WORD).await, Ok(true)) {
                if indexed.changed().await.is_err() {
                    return;
                }
            }
        };
        // What came of it is seen by the search after this.
        let _ = timeout(FIRST_FOUND_WITHIN, follows).await;
    }
}

fn unanswered(error: &LookError) -> Looked {
    let outcome = match error {
        LookError::Timeout(_) => CheckOutcome::NoAnswer,
        LookError::BreakerOpen(_) | LookError::Index(_) => CheckOutcome::Crit,
    };
    Looked::new(outcome, error.to_string())
}

fn judge(seen: Seen) -> Looked {
    let behind = || format!("the index is {} s behind the library", seen.lag.as_secs());
    if seen.is_rebuilt {
        return Looked::new(CheckOutcome::Warn, "the index is being built anew");
    }
    if seen.lag >= LAG_CRIT {
        return Looked::new(CheckOutcome::Crit, behind());
    }
    if !seen.is_found && seen.canary != Canary::Missing {
        // One that is on its way may be waiting behind an import.
        if seen.canary == Canary::New || !seen.lag.is_zero() {
            return Looked::new(CheckOutcome::Warn, behind());
        }
        return Looked::new(
            CheckOutcome::Crit,
            "a document that is in the library is not found; `atlas doctor` compares the two",
        );
    }
    if seen.lag >= LAG_WARN {
        return Looked::new(CheckOutcome::Warn, behind());
    }
    if seen.took > seen.budget {
        let message = format!("a search took {} ms", seen.took.as_millis());
        return Looked::new(CheckOutcome::Warn, message);
    }
    Looked::new(
        CheckOutcome::Ok,
        match seen.canary {
            Canary::Missing => "the index answers",
            Canary::Kept | Canary::New => "what is in the library is found",
        },
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[rstest]
    #[case::well(Canary::Kept, true, 20, 0, false, CheckOutcome::Ok)]
    #[case::just_saved(Canary::Kept, true, 20, 2, false, CheckOutcome::Ok)]
    #[case::behind(Canary::Kept, true, 20, 30, false, CheckOutcome::Warn)]
    #[case::stands_still(Canary::Kept, true, 20, 600, false, CheckOutcome::Crit)]
    #[case::rebuilt(Canary::Kept, false, 20, 900, true, CheckOutcome::Warn)]
    #[case::slow(Canary::Kept, true, 301, 0, false, CheckOutcome::Warn)]
    #[case::lost(Canary::Kept, false, 20, 0, false, CheckOutcome::Crit)]
    #[case::on_its_way(Canary::New, false, 20, 0, false, CheckOutcome::Warn)]
    #[case::nothing_can_be_written(Canary::Missing, false, 20, 0, false, CheckOutcome::Ok)]
    fn what_is_in_the_library_must_be_found_in_time(
        #[case] canary: Canary,
        #[case] is_found: bool,
        #[case] took_millis: u32,
        #[case] lag_secs: u64,
        #[case] is_rebuilt: bool,
        #[case] expected: CheckOutcome,
    ) {
        let looked = judge(Seen {
            canary,
            is_found,
            took: MS * took_millis,
            budget: MS * 300,
            lag: Duration::from_secs(lag_secs),
            is_rebuilt,
        });
        assert_eq!(looked.outcome, expected, "{}", looked.message);
    }
}
