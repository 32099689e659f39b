//! Opening for reading only: for a command that only reads, and for a server where nothing can be written. Nothing
//! here changes a file.

use std::sync::Arc;

use atlas_app::services::Inheritance;
use atlas_app::{App, AppParts, Mode, Reconfigure, SearchState, Services, Signals};
use atlas_domain::{Clock, SystemClock, Timestamp};
use atlas_search::{SearchError, SearchIndex};
use atlas_store::{DataDir, DataDirLock, Library, Ops, StoreError, StoredBreakers};

use super::outside::{Outside, give, give_channels};
use super::parts::{Groundwork, entropy, services};
use super::{VERSION, leaves_operations};
use crate::config::Config;
use crate::error::{CliError, Exit};
use crate::reload::Reload;

/// What a server has that cannot write.
pub(super) struct OpenedToServe {
    pub(super) app: App,
    /// In memory.
    pub(super) ops: Ops,
    /// None where nobody outside this machine can be reached.
    pub(super) outside: Option<Outside>,
}

/// Opens what is there beside whoever writes, without the lock.
pub(crate) fn open_read_only(config: &Config) -> Result<App, CliError> {
    let dir = DataDir::new(&config.data_dir);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let groundwork = Groundwork::lay(config)?;
    let library = Library::open_read_only(&dir, clock, entropy()?, &groundwork.databases)
        .map_err(|error| unreadable(&dir, error))?;
    let reason = dir
        .is_read_only()
        .then(|| StoreError::ReadOnlyFileSystem(dir.path().to_owned()));
    let services = services(config, &groundwork, inheritance(&dir, SystemClock.now()))?;
    let app = App::new(parts(config, dir, Ok(library), reason, groundwork, services));
    give_channels(config, &app)?;
    Ok(app)
}

/// Opens nothing: for a command that asks what the configuration says.
pub(crate) fn without_library(config: &Config) -> Result<App, CliError> {
    let dir = DataDir::new(&config.data_dir);
    let library = Err(StoreError::NoLibrary(dir.path().to_owned()));
    let groundwork = Groundwork::lay(config)?;
    let services = services(config, &groundwork, Inheritance::default())?;
    let app = App::new(parts(config, dir, library, None, groundwork, services));
    give_channels(config, &app)?;
    Ok(app)
}

/// Opens no library: for a command that asks what is kept of operations, whatever has become of the library.
pub(crate) fn operations_alone(config: &Config) -> Result<App, CliError> {
    let app = without_library(config)?;
    app.would_alert_by(config.vitals.settings.alerts.rules.clone());
    Ok(app)
}

/// Opens what is there for a server that cannot write, because of `reason`. With a damaged library only operations
/// work.
pub(super) fn open_to_serve(
    config: &Config,
    lock: &DataDirLock,
    reason: StoreError,
) -> Result<OpenedToServe, StoreError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let groundwork = Groundwork::lay(config)?;
    let ops = Ops::open_in_memory(lock, Arc::clone(&clock), &groundwork.databases)?;
    let library = match Library::open_read_only_locked(lock, clock, entropy()?, &groundwork.databases) {
        Err(damage) if leaves_operations(&damage) => Err(damage),
        other => Ok(other?),
    };
    tracing::error!(%reason, "starting for reading only");
    let services = services(config, &groundwork, inheritance(lock.dir(), SystemClock.now()))?;
    let outside = Outside::of(config, &services)
        .inspect_err(|error| tracing::error!(%error, "nobody outside this machine can be told anything"))
        .ok();
    let reconfigure = outside.clone().map(|outside| {
        let reload = Reload::new(config.clone(), Arc::clone(&services), outside);
        Arc::new(reload) as Arc<dyn Reconfigure>
    });
    let dir = lock.dir().clone();
    let app = App::new(AppParts {
        reconfigure,
        ..parts(config, dir, library, Some(reason), groundwork, services)
    });
    app.back_up_by(config.backup.plan(lock.dir(), config.floor_bytes));
    if let Some(outside) = &outside
        && let Err(error) = give(Arc::clone(&outside.notifier), config, &app)
    {
        tracing::error!(%error, "nobody outside this machine can be told anything on demand");
    }
    Ok(OpenedToServe { app, ops, outside })
}

/// What the system says of a file does not say which.
fn unreadable(dir: &DataDir, error: StoreError) -> CliError {
    match error {
        StoreError::Io(_) => CliError::new(
            Exit::Failure,
            format!(
                "the library in {} cannot be opened: {error}; mend that, or choose another directory with --data-dir \
                 DIR",
                dir.path().display()
            ),
        ),
        StoreError::NoLibrary(_) if dir.is_ours_or_empty().is_ok_and(|fits| !fits) => CliError::new(
            Exit::NotFound,
            format!(
                "there is no library in {}, and other things are: choose another directory with --data-dir DIR",
                dir.path().display()
            ),
        ),
        other => other.into(),
    }
}

fn parts(
    config: &Config,
    dir: DataDir,
    library: Result<Library, StoreError>,
    read_only_because: Option<StoreError>,
    groundwork: Groundwork,
    services: Arc<Services>,
) -> AppParts {
    services.hold_decisions();
    let search = match &library {
        Ok(library) => match SearchIndex::open_read_only(&dir.search(), library.identity()) {
            Ok(reader) => SearchState::Ready(Box::new(reader)),
            Err(error @ SearchError::MustRebuild(_)) => SearchState::Unavailable(format!(
                "{error}; `atlas serve` builds it, and so does any command that writes"
            )),
            Err(error) => SearchState::Unavailable(error.to_string()),
        },
        Err(_) => SearchState::Unavailable("the library is not available".to_owned()),
    };
    AppParts {
        mode: if library.is_ok() {
            Mode::ReadOnly
        } else {
            Mode::OpsOnly
        },
        dir,
        library,
        search,
        signals: Arc::new(Signals::default()),
        metrics: groundwork.metrics,
        services,
        reconfigure: None,
        floor_bytes: config.floor_bytes,
        html_limit_bytes: config.html_limit_bytes,
        reserve_bytes: 0,
        read_only_because,
        version: VERSION,
        previous_run_was_killed: false,
    }
}

/// What the writer's circuit breakers left behind. It is shown, and only searches act on it: what
/// cannot be read is told as that.
fn inheritance(dir: &DataDir, now: Timestamp) -> Inheritance {
    match StoredBreakers::look(dir, now) {
        Ok(stored) => Inheritance {
            rows: stored.rows,
            next_number: stored.next_number,
            unreadable: None,
        },
        // A file from before there were breakers has no table of them.
        Err(error @ StoreError::Sqlite(_)) => {
            tracing::warn!(%error, "there is no state of circuit breakers");
            Inheritance::default()
        }
        Err(error) => {
            tracing::warn!(%error, "the state of circuit breakers cannot be read");
            Inheritance {
                unreadable: Some(error),
                ..Inheritance::default()
            }
        }
    }
}
