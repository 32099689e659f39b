//! Opening for writing: operational state, library and index, and the work that follows from them. Whatever goes
//! wrong on the way, the end of this start is recorded, so that the next one is not told of a death.

use std::sync::Arc;
use std::time::Duration;

use atlas_app::ingest::{Bodies, Ingest, JobWaits};
use atlas_app::jobs::JobContext;
use atlas_app::services::{API_CALLS, BACKGROUND_PROCESSING};
use atlas_app::{
    App, AppParts, BackupPlan, Indexer, Mode, Reconfigure, Runtime, SearchState, Signals, Work,
    WorkerSettings,
};
use atlas_domain::{Clock, Entropy, SystemClock};
use atlas_net::fetch::ARTICLE_PROCESSING;
use atlas_resilience::Service;
use atlas_search::{IndexSettings, Opened, SearchIndex};
use atlas_store::{DataDir, DataDirLock, IndexGuard, Library, Ops, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::outside::{Outside, give};
use super::parts::{Groundwork, entropy, extractor, fetcher, services};
use super::unopened::Unopened;
use super::{Records, VERSION, leaves_operations};
use crate::cli::until_stopped;
use crate::config::Config;
use crate::error::CliError;
use crate::reload::Reload;

/// How long running jobs may go on when a command is asked to end.
const COMMAND_GRACE: Duration = Duration::from_secs(1);

/// Everything but the lock.
pub(super) struct OpenedToWrite {
    pub(super) app: App,
    /// None when the library is damaged.
    pub(super) runtime: Option<Runtime>,
    pub(super) records: Records,
    pub(super) outside: Outside,
}

/// Opens everything. A damaged library does not end a server: it starts ops-only.
pub(super) async fn open_to_write(
    config: &Config,
    lock: &Arc<DataDirLock>,
    work: Work,
    stop: &CancellationToken,
) -> Result<OpenedToWrite, Unopened> {
    let groundwork = Groundwork::lay(config)?;
    let ops = Ops::open(lock, Arc::new(SystemClock), &groundwork.databases)?;
    let serves = work == Work::JobsAndSchedules;
    // A command is no run of the server: what ends it says nothing about the server.
    let run = if serves {
        Some(ops.begin_run(VERSION).await?)
    } else {
        None
    };
    let records = Records { ops, run };
    let start = Start {
        config,
        lock,
        work,
        groundwork: &groundwork,
        records: &records,
        stop,
    };
    match start.open().await {
        Ok((app, runtime, outside)) => Ok(OpenedToWrite {
            app,
            runtime,
            records,
            outside,
        }),
        Err(unopened) => {
            records.close().await;
            Err(unopened)
        }
    }
}

/// A start on its way.
struct Start<'a> {
    config: &'a Config,
    lock: &'a Arc<DataDirLock>,
    work: Work,
    groundwork: &'a Groundwork,
    records: &'a Records,
    stop: &'a CancellationToken,
}

/// What nothing draws time or chance without.
type Fundamentals = (Arc<dyn Clock>, Arc<Entropy>);

