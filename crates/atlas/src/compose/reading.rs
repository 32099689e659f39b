//! Opening for reading only: for a command that only reads, and for a server where nothing can be written. Nothing
//! here changes a file.

use std::sync::Arc;

use atlas_app::{App, AppParts, Metrics, Mode, SearchState, Signals};
use atlas_domain::{Clock, SystemClock};
use atlas_search::SearchIndex;
use atlas_store::{DataDir, DataDirLock, Library, StoreError};

use super::parts::entropy;
use super::{VERSION, leaves_operations};
use crate::config::Config;
use crate::error::CliError;

/// Opens what is there beside whoever writes, without the lock.
pub(crate) fn open_read_only(config: &Config) -> Result<App, CliError> {
    let dir = DataDir::new(&config.data_dir);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let library = Library::open_read_only(&dir, clock, entropy()?)?;
    let reason = dir
        .is_read_only()
        .then(|| StoreError::ReadOnlyFileSystem(dir.path().to_owned()));
    Ok(App::new(parts(config, dir, Ok(library), reason)))
}

/// Opens what is there for a server that cannot write, because of `reason`. With a damaged library only operations
/// work.
pub(super) fn open_to_serve(
    config: &Config,
    lock: &DataDirLock,
    reason: StoreError,
) -> Result<App, StoreError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let library = match Library::open_read_only_locked(lock, clock, entropy()?) {
        Err(damage) if leaves_operations(&damage) => Err(damage),
        other => Ok(other?),
    };
    tracing::error!(%reason, "starting for reading only");
    Ok(App::new(parts(config, lock.dir().clone(), library, Some(reason))))
}

fn parts(
    config: &Config,
    dir: DataDir,
    library: Result<Library, StoreError>,
    read_only_because: Option<StoreError>,
) -> AppParts {
    let search = match &library {
        Ok(library) => match SearchIndex::open_read_only(&dir.search(), library.identity()) {
            Ok(reader) => SearchState::Ready(Box::new(reader)),
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
        metrics: Arc::new(Metrics::default()),
        floor_bytes: config.floor_bytes,
        html_limit_bytes: config.html_limit_bytes,
        reserve_bytes: 0,
        read_only_because,
        version: VERSION,
        previous_run_was_killed: false,
    }
}
