//! `Trouble`: that the store does not serve the worker, for those who wait for its work.

use atlas_store::StoreError;
use tokio::sync::watch;

/// After so many failures without a success in between, nobody need wait for the next.
const HOPELESS_AFTER: u32 = 5;

/// How the store has failed the worker, if it has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    failures_in_a_row: u32,
    last: Option<StoreError>,
}

impl Trouble {
    /// The error of a store that will not serve the worker, however long one waits.
    pub(crate) fn hopeless(&self) -> Option<StoreError> {
        let error = self.last.clone()?;
        let stays = matches!(
            error,
            StoreError::Full(_)
                | StoreError::ReadOnly
                | StoreError::ReadOnlyFileSystem(_)
                | StoreError::Displaced { .. }
                | StoreError::Corrupt { .. }
                | StoreError::Closed
        );
        (stays || self.failures_in_a_row >= HOPELESS_AFTER).then_some(error)
    }
}

/// The worker's side of it.
#[derive(Debug, Clone, Default)]
pub(super) struct TroubleLog(watch::Sender<Trouble>);

impl TroubleLog {
    pub(super) fn watch(&self) -> watch::Receiver<Trouble> {
        self.0.subscribe()
    }

    /// The store has failed.
    pub(super) fn failed(&self, error: StoreError) {
        self.0.send_modify(|trouble| {
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
            log.failed(failure.clone());
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
    fn a_success_ends_the_trouble() {
        let log = TroubleLog::default();
        log.failed(StoreError::Full("no space".to_owned()));
        log.served();
        assert!(log.watch().borrow().hopeless().is_none());
    }
}
