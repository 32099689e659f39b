//! `atlas serve`: the server. It listens on a Unix socket for the command line and on loopback TCP for
//! everything else, and ends in good order on SIGTERM or SIGINT.

mod socket;
mod token;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use atlas_app::Work;
use atlas_server::AccessRule;
use atlas_store::{DataDir, Holder};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::compose::Composed;
use crate::config::Config;
use crate::error::{CliError, Exit};
use crate::session::lock;
use socket::bind_socket;
pub(crate) use socket::unannounced_socket;
use token::write_token;

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
        let (socket, unix) = bind_socket(&lock)?;
        let opened = Composed::open(config, lock, Work::JobsAndSchedules).await;
        let mut composed = opened.inspect_err(|_| drop(std::fs::remove_file(&socket)))?;
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
    tokio::select! {
        () = server.stop() => Ok(Exit::Ok),
        // Asked again: at once. What is lost by that is nothing but the good order.
        () = asked_to_end.wait() => Ok(Exit::Interrupted),
    }
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