impl Start<'_> {
    /// The library first, then what is made from it. Without a library, operations are left.
    async fn open(&self) -> Result<(App, Option<Runtime>, Outside), Unopened> {
        let fundamentals: Fundamentals = (Arc::new(SystemClock), entropy()?);
        let library = self.open_library(&fundamentals).await?;
        let (mut parts, outside) = self.parts(library.clone()).await?;
        let runtime = match library {
            Ok(library) => Some(self.begin(&mut parts, library, fundamentals).await?),
            Err(error) => {
                tracing::error!(%error, "the library cannot be used: starting with operations only");
                None
            }
        };
        let app = App::new(parts);
        app.back_up_by(self.backup_plan());
        give(Arc::clone(&outside.notifier), self.config, &app)?;
        Ok((app, runtime, outside))
    }

    fn serves(&self) -> bool {
        self.work == Work::JobsAndSchedules
    }

    /// The inner error is one that a server can do without a library for.
    async fn open_library(
        &self,
        (clock, entropy): &Fundamentals,
    ) -> Result<Result<Library, StoreError>, Unopened> {
        let (lock, clock, entropy) = (Arc::clone(self.lock), Arc::clone(clock), Arc::clone(entropy));
        let databases = self.groundwork.databases.clone();
        let open = move || Library::open(&lock, clock, entropy, &databases);
        match unless_stopped(self.stop, open).await? {
            Err(error) if !self.serves() || !leaves_operations(&error) => Err(error.into()),
            other => Ok(other),
        }
    }

    /// The parts of an application that has no index yet.
    async fn parts(&self, library: Result<Library, StoreError>) -> Result<(AppParts, Outside), Unopened> {
        let (config, serves) = (self.config, self.serves());
        let services = services(config, self.groundwork, self.records.inheritance().await?)?;
        let outside = Outside::of(config, &services)?;
        let reload = || {
            let reload = Reload::new(config.clone(), Arc::clone(&services), outside.clone());
            Arc::new(reload) as Arc<dyn Reconfigure>
        };
        let parts = AppParts {
            mode: Mode::OpsOnly,
            dir: self.lock.dir().clone(),
            library,
            search: SearchState::Unavailable("the library is not available".to_owned()),
            signals: Arc::new(Signals::default()),
            metrics: Arc::clone(&self.groundwork.metrics),
            reconfigure: serves.then(reload),
            services,
            floor_bytes: config.floor_bytes,
            html_limit_bytes: config.html_limit_bytes,
            reserve_bytes: if serves { config.reserve_bytes } else { 0 },
            read_only_because: None,
            version: VERSION,
            previous_run_was_killed: self.records.previous_run_was_killed().await?,
        };
        Ok((parts, outside))
    }

    /// Opens the index and begins to work. That this came to its end, well or not, is recorded: an index is suspected
    /// only of the deaths of processes.
    async fn begin(
        &self,
        parts: &mut AppParts,
        library: Library,
        fundamentals: Fundamentals,
    ) -> Result<Runtime, Unopened> {
        let ops = &self.records.ops;
        if let Err(error) = ops.library_opened().await {
            tracing::warn!(%error, "that there is a library could not be recorded");
        }
        let guard = ops.index_opening().await?;
        let begun = self.begin_guarded(parts, library, fundamentals, guard).await;
        if begun.is_err()
            && let Err(error) = ops.index_not_opened().await
        {
            tracing::warn!(%error, "the end of this start could not be recorded");
        }
        begun
    }

    async fn begin_guarded(
        &self,
        parts: &mut AppParts,
        library: Library,
        fundamentals: Fundamentals,
        guard: IndexGuard,
    ) -> Result<Runtime, Unopened> {
        let dir = self.lock.dir();
        let open = {
            let (lock, library) = (Arc::clone(self.lock), library.clone());
            move || open_index(lock.dir(), &library, guard)
        };
        let opened = unless_stopped(self.stop, open).await??;
        let (library, opened) = of_one_life(dir, library, opened).await?;
        parts.library = Ok(library.clone());
        self.start_work(parts, library, fundamentals, opened).await
    }

    async fn start_work(
        &self,
        parts: &mut AppParts,
        library: Library,
        fundamentals: Fundamentals,
        opened: Opened,
    ) -> Result<Runtime, Unopened> {
        let index = Arc::new(opened.index);
        parts.mode = Mode::Normal;
        parts.search = SearchState::Ready(Box::new(index.reader().clone()));
        let signals = Arc::clone(&parts.signals);
        // A library that holds nothing yet has an index that lacks nothing.
        if opened.rebuild.is_some() && !library.changes_after(None, 1).await?.changes.is_empty() {
            signals.index_fills_from_empty();
        }
        let indexer = Indexer::new(library.clone(), index, Arc::clone(&signals), opened.resume);
        let moves = signals.indexed();
        let runtime = Runtime::start(
            self.job_context(parts, library, fundamentals)?,
            Arc::new(indexer),
            signals,
            Arc::clone(&parts.metrics),
            Arc::clone(&parts.services),
            self.worker_settings(),
            self.work,
        )
        .await?;
        tokio::spawn(trust_after_its_first_move(self.records.ops.clone(), moves));
        Ok(runtime)
    }

    fn job_context(
        &self,
        parts: &AppParts,
        library: Library,
        (clock, entropy): Fundamentals,
    ) -> Result<JobContext, CliError> {
        let config = self.config;
        let article_processing = service(parts, ARTICLE_PROCESSING)?;
        let archive = service(parts, API_CALLS)?;
        Ok(JobContext {
            ingest: Ingest {
                library,
                fetcher: fetcher(config, &clock, article_processing, Some(archive))?,
                extractor: Arc::new(extractor(config)),
                bodies: Bodies::default(),
                waits: JobWaits {
                    step: config.worker_retry_base,
                },
                stages: Arc::clone(parts.metrics.stages()),
                clock,
                entropy,
            },
            ops: self.records.ops.clone(),
            retention: config.retention,
            backups: Some(self.backup_plan()),
            audit_every: config.audit_every,
            dir: self.lock.dir().clone(),
            signals: Arc::clone(&parts.signals),
            background: service(parts, BACKGROUND_PROCESSING)?,
        })
    }

    fn backup_plan(&self) -> BackupPlan {
        self.config.backup.plan(self.lock.dir(), self.config.floor_bytes)
    }

    fn worker_settings(&self) -> WorkerSettings {
        WorkerSettings {
            slots: self.config.worker_slots,
            shutdown_grace: match self.work {
                Work::JobsAndSchedules => WorkerSettings::default().shutdown_grace,
                // Somebody sits before a command who wants it to end, or has told it how long to wait.
                Work::Jobs | Work::Index => COMMAND_GRACE,
            },
            ..WorkerSettings::default()
        }
    }
}

