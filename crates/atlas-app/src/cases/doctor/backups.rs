//! Whether there is a backup to fall back on.

use std::time::Duration;

use atlas_store::{Backup, StoreError};
use tokio::task::spawn_blocking;

use super::Finding;
use crate::app::App;
use crate::error::AppError;

/// Late by its whole time is missed, and not only slow.
const OVERDUE: u32 = 2;

impl App {
    pub(super) async fn check_backups(&self) -> Result<Finding, AppError> {
        let plan = self.backup_plan();
        let every = plan.every;
        let listed = spawn_blocking(move || plan.destination.list()).await;
        let backups = listed.map_err(|error| StoreError::Panicked(error.to_string()))??;
        let library = self.library()?;
        let made = |backup: &Backup| {
            let manifest = backup.manifest.as_ref().filter(|_| backup.problem.is_none())?;
            let is_of_library = manifest.library.library == library.identity().library;
            is_of_library.then_some(manifest.created_at)
        };
        let (newest, now) = (backups.iter().filter_map(made).max(), library.now());
        let age = now.since(newest.unwrap_or(library.created_at().await?));
        if let Some(damaged) = backups.iter().find(|backup| backup.problem.is_some()) {
            let problem = damaged.problem.as_deref().unwrap_or_default();
            return Ok(Finding::Wrong(format!(
                "{} cannot be used: {problem}; `atlas backup create` makes another",
                damaged.name
            )));
        }
        Ok(match (every, newest) {
            (Some(every), _) if age >= every * OVERDUE => Finding::Wrong(format!(
                "the newest is {} old, and another is due every {}: `atlas job ls --kind back_up` tells why there is none",
                in_hours(age),
                in_hours(every)
            )),
            (_, Some(newest)) => Finding::InOrder(format!("the newest is of {newest}")),
            (Some(_), None) => Finding::InOrder("none yet; the first is due".to_owned()),
            (None, None) => Finding::InOrder("none, and none is made by schedule".to_owned()),
        })
    }
}

fn in_hours(time: Duration) -> String {
    match time.as_secs() / 3_600 {
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    }
}
