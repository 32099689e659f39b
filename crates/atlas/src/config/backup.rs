//! Where backups go, how often they are made, and which are kept.

use std::path::PathBuf;
use std::time::Duration;

use atlas_app::BackupPlan;
use atlas_store::{BackupDestination, BackupRetention, DataDir};

use crate::compose::VERSION;

/// What is configured of backups.
#[derive(Debug, Clone, Default)]
pub(crate) struct BackupConfig {
    /// None: beside the data.
    pub(super) destination: Option<PathBuf>,
    pub(super) retention: BackupRetention,
    /// None: only when somebody asks for one.
    pub(super) every: Option<Duration>,
}

impl BackupConfig {
    /// What follows from it for the library in `dir`.
    pub(crate) fn plan(&self, dir: &DataDir, floor_bytes: u64) -> BackupPlan {
        let mut plan = BackupPlan::beside(dir, floor_bytes, VERSION);
        if let Some(destination) = &self.destination {
            plan.destination = BackupDestination::at(destination);
        }
        BackupPlan {
            retention: self.retention,
            every: self.every,
            ..plan
        }
    }
}

/// Empty: beside the data.
pub(super) fn destination(config: &mut BackupConfig, text: &str) -> Result<(), String> {
    config.destination = match text {
        "" => None,
        // A service has another working directory than the person who wrote this.
        path if !path.starts_with('/') => {
            return Err(format!("is `{path}`; it must be a whole path, from / on"));
        }
        path => Some(PathBuf::from(path)),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_destination_backups_lie_beside_the_data() {
        let dir = DataDir::new("/data");
        let mut config = BackupConfig::default();
        destination(&mut config, "").unwrap();
        assert_eq!(
            config.plan(&dir, 0).destination,
            BackupDestination::at("/data/backups")
        );
        destination(&mut config, "/mnt/other").unwrap();
        assert_eq!(
            config.plan(&dir, 0).destination,
            BackupDestination::at("/mnt/other")
        );
    }

    #[test]
    fn a_destination_is_a_whole_path() {
        let mistake = destination(&mut BackupConfig::default(), "backups").unwrap_err();
        assert_eq!(mistake, "is `backups`; it must be a whole path, from / on");
    }
}