/// The service of that name, which this build is made with.
fn service(parts: &AppParts, name: &str) -> Result<Arc<Service>, CliError> {
    parts.services.get(name).cloned().ok_or_else(CliError::unexpected)
}

/// Carries out what blocks, and may take as long as a migration does. Stopped, it is not waited for any more; what it
/// holds, it holds until the process ends.
async fn unless_stopped<T: Send + 'static>(
    stop: &CancellationToken,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CliError> {
    match until_stopped(stop, tokio::task::spawn_blocking(work)).await {
        Some(done) => done.map_err(|_| CliError::unexpected()), // it has panicked
        None => Err(CliError::interrupted()),
    }
}

/// Opens the index for writing. One that the process has died with three times in a row is set aside.
fn open_index(dir: &DataDir, library: &Library, guard: IndexGuard) -> Result<Opened, Unopened> {
    if guard == IndexGuard::Distrusted {
        tracing::error!(
            "the process died three times in a row while it opened the search index: building it anew"
        );
        let aside = dir.search().with_file_name("search.distrusted");
        let _ = std::fs::remove_dir_all(&aside);
        match std::fs::rename(dir.search(), &aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::from(error).into());
            }
            _ => {}
        }
    }
    #[cfg(feature = "failpoints")]
    fail::fail_point!("index::while_opening", |_| std::process::abort());
    let opened = SearchIndex::open(&dir.search(), library.identity(), IndexSettings::default())?;
    if let Some(reason) = &opened.rebuild {
        tracing::info!(%reason, "building the search index from the library");
    }
    Ok(opened)
}

/// An index that has seen more than the library holds says that an older library was put back beside it. The places of
/// the change log would name two things from now on: the library begins a new life, and its index is built anew.
async fn of_one_life(
    dir: &DataDir,
    mut library: Library,
    opened: Opened,
) -> Result<(Library, Opened), Unopened> {
    let Some(seen) = &opened.resume else {
        return Ok((library, opened));
    };
    let head = library.change_head().await?;
    if library.has_reached(Some(&head), seen)? {
        return Ok((library, opened));
    }
    tracing::warn!(
        "the search index has seen more than the library holds, as if an older copy of the library was put back: \
         building it anew"
    );
    drop(opened); // with its lock
    library.begin_new_life().await?;
    let opened = SearchIndex::open(&dir.search(), library.identity(), IndexSettings::default())?;
    Ok((library, opened))
}

/// An index that has taken its first changes, or had none to take, is not what kills the process.
async fn trust_after_its_first_move(ops: Ops, mut moves: watch::Receiver<u64>) {
    if moves.changed().await.is_ok()
        && let Err(error) = ops.index_sound().await
    {
        tracing::warn!(%error, "the soundness of the search index could not be recorded");
    }
}
