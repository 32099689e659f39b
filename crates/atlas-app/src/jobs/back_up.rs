//! `back_up`: make a backup, try to restore its databases, remove old ones. Payload: none. One at a time.
//!
//! One that fails is tried again an hour later; when that has failed often enough it is a dead letter, which the status
//! names.

use std::time::Duration;

use atlas_domain::{Lease, Timestamp};
use atlas_store::{AttemptRecord, BackupError, Manifest, Postponement, StoreError, VerifyDepth};
use tokio::task::spawn_blocking;

use super::JobContext;
use crate::backups::BackupPlan;
use crate::error::AppError;

/// Whatever was in the way is rarely gone within minutes, and each try reads all of the library.
const TRY_AGAIN: Duration = Duration::from_hours(1);
/// Somebody else is at work there: not for long.
const COME_BACK: Duration = Duration::from_mins(10);

pub(super) async fn run(context: &JobContext, lease: Lease) -> Result<(), StoreError> {
    let started_at = context.now();
    let Some(plan) = context.backups.clone() else {
        let did = "nothing: no backups are made here".to_owned();
        return context.done(&lease, started_at, did).await;
    };
    let error = match back_up(context, plan).await {
        Ok(did) => return context.done(&lease, started_at, did).await,
        Err(error) => error,
    };
    tracing::error!(%error, "no backup was made");
    let is_in_use = matches!(error, AppError::Backup(BackupError::InUse(_)));
    let postponement = Postponement {
        until: context.now().after(if is_in_use { COME_BACK } else { TRY_AGAIN }),
        counts: !is_in_use,
        reason: "backup_failed".to_owned(),
        message: error.told(),
    };
    let attempt = AttemptRecord::at(started_at, "run");
    context
        .library()
        .postpone_job(&lease, postponement, attempt)
        .await
}

/// What was done, in words.
async fn back_up(context: &JobContext, plan: BackupPlan) -> Result<String, AppError> {
    let manifest = plan.make(context.library(), Some(&context.ops)).await?;
    let now = context.now();
    let proved = spawn_blocking(move || prove_and_prune(&plan, &manifest, now));
    proved
        .await
        .unwrap_or_else(|error| Err(StoreError::Panicked(error.to_string()).into()))
}

/// A backup counts when it could be restored. Then old ones may go. Blocks.
fn prove_and_prune(plan: &BackupPlan, manifest: &Manifest, now: Timestamp) -> Result<String, AppError> {
    let (name, destination) = (&manifest.name, &plan.destination);
    destination.verify(name, VerifyDepth::Databases, destination.path(), now)?;
    let pruned = match destination.prune(manifest.library.library, plan.retention, now) {
        Ok(pruned) if pruned.over_budget => "; it alone takes up more than the budget".to_owned(),
        Ok(pruned) if pruned.backups.is_empty() => String::new(),
        Ok(pruned) => format!("; removed {}", pruned.backups.join(", ")),
        Err(error) => {
            tracing::warn!(%error, "old backups could not be removed");
            format!("; old ones could not be removed: {error}")
        }
    };
    let lacks = match manifest.left_out.as_slice() {
        [] => String::new(),
        left_out => format!("; it lacks {}", left_out.join(", ")),
    };
    Ok(format!("made {name} and read it again{lacks}{pruned}"))
}

#[cfg(test)]
mod tests {
    use atlas_domain::{Clock, JobKind, JobState, LibraryIdentity, NewJob};
    use atlas_store::BackupDestination;

    use super::*;
    use crate::test_app::TestApp;

    fn plan(app: &TestApp, folder: &std::path::Path) -> BackupPlan {
        BackupPlan {
            destination: BackupDestination::at(folder),
            every: Some(Duration::from_hours(24)),
            ..BackupPlan::beside(&app.app().parts.dir, 0, "1.2.3")
        }
    }

    async fn run_it(app: &TestApp, plan: Option<BackupPlan>) {
        app.library
            .enqueue_job(NewJob::maintenance(JobKind::BackUp))
            .await
            .unwrap();
        let context = JobContext {
            backups: plan,
            ..app.context()
        };
        run(&context, app.claim().await).await.unwrap();
    }

    #[tokio::test]
    async fn a_backup_is_made_proved_and_told() {
        let (app, folder) = (TestApp::open(), tempfile::tempdir().unwrap());
        let plan = plan(&app, folder.path());
        run_it(&app, Some(plan.clone())).await;
        let job = app.jobs().await.remove(0);
        assert_eq!(job.state, JobState::Done);
        let backup = plan.destination.list().unwrap().remove(0);
        assert_eq!(job.message, format!("made {} and read it again", backup.name));
        assert_eq!(backup.problem, None);
    }

    #[tokio::test]
    async fn one_that_cannot_be_made_is_tried_again_and_says_why() {
        let (app, folder) = (TestApp::open(), tempfile::tempdir().unwrap());
        let file = folder.path().join("no_folder");
        std::fs::write(&file, b"mine").unwrap();
        run_it(&app, Some(plan(&app, &file))).await;
        let job = app.jobs().await.remove(0);
        assert_eq!((job.state, job.attempts), (JobState::Ready, 1));
        assert_eq!(job.reason, "backup_failed");
        assert!(job.message.contains("no_folder"), "{}", job.message);
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn another_is_due_once_the_newest_sound_one_is_old() {
        let (app, folder) = (TestApp::open(), tempfile::tempdir().unwrap());
        let plan = plan(&app, folder.path());
        let (library, start) = (app.library.identity(), app.clock.now());
        let is_due = |hours: u32| {
            let now = start.after(Duration::from_hours(1) * hours);
            plan.is_due(library, start, now).unwrap()
        };
        assert!(!is_due(23), "a new library is given time");
        assert!(is_due(24));
        run_it(&app, Some(plan.clone())).await;
        assert!(!is_due(23));
        assert!(is_due(24));
        let name = plan.destination.list().unwrap().remove(0).name;
        std::fs::remove_file(folder.path().join(&name).join("library.db.zst")).unwrap();
        let scratch = folder.path().join("scratch");
        plan.destination
            .verify(&name, VerifyDepth::Everything, &scratch, start)
            .unwrap_err();
        let other = LibraryIdentity {
            library: library.epoch,
            epoch: library.epoch,
        };
        assert!(
            plan.is_due(&other, start, start.after(Duration::from_hours(24)))
                .unwrap()
        );
        let never = BackupPlan { every: None, ..plan };
        assert!(
            !never
                .is_due(library, start, start.after(Duration::from_hours(999)))
                .unwrap()
        );
    }
}
