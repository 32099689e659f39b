//! `QueryProbe`: asks a file of SQLite for a figure. Where thresholds are set they judge it; without them a figure
//! other than zero is well, and zero is critical. Whatever is no figure says nothing about how things are.

use std::path::PathBuf;
use std::time::Duration;

use atlas_domain::{CheckOutcome, PortFuture};
use atlas_store::{AskFailure, AskedValue, Turn, ask_file};

use super::super::{Looked, Probe};

/// Asks one file.
pub(super) struct QueryProbe {
    pub(super) path: PathBuf,
    pub(super) statement: String,
    pub(super) deadline: Duration,
    pub(super) has_thresholds: bool,
    pub(super) turn: Turn,
}

impl Probe for QueryProbe {
    fn look(&self) -> PortFuture<'_, Looked> {
        Box::pin(async {
            let (path, statement) = (self.path.clone(), self.statement.clone());
            let asked = ask_file(path, statement, self.deadline, &self.turn).await;
            self.judge(asked)
        })
    }
}

impl QueryProbe {
    fn judge(&self, asked: Result<AskedValue, AskFailure>) -> Looked {
        let unknown = |message: &str| Looked::new(CheckOutcome::Unknown, message);
        match asked {
            Ok(AskedValue::Number(number)) => {
                let is_well = self.has_thresholds || number != 0.0;
                let outcome = if is_well {
                    CheckOutcome::Ok
                } else {
                    CheckOutcome::Crit
                };
                Looked {
                    outcome,
                    message: format!("the query gives {number}"),
                    value: Some((number, "")),
                }
            }
            Ok(AskedValue::Null) => unknown("the query gives NULL, which is no number"),
            Ok(AskedValue::NoNumber) => unknown("the query gives text, and must give a number"),
            Ok(AskedValue::NoRow) => unknown("the query gives no row; let it count, or give a default"),
            Err(failure @ (AskFailure::Busy | AskFailure::TimedOut(_) | AskFailure::StillAsked)) => {
                Looked::new(CheckOutcome::NoAnswer, failure.to_string())
            }
            Err(failure) => unknown(&failure.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::something(Ok(AskedValue::Number(3.0)), false, CheckOutcome::Ok)]
    #[case::nothing(Ok(AskedValue::Number(0.0)), false, CheckOutcome::Crit)]
    #[case::thresholds_judge(Ok(AskedValue::Number(0.0)), true, CheckOutcome::Ok)]
    #[case::null(Ok(AskedValue::Null), false, CheckOutcome::Unknown)]
    #[case::text(Ok(AskedValue::NoNumber), true, CheckOutcome::Unknown)]
    #[case::no_row(Ok(AskedValue::NoRow), false, CheckOutcome::Unknown)]
    #[case::busy(Err(AskFailure::Busy), false, CheckOutcome::NoAnswer)]
    #[case::slow(
        Err(AskFailure::TimedOut(Duration::from_secs(1))),
        false,
        CheckOutcome::NoAnswer
    )]
    #[case::hangs(Err(AskFailure::StillAsked), false, CheckOutcome::NoAnswer)]
    #[case::refused(Err(AskFailure::Refused), false, CheckOutcome::Unknown)]
    fn only_a_figure_says_how_things_are(
        #[case] asked: Result<AskedValue, AskFailure>,
        #[case] has_thresholds: bool,
        #[case] expected: CheckOutcome,
    ) {
        let probe = QueryProbe {
            path: PathBuf::from("/nowhere.db"),
            statement: "SELECT 1".to_owned(),
            deadline: Duration::from_secs(1),
            has_thresholds,
            turn: Turn::default(),
        };
        assert_eq!(probe.judge(asked).outcome, expected);
    }
}
