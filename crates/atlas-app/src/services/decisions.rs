//! Decisions about breakers, and keeping them. The breakers of some services forget everything with the process,
//! because what they know is about the very files that it would be kept in; what a person decided about them is kept
//! all the same.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use atlas_resilience::breaker::{BreakerStatus, Command, OverlayMode, Phase, StoredBreaker};
use atlas_resilience::{BreakerKey, Record, Service};

use super::Services;

/// How long a person waits for a decision to be on the disk.
const SETTLE_LIMIT: Duration = Duration::from_secs(3);

impl Services {
    /// Lets what a person decided about breakers that forget hold again, once everything is open: until then a start
    /// has to write to its files itself, or nobody could take the decision back.
    pub fn hold_decisions(&self) {
        for (key, row) in &self.decisions {
            let listed = self.listed(&key.service).filter(|listed| listed.forgets);
            let Some(listed) = listed else { continue };
            let overlay = listed.service.breakers().inherit(&key.scope, row);
            if overlay.mode == OverlayMode::Auto {
                self.journal.push(key.clone(), Record::Forget); // its time is over
            } else {
                let (breaker, mode) = (key.to_string(), overlay.mode.as_str());
                tracing::warn!(breaker, mode, "a circuit breaker is as it was decided by hand");
            }
        }
    }

    /// Does what a person decided, and returns how the breaker is now, and whether what there is to keep of it is on
    /// the disk. It holds in any case.
    pub(crate) async fn decide(
        &self,
        service: &Service,
        scope: &str,
        command: Command,
    ) -> (BreakerStatus, bool) {
        let row = self.row_of(service, &command);
        let key = BreakerKey {
            service: Arc::from(service.name()),
            scope: Arc::from(scope),
        };
        let since = self.journal.next_number();
        // What shuts the file of the decisions is written before it does.
        if let Some(record @ Record::Save(_)) = row {
            self.journal.push(key.clone(), record);
            let is_kept = self.settled(&key, since).await;
            return (service.breakers().operate(scope, command), is_kept);
        }
        let status = service.breakers().operate(scope, command);
        if let Some(record) = row {
            self.journal.push(key.clone(), record);
        }
        (status, self.settled(&key, since).await)
    }

    /// Whether what was pushed about that breaker since then is on the disk, within a time that a person waits.
    async fn settled(&self, key: &BreakerKey, since: u64) -> bool {
        let settled = self.journal.settled(key, since);
        tokio::time::timeout(SETTLE_LIMIT, settled).await.is_ok()
    }

    /// What is to be written of a decision, where the breaker itself writes nothing.
    fn row_of(&self, service: &Service, command: &Command) -> Option<Record> {
        let forgets = self.listed(service.name()).is_some_and(|listed| listed.forgets);
        match command {
            Command::Overlay { mode, lasts, reason } if forgets => Some(match mode {
                OverlayMode::Auto => Record::Forget,
                _ => Record::Save(Box::new(decision(*mode, *lasts, reason, self.clock.wall()))),
            }),
            _ => None,
        }
    }
}

