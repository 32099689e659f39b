//! `VitalsSettings`: what is looked after, how, and who is told of it. It only describes; configuration is read and
//! checked elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_domain::{HttpProbe, ProbeTarget};
use atlas_vitals::alerts::{AlertSettings, RuleSet};
use atlas_vitals::health::{
    API_SECONDS, CheckSettings, DiskRule, ERRORS_A_DAY, Limit, MEMORY_PERCENT, Maintenance,
    PROCESSOR_PERCENT, READY_JOBS, Thresholds, WeeklyWindow, Worse, seven_services,
};

/// How often everything is measured while nobody watches.
pub const MEASURE_EVERY: Duration = Duration::from_secs(10);

/// How much of the time everything that runs may stand still for want of memory or of a disk, in percent.
pub const STALLED_PERCENT: Thresholds = Thresholds {
    worse: Worse::Above,
    warn: Some(Limit {
        enter: 10.0,
        exit: 7.0,
    }),
    crit: Some(Limit {
        enter: 25.0,
        exit: 20.0,
    }),
};

/// Everything that is set.
#[derive(Debug, Clone)]
pub struct VitalsSettings {
    /// Every check: those of the seven services, and the owner's own.
    pub checks: Vec<CheckSettings>,
    /// What the owner's own checks ask, by their names.
    pub own: BTreeMap<String, OwnCheck>,
    /// From which values on a service is worse than it should be.
    pub limits: Limits,
    /// Who is told of what.
    pub alerts: Arc<AlertSettings>,
    /// Times for which trouble is expected.
    pub maintenance: Vec<Maintenance>,
    /// Times in which only what is critical is told.
    pub quiet_hours: Vec<QuietHours>,
    /// How often everything is measured.
    pub measure_every: Duration,
    /// Who outside is told that somebody still looks.
    pub sign_of_life: Option<SignOfLife>,
}

/// From which values on a service is worse than it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// When a disk is too full.
    pub disk: DiskRule,
    /// The five-minute mean of the processor's work, in percent.
    pub processor_percent: Thresholds,
    /// Memory that is not available, in percent.
    pub memory_percent: Thresholds,
    /// How much of the time everything stands still, in percent.
    pub stalled_percent: Thresholds,
    /// How long a request to ourselves takes, in seconds.
    pub api_seconds: Thresholds,
    /// Jobs that are ready and not begun.
    pub ready_jobs: Thresholds,
    /// Errors within 24 hours.
    pub errors_a_day: Thresholds,
}

/// What a check of the owner's own asks.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnCheck {
    /// Somebody outside this process.
    Ask(ProbeTarget),
    /// A file of SQLite, which is opened for reading only.
    Query(Query),
    /// Nobody: whoever is watched calls by itself, at the secret address.
    Heartbeat {
        /// The last part of that address.
        secret: Secret,
    },
}

/// A question to a file of SQLite. The first value of the first row is what is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Which file.
    pub file: QueriedFile,
    /// One statement that only reads.
    pub statement: String,
}

/// Which file of SQLite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueriedFile {
    /// The library.
    Library,
    /// What is kept of operations.
    Operations,
    /// Another one.
    At(PathBuf),
}

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// That text.
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    /// Whether `given` is that text. Takes the same time wherever the difference lies; its length is no secret. An
    /// empty one is nobody's.
    pub fn is(&self, given: &str) -> bool {
        let (given, own) = (given.as_bytes(), self.0.as_bytes());
        let difference = given.iter().zip(own).fold(0, |difference, (left, right)| {
            std::hint::black_box(difference | (left ^ right))
        });
        !own.is_empty() && given.len() == own.len() && difference == 0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A time that comes back every week, in which only what is critical is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    /// Its name, for people.
    pub name: String,
    /// When.
    pub window: WeeklyWindow,
}

/// Somebody outside who notices when this server says nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOfLife {
    /// What is called.
    pub target: HttpProbe,
    /// How often.
    pub every: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            disk: DiskRule::default(),
            processor_percent: PROCESSOR_PERCENT,
            memory_percent: MEMORY_PERCENT,
            stalled_percent: STALLED_PERCENT,
            api_seconds: API_SECONDS,
            ready_jobs: READY_JOBS,
            errors_a_day: ERRORS_A_DAY,
        }
    }
}

/// The seven services by the rules that are built in, told on this machine itself.
impl Default for VitalsSettings {
    fn default() -> Self {
        Self {
            checks: seven_services(),
            own: BTreeMap::new(),
            limits: Limits::default(),
            alerts: Arc::new(AlertSettings {
                rules: RuleSet::builtin(),
                ..AlertSettings::default()
            }),
            maintenance: Vec::new(),
            quiet_hours: Vec::new(),
            measure_every: MEASURE_EVERY,
            sign_of_life: None,
        }
    }
}
