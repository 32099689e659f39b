//! `Session`: how a command reaches the library. With a server it goes through the server's socket, never
//! around it; without one it opens the library itself: read-only for reading, with the lock for writing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use atlas_app::{App, Work};
use atlas_store::{DataDir, DataDirError, DataDirLock, Holder};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::cli::{Access, until_stopped};
use crate::client::Client;
use crate::compose::{Composed, open_read_only, operations_alone, without_library};
use crate::config::Config;
use crate::error::{CliError, Exit};
use crate::serve::socket_places;

/// How long a command that writes waits for another writer to finish.
const PATIENCE: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_millis(100);
const LOOK_FOR_TROUBLE: Duration = Duration::from_secs(1);

/// A way to the library, and what must be closed behind it.
pub(crate) struct Session {
    client: Client,
    own: Option<Composed>,
}

/// The running server, for what only a server can do.
pub(crate) async fn server(config: &Config) -> Result<Client, CliError> {
    let dir = DataDir::new(&config.data_dir);
    live_socket(&dir).await.map(Client::Socket).ok_or_else(|| {
        CliError::new(
            Exit::Unreachable,
            format!(
                "no server runs on {}; the next one reads the configuration when it starts",
                dir.path().display()
            ),
        )
    })
}

impl Session {
    /// The server that runs on the library at `place`, if one does. Nothing else of the configuration is needed.
    pub(crate) async fn with_server(place: &Path) -> Option<Self> {
        let socket = live_socket(&DataDir::new(place)).await?;
        Some(Self {
            client: Client::Socket(socket),
            own: None,
        })
    }

    /// Finds the server, or does without, until `stop` asks it to give up.
    pub(crate) async fn open(
        config: &Config,
        access: Access,
        purpose: &str,
        stop: &CancellationToken,
    ) -> Result<Self, CliError> {
        let dir = DataDir::new(&config.data_dir);
        // Without a place for a library no server can run on it.
        let has_place = !config.data_dir.as_os_str().is_empty();
        if has_place && let Some(socket) = live_socket(&dir).await {
            return Ok(Self {
                client: Client::Socket(socket),
                own: None,
            });
        }
        match access {
            Access::None => {
                let app = without_library(config)?;
                let client = Client::InProcess(atlas_server::router(Arc::new(app)));
                Ok(Self { client, own: None })
            }
            Access::Operations => {
                let app = operations_alone(config)?;
                let client = Client::InProcess(atlas_server::router(Arc::new(app)));
                Ok(Self { client, own: None })
            }
            Access::Server => Err(CliError::new(
                Exit::Unreachable,
                format!(
                    "no server runs on {}, and only a server looks after its services and acts on what is decided: \
                     start one with `atlas serve`",
                    dir.path().display()
                ),
            )),
            Access::Read => {
                let app: App = open_read_only(config)?;
                let client = Client::InProcess(atlas_server::router(Arc::new(app)));
                Ok(Self { client, own: None })
            }
            Access::Decide | Access::Tend => {
                if !dir.library_db().exists() {
                    open_read_only(config)?; // says what is wrong, and leaves a mistyped directory as it is
                }
                let work = match access {
                    Access::Tend => Work::Jobs,
                    _ => Work::Index,
                };
                Self::open_for_writing(config, &dir, purpose, work, stop).await
            }
            Access::Write => Self::open_for_writing(config, &dir, purpose, Work::Index, stop).await,
            Access::Work => Self::open_for_writing(config, &dir, purpose, Work::Jobs, stop).await,
        }
    }

    async fn open_for_writing(
        config: &Config,
        dir: &DataDir,
        purpose: &str,
        work: Work,
        stop: &CancellationToken,
    ) -> Result<Self, CliError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lock(dir, purpose) {
                Ok(lock) => {
                    let own = Composed::open(config, Arc::new(lock), work, stop).await?;
                    let client = Client::InProcess(atlas_server::router(Arc::clone(&own.app)));
                    return Ok(Self {
                        client,
                        own: Some(own),
                    });
                }
                Err(error @ DataDirError::Locked { .. }) if Instant::now() >= deadline => {
                    return Err(error.into());
                }
                Err(DataDirError::Locked { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            // Whoever holds the lock may be a server that is just starting.
            if let Some(socket) = live_socket(dir).await {
                return Ok(Self {
                    client: Client::Socket(socket),
                    own: None,
                });
            }
            if until_stopped(stop, sleep(RETRY)).await.is_none() {
                return Err(CliError::interrupted());
            }
        }
    }

    /// Calls routes.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Without a server, does the work that is due: nobody else would.
    pub(crate) async fn settle(&self) -> Result<(), CliError> {
        match self.own.as_ref().and_then(|own| own.runtime.as_ref()) {
            Some(runtime) => Ok(runtime.settle().await?),
            None => Ok(()),
        }
    }

    /// Ends only when the store does not serve the work any more that this process does for itself, with the error.
    pub(crate) async fn trouble(&self) -> CliError {
        loop {
            if let Err(error) = self.settle().await {
                return error;
            }
            sleep(LOOK_FOR_TROUBLE).await;
        }
    }

    /// Lets go. Work that is left is done by the next server or command.
    pub(crate) async fn close(self) {
        if let Some(own) = self.own {
            own.close().await;
        }
    }
}

/// Takes the lock on the data directory.
pub(crate) fn lock(dir: &DataDir, purpose: &str) -> Result<DataDirLock, DataDirError> {
    dir.lock(&Holder {
        pid: std::process::id(),
        purpose: purpose.to_owned(),
        socket: None,
    })
}

/// The socket of a server that answers. The lock is not asked: one that was copied, or that a full disk keeps from
/// being written to, names the socket of another server, or none.
pub(crate) async fn live_socket(dir: &DataDir) -> Option<PathBuf> {
    for socket in socket_places(dir) {
        if UnixStream::connect(&socket).await.is_ok() {
            return Some(socket);
        }
    }
    None
}