/// A row with a decision, and nothing of what the breaker itself thinks.
fn decision(mode: OverlayMode, lasts: Option<Duration>, reason: &str, wall: SystemTime) -> StoredBreaker {
    let since_epoch = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    let millis = |lasts: Duration| u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    StoredBreaker {
        phase: Phase::Closed,
        since: now,
        open_since: None,
        open_for_ms: 0,
        not_before: None,
        trips: 0,
        succeeded: 0,
        generation: 0,
        overlay: mode,
        overlay_since: now,
        overlay_for_ms: lasts.map(millis),
        overlay_reason: reason.to_owned(),
        reason: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Mutex;

    use atlas_resilience::{Batch, BreakerStore, ManualClock, StoreFailure};

    use super::*;
    use crate::metrics::Metrics;
    use crate::services::{Inheritance, database_services};

    const HOUR: Duration = Duration::from_hours(1);
    const FILE: &str = "database_operations";

    /// What is on the disk, and whether the file that it is in took writes then.
    #[derive(Default)]
    struct Disk {
        rows: Mutex<Vec<(BreakerKey, StoredBreaker)>>,
        seen: Mutex<Vec<OverlayMode>>,
    }

    struct Process {
        services: Services,
        clock: Arc<ManualClock>,
    }

    impl Process {
        fn start(disk: &Disk, at: Duration) -> Self {
            let clock = Arc::new(ManualClock::starting_at(at));
            let metrics = Arc::<Metrics>::default();
            let databases = database_services(clock.clone(), 7, Arc::clone(&metrics));
            let inheritance = Inheritance {
                rows: disk.rows.lock().unwrap().clone(),
                next_number: 1,
                unreadable: None,
            };
            let services = Services::new(Vec::new(), clock.clone(), 7, inheritance, metrics);
            let services = services.beside(databases.all());
            Self { services, clock }
        }

        fn status(&self, scope: &str) -> BreakerStatus {
            self.services.get(FILE).unwrap().breakers().status(scope)
        }

        /// A decision, and somebody who writes it.
        async fn decide(&self, disk: &Disk, scope: &str, mode: OverlayMode, lasts: Option<Duration>) {
            let reason = "the disk is copied".to_owned();
            let command = Command::Overlay { mode, lasts, reason };
            let service = Arc::clone(self.services.get(FILE).unwrap());
            let writer = Shelf { disk, process: self };
            let (_, is_kept) = tokio::select! {
                decided = self.services.decide(&service, scope, command) => decided,
                () = self.services.keep_in(&writer) => unreachable!("it writes for ever"),
            };
            assert!(is_kept);
        }
    }

    struct Shelf<'a> {
        disk: &'a Disk,
        process: &'a Process,
    }

    impl BreakerStore for Shelf<'_> {
        fn write(&self, batch: Batch) -> Pin<Box<dyn Future<Output = Result<(), StoreFailure>> + Send + '_>> {
            let file = self.process.status("ops.write").overlay.mode;
            self.disk.seen.lock().unwrap().push(file);
            let mut rows = self.disk.rows.lock().unwrap();
            for (key, _, record) in batch {
                rows.retain(|(known, _)| *known != key);
                if let Record::Save(row) = record {
                    rows.push((key, *row));
                }
            }
            Box::pin(std::future::ready(Ok(())))
        }
    }

    #[tokio::test]
    async fn a_decision_about_a_file_holds_in_the_next_process_once_everything_is_open() {
        let disk = Disk::default();
        let first = Process::start(&disk, 1_000 * HOUR);
        first
            .decide(&disk, "library.write", OverlayMode::ForcedOpen, None)
            .await;

        let next = Process::start(&disk, 1_001 * HOUR);
        assert_eq!(next.status("library.write").overlay.mode, OverlayMode::Auto);
        next.services.hold_decisions();
        let overlay = next.status("library.write").overlay;
        assert_eq!(
            (overlay.mode, overlay.reason.as_str(), overlay.expires),
            (OverlayMode::ForcedOpen, "the disk is copied", None)
        );
        let age = next.services.timestamp(overlay.since);
        assert_eq!(age.as_millis(), 1_000 * 3_600_000, "it is as old as it is");

        next.decide(&disk, "library.write", OverlayMode::Auto, None).await;
        assert_eq!(disk.rows.lock().unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_decision_for_a_while_ends_in_the_next_process_when_it_would_have_ended() {
        let disk = Disk::default();
        let first = Process::start(&disk, 1_000 * HOUR);
        first
            .decide(&disk, "library.read", OverlayMode::ForcedOpen, Some(2 * HOUR))
            .await;
        let next = Process::start(&disk, 1_001 * HOUR);
        next.services.hold_decisions();
        assert_eq!(next.status("library.read").overlay.mode, OverlayMode::ForcedOpen);
        next.clock.advance(2 * HOUR);
        assert_eq!(next.status("library.read").overlay.mode, OverlayMode::Auto);

        let later = Process::start(&disk, 1_004 * HOUR);
        later.services.hold_decisions();
        assert_eq!(later.status("library.read").overlay.mode, OverlayMode::Auto);
        assert_eq!(later.services.unwritten(), 1, "its row is to be forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_to_be_kept_a_decision_does_not_wait_for_the_disk() {
        let disk = Disk::default();
        let process = Process::start(&disk, 1_000 * HOUR);
        let host = BreakerKey {
            service: Arc::from("web"),
            scope: Arc::from("a.example:443"),
        };
        process.services.journal.push(host, Record::Forget); // and nobody writes
        let service = Arc::clone(process.services.get(FILE).unwrap());
        let asked = tokio::time::Instant::now();
        let decide = process.services.decide(&service, "library.write", Command::Reset);
        let (_, is_kept) = decide.await;
        assert!(is_kept, "there was nothing to keep");
        assert_eq!(asked.elapsed(), Duration::ZERO);
    }

    #[tokio::test]
    async fn what_shuts_the_file_of_the_decisions_is_written_before_it_does() {
        let disk = Disk::default();
        let process = Process::start(&disk, 1_000 * HOUR);
        let file = "ops.write";
        process.decide(&disk, file, OverlayMode::ForcedOpen, None).await;
        assert_eq!(process.status(file).overlay.mode, OverlayMode::ForcedOpen);
        process.decide(&disk, file, OverlayMode::Auto, None).await;
        assert_eq!(*disk.seen.lock().unwrap(), [OverlayMode::Auto; 2]);
        assert_eq!(disk.rows.lock().unwrap().len(), 0);
    }
}
