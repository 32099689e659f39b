//! The thresholds that hold where the owner sets none, each with the side on which it ends. Figures only: which check
//! measures what is decided elsewhere.

use super::thresholds::{Limit, Thresholds, Worse};

/// The five-minute mean of the processor's work, in percent.
pub const PROCESSOR_PERCENT: Thresholds = above((70.0, 65.0), (85.0, 80.0));
/// Memory that is not available, in percent.
pub const MEMORY_PERCENT: Thresholds = above((80.0, 75.0), (90.0, 85.0));
/// How long a request to ourselves takes, in seconds.
pub const API_SECONDS: Thresholds = above((2.0, 1.5), (5.0, 4.0));
/// Jobs that are ready and not begun.
pub const READY_JOBS: Thresholds = above((100.0, 80.0), (500.0, 400.0));
/// Errors within 24 hours.
pub const ERRORS_A_DAY: Thresholds = above((10.0, 8.0), (50.0, 40.0));

/// Each pair says where the level begins and where it ends.
const fn above(warn: (f64, f64), crit: (f64, f64)) -> Thresholds {
    Thresholds {
        worse: Worse::Above,
        warn: Some(Limit {
            enter: warn.0,
            exit: warn.1,
        }),
        crit: Some(Limit {
            enter: crit.0,
            exit: crit.1,
        }),
    }
}
