//! Composition: the parts of a process, made from configuration and wired together. The only place that knows
//! every crate.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atlas_app::extraction::{ChildCommand, ExtractorPool, PoolLimits};
use atlas_app::ingest::Ingest;
use atlas_app::jobs::JobContext;
use atlas_app::{App, AppParts, Indexer, Metrics, Mode, Runtime, SearchState, Signals, Work, WorkerSettings};
use atlas_domain::{Clock, Entropy, Fetcher, SystemClock};
use atlas_net::fetch::{FetchSettings, HttpFetcher, Politeness};
use atlas_search::{IndexSettings, Opened, SearchError, SearchIndex};
use atlas_store::{DataDir, DataDirLock, IndexGuard, Library, Ops, RetentionPolicy, StoreError};

use crate::config::Config;
use crate::error::{CliError, Exit};

/// This very program, even after its file has been replaced by a newer one.
const OWN_PROGRAM: &str = "/proc/self/exe";

/// The version of the program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A process that may write: it holds the lock.
pub(crate) struct Composed {
    pub(crate) app: Arc<App>,
    /// Background work; none when the library is damaged.
    pub(crate) runtime: Option<Runtime>,
    ops: Ops,
    run: i64,
    /// Dropped last: until then nobody else may write.
    lock: DataDirLock,
}

impl Composed {
    /// Opens everything for a server. A damaged library does not end it: it starts ops-only.
    pub(crate) async fn open(config: &Config, lock: DataDirLock, work: Work) -> Result<Self, CliError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy = Arc::new(Entropy::seeded(random_seed()?));
        let ops = Ops::open(&lock, Arc::clone(&clock))?;
        let run = ops.begin_run(VERSION).await?;
        let previous_run_was_killed = ops.previous_run_ended(run).await? == Some(false);
        let library = match Library::open(&lock, Arc::clone(&clock), Arc::clone(&entropy)) {
            Err(error) if work != Work::JobsAndSchedules || !matches!(error, StoreError::Corrupt { .. }) => {
                return Err(error.into());
            }
            other => other,
        };
        let (signals, metrics) = (Arc::new(Signals::default()), Arc::new(Metrics::default()));
        let mut parts = AppParts {
            mode: Mode::OpsOnly,
            dir: lock.dir().clone(),
            library: library.clone(),
            search: SearchState::Unavailable("the library is not available".to_owned()),
            clock: Arc::clone(&clock),
            signals: Arc::clone(&signals),
            metrics: Arc::clone(&metrics),
            floor_bytes: config.floor_bytes,
            version: VERSION,
            previous_run_was_killed,
        };
        let mut runtime = None;
        match library {
            Ok(library) => {
                let opened = open_index(lock.dir(), &library, &ops).await?;
                let index = Arc::new(opened.index);
                parts.mode = Mode::Normal;
                parts.search = SearchState::Ready(Box::new(index.reader().clone()));
                let indexer = Arc::new(Indexer::new(
                    library.clone(),
                    index,
                    Arc::clone(&signals),
                    opened.resume,
                ));
                let context = JobContext {
                    ingest: Ingest {
                        library,
                        fetcher: fetcher(config, &clock)?,
                        extractor: Arc::new(extractor(config)),
                        clock,
                        entropy,
                    },
                    retention: RetentionPolicy::default(),
                };
                let settings = WorkerSettings {
                    slots: config.worker_slots,
                    ..WorkerSettings::default()
                };
                runtime = Some(Runtime::start(context, indexer, signals, metrics, settings, work).await?);
            }
            Err(error) => {
                tracing::error!(%error, "the library cannot be used: starting with operations only");
            }
        }
        Ok(Self {
            app: Arc::new(App::new(parts)),
            runtime,
            ops,
            run,
            lock,
        })
    }

    /// Tells other processes where this one listens.
    pub(crate) fn lock_mut(&mut self) -> &mut DataDirLock {
        &mut self.lock
    }

    /// Stops in good order, and records it.
    pub(crate) async fn close(self) {
        if let Some(runtime) = self.runtime {
            runtime.stop().await;
        }
        let ended = async {
            self.ops.index_sound(false).await?;
            self.ops.end_run(self.run).await
        };
        if let Err(error) = ended.await {
            tracing::warn!(%error, "the end of this run could not be recorded");
        }
        self.ops.close().await;
    }
}

