//! Looking after the library: its audit, and cleanups of what that found. The work itself is done by jobs.

use std::time::Duration;

use atlas_domain::{CleanupId, CleanupState, ItemId, JobId, JobKind, JobState, NewJob, Standing};
use atlas_store::maintenance::Key;
use atlas_store::{
    CleanupItemPage, CleanupPlan, CleanupRun, JobFilter, Library, StoreError, schema_versions,
};
use tokio::time::Instant;

use super::limits::page_size;
use crate::app::App;
use crate::audit::AuditReport;
use crate::error::AppError;
use crate::upkeep::{Share, UpkeepError, found_of, report_of, select};
use crate::views::upkeep::{
    ApplyRequest, AuditRequest, CleanupItemsQuery, CleanupList, CleanupView, Compacted, FindingView,
    FindingsPage, FindingsQuery, LibraryAudit, Schemas, UndoRequest, UndoneCleanup, WantedCleanup,
};

const PAGE: u32 = 50;
const MAX_PAGE: u32 = 500;
/// Cleanups that are listed.
const CLEANUPS: u32 = 100;

impl App {
    /// Has the library audited, and waits for it if that is asked for.
    pub async fn audit_library(&self, request: AuditRequest) -> Result<LibraryAudit, AppError> {
        let library = self.writable()?;
        let job = library
            .request_job(self.user(), NewJob::maintenance(JobKind::AuditLibrary))
            .await?;
        self.parts.signals.jobs.notify_one();
        self.wait_for(library, job, request.wait_secs).await?;
        self.library_audit().await
    }

    /// The audit that is under way, and what the last one found.
    pub async fn library_audit(&self) -> Result<LibraryAudit, AppError> {
        let job = self.live_job(self.library()?, JobKind::AuditLibrary).await?;
        Ok(LibraryAudit {
            job: job.map(|job| job.to_string()),
            progress: self.parts.signals.audit().progress(),
            report: self.last_audit().await?,
        })
    }

    /// Items that the last audit holds for no good.
    pub async fn findings(&self, query: FindingsQuery) -> Result<FindingsPage, AppError> {
        let limit = page_size(query.limit, PAGE, MAX_PAGE)?;
        let after = query
            .after
            .map(|after| after.parse::<i64>().map_err(|_| StoreError::BadCursor(after)))
            .transpose()?;
        let (folder, user) = (self.audit_folder(), self.user());
        let least = query.least.unwrap_or(Standing::Suspect);
        let found = off_the_loop(move || found_of(&folder, user, least, after, limit as usize)).await?;
        let page = found.ok_or_else(no_audit)?;
        let library = self.library()?;
        let row = |key: &Key| match key {
            Key::Rowid(row) => *row,
            Key::Primary(_) => 0,
        };
        let rows = page
            .rows
            .iter()
            .flat_map(|found| [Some(&found.key), found.survivor.as_ref().map(|one| &one.key)])
            .flatten()
            .map(row)
            .collect();
        let items = library.items_of_rows(user, rows).await?;
        let findings = page.rows.iter().filter_map(|found| {
            let item = items.get(&row(&found.key))?;
            let survivor = found.survivor.as_ref().and_then(|one| items.get(&row(&one.key)));
            Some(FindingView {
                item: item.id,
                url: item.url.clone(),
                title: item.title.clone(),
                verdict: found.standing,
                confidence: found.confidence,
                reasons: found.criteria,
                survivor: survivor.map(|one| one.id),
            })
        });
        Ok(FindingsPage {
            findings: findings.collect(),
            next: page.after.map(|after| after.to_string()),
        })
    }

    /// Makes a plan of what the last audit found. Nothing is changed.
    pub async fn plan_cleanup(&self, wanted: WantedCleanup) -> Result<CleanupView, AppError> {
        let library = self.writable()?;
        let report = self.last_audit().await?.ok_or_else(no_audit)?;
        let (folder, user, asked) = (self.audit_folder(), self.user(), wanted.clone());
        let items = off_the_loop(move || select(&folder, user, &asked)).await?;
        let plan = CleanupPlan {
            user,
            wanted: serde_json::to_value(&wanted).map_err(|error| AppError::Invalid(error.to_string()))?,
            items_total: report.totals.rows_total,
            gate_version: report.gate_version,
        };
        Ok(view(library.plan_cleanup(plan, items).await?))
    }

    /// Every cleanup, the newest first.
    pub async fn cleanups(&self) -> Result<CleanupList, AppError> {
        let runs = self.library()?.cleanups(self.user(), CLEANUPS).await?;
        Ok(CleanupList {
            cleanups: runs.into_iter().map(view).collect(),
        })
    }

    /// One cleanup.
    pub async fn cleanup(&self, run: &str) -> Result<CleanupView, AppError> {
        let run = run_id(run)?;
        Ok(view(self.library()?.cleanup(self.user(), run).await?))
    }

    /// Items of a cleanup.
    pub async fn cleanup_items(
        &self,
        run: &str,
        query: CleanupItemsQuery,
    ) -> Result<CleanupItemPage, AppError> {
        let (run, limit) = (run_id(run)?, page_size(query.limit, PAGE, MAX_PAGE)?);
        let library = self.library()?;
        Ok(library
            .cleanup_items(self.user(), run, query.state, limit, query.after)
            .await?)
    }

