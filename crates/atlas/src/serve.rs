//! `atlas serve`: the server. It listens on a Unix socket for the command line and on loopback TCP for
//! everything else, and ends in good order on SIGTERM or SIGINT.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atlas_app::Work;
use atlas_server::AccessRule;
use atlas_store::{DataDir, DataDirLock, Holder};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::compose::Composed;
use crate::config::Config;
use crate::error::{CliError, Exit};
use crate::session::lock;

/// The longest path that fits into a socket address.
const SOCKET_PATH_LIMIT: usize = 100;

/// A server that runs.
pub(crate) struct Server {
    composed: Composed,
    listeners: TaskTracker,
    stop: CancellationToken,
    socket: PathBuf,
    /// Where it listens.
    pub(crate) address: std::net::SocketAddr,
}

impl Server {
    /// Starts everything. Nothing is touched when the port or the data directory is in use.
    pub(crate) async fn start(config: &Config) -> Result<Self, CliError> {
        let dir = DataDir::new(&config.data_dir);
        let lock = lock(&dir, "serve")?;
        let tcp = TcpListener::bind(config.bind)
            .await
            .map_err(|error| cannot_listen(config, &error))?;
        let token = write_token(&dir)?;
        let (socket, unix) = bind_socket(&dir, &lock)?;
        let mut composed = Composed::open(config, lock, Work::JobsAndSchedules).await?;
        composed.lock_mut().announce(&Holder {
            pid: std::process::id(),
            purpose: "serve".to_owned(),
            socket: Some(socket.clone()),
        })?;
        let address = tcp.local_addr()?;
        let (stop, listeners) = (CancellationToken::new(), TaskTracker::new());
        let guarded =
            atlas_server::guarded_router(Arc::clone(&composed.app), AccessRule::new(&token, address));
        listeners.spawn(atlas_server::serve_tcp(tcp, guarded, stop.clone()));
        let open = atlas_server::router(Arc::clone(&composed.app));
        listeners.spawn(atlas_server::serve_unix(unix, open, stop.clone()));
        tracing::info!(%address, data = %dir.path().display(), "serving");
        Ok(Self {
            composed,
            listeners,
            stop,
            socket,
            address,
        })
    }

    /// The use cases, for a caller in this process.
    pub(crate) fn app(&self) -> &Arc<atlas_app::App> {
        &self.composed.app
    }

    /// Stops taking requests, finishes those that run, and closes everything.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.listeners.close();
        self.listeners.wait().await;
        let _ = std::fs::remove_file(&self.socket);
        self.composed.close().await;
    }
}

/// Serves until the process is asked to end.
pub(crate) async fn run(config: &Config) -> Result<Exit, CliError> {
    let mut asked_to_end = AskedToEnd::listen()?; // before there is anything that a signal could interrupt
    let server = Server::start(config).await?;
    let mut stderr = std::io::stderr();
    // Whether anybody reads this does not matter to the server.
    let _ = writeln!(
        stderr,
        "Atlas serves on http://{} (token in {})",
        server.address,
        DataDir::new(&config.data_dir).token().display()
    );
    asked_to_end.wait().await;
    server.stop().await;
    Ok(Exit::Ok)
}

/// Hears SIGINT and SIGTERM from the moment it listens.
pub(crate) struct AskedToEnd {
    interrupt: Signal,
    terminate: Signal,
}

impl AskedToEnd {
    pub(crate) fn listen() -> Result<Self, CliError> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub(crate) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn cannot_listen(config: &Config, error: &std::io::Error) -> CliError {
    let exit = if error.kind() == std::io::ErrorKind::AddrInUse {
        Exit::Busy
    } else {
        Exit::Failure
    };
    CliError::new(
        exit,
        format!(
            "cannot listen on {}: {error}; choose another address with --bind",
            config.bind
        ),
    )
}

/// A new token for every start, readable by its owner only.
fn write_token(dir: &DataDir) -> Result<String, CliError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        CliError::new(
            Exit::Failure,
            format!("the system gives no random numbers: {error}"),
        )
    })?;
    let token = bytes
        .iter()
        .fold("atlas_".to_owned(), |token, byte| format!("{token}{byte:02x}"));
    let path = dir.token();
    // A new file: an old one may have been opened up by somebody.
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(token.as_bytes())?;
    Ok(token)
}

/// The socket lies in the data directory, or, where its path would be too long, in a directory of its own.
/// Only the holder of the lock removes a stale one.
fn bind_socket(dir: &DataDir, held: &DataDirLock) -> Result<(PathBuf, UnixListener), CliError> {
    let mut socket = std::path::absolute(dir.path())?.join("socket");
    if socket.as_os_str().len() > SOCKET_PATH_LIMIT {
        socket = short_runtime_dir(&socket, held)?.join("socket");
    }
    match std::fs::remove_file(&socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let listener = UnixListener::bind(&socket).map_err(|error| {
        CliError::new(
            Exit::Failure,
            format!("cannot listen on the socket {}: {error}", socket.display()),
        )
    })?;
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
    Ok((socket, listener))
}

fn short_runtime_dir(socket: &Path, held: &DataDirLock) -> Result<PathBuf, CliError> {
    // The same data directory always gets the same name, so that a stale socket is found and replaced.
    let name = socket
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3) // FNV-1a
        });
    let dir = std::env::temp_dir().join(format!("atlas-{name:016x}"));
    match std::fs::DirBuilder::new().mode(0o700).create(&dir) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    let metadata = std::fs::symlink_metadata(&dir)?;
    let owner = std::fs::metadata(held.dir().path())?.uid();
    let is_ours =
        metadata.is_dir() && metadata.uid() == owner && metadata.permissions().mode() & 0o777 == 0o700;
    if !is_ours {
        return Err(CliError::new(
            Exit::Failure,
            format!(
                "{} exists but is not private; remove it, or choose a shorter data directory",
                dir.display()
            ),
        ));
    }
    Ok(dir)
}
