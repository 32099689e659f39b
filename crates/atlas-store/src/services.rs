//! `DatabaseServices`: the two kinds of call to a database file, each with its policy and the circuit breakers of every
//! file. They are kept in memory only: the state of a file is never written through the file itself.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use atlas_resilience::breaker::{BreakerSettings, OpenTime, TripRules};
use atlas_resilience::{
    Backoff, Jitter, PolicySettings, RetryPlan, Service, ServiceSettings, Surroundings, TokioClock,
};

/// Reads and writes.
pub(crate) const DATABASE_OPERATIONS: &str = "database_operations";
/// What goes through a whole file, and takes as long as that takes.
const DATABASE_MAINTENANCE: &str = "database_maintenance";

/// How long one read may take before it is interrupted, unless another time is set.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(10);
/// No check of a whole file takes longer: what does hangs.
const MAINTENANCE_LIMIT: Duration = Duration::from_hours(24);

/// The services of all files of one process.
#[derive(Debug, Clone)]
pub struct DatabaseServices {
    pub(crate) operations: Arc<Service>,
    pub(crate) maintenance: Arc<Service>,
}

impl DatabaseServices {
    /// All breakers are closed; a journal among the surroundings is left alone.
    pub fn new(surroundings: Surroundings) -> Self {
        let surroundings = Surroundings {
            journal: None,
            ..surroundings
        };
        let service = |name, settings| {
            let nothing_stored = std::iter::empty();
            Arc::new(Service::new(
                name,
                settings,
                surroundings.clone(),
                None,
                nothing_stored,
            ))
        };
        Self {
            operations: service(DATABASE_OPERATIONS, operations()),
            maintenance: service(DATABASE_MAINTENANCE, maintenance()),
        }
    }

    /// Their names, each with the policy that it has as long as nobody sets another.
    pub fn policies() -> [(&'static str, PolicySettings); 2] {
        [
            (DATABASE_OPERATIONS, operations()),
            (DATABASE_MAINTENANCE, maintenance()),
        ]
    }

    /// Their names, each with its scopes: the files, and for single calls which way they go.
    pub fn scopes() -> [(&'static str, &'static [&'static str]); 2] {
        [
            (
                DATABASE_OPERATIONS,
                &["library.read", "library.write", "ops.read", "ops.write"],
            ),
            (DATABASE_MAINTENANCE, &["library", "ops"]),
        ]
    }

    /// How long one read may take, whenever it is asked.
    pub(crate) fn read_limit(&self) -> impl Fn() -> Duration + Send + Sync + 'static {
        let operations = Arc::clone(&self.operations);
        move || operations.settings().attempt_timeout
    }

    /// Each of them: to look at, and to decide about by hand.
    pub fn all(&self) -> [Arc<Service>; 2] {
        [Arc::clone(&self.operations), Arc::clone(&self.maintenance)]
    }
}

/// Seen by nobody: for a process that shows no services.
impl Default for DatabaseServices {
    fn default() -> Self {
        Self::new(Surroundings {
            clock: Arc::new(TokioClock::new(|| SystemTime::UNIX_EPOCH)),
            journal: None,
            observer: None,
            seed: 0,
        })
    }
}

/// A lock is soon free again, or held by somebody who does not mean us: the waits grow slowly from 10 ms on, and all of
/// them together are shorter than the patience of whoever saves.
fn after_busy() -> RetryPlan {
    RetryPlan {
        max_attempts: 8,
        transient: Backoff::fibonacci(Duration::from_millis(10), Duration::from_secs(1))
            .with_jitter(Jitter::None),
        ..RetryPlan::default()
    }
}

/// Nobody but us calls our files, so an open breaker spares no one: it only keeps callers from waiting for what fails.
/// So it looks again soon.
fn operations() -> PolicySettings {
    let breaker = BreakerSettings {
        trip: TripRules {
            consecutive_failures: Some(3),
            ..no_rules()
        },
        open: OpenTime {
            base: Duration::from_secs(1),
            cap: Duration::from_secs(30),
            ..BreakerSettings::default().open
        },
        ..looking_again_soon()
    };
    PolicySettings {
        attempt_timeout: READ_LIMIT,
        overall_timeout: READ_LIMIT,
        retry: Some(after_busy()),
        breaker: Some(of_every_file(breaker)),
        concurrency: None,
        rate: None,
    }
}

/// Its breakers never open by themselves. By hand they do, so that a file is left alone.
fn maintenance() -> PolicySettings {
    let breaker = BreakerSettings {
        trip: no_rules(),
        ..looking_again_soon()
    };
    PolicySettings {
        attempt_timeout: MAINTENANCE_LIMIT,
        overall_timeout: MAINTENANCE_LIMIT,
        retry: None,
        breaker: Some(of_every_file(breaker)),
        concurrency: None,
        rate: None,
    }
}

fn of_every_file(breaker: BreakerSettings) -> ServiceSettings {
    ServiceSettings {
        default: Arc::new(breaker),
        ..ServiceSettings::default()
    }
}

fn no_rules() -> TripRules {
    TripRules {
        consecutive_failures: None,
        ..BreakerSettings::default().trip
    }
}

fn looking_again_soon() -> BreakerSettings {
    let mut settings = BreakerSettings::default();
    settings.probing.retry_after = Duration::from_secs(1);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_are_without_faults() {
        for settings in [operations(), maintenance()] {
            assert_eq!(settings.faults(), []);
        }
    }

    #[test]
    fn nobody_is_kept_waiting_for_longer_than_half_a_minute_after_an_outage() {
        let open = operations().breaker.unwrap().default.open;
        let seconds = [1, 2, 3, 4, 5].map(|trips| open.draw(trips, 0.5).as_secs());
        assert_eq!(seconds, [1, 2, 4, 8, 16]);
        assert!(open.draw(100, 1.0) <= Duration::from_secs(30));
    }
}
