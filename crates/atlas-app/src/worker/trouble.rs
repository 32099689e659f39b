//! `Trouble`: that the store does not serve the worker, for those who wait for its work.

use std::mem::discriminant;

use atlas_store::StoreError;
use tokio::sync::watch;

/// After so many failures without a success in between, nobody need wait for the next.
const HOPELESS_AFTER: u32 = 5;

/// How the store has failed the worker, if it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    pub(super) failures_in_a_row: u32,
    last: Option<StoreError>,
}

impl Trouble {
    /// The error of a store that will not serve the worker, however long one waits.
    pub(crate) fn hopeless(&self) -> Option<StoreError> {
        let error = self.last.clone()?;
        let stays = matches!(
            error.cause(),
            StoreError::Full(_)
                | StoreError::ReadOnly
                | StoreError::ReadOnlyFileSystem(_)
                | StoreError::Displaced { .. }
                | StoreError::Corrupt { .. }
                | StoreError::StoppedByHand { .. }
                | StoreError::Closed
        );
        (stays || self.failures_in_a_row >= HOPELESS_AFTER).then_some(error)
    }

    /// The first failure, one of another kind than the last, and then the second, the fourth, the eighth.
    fn is_worth_a_line(&self, error: &StoreError) -> bool {
        let is_news = self
            .last
            .as_ref()
            .is_none_or(|last| discriminant(last.cause()) != discriminant(error.cause()));
        is_news || self.failures_in_a_row.saturating_add(1).is_power_of_two()
    }
}

/// The worker's side of it.
#[derive(Debug, Clone, Default)]
pub(super) struct TroubleLog(watch::Sender<Trouble>);

impl TroubleLog {
    pub(super) fn watch(&self) -> watch::Receiver<Trouble> {
        self.0.subscribe()
    }

    /// The store has failed, so that `what`. A failure that stays is logged less and less.
    pub(super) fn failed(&self, what: &'static str, error: StoreError) {
        self.0.send_modify(|trouble| {
            if trouble.is_worth_a_line(&error) {
                let failures = trouble.failures_in_a_row + 1;
                tracing::error!(%error, failures, "{what}");
            }
            trouble.failures_in_a_row = trouble.failures_in_a_row.saturating_add(1);
            trouble.last = Some(error);
        });
    }

    /// The store has written what the worker gave it.
    pub(super) fn served(&self) {
        self.0.send_if_modified(|trouble| {
            let was_in_trouble = trouble.last.is_some();
            *trouble = Trouble::default();
            was_in_trouble
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: &[StoreError]) -> Option<StoreError> {
        let log = TroubleLog::default();
        for failure in failures {
            log.failed("it cannot be done", failure.clone());
        }
        log.watch().borrow().hopeless()
    }

    #[test]
    fn a_full_disk_is_hopeless_at_once_and_a_busy_file_only_when_it_stays_busy() {
        let busy = StoreError::Busy("in use".to_owned());
        assert!(matches!(
            after(&[StoreError::Full("no space".to_owned())]),
            Some(StoreError::Full(_))
        ));
        assert!(after(&vec![busy.clone(); 4]).is_none());
        assert!(matches!(after(&vec![busy; 5]), Some(StoreError::Busy(_))));
    }

    #[test]
    fn a_failure_that_stays_is_logged_less_and_less_and_another_at_once() {
        let (full, io) = (
            StoreError::Full("no space".to_owned()),
            StoreError::Io("it broke".to_owned()),
        );
        let mut trouble = Trouble::default();
        let mut logged = Vec::new();
        for failure in 1..=40 {
            let error = if failure == 20 { &io } else { &full };
            if trouble.is_worth_a_line(error) {
                logged.push(failure);
            }
            trouble.failures_in_a_row += 1;
            trouble.last = Some(error.clone());
        }
        assert_eq!(logged, [1, 2, 4, 8, 16, 20, 21, 32]);
    }

    #[test]
    fn a_success_ends_the_trouble() {
        let log = TroubleLog::default();
        log.failed("it cannot be done", StoreError::Full("no space".to_owned()));
        log.served();
        assert!(log.watch().borrow().hopeless().is_none());
    }
}
