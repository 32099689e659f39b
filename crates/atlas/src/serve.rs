//! `atlas serve`: the server. It listens on a Unix socket for the command line and on loopback TCP for
//! everything else, and ends in good order on SIGTERM or SIGINT.

mod own_api;
mod socket;
mod supervisor;
mod token;

use std::io::Write;
use std::pin::pin;
use std::sync::Arc;

use atlas_app::vitals::Vitals;
use atlas_app::{Turns, Work, progress_of};
use atlas_server::AccessRule;
use atlas_store::{DataDir, DataDirError, DataDirLock, Holder};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::compose::Composed;
use crate::config::{Config, Supervision};
use crate::error::{CliError, Exit};
use crate::session::lock;
use own_api::OwnListener;
pub(crate) use socket::socket_places;
use socket::{Socket, bind_socket};
use supervisor::Supervisor;
use token::write_token;

/// A server that runs.
pub(crate) struct Server {
    composed: Composed,
    listeners: TaskTracker,
    stop: CancellationToken,
    socket: Socket,
    /// Where it listens.
    pub(crate) address: std::net::SocketAddr,
}

impl Server {
    /// Starts everything. Asked to end before it serves, it ends what it has begun in good order, and returns none;
    /// asked again, it does so at once.
    pub(crate) async fn start(
        config: &Config,
        asked_to_end: &mut AskedToEnd,
    ) -> Result<Option<Self>, CliError> {
        let stop = CancellationToken::new();
        let mut opening = pin!(Self::open(config, &stop));
        tokio::select! {
            opened = &mut opening => return opened.map(Some),
            () = asked_to_end.wait() => stop.cancel(),
        }
        let end = async {
            match opening.await {
                Ok(server) => server.stop().await,
                Err(error) if error.exit == Exit::Interrupted => {}
                Err(error) => return Err(error),
            }
            Ok(None)
        };
        tokio::select! {
            ended = end => ended,
            () = asked_to_end.wait() => Ok(None),
        }
    }

    /// Nothing is touched when the port or the data directory is in use.
    async fn open(config: &Config, stop: &CancellationToken) -> Result<Self, CliError> {
        let dir = DataDir::new(&config.data_dir);
        // Held here too: only who holds it may remove the socket, on whatever way out.
        let lock = Arc::new(lock(&dir, "serve")?);
        let tcp = TcpListener::bind(config.bind)
            .await
            .map_err(|error| cannot_listen(config, &error))?;
        let address = tcp.local_addr()?;
        let token = write_token(&dir)?;
        let (socket, unix) = bind_socket(&lock)?;
        let mut composed = Composed::open(config, Arc::clone(&lock), Work::JobsAndSchedules, stop).await?;
        if let Err(error) = announce(&lock, &socket) {
            composed.close().await;
            return Err(error.into());
        }
        let (stop, listeners) = (CancellationToken::new(), TaskTracker::new());
        let guarded =
            atlas_server::guarded_router(Arc::clone(&composed.app), AccessRule::new(&token, address));
        listeners.spawn(atlas_server::serve_tcp(tcp, guarded, stop.clone()));
        let open = atlas_server::router(Arc::clone(&composed.app));
        listeners.spawn(atlas_server::serve_unix(unix, open, stop.clone()));
        if !config.vitals.is_off {
            composed
                .look_after(Arc::new(OwnListener::new(address, &token)))
                .await;
        }
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
        drop(self.socket);
        self.composed.close().await;
    }
}

/// Serves until the process is asked to end.
pub(crate) async fn run(config: &Config, supervision: &Supervision) -> Result<Exit, CliError> {
    let mut asked_to_end = AskedToEnd::listen()?; // before there is anything that a signal could interrupt
    let supervisor = Supervisor::of(supervision);
    for path in config.secrets_open_to_everybody() {
        tracing::warn!(path = %path.display(), "everybody on this machine may read a secret; `chmod 600` keeps it to its owner");
    }
    let starting = Box::pin(Server::start(config, &mut asked_to_end)); // a start has a large state
    let Some(server) = supervisor.wait_for_start(starting).await? else {
        return Ok(Exit::Ok);
    };
    let mut stderr = std::io::stderr();
    // Whether anybody reads this does not matter to the server.
    let _ = writeln!(
        stderr,
        "Atlas serves on http://{} (token in {})",
        server.address,
        DataDir::new(&config.data_dir).token().display()
    );
    let (main_loop, mut turns) = progress_of("the main loop");
    server.app().live_by(main_loop.clone());
    let reloading = tokio::spawn(reload_on_hangup(Arc::clone(server.app()), supervisor.clone()));
    let mut progress = server.composed.progress();
    progress.insert(0, Arc::new(main_loop));
    let watched = supervisor.watch(progress, server.app().vitals().map(Vitals::latest));
    go_on_until(asked_to_end.wait(), &mut turns).await;
    drop(watched); // what ends has nothing to show any more
    reloading.abort();
    let ending = go_on_until(supervisor.wait_for_end(server.stop()), &mut turns);
    tokio::select! {
        () = ending => Ok(Exit::Ok),
        // Asked again: at once. What is lost by that is nothing but the good order.
        () = asked_to_end.wait() => Ok(Exit::Interrupted),
    }
}

/// The main loop. It waits, and shows that it goes on; whatever takes time is done elsewhere.
async fn go_on_until(end: impl Future<Output = ()>, turns: &mut Turns) {
    let mut end = pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return,
            () = turns.answer() => {}
        }
    }
}

/// Reads the configuration again on each SIGHUP. What comes of it stands in the log.
async fn reload_on_hangup(app: Arc<atlas_app::App>, supervisor: Supervisor) {
    match signal(SignalKind::hangup()) {
        Ok(mut hangup) => {
            while hangup.recv().await.is_some() {
                let _ = supervisor.wait_for_reload(app.reconfigure()).await; // which has logged its error
            }
        }
        Err(error) => tracing::warn!(%error, "SIGHUP cannot be heard: use `atlas config reload`"),
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

/// Writes down who holds the lock, and where it listens.
fn announce(lock: &DataDirLock, socket: &Socket) -> Result<(), DataDirError> {
    #[cfg(feature = "failpoints")]
    fail::fail_point!("serve::announce", |_| Err(DataDirError::Io {
        path: lock.dir().lock_file(),
        source: std::io::Error::other("a fault on purpose"),
    }));
    lock.announce(&Holder {
        pid: std::process::id(),
        purpose: "serve".to_owned(),
        socket: Some(socket.path().to_owned()),
    })
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