/// Opens what is there for reading, without the lock.
pub(crate) fn open_read_only(config: &Config) -> Result<App, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let dir = DataDir::new(&config.data_dir);
    let entropy = Arc::new(Entropy::seeded(random_seed()?));
    let library = Library::open_read_only(&dir, Arc::clone(&clock), entropy)?;
    let search = match SearchIndex::open_read_only(&dir.search(), library.identity()) {
        Ok(reader) => SearchState::Ready(Box::new(reader)),
        Err(error) => SearchState::Unavailable(error.to_string()),
    };
    Ok(App::new(AppParts {
        mode: Mode::ReadOnly,
        dir,
        library: Ok(library),
        search,
        clock,
        signals: Arc::new(Signals::default()),
        metrics: Arc::new(Metrics::default()),
        floor_bytes: config.floor_bytes,
        version: VERSION,
        previous_run_was_killed: false,
    }))
}

/// Opens the index for writing. One that the process has died with three times in a row is set aside.
async fn open_index(dir: &DataDir, library: &Library, ops: &Ops) -> Result<Opened, CliError> {
    if ops.index_opening().await? == IndexGuard::Distrusted {
        tracing::error!("the process died three times in a row with the search index open: building it anew");
        let aside = dir.search().with_file_name("search.distrusted");
        let _ = std::fs::remove_dir_all(&aside);
        match std::fs::rename(dir.search(), &aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let opened =
        SearchIndex::open(&dir.search(), library.identity(), IndexSettings::default()).map_err(|error| {
            match error {
                SearchError::Locked => CliError::new(Exit::Busy, error.to_string()),
                other => CliError::new(Exit::Failure, other.to_string()),
            }
        })?;
    if let Some(reason) = &opened.rebuild {
        tracing::info!(%reason, "building the search index from the library");
    }
    tokio::spawn(trust_after_a_while(ops.clone()));
    Ok(opened)
}

/// A process that lives this long with the index open is not being killed by it.
async fn trust_after_a_while(ops: Ops) {
    tokio::time::sleep(Duration::from_mins(1)).await;
    if let Err(error) = ops.index_sound(true).await {
        tracing::warn!(%error, "the soundness of the search index could not be recorded");
    }
}

fn fetcher(config: &Config, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Fetcher>, CliError> {
    let settings = FetchSettings {
        html_limit_bytes: config.html_limit_bytes,
        attempt_timeout: config.attempt_timeout,
        overall_timeout: config.overall_timeout,
        concurrent_requests: NonZeroU32::new(config.worker_slots as u32).unwrap_or(NonZeroU32::MIN),
        politeness: config.politeness.then(Politeness::default),
        addresses: config.allow_hosts.clone(),
        ..FetchSettings::default()
    };
    let fetcher = HttpFetcher::new(&settings, Arc::clone(clock))
        .map_err(|error| CliError::new(Exit::Failure, error.to_string()))?;
    Ok(Arc::new(fetcher))
}

/// A fetcher for a command that saves nothing.
pub(crate) fn page_fetcher(config: &Config) -> Result<Arc<dyn Fetcher>, CliError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    fetcher(config, &clock)
}

/// The pool of children: this very program under its hidden subcommand.
pub(crate) fn extractor(config: &Config) -> ExtractorPool {
    let command = ChildCommand {
        program: PathBuf::from(OWN_PROGRAM),
        args: vec!["extract-child".into()],
        env: Vec::new(),
    };
    let limits = PoolLimits {
        processes: config.extraction_processes,
        memory_bytes: config.extraction_memory_bytes,
        deadline: config.extraction_deadline,
        ..PoolLimits::default()
    };
    ExtractorPool::new(command, limits)
}

fn random_seed() -> Result<u64, StoreError> {
    getrandom::u64().map_err(|error| StoreError::Io(format!("the system gives no random numbers: {error}")))
}
