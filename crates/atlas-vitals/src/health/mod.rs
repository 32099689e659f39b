//! Health: from the results of checks to the status of services, and to what is worth telling. All of it decides from
//! values that it is given; it runs no check, reads no clock and sends nothing.

mod calendar;
mod changes;
mod check;
mod defaults;
mod dependencies;
mod disk;
mod engine;
mod faults;
mod history;
mod level;
mod maintenance;
mod overall;
mod recent;
mod result;
mod rules;
mod schedule;
mod service;
mod settings;
mod seven;
mod spans;
mod stored;
mod telling;
#[cfg(test)]
mod tests;
mod thresholds;
mod transition;
mod uptime;

pub use calendar::{UnknownZone, WeeklyWindow, Zone};
pub use check::{Change, CheckState, Onset, Step, Turn};
pub use defaults::{API_SECONDS, ERRORS_A_DAY, MEMORY_PERCENT, PROCESSOR_PERCENT, READY_JOBS};
pub use disk::{DiskLimit, DiskRule, DiskUse};
pub use engine::{HealthEffect, HealthEngine, HealthInput, ServiceHealth};
pub use faults::{CheckFault, faults};
pub use history::{History, HistoryEntry, KEPT_FOR, Stay};
pub use level::Level;
pub use maintenance::{Maintenance, MaintenanceTime, Scope};
pub use overall::overall;
pub use result::CheckResult;
pub use settings::{CheckKind, CheckSettings, Climb, Descent, Flapping, Intermittent, Ladder};
pub use seven::{
    API, BACKGROUND_PROCESSING, CONTENT_PIPELINE, DATABASE, DISK_SPACE, SEARCH, SYSTEM_RESOURCES,
    seven_services,
};
pub use spans::{Span, Spans};
pub use stored::{
    StoredCheck, StoredEpisode, StoredHealth, StoredMaintenance, StoredReport, StoredResult, StoredSpan,
    StoredTransition,
};
pub use thresholds::{Limit, Thresholds, Worse};
pub use transition::{
    Announce, Cause, FlappingSummary, FlappingWord, HeldBy, Hold, Silence, Transition, Withheld,
};
pub use uptime::{UPTIME_WINDOWS, Uptime};
