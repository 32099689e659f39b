//! When a disk is too full. A share alone says too much on a large disk and too little on a small one, so a level holds
//! when much is used *and* little is free, or when next to nothing is free. It is told the figures and measures
//! nothing.

use atlas_domain::CheckOutcome;

use super::thresholds::{Limit, Worse};

const GIB: f64 = 1_073_741_824.0;

/// How full a mount is, as far as we may write to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskUse {
    /// What the file system can hold for us: used and free together.
    pub total_bytes: u64,
    /// What we may still write.
    pub free_bytes: u64,
}

/// When one level holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiskLimit {
    /// So much is used, in percent,
    pub used_percent: Limit,
    /// and no more than this is free, in bytes;
    pub free_bytes: Limit,
    /// or no more than this is free, in bytes, whatever the share.
    pub least_free_bytes: Limit,
}

/// Both levels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiskRule {
    /// Worth knowing.
    pub warn: DiskLimit,
    /// As it must not be.
    pub crit: DiskLimit,
}

impl Default for DiskRule {
    /// Warns at 85 % with under 50 GiB free, or under 5 GiB; critical at 95 % with under 20 GiB free, or under 1 GiB.
    fn default() -> Self {
        Self {
            warn: DiskLimit::new(85.0, 50.0, 5.0),
            crit: DiskLimit::new(95.0, 20.0, 1.0),
        }
    }
}

impl DiskUse {
    /// The used share in percent. `None` for a file system that holds nothing.
    pub fn used_percent(self) -> Option<f64> {
        let used = self.total_bytes.saturating_sub(self.free_bytes);
        (self.total_bytes > 0).then(|| 100.0 * used as f64 / self.total_bytes as f64)
    }
}

impl DiskLimit {
    /// A level is left 2 % of the disk, or a tenth of the free bytes, after it was entered.
    fn new(used_percent: f64, free_gib: f64, least_free_gib: f64) -> Self {
        let free = |gib: f64| Limit {
            enter: gib * GIB,
            exit: 1.1 * gib * GIB,
        };
        Self {
            used_percent: Limit {
                enter: used_percent,
                exit: used_percent - 2.0,
            },
            free_bytes: free(free_gib),
            least_free_bytes: free(least_free_gib),
        }
    }

    fn holds(&self, used_percent: f64, free_bytes: f64, held: bool) -> bool {
        let much_used = self.used_percent.holds(Worse::Above, used_percent, held);
        // «Under» a number of bytes: the number itself is still enough.
        let little_free = |limit: Limit| free_bytes < if held { limit.exit } else { limit.enter };
        (much_used && little_free(self.free_bytes)) || little_free(self.least_free_bytes)
    }

    fn faults(&self, level: &str) -> Vec<String> {
        let Self {
            used_percent,
            free_bytes,
            least_free_bytes,
        } = self;
        [
            ("used_percent", used_percent, Worse::Above),
            ("free_bytes", free_bytes, Worse::Below),
            ("least_free_bytes", least_free_bytes, Worse::Below),
        ]
        .into_iter()
        .flat_map(|(name, limit, worse)| {
            let faults = limit.faults(worse).into_iter();
            faults.map(move |fault| format!("{level}.{name}: {fault}"))
        })
        .collect()
    }
}

impl DiskRule {
    /// What a mount's figures say, given what those before said.
    pub fn judge(&self, disk: DiskUse, before: Option<CheckOutcome>) -> CheckOutcome {
        let Some(used_percent) = disk.used_percent() else {
            return CheckOutcome::Unknown;
        };
        let free_bytes = disk.free_bytes as f64;
        let was_crit = before == Some(CheckOutcome::Crit);
        let was_warn = was_crit || before == Some(CheckOutcome::Warn);
        if self.crit.holds(used_percent, free_bytes, was_crit) {
            CheckOutcome::Crit
        } else if self.warn.holds(used_percent, free_bytes, was_warn) {
            CheckOutcome::Warn
        } else {
            CheckOutcome::Ok
        }
    }

    /// Which limit a level comes from, such as `critical under 1 GiB free`. Nothing for a disk that is well.
    pub fn limit_behind(&self, disk: DiskUse, outcome: CheckOutcome) -> Option<String> {
        let (word, limit) = match outcome {
            CheckOutcome::Warn => ("warned of", &self.warn),
            CheckOutcome::Crit => ("critical", &self.crit),
            CheckOutcome::Ok | CheckOutcome::Unknown | CheckOutcome::NoAnswer => return None,
        };
        let gib = |bytes: f64| format!("{} GiB", (bytes / GIB * 100.0).round() / 100.0);
        if (disk.free_bytes as f64) < limit.least_free_bytes.exit {
            return Some(format!("{word} under {} free", gib(limit.least_free_bytes.enter)));
        }
        Some(format!(
            "{word} from {} % used with under {} free",
            limit.used_percent.enter,
            gib(limit.free_bytes.enter)
        ))
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.warn.faults("warn");
        faults.extend(self.crit.faults("crit"));
        faults
    }
}
