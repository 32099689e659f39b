//! How well the library is kept: its backups, its audits, its cleanups. A destination that hangs, such as a network drive that
//! is gone, tells nothing, and is not asked again until it has answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atlas_domain::{JobKind, JobState, LibraryIdentity, Timestamp};
use atlas_store::{JobFilter, Library};
use atlas_vitals::metrics::Sample;
use atlas_vitals::metrics::catalogue::service as series;
use tokio::time::timeout;

use crate::app::App;
use crate::backups::BackupPlan;
use crate::upkeep::summary_of;
use crate::vitals::sampling::UnderWay;

const LIMIT: Duration = Duration::from_secs(5);

/// Looks at what lies beside the library.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    is_looking: Arc<AtomicBool>,
}

/// What a destination has.
struct Kept {
    newest: Option<Timestamp>,
    size_bytes: u64,
}

impl Upkeep {
    pub(super) async fn tell(&self, app: &App, sample: &mut Sample) {
        let Ok(library) = app.library() else {
            return;
        };
        self.tell_of_backups(app, library, sample).await;
        tell_of_failures(app, library, sample).await;
        tell_of_audit(app, library, sample).await;
        if let Ok(failed) = library.failed_cleanup(app.user()).await {
            sample.add(&series::CLEANUP_FAILED, f64::from(u8::from(failed.is_some())));
        }
    }

    async fn tell_of_backups(&self, app: &App, library: &Library, sample: &mut Sample) {
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let (plan, identity) = (app.backup_plan(), library.identity().clone());
        let (every, under_way) = (plan.every, UnderWay(Arc::clone(&self.is_looking)));
        let look = tokio::task::spawn_blocking(move || {
            let _under_way = under_way;
            look_at_backups(&plan, &identity)
        });
        let (Ok(Ok(Some(kept))), Ok(born)) = (timeout(LIMIT, look).await, library.created_at().await) else {
            return;
        };
        let age = library.now().since(kept.newest.unwrap_or(born)).as_secs_f64();
        sample.add(&series::BACKUP_AGE, age);
        sample.add(&series::BACKUP_SIZE, kept.size_bytes as f64);
        sample.add(
            &series::BACKUP_OVERDUE,
            every.map(|every| age / every.as_secs_f64()),
        );
    }
}

fn look_at_backups(plan: &BackupPlan, library: &LibraryIdentity) -> Option<Kept> {
    let backups = plan.destination.list().ok()?;
    let sound = backups.iter().filter(|backup| backup.problem.is_none());
    let made = sound
        .filter_map(|backup| backup.manifest.as_ref())
        .filter(|manifest| manifest.library.library == library.library)
        .map(|manifest| manifest.created_at);
    Some(Kept {
        newest: made.max(),
        size_bytes: plan.destination.size_bytes(),
    })
}

/// The job that is due knows how often it was tried; one that went well was tried once.
async fn tell_of_failures(app: &App, library: &Library, sample: &mut Sample) {
    let filter = JobFilter {
        kind: Some(JobKind::BackUp),
        limit: 1,
        ..JobFilter::default()
    };
    let Ok(page) = library.list_jobs(app.user(), filter).await else {
        return;
    };
    let failures = page.jobs.first().map_or(0, |job| match job.state {
        JobState::Ready | JobState::Leased | JobState::Dead => job.attempts,
        JobState::Done | JobState::Cancelled => 0,
    });
    sample.add(&series::BACKUP_FAILURES, f64::from(failures));
}

async fn tell_of_audit(app: &App, library: &Library, sample: &mut Sample) {
    let folder = app.parts.dir.audit();
    let look = tokio::task::spawn_blocking(move || summary_of(&folder));
    if let Ok(Ok(Ok(Some(audit)))) = timeout(LIMIT, look).await {
        sample.add(
            &series::AUDIT_AGE,
            library.now().since(audit.ended_at).as_secs_f64(),
        );
        sample.add(&series::AUDIT_JUNK, audit.junk);
        sample.add(&series::AUDIT_GROWTH, audit.growth);
    }
}
