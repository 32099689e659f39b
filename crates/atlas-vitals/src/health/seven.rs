//! The seven services that Atlas looks after, with what their checks are told by default. What the checks do is written
//! elsewhere; here is how often, and what depends on what.

use std::time::Duration;

use super::settings::{CheckKind, CheckSettings};

/// The machine: processor, memory, pressure.
pub const SYSTEM_RESOURCES: &str = "system_resources";
/// The library's file can be written and read.
pub const DATABASE: &str = "database";
/// There is room on every mount that is written to.
pub const DISK_SPACE: &str = "disk_space";
/// Requests are answered.
pub const API: &str = "api";
/// Jobs are worked on.
pub const BACKGROUND_PROCESSING: &str = "background_processing";
/// What is there is found.
pub const SEARCH: &str = "search";
/// A page becomes a document.
pub const CONTENT_PIPELINE: &str = "content_pipeline";

/// What needs the rest of Atlas to be up may fail for so long while it comes up.
const STARTING: Duration = Duration::from_mins(1);

/// All seven, those first on which others depend.
pub fn seven_services() -> Vec<CheckSettings> {
    vec![
        always_there(SYSTEM_RESOURCES, CheckKind::Level, 30, &[]),
        always_there(DISK_SPACE, CheckKind::Level, 120, &[]),
        always_there(DATABASE, CheckKind::PassFail, 60, &[DISK_SPACE]),
        comes_up(API, 45, &[DATABASE]),
        comes_up(BACKGROUND_PROCESSING, 60, &[DATABASE]),
        comes_up(SEARCH, 180, &[DATABASE]),
        comes_up(CONTENT_PIPELINE, 240, &[DATABASE]),
    ]
}

/// Without it nothing works, from the first moment on.
fn always_there(name: &str, kind: CheckKind, every_secs: u64, needs: &[&str]) -> CheckSettings {
    CheckSettings {
        critical: true,
        depends_on: owned(needs),
        ..CheckSettings::new(name, kind, Duration::from_secs(every_secs))
    }
}

fn comes_up(name: &str, every_secs: u64, needs: &[&str]) -> CheckSettings {
    CheckSettings {
        grace: STARTING,
        depends_on: owned(needs),
        ..CheckSettings::new(name, CheckKind::PassFail, Duration::from_secs(every_secs))
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