    /// Has a plan carried out, or gone on with, and waits for it if that is asked for.
    pub async fn apply_cleanup(&self, run: &str, request: ApplyRequest) -> Result<CleanupView, AppError> {
        let (library, id) = (self.writable()?, run_id(run)?);
        let planned = library.cleanup(self.user(), id).await?;
        let share = share(&planned);
        if !share.is_allowed(request.allow_percent) {
            return Err(AppError::Invalid(format!(
                "{} of the {} items would leave, which is {} % of the library and more than a fifth: say \
                 `allow_percent` = {} if that is what you want",
                share.planned,
                share.of,
                share.percent(),
                share.percent()
            )));
        }
        library.begin_cleanup(self.user(), id).await?;
        let job = library.request_job(self.user(), NewJob::cleanup(id)).await?;
        self.parts.signals.jobs.notify_one();
        self.wait_for(library, job, request.wait_secs).await?;
        self.cleanup(run).await
    }

    /// Undoes what a cleanup did, whole or in parts.
    pub async fn undo_cleanup(&self, run: &str, request: UndoRequest) -> Result<UndoneCleanup, AppError> {
        let (library, run) = (self.writable()?, run_id(run)?);
        let mut items: Vec<ItemId> = Vec::with_capacity(request.items.len());
        for item in &request.items {
            items.push(self.resolve(item).await?);
        }
        let only = (!items.is_empty()).then_some(items);
        if only.is_none() && library.cleanup(self.user(), run).await?.state == CleanupState::Applying {
            library.call_off_cleanup(self.user(), run).await?;
        }
        let (run, undone) = library.undo_cleanup(self.user(), run, only).await?;
        self.changed();
        Ok(UndoneCleanup {
            cleanup: view(run),
            undone,
        })
    }

    /// Takes note that a cleanup failed.
    pub async fn acknowledge_cleanup(&self, run: &str) -> Result<CleanupView, AppError> {
        let run = run_id(run)?;
        Ok(view(
            self.writable()?.acknowledge_cleanup(self.user(), run).await?,
        ))
    }

    /// Gives the free bytes of the library's file back to the disk.
    pub async fn compact_library(&self) -> Result<Compacted, AppError> {
        let (before_bytes, after_bytes) = self.writable()?.compact().await?;
        Ok(Compacted {
            before_bytes,
            after_bytes,
        })
    }

    /// How the files stand to the schemas of this build.
    pub async fn schemas(&self) -> Result<Schemas, AppError> {
        let dir = self.parts.dir.clone();
        let files =
            off_the_loop(move || schema_versions(&dir).map_err(|error| UpkeepError::Io(error.to_string())));
        Ok(Schemas { files: files.await? })
    }

    /// What the last audit of the library found.
    pub(crate) async fn last_audit(&self) -> Result<Option<AuditReport>, AppError> {
        let folder = self.audit_folder();
        off_the_loop(move || report_of(&folder)).await
    }

    fn audit_folder(&self) -> std::path::PathBuf {
        self.parts.dir.audit()
    }

    /// Waits for the end of a job, at most so long; not at all if nobody says how long. One that came to nothing is told.
    async fn wait_for(&self, library: &Library, job: JobId, secs: Option<u64>) -> Result<(), AppError> {
        let Some(secs) = secs else { return Ok(()) };
        let deadline = Instant::now() + Duration::from_secs(secs).min(super::outcomes::LONGEST_WAIT);
        if self.follow(library, job, deadline).await?.is_none() {
            return Ok(()); // it goes on
        }
        let ended = library.job(self.user(), job).await?;
        if ended.state == JobState::Done {
            return Ok(());
        }
        Err(StoreError::Io(format!("it did not come to its end: {}", ended.message)).into())
    }

    async fn live_job(&self, library: &Library, kind: JobKind) -> Result<Option<JobId>, AppError> {
        for state in [JobState::Leased, JobState::Ready] {
            let filter = JobFilter {
                state: Some(state),
                kind: Some(kind),
                limit: 1,
                ..JobFilter::default()
            };
            if let Some(job) = library.list_jobs(self.user(), filter).await?.jobs.first() {
                return Ok(Some(job.id));
            }
        }
        Ok(None)
    }
}

fn share(run: &CleanupRun) -> Share {
    Share {
        planned: run.items(),
        of: run.items_total,
    }
}

fn view(run: CleanupRun) -> CleanupView {
    let share = share(&run);
    let percent = share.percent();
    let asks = run.state == CleanupState::Planned && !share.is_allowed(None);
    CleanupView {
        run,
        percent,
        allow_percent: asks.then_some(percent),
    }
}

fn run_id(text: &str) -> Result<CleanupId, AppError> {
    text.parse().map_err(|_| {
        AppError::Invalid(format!(
            "`{text}` is no name of a cleanup: GET /api/v1/cleanups, or `atlas db runs`, lists them"
        ))
    })
}

fn no_audit() -> AppError {
    AppError::NoSuch(
        "the library has not been audited yet: POST /api/v1/audit, or `atlas db audit`, does it".to_owned(),
    )
}

async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, UpkeepError> + Send + 'static,
) -> Result<T, AppError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(StoreError::Panicked(error.to_string()).into()),
    }
}
